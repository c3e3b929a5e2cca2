"""Write what can be derived: the tree in README.md, and the help of every verb in docs/cli.md.

    python docs/generate.py         # or: make docs

A test compares both with the code, so that neither can rot.
"""

import ast
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
START, END = "<!-- tree: written by docs/generate.py -->", "<!-- end of the tree -->"
VERBS = (
    "look", "train", "resume", "evaluate", "predict", "check", "models", "sources", "get",
    "export-data", "query", "compare", "study", "study list", "study show", "study run",
    "study judge", "dashboard", "cache",
)  # fmt: skip
BESIDE = {
    "examples/clothing.ipynb": "A notebook: from photographs to the verdict of a study.",
    "examples/mnist.py": "",
    "benchmarks/": "Speed against named peers, and the published networks on their own data.",
    "docs/choices.md": "Where the design was changed or made sharper, and why.",
    "docs/cli.md": "The help of every verb.",
    "docs/dashboard.md": "Who may look at the dashboard, and how to run it on a server.",
    "docs/generate.py": "",
    "docs/studies.md": "How to write a study, and how its verdicts come about.",
    "docs/log.md": "Experiments, dated, the negative ones too.",
    "tests/": "The same folders as above; corpus.py makes 180 broken and odd images.",
}


def tree() -> str:
    """Every module of the package with the first sentence of its docstring, as an indented list."""
    package = ROOT / "src" / "sureshot"
    lines = ["src/sureshot/"]
    top = [path for path in package.iterdir() if path.suffix == ".py"]
    houses = [path for path in package.iterdir() if (path / "__init__.py").exists()]
    for path in sorted(top, key=lambda p: (p.name != "workflow.py", p.name)):
        lines.append(entry(path.name, purpose(path), 1))
    for house in sorted(houses):
        lines.append(entry(f"{house.name}/", purpose(house / "__init__.py"), 1))
        modules = sorted(path for path in house.glob("*.py") if path.name != "__init__.py")
        lines += [entry(path.name, purpose(path), 2) for path in modules]
    lines.append(entry("recipes/", "The networks' own recipes, in TOML.", 1))
    lines += [entry(name, says or purpose(ROOT / name), 0) for name, says in BESIDE.items()]
    return "\n".join(["```", *lines, "```"])


def entry(name: str, says: str, depth: int) -> str:
    """One line: the name, indented, and what it is for."""
    return f"{'  ' * depth + name:<22} {says}".rstrip()


def purpose(path: Path) -> str:
    """The first line of a module's docstring."""
    return (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").split("\n")[0]


def readme() -> str:
    """README.md with a fresh tree."""
    text = (ROOT / "README.md").read_text("utf-8")
    before, rest = text.split(START)
    _, after = rest.split(END)
    return f"{before}{START}\n{tree()}\n{END}{after}"


def cli() -> str:
    """docs/cli.md: what `--help` prints for every verb."""
    parts = ["# The command line", "", "Written by `make docs` from the program itself."]
    for words in ([], *(verb.split() for verb in VERBS)):
        command = ["sureshot", *words, "--help"]
        parts += ["", f"## {' '.join(command[:-1])}", "", "```", help_text(words), "```"]
    return "\n".join(parts) + "\n"


def help_text(words: list[str]) -> str:
    """One help screen, 80 columns, without colours."""
    environment = {**os.environ, "COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"}
    environment |= {"TERMINAL_WIDTH": "80"}
    done = subprocess.run(
        [sys.executable, "-m", "sureshot", *words, "--help"],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    lines = done.stdout.replace("python -m sureshot", "sureshot").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip("\n")


if __name__ == "__main__":
    (ROOT / "README.md").write_text(readme(), "utf-8")
    (ROOT / "docs" / "cli.md").write_text(cli(), "utf-8")

"""Write what can be derived: the houses in README.md, all files in docs/tree.md, and docs/cli.md.

    python docs/generate.py         # or: make docs

A test compares them with the code, so that none can rot.
"""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from typer.main import get_command

from sureshot.cli.commands import app

ROOT = Path(__file__).parent.parent
START, END = "<!-- tree: written by docs/generate.py -->", "<!-- end of the tree -->"
BESIDE = {
    "examples/clothing.ipynb": "A notebook: from photographs to the verdict of a study.",
    "examples/mnist.py": "",
    "examples/own_keras.py": "",
    "examples/own_torch.py": "",
    "examples/client.py": "",
    "benchmarks/": "Speed against named peers, and the published networks on their own data.",
    "docs/automation.md": "How much need not be looked at: plans, calibration, what is unlike.",
    "docs/choices.md": "Where the design was changed or made sharper, and why.",
    "docs/cli.md": "The help of every verb.",
    "docs/dashboard.md": "Who may look at the dashboard, and how to run it on a server.",
    "docs/exporting.md": "Other formats, the model card, and what spoke for an answer.",
    "docs/generate.py": "",
    "docs/tree.md": "Every file, with what it is for.",
    "docs/own_networks.md": "How to train a network of your own, in PyTorch or Keras.",
    "docs/pretrained.md": "Networks that others have trained: from where, and the two ways.",
    "docs/serving.md": "The server: routes, limits, systemd, containers.",
    "docs/sorting.md": "Class folders, review, undo, and corrections that become training data.",
    "docs/studies.md": "How to write a study, and how its verdicts come about.",
    "deploy/": "A container and a systemd unit of the server.",
    "docs/log.md": "Experiments, dated, the negative ones too.",
    "tests/": "The same folders as above; corpus.py makes 180 broken and odd images.",
}


def houses() -> str:
    """The packages and what stands beside them, a line each."""
    lines = ["src/sureshot/"]
    lines += [entry(f"{house.name}/", purpose(house / "__init__.py"), 1) for house in packages()]
    lines.append(entry("recipes/", "The networks' own recipes, in TOML.", 1))
    lines += [entry(name, says or purpose(ROOT / name), 0) for name, says in BESIDE.items()]
    return "\n".join(["```", *lines, "```"])


def tree() -> str:
    """docs/tree.md: every module with the first sentence of its docstring, as an indented list."""
    package = ROOT / "src" / "sureshot"
    lines = ["src/sureshot/"]
    top = [path for path in package.iterdir() if path.suffix == ".py"]
    for path in sorted(top):
        lines.append(entry(path.name, purpose(path), 1))
    for house in packages():
        lines.append(entry(f"{house.name}/", purpose(house / "__init__.py"), 1))
        modules = sorted(path for path in house.glob("*.py") if path.name != "__init__.py")
        lines += [entry(path.name, purpose(path), 2) for path in modules]
    head = ["# Every file of the program", "", "Written by `make docs` from the files themselves."]
    return "\n".join([*head, "", "```", *lines, "```"]) + "\n"


def packages() -> list[Path]:
    """The folders of the program: the one to read first, then the others by name."""
    package = ROOT / "src" / "sureshot"
    found = (path for path in package.iterdir() if (path / "__init__.py").exists())
    return sorted(found, key=lambda path: (path.name != "workflow", path.name))


def entry(name: str, says: str, depth: int) -> str:
    """One line: the name, indented, and what it is for."""
    return f"{'  ' * depth + name:<22} {says}".rstrip()


def purpose(path: Path) -> str:
    """The first line of a module's docstring."""
    return (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").split("\n")[0]


def readme() -> str:
    """README.md with the houses as they are."""
    text = (ROOT / "README.md").read_text("utf-8")
    before, rest = text.split(START)
    _, after = rest.split(END)
    return f"{before}{START}\n{houses()}\n{END}{after}"


def cli() -> str:
    """docs/cli.md: what `--help` prints for every verb."""
    parts = ["# The command line", "", "Written by `make docs` from the program itself."]
    for words in verbs(get_command(app)):
        command = ["sureshot", *words, "--help"]
        parts += ["", f"## {' '.join(command[:-1])}", "", "```", help_text(words), "```"]
    return "\n".join(parts) + "\n"


def verbs(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words after `sureshot` of every command there is, the group before what is in it."""
    yield words
    for name, inside in getattr(command, "commands", {}).items():
        yield from verbs(inside, (*words, name))


def help_text(words: Sequence[str]) -> str:
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
    (ROOT / "docs" / "tree.md").write_text(tree(), "utf-8")
    (ROOT / "docs" / "cli.md").write_text(cli(), "utf-8")

"""The documents say what the program does: derived parts are fresh, examples are complete."""

import re
import sys
import tomllib
from pathlib import Path

import pytest

from sureshot.recipe import assemble
from sureshot.studies.reading import parse_study

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "docs"))

import generate  # noqa: E402

README = (ROOT / "README.md").read_text("utf-8")


def test_the_tree_in_the_readme_is_the_tree_on_disk() -> None:
    assert generate.readme() == README, "run: make docs"
    missing = [line for line in generate.tree().split("\n")[2:-1] if len(line.split()) < 2]
    assert missing == []


def test_the_help_in_the_docs_is_the_help_of_the_program() -> None:
    assert generate.cli() == (ROOT / "docs" / "cli.md").read_text("utf-8"), "run: make docs"


def test_the_recipe_in_the_readme_is_complete_and_the_default() -> None:
    block = next(b for b in re.findall(r"```toml\n(.*?)```", README, re.S) if "my.toml" in b)
    table = tomllib.loads(block)
    assert assemble(recipe=table) == assemble("arch_1")
    assert tomllib.loads(assemble("arch_1").to_toml()).keys() == table.keys()
    for name in ("image", "network", "augment", "optimizer", "schedule", "early_stop"):
        assert tomllib.loads(assemble("arch_1").to_toml())[name].keys() == table[name].keys()


def test_continuous_integration_runs_the_readmes_own_commands() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    assert re.search(r"^make test$", script, re.M)
    assert re.search(r"^make test ", README, re.M)


def test_the_studies_in_the_docs_can_be_read() -> None:
    text = (ROOT / "docs" / "studies.md").read_text("utf-8")
    whole, *parts = re.findall(r"```toml\n(.*?)```", text, re.S)
    study = parse_study(whole, "docs/studies.md", ROOT, "docs")
    assert set(study.claims) == {"baseline", "augmentation", "eda"}
    more = parse_study(whole + "".join(parts), "docs/studies.md", ROOT, "docs")
    assert more.curve is not None
    assert more.search is not None


@pytest.mark.parametrize(
    "path", ["README.md", "CONTRIBUTING.md", "docs/choices.md", "docs/studies.md"]
)
def test_links_between_documents_lead_somewhere(path: str) -> None:
    text = (ROOT / path).read_text("utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
        assert (ROOT / path).parent.joinpath(target).exists(), target

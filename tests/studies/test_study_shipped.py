"""The studies that come along: each can be read, says what it costs, and can begin."""

from pathlib import Path

import pytest

from shapes import write_shapes
from sureshot import Silent
from sureshot.comparison import KINDS
from sureshot.errors import UsageError
from sureshot.studies import shipped
from sureshot.studies.folder import StudyFolder
from sureshot.studies.reading import parse_study
from sureshot.studies.running import begin, plan
from sureshot.studies.verbs import named_study

FIVE = ("cifar10-shop", "clothing", "dense-baseline", "mnist-mlp", "mnist-networks")


def test_there_are_five() -> None:
    assert shipped.names() == FIVE
    with pytest.raises(UsageError, match="there is no study called 'clothng'; .* clothing?"):
        shipped.text_of("clothng")


@pytest.mark.parametrize("name", FIVE)
def test_its_head_gives_command_purpose_and_cost(name: str) -> None:
    text, about = shipped.text_of(name), shipped.about(name)
    assert text.startswith(f"# sureshot study run {name}\n")
    assert about[0].endswith((".", "?"))
    assert any(line.startswith("Costs ") and "2 cores" in line for line in about)
    study = named_study(name)
    assert len(study.seeds) == 5
    assert study.about.objective
    assert {claim.score for claim in study.claims.values()} <= {*KINDS, None}
    used = [claim.named(study.recipes) for claim in study.claims.values()]
    assert set().union(*used) <= set(study.recipes)
    assert any("swift" in one for one in used)


@pytest.mark.parametrize("name", FIVE)
def test_its_quick_form_can_begin(name: str, tmp_path: Path) -> None:
    """On little pictures in place of its data: every network is built, every claim is weighed."""
    write_shapes(tmp_path / "shapes", each=30)
    text = "\n".join(
        'data = "shapes"' if line.startswith("data =") else line
        for line in shipped.text_of(name).split("\n")
        if not line.startswith("subset")
    )
    study = parse_study(text, name, tmp_path, name).quickened()
    folder = StudyFolder(tmp_path / "studies" / name)
    begin(study, folder, Silent())
    assert folder.original.claims == study.claims
    told = plan(study, folder, Silent())
    assert len(told.runs) == 2 * len(study.recipes)
    assert "swift" in study.recipes  # our best, beside the published ones
    assert {study.recipes[name].epochs for name in study.recipes} <= {1, 2}
    assert told.left > 0
    assert set(told.deciding) == set(study.claims)
    assert all(one > 0 for one in told.parameters.values())

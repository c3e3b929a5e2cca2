"""The studies that come along: each can be read, says what it costs, and runs in its quick form."""

import re
from pathlib import Path

import pytest

import sureshot
from shapes import write_shapes
from sureshot import Silent
from sureshot.comparison import KINDS
from sureshot.errors import UsageError
from sureshot.studies import shipped
from sureshot.studies.folder import StudyFolder
from sureshot.studies.foreseeing import Judges, deciding
from sureshot.studies.planning import left_out, trainable
from sureshot.studies.reading import parse_study
from sureshot.studies.running import begin, plan
from sureshot.studies.verbs import named_study

ALL_SEEDS = "seeds = [111, 112, 113, 114, 115]"
LONG = ("cifar10-shop", "dense-baseline", "mnist-networks")  # their quick forms take the longest
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
    assert any(re.match(r"Costs .* on (one core|2 cores) of an AMD EPYC\b", line) for line in about)
    study = named_study(name)
    assert len(study.seeds) == 5
    assert study.about.objective
    assert {claim.score for claim in study.claims.values()} <= {*KINDS, None}
    used = [claim.named(study.recipes) for claim in study.claims.values()]
    assert set().union(*used) <= set(study.recipes)
    assert any("swift" in one for one in used)


def test_the_published_claims_are_asked_of_the_published_networks() -> None:
    study = named_study("mnist-networks")
    best = study.claims["best-published"]
    assert best.named(study.names) == set(study.names) - {"swift"}
    assert named_study("clothing").recipes["swift"].preset == "good"


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
    assert {one.recipe for one in told.runs} == set(trainable(study))
    assert len(told.runs) == 2 * len(trainable(study))
    assert "swift" in study.recipes  # our best, beside the published ones
    assert {study.recipes[name].epochs for name in study.recipes} <= {1, 2}
    assert told.left > 0
    assert told.deciding == {}  # a quick study decides nothing
    assert all(one > 0 for one in told.parameters.values())


@pytest.mark.parametrize(
    ("name", "out"), [("clothing", ["features", "finetuned"]), ("dense-baseline", ["transfer"])]
)
def test_what_stands_on_weights_is_left_out_without_them(
    name: str, out: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SURESHOT_MIRROR", raising=False)
    monkeypatch.setenv("SURESHOT_DATA", str(tmp_path))
    study = named_study(name)
    assert list(trainable(study)) == [one for one in study.recipes if one not in out]
    for recipe, sentence in zip(out, left_out(study).values(), strict=True):
        assert sentence.startswith(f"{recipe} is left out, and its claims stay undecided: ")
        assert any(claim.of == recipe for claim in study.claims.values())
    told = deciding(study, Judges("test", {"": 372}), left_out=left_out(study))
    for key, claim in study.claims.items():
        assert told[key].startswith(tuple(f"{one} is left out" for one in out)) == bool(
            claim.named(study.names) & set(out)
        )


@pytest.fixture(scope="module")
def fetched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the real datasets come to lie that the studies name."""
    return tmp_path_factory.mktemp("fetched")


@pytest.mark.parametrize(
    ("name", "seeds"),
    [("mnist-mlp", 2), ("mnist-networks", 1), ("cifar10-shop", 1), ("dense-baseline", 1)],
)
def test_its_quick_form_ends_in_verdicts_on_the_real_data(
    name: str,
    seeds: int,
    fetched: Path,
    mirror: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    """With one seed the larger ones take half as long; the fifth, `clothing`, is the notebook's."""
    if name in LONG and not request.config.getoption("--all-studies"):
        pytest.skip("belongs to the long proof: make studies")
    monkeypatch.setenv("SURESHOT_MIRROR", str(mirror))
    monkeypatch.setenv("XDG_DATA_HOME", str(fetched))
    text = shipped.text_of(name)
    assert ALL_SEEDS in text
    path, study = tmp_path / f"{name}.toml", named_study(name)
    sureshot.get(study.data, progress=Silent())
    path.write_text(text.replace(ALL_SEEDS, ALL_SEEDS if seeds > 1 else "seeds = [111]"))
    done = sureshot.study(path, studies=tmp_path, quick=True, progress=Silent())
    assert set(done.leaderboard["recipe"]) == set(trainable(study))
    assert set(done.leaderboard["seeds"]) == {seeds}
    assert done.leaderboard["n"].between(300, 610).all()  # few, and all of them judged by
    assert [claim["claim"] for claim in done.told] == list(study.claims)
    assert done.quick
    assert "This is the quick form of the study" in done.page.read_text()

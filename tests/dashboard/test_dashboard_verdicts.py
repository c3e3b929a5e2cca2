"""Verdicts come back from their file as they were, and their pictures hold what they must."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from sureshot.comparison import Verdict
from sureshot.comparison.numbers import Number
from sureshot.dashboard.shelf import Shelf, ShelvedStudy
from sureshot.dashboard.verdicts import counted, facts_of, history, negative, tries, verdicts
from sureshot.errors import RunError
from sureshot.studies import Studied
from sureshot.studies.folder import Images, StudyFolder
from sureshot.studies.reading import parse_study

FOUND = Number(0.742, 0.729, 0.755, 0.975, 10_000, 5, True)
SURE = Verdict("a", "It is good", "supported", "74.2 %", score="accuracy", of="plain",
               at_least=0.7, number=FOUND, p=0.0004)  # fmt: skip
OPEN = Verdict("b", "It is slower", "refuted", "×3", score="ms_per_image", of="plain",
               against="other", way="ratio", at_most=0.5,
               number=Number(3.0, 2.0, math.inf, 0.95, 0, 2, True))  # fmt: skip
BOTH = Verdict("c", "It is the same", "undecided", "no lead", score="accuracy", of="plain",
               against="other", way="difference", at_least=-0.01, at_most=0.01,
               number=Number(0.0, -0.02, 0.02, 0.95, 400, 3, False), p=1.0)  # fmt: skip
HAND = Verdict("d", "It is pleasant", "undecided", "nobody has judged it yet", need="a person")
ALL = [SURE, OPEN, BOTH, HAND]


def studied(folder: Path, claims: object) -> Studied:
    told = {"schema": 1, "quick": False, "notes": [], "claims": claims}
    (folder / "verdicts.json").write_text(json.dumps(told))
    return Studied(folder)


def test_verdicts_come_back_as_they_were(tmp_path: Path) -> None:
    assert verdicts(studied(tmp_path, [one.to_json() for one in ALL])) == ALL


@pytest.mark.parametrize("claims", [[{}], [3], {"a": 1}, [{"number": {"odd": 1}}]])
def test_a_damaged_file_is_said_to_be_one(tmp_path: Path, claims: object) -> None:
    with pytest.raises(RunError, match="verdicts.json is damaged"):
        verdicts(studied(tmp_path, claims))


def test_what_did_not_hold_is_kept() -> None:
    assert negative(ALL) == [OPEN]
    assert counted(ALL) == "4 claims: 1 supported, 1 refuted, 2 undecided"


TEXT = """\
data = "shapes"
seeds = [1]
[recipes.plain]
model = "nn"
[claims.eyes]
says = "Looking first helps"
judged_by = "hand"
"""


def test_the_record_has_the_claims_that_stood_in_it_then(tmp_path: Path) -> None:
    place = StudyFolder(tmp_path / "small")
    place.begin(parse_study(TEXT, "small.toml", tmp_path, "small"), Images(tmp_path, "0"))
    shelved = ShelvedStudy("small", place.path, "concluded", "")
    [begun] = history(Shelf(tmp_path, (), ()), shelved, ALL)
    assert begun[1:] == ("the study file was put on record", "1 claim in it")


def test_the_facts_have_units_and_n() -> None:
    told = dict(facts_of(SURE))
    assert told["found"] == "74.2 %"
    assert told["97.5 % interval"] == "72.9 to 75.5 %"
    assert told["stands on"] == "10,000 images, 5 seeds, about recipes"
    assert told["corrected two-sided p"] == "below 0.001"
    assert list(dict(facts_of(HAND))) == ["asked"]


def test_every_try_of_a_search_is_listed(tmp_path: Path) -> None:
    assert tries(tmp_path) == []
    (tmp_path / "search").mkdir()
    (tmp_path / "search" / "trials.csv").write_text("number,state,why\n1,failed,it diverged\n")
    assert tries(tmp_path) == [{"number": "1", "state": "failed", "why": "it diverged"}]


@pytest.mark.parametrize("one", ALL[:3], ids=lambda one: one.claim)
def test_the_picture_holds_the_interval_and_the_bounds(one: Verdict) -> None:
    pytest.importorskip("plotly", reason="Plotly is not installed")
    from sureshot.dashboard.pictured import span, verdict

    low, high = span(one)
    number = one.number
    assert number is not None
    ends = (number.low, number.high, one.at_least, one.at_most)
    shown = [end for end in ends if end is not None and math.isfinite(end)]
    assert low < min(shown) < max(shown) < high
    figure = verdict(one)
    assert list(figure.layout.xaxis.range) == [low, high]
    assert list(figure.data[0].x) == [number.low, min(number.high, high)]
    assert [note.text for note in figure.layout.annotations] == [f"claimed: {one.bounds}"]


def test_bars_are_the_probabilities_best_first() -> None:
    pytest.importorskip("plotly", reason="Plotly is not installed")
    from sureshot.dashboard.pictured import MOST, bars

    shares = np.random.default_rng(0).dirichlet(np.ones(30))
    drawn = bars([f"class <b>{k}</b>" for k in range(30)], shares).data[0]
    assert list(drawn.x) == sorted(shares, reverse=True)[:MOST]
    best = int(shares.argmax())
    assert drawn.hovertext[0].startswith(f"class &lt;b&gt;{best}&lt;/b&gt;: ")


@pytest.mark.parametrize(("since", "wanted"), [(0, 70.0), (4, 66.0), (500, 60.0)])
def test_the_time_left_goes_by_the_last_epochs(since: float, wanted: float) -> None:
    pytest.importorskip("streamlit", reason="Streamlit is not installed")
    from sureshot.dashboard.live import left

    timing = [{"seconds": 99.0}, *[{"seconds": 10.0}] * 2]
    assert left(timing, 10, since) == wanted

"""What lies below a folder is found, whatever state it is in, and found quickly."""

import json
import os
import shutil
import socket
import time
from pathlib import Path

import pytest

from fake_run import generated_index, write_run
from sureshot.dashboard.shelf import dates, find
from sureshot.errors import UsageError
from sureshot.runs import LOCK
from sureshot.sorting.manifest import COLUMNS

EMPTY = ("model.shot", "report.html", "manifest.json")  # a fake run has none of these


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run as training leaves it, but for model, report and the manifest's content."""
    place = tmp_path_factory.mktemp("whole")
    index = generated_index(place / "images", ("dress", "hat"), (3, 2, 4))
    folder = write_run(place / "run", index, epochs=3).folder
    for name in EMPTY:
        (folder / name).touch()
    return folder


def held(process: int, host: str = "") -> str:
    where = host or socket.gethostname()
    return f"training, process {process} on {where}, since 2026-01-01 00:00:00\n"


def undone(folder: Path) -> None:
    (folder / "manifest.json").unlink()
    (folder / "scores.json").unlink()


def stopped(folder: Path) -> None:
    undone(folder)
    (folder / LOCK).write_text(held(2**22 + 1))  # beyond the largest process number of Linux


def going(folder: Path) -> None:
    undone(folder)
    (folder / LOCK).write_text(held(os.getpid()))


def elsewhere(folder: Path) -> None:
    undone(folder)
    (folder / LOCK).write_text(held(os.getpid(), "another-machine"))


def without_model(folder: Path) -> None:
    (folder / "model.shot").unlink()


def half_written(folder: Path) -> None:
    text = (folder / "scores.json").read_text()
    (folder / "scores.json").write_text(text[: len(text) // 2])


def no_headline(folder: Path) -> None:
    (folder / "scores.json").write_text(json.dumps({"schema": 1, "headline": ["accuracy"]}))


def odd_recipe(folder: Path) -> None:
    (folder / "recipe.toml").write_text("model = ")


def no_recipe(folder: Path) -> None:
    (folder / "recipe.toml").unlink()


@pytest.mark.parametrize(
    ("harm", "state", "said"),
    [
        (lambda folder: None, "complete", "accuracy"),
        (going, "training", "3 of 3 epochs so far"),
        (stopped, "stopped", "go on: sureshot resume"),
        (elsewhere, "stopped", "go on: sureshot resume"),
        (without_model, "broken", "model.shot missing"),
        (half_written, "broken", "scores.json is damaged: Unterminated"),  # and no name of Python's
        (no_headline, "broken", "damaged"),
        (odd_recipe, "broken", "recipe.toml"),
        (no_recipe, "broken", "recipe.toml"),
    ],
)
def test_a_run_is_shown_as_what_it_is(
    whole: Path, tmp_path: Path, harm: object, state: str, said: str
) -> None:
    assert callable(harm)
    shutil.copytree(whole, tmp_path / "healthy")
    harm(shutil.copytree(whole, tmp_path / "this"))
    shelf = find(tmp_path)
    run = shelf.run("this")
    assert run is not None
    assert run.state == state
    assert said in run.said
    assert "healthy" in [one.name for one in shelf.healthy()]


def test_facts_of_a_complete_run_are_those_of_its_files(whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole, tmp_path / "deep" / "runs" / "first")
    [run] = find(tmp_path).runs
    told = json.loads((whole / "scores.json").read_text())["headline"]
    assert (run.name, run.model, run.seed) == ("deep/runs/first", "arch_1", 111)
    assert (run.epochs, run.wanted, run.accuracy) == (3, 3, told["value"])
    assert run.run.folder == tmp_path / "deep" / "runs" / "first"


def test_a_run_that_is_written_anew_is_read_anew(whole: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(whole, tmp_path / "first")
    before = find(tmp_path).runs[0]
    half_written(folder)
    os.utime(folder / "scores.json", ns=(0, 10**18))
    assert (before.state, find(tmp_path).runs[0].state) == ("complete", "broken")
    assert dates(folder) != dates(whole)


def test_a_hundred_runs_are_listed_in_a_moment(whole: Path, tmp_path: Path) -> None:
    for number in range(100):
        shutil.copytree(whole, tmp_path / "runs" / f"run-{number}")
    first = _seconds(tmp_path)
    again = _seconds(tmp_path)
    assert first < 2.0  # of the 5 seconds in which the dashboard starts
    assert again < first


def _seconds(folder: Path) -> float:
    started = time.perf_counter()
    assert len(find(folder).healthy()) == 100
    return time.perf_counter() - started


def test_studies_own_their_runs_and_nothing_inside_is_taken_for_one(
    whole: Path, tmp_path: Path
) -> None:
    study = tmp_path / "studies" / "small"
    shutil.copytree(whole, study / "runs" / "plain-111")
    for inner in ("data", "search/tries/1", "curve/plain-20-111"):
        shutil.copytree(whole, study / inner)
    (study / "study.toml").write_text("data = 'x'")
    assert [one.state for one in find(tmp_path).studies] == ["broken"]
    (study / "begun.json").write_text("{}")
    shelf = find(tmp_path)
    assert [(run.name, run.study) for run in shelf.runs] == [
        ("studies/small/runs/plain-111", "studies/small")
    ]
    assert [one.state for one in shelf.studies] == ["begun"]
    claims = [{"outcome": "refuted"}, {"outcome": "supported"}, {"outcome": "supported"}]
    (study / "verdicts.json").write_text(json.dumps({"claims": claims}))
    [found] = find(tmp_path).studies
    assert (found.state, found.said) == ("concluded", "2 supported, 1 refuted")
    (study / "verdicts.json").write_text('{"claims": [')
    os.utime(study / "verdicts.json", ns=(0, 10**18))
    assert [one.state for one in find(tmp_path).studies] == ["broken"]


def test_a_folder_without_runs_is_empty_and_none_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "photos" / "dress").mkdir(parents=True)
    assert find(tmp_path).runs == ()
    with pytest.raises(UsageError, match="no folder"):
        find(tmp_path / "none")


def test_a_folder_that_was_sorted_into_is_known_by_its_manifest(tmp_path: Path) -> None:
    for name, header in (("out", ",".join(COLUMNS)), ("other", "path,label")):
        (tmp_path / name / "hat").mkdir(parents=True)
        (tmp_path / name / "manifest.csv").write_text(f"{header}\n")
    assert find(tmp_path).filled == {"out": tmp_path / "out"}


def test_a_run_can_be_shown_by_itself(whole: Path) -> None:
    assert [run.name for run in find(whole).runs] == [whole.name]

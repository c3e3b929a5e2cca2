"""The headline without the images that have a duplicate in training, computed by hand."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import sureshot
from fake_run import generated_index, made_up, write_run
from shapes import write_shapes
from sureshot import Silent, report
from sureshot.cli import screens
from sureshot.evaluation import summarise
from sureshot.evaluation.leaking import without_leaks
from sureshot.measure import wilson
from sureshot.records import ALONE, Index, Predictions, Split
from sureshot.report import leaks_in_words
from sureshot.runs import Run

COUNTS = 4, 3, 5  # images of each of two classes in train, validation and test: rows 0, 8, 14


def indexed(folder: Path, *pairs: tuple[int, int], counts: Sequence[int] = COUNTS) -> Index:
    """Two classes; each pair of rows is a group."""
    index = generated_index(folder / "images", ("cat", "dog"), counts)
    group = np.full(len(index), ALONE)
    for number, pair in enumerate(pairs):
        group[list(pair)] = number
    return replace(index, group=group)


def right_but(index: Index, split: Split, *wrong: int) -> Predictions:
    """Predictions that are right but for the given rows of the index."""
    judged = made_up(index, split)
    rows = index.rows(split)
    told = np.where(np.isin(rows, wrong), 1 - index.label[rows], index.label[rows])
    return replace(judged, logits=np.eye(2, dtype=np.float32)[told])


@pytest.mark.parametrize(
    ("pairs", "split", "wrong", "images", "places", "right", "n"),
    [
        ([(0, 14), (1, 15)], "test", (16,), 2, ["train"], 7, 8),
        ([(0, 14), (1, 15)], "test", (14,), 2, ["train"], 8, 8),
        ([(8, 14), (9, 20)], "test", (20, 21), 2, ["validation"], 7, 8),
        ([(0, 14), (9, 20)], "test", (), 2, ["train", "validation"], 8, 8),
        ([(0, 8), (14, 15)], "validation", (8, 9), 1, ["train"], 4, 5),
    ],
)
def test_the_rest_is_scored(
    tmp_path: Path,
    pairs: list[tuple[int, int]],
    split: Split,
    wrong: tuple[int, ...],
    images: int,
    places: list[str],
    right: int,
    n: int,
) -> None:
    index = indexed(tmp_path, *pairs)
    told = without_leaks(index, right_but(index, split, *wrong), split)
    assert told is not None
    low, high = wilson(right, n)
    score = {"value": right / n, "low": low, "high": high, "n": n, "method": "Wilson"}
    assert told == {"images": images, "in": places, "accuracy": score}


@pytest.mark.parametrize(
    ("pairs", "split"), [([], "test"), ([(14, 15)], "test"), ([(8, 14), (9, 20)], "validation")]
)
def test_nothing_is_said_where_nothing_leaks(
    tmp_path: Path, pairs: list[tuple[int, int]], split: Split
) -> None:
    index = indexed(tmp_path, *pairs)
    assert without_leaks(index, made_up(index, split), split) is None


def test_equal_files_leak_also_where_no_groups_are_known(tmp_path: Path) -> None:
    index = indexed(tmp_path)
    index.sha256[14] = index.sha256[0]
    told = without_leaks(index, right_but(index, "test", 14), "test")
    assert told is not None
    assert (told["images"], told["accuracy"]["value"]) == (1, 1.0)


def test_unreadable_images_neither_leak_nor_are_leaked(tmp_path: Path) -> None:
    index = indexed(tmp_path, (0, 14), (1, 15), (2, 16)).with_problems({0: "x: y", 15: "x: y"})
    told = without_leaks(index, made_up(index, "test"), "test")
    assert told is not None
    assert (told["images"], told["accuracy"]["n"]) == (1, 8)


def test_where_all_leaks_there_is_no_accuracy(tmp_path: Path) -> None:
    index = indexed(tmp_path, (0, 2), (1, 3), counts=(1, 0, 1))
    told = without_leaks(index, made_up(index, "test"), "test")
    assert told == {"images": 2, "in": ["train"], "accuracy": None}
    summary = {"headline": {"split": "test"}, "without_leaks": told}
    words = (
        "nothing is left to judge by without the 2 test images that have a duplicate in training"
    )
    assert leaks_in_words(summary) == words


def summarised(folder: Path, index: Index) -> Run:
    run = write_run(folder / "run", index)
    summary = summarise(run, run.summary["speed"])
    (run.folder / "scores.json").write_text(json.dumps(summary))
    return run


def test_page_and_terminal_say_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = summarised(tmp_path, indexed(tmp_path, (0, 14), (8, 15)))
    accuracy = run.summary["without_leaks"]["accuracy"]
    assert accuracy["n"] == 8
    words = leaks_in_words(run.summary)
    assert words == (
        "accuracy without the 2 test images that have a duplicate in training or validation: "
        f"{100 * accuracy['value']:.1f} % ({100 * accuracy['low']:.1f} to "
        f"{100 * accuracy['high']:.1f} %) on the other 8"
    )
    assert words[1:] in report.write(run).read_text()
    screens.show_run(run)
    assert words in capsys.readouterr().out


def test_page_and_terminal_are_silent_without_leaks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = summarised(tmp_path, indexed(tmp_path))
    assert "without_leaks" not in run.summary
    screens.show_run(run)
    assert "duplicate" not in report.write(run).read_text() + capsys.readouterr().out


def test_a_training_finds_the_leak_that_was_planted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Seven new test images, and three known ones: a file, a picture in another file, a third."""
    data = tmp_path / "data"
    for path in sorted(write_shapes(tmp_path / "all", each=16).rglob("*.png")):
        number = int(path.stem)
        split = "train" if number < 8 else "val" if number < 12 else "test"
        (data / split / path.parent.name).mkdir(parents=True, exist_ok=True)
        path.rename(data / split / path.parent.name / path.name)
    test = data / "test"
    (test / "bar" / "012.png").unlink()
    shutil.copy(data / "train" / "bar" / "000.png", test / "bar" / "leak.png")
    Image.open(data / "train" / "disc" / "001.png").save(test / "disc" / "leak.bmp")
    shutil.copy(data / "val" / "disc" / "009.png", test / "disc" / "leak.png")
    settings = {"epochs": 2, "batch": 8}
    run = sureshot.train(data, settings=settings, name="a", runs=tmp_path, progress=Silent())
    predictions = run.predictions("test")
    fresh = [row for row, name in enumerate(predictions.id) if "leak" not in name]
    right = int((predictions.top()[fresh] == predictions.label[fresh]).sum())
    told = run.summary["without_leaks"]
    assert (told["images"], told["in"]) == (3, ["train", "validation"])
    assert (told["accuracy"]["n"], told["accuracy"]["value"]) == (7, right / 7)
    found = {finding.code: finding.sentence for finding in run.findings}
    assert found["leak"].endswith("2 of them in test")
    assert found["near_leak"].endswith("1 of them in test")
    for split, said in {"test": True, "validation": False}.items():
        sureshot.evaluate(run.folder, split=split)
        assert (leaks_in_words(run.summary) in capsys.readouterr().err) == said

"""The pictures of a study: what they compute, and that nothing lies over anything else."""

import math
from pathlib import Path

import numpy as np
import pytest

from sureshot import figures
from sureshot.comparison import KINDS, Number, Standing, Verdict, leaderboard, meet
from sureshot.figures.learned import spread
from sureshot.studies.folder import StudyFolder
from sureshot.studies.reading import Study


def standing(name: str, accuracy: float, minutes: float, interval: bool = True) -> Standing:
    ends = (accuracy - 0.02, accuracy + 0.02) if interval else (math.nan, math.nan)
    known = Number(accuracy, *ends, 0.95, 500, 3, True)
    each = np.array([accuracy - 0.01, accuracy, accuracy + 0.01])
    facts = {"parameters": 1e5, "ms_per_image": 0.3, "images_per_second": 3e3, "size": 4e5}
    return Standing(
        name, known, each, accuracy, minutes=minutes, gap=None, really="leader", **facts
    )


def texts(figure):  # type: ignore[no-untyped-def]
    """The boxes of all words of a figure that are its own, in pixels."""
    figure.canvas.draw()
    return {
        text.get_text(): text.get_window_extent()
        for axes in figure.axes
        for text in axes.texts
        if text.get_text()
    }


def test_courses_are_means_over_seeds_up_to_the_shortest(
    trained: tuple[Study, StudyFolder],
) -> None:
    told = meet(trained[1].groups())
    found = {one.name: one for one in figures.courses(told, leaderboard(told))}
    runs = trained[1].groups()["plain"]
    wanted = [np.mean([run.history[e]["train_accuracy"] for run in runs]) for e in range(3)]
    assert found["plain"].train == pytest.approx(wanted)
    assert np.isnan(found["blind"].validation).all()
    assert found["blind"].train.shape == (1,)
    assert found["plain"].seeds == 2
    svg = figures.svg(figures.plot_courses(list(found.values())))
    assert svg.startswith(b"<?xml")


@pytest.mark.parametrize("apart", [0.12, 0.0])
def test_nothing_in_the_time_picture_covers_another(apart: float) -> None:
    crowd = [standing(f"recipe-{k}", 0.7 + 0.004 * k, 1 + apart * k) for k in range(9)]
    figure = figures.plot_against_time(crowd)
    boxes = [box for words, box in texts(figure).items() if words.startswith("recipe-")]
    assert len(boxes) == 9
    assert max(box.x1 for box in boxes) < figure.bbox.x1
    for number, one in enumerate(boxes):
        for other in boxes[:number]:
            assert not one.overlaps(other)
    place = figure.axes[1]
    marks = [line for line in place.lines if line.get_marker() != "None"]
    at = [place.transData.transform(line.get_xydata()[0])[0] for line in marks]
    assert np.diff(sorted(at)).min() > 0.1 * figure.dpi  # inches
    assert len({(line.get_marker(), line.get_color()) for line in marks}) == 9


@pytest.mark.parametrize("minutes", [(0.0, 0.0), (0.0001, 3000.0), (5.0, 5.0)])
def test_any_time_can_be_drawn(minutes: tuple[float, float]) -> None:
    both = [standing("a", 0.9, minutes[0]), standing("b", 0.2, minutes[1], interval=False)]
    assert figures.svg(figures.plot_against_time(both)) == figures.svg(
        figures.plot_against_time(both)
    )


def test_labels_are_moved_apart_and_stay_in_order() -> None:
    wanted = [0.5, 0.51, 0.52, 2.9, 2.95]
    found = spread(wanted, 0.0, 3.0)
    assert np.diff(found).min() >= 0.165 - 1e-9
    assert max(found) <= 3.0
    assert np.abs(np.array(found) - wanted).max() < 0.4


CLAIMED = {
    "share": ("accuracy", "value", 0.7, None, (0.74, 0.72, 0.76)),
    "points": ("accuracy", "difference", None, 0.05, (0.03, -0.01, 0.07)),
    "ratio": ("minutes", "ratio", 0.5, 2.0, (1.1, 0.4, 3.0)),
    "milliseconds": ("ms_per_image", "value", None, 1.0, (0.12, 0.11, 0.13)),
    "exact": ("parameters", "value", 1000.0, 1000.0, (1000.0, 1000.0, 1000.0)),
    "nothing": ("log_loss", "difference", 0.0, None, (0.0, 0.0, 0.0)),
    "nothing known above": ("minutes", "ratio", None, 0.9, (1.2, 0.0, math.inf)),
    "hardly anything known": ("calibration_error", "ratio", 0.9, None, (1.2, 1e-290, 1e290)),
}


@pytest.mark.parametrize("kind", CLAIMED)
def test_a_verdict_shows_interval_and_bounds(kind: str, tmp_path: Path) -> None:
    score, way, at_least, at_most, (value, low, high) = CLAIMED[kind]
    number = Number(value, low, high, 0.95, 100, 3, True)
    verdict = Verdict(
        "c", "x", "undecided", "y", score=score, of="a", against="b", way=way,
        at_least=at_least, at_most=at_most, number=number,
    )  # fmt: skip
    figure = figures.plot_verdict(verdict)
    place = figure.axes[1]
    left, right = place.get_xlim()
    assert left < low <= value < right
    assert high < right or (high > 1e9 and right < 40)
    (bar,) = (line for line in place.lines if line.get_linewidth() == 5)
    assert bar.get_xdata() == pytest.approx((low, min(high, right)))
    for bound in (at_least, at_most):
        assert bound is None or left < bound < right
    told = [label.get_text() for label in place.get_xticklabels()]
    assert len(set(told)) == len(told) >= 2
    assert verdict.bounds in " ".join(texts(figure))


@pytest.mark.parametrize(
    ("score", "way", "value", "words"),
    [
        ("accuracy", "value", 0.7421, "74.2 %"),
        ("accuracy", "difference", 0.031, "+3.1 points"),
        ("recall", "difference", -0.004, "-0.4 points"),
        ("accuracy", "ratio", 1.8, "×1.8"),
        ("log_loss", "value", 0.1234, "0.123"),
        ("ms_per_image", "value", 2.436, "2.44 ms"),
        ("images_per_second", "value", 5123.4, "5,123 images/s"),
        ("parameters", "value", 1234567.0, "1,234,567"),
        ("minutes", "value", 1.5, "1 min 30 s"),
        ("minutes", "difference", -1.5, "-1 min 30 s"),
        ("minutes", "difference", 1.5, "+1 min 30 s"),
        ("accuracy", "value", math.nan, "–"),
    ],
)
def test_numbers_are_written_as_people_write_them(
    score: str, way: str, value: float, words: str
) -> None:
    assert KINDS[score].told(value, way) == words  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("bound", "way", "words"),
    [
        (0.7, "value", "70.0 %"),
        (0.9606, "value", "96.06 %"),
        (0.05, "difference", "+5.0 points"),
        (-0.0025, "difference", "-0.25 points"),
        (0.1 + 0.2, "value", "30.0 %"),  # not 0.3 exactly
    ],
)
def test_a_bound_keeps_the_digits_that_it_was_given(bound: float, way: str, words: str) -> None:
    assert KINDS["accuracy"].stated(bound, way) == words  # type: ignore[arg-type]

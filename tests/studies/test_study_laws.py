"""Laws of every score, in every way, about recipes and about models: nothing of it may break."""

import math
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from planted import contest

from sureshot import figures
from sureshot.comparison import KINDS, Asked, Contender, Number, Verdict, Way, measured
from sureshot.measure.crossed import Over, over_seeds
from sureshot.measure.deciding import Bounds, decide, p_value
from sureshot.measure.estimates import Measured, Unknown
from sureshot.measure.more import AT_THE_BOUND, more

PLAIN = contest({"new": 0.8, "old": 0.78}, n=100, seeds=3)


def calibrated(one: Contender) -> Contender:
    """The same, as sure of what it says as it is right; its logits are 3 for one of 3 classes."""
    right = float((one.top == PLAIN.label).mean()) - 0.01
    return replace(one, logits=one.logits * math.log(2 * right / (1 - right)) / 3)


FEW = replace(PLAIN, contenders=tuple(map(calibrated, PLAIN.contenders)))
WAYS: tuple[Way, ...] = ("value", "difference", "ratio")
OVERS: tuple[Over, ...] = ("images", "images and seeds")
CASES = [
    (score, way, over)
    for (score, kind), way, over in product(KINDS.items(), WAYS, OVERS)
    if kind.of_images or over == "images and seeds"
]


def found_of(score: str, way: Way, over: Over) -> Measured:
    """What is known of a score of a hundred images, or of one that has none, of three seeds."""
    if not KINDS[score].of_images:
        other = {"value": {}, "difference": {"minus": [3.1, 3.5]}, "ratio": {"over": [3.1, 3.5]}}
        return over_seeds([3.0, 3.4, 3.3], **other[way])
    field = FEW if over == "images and seeds" else FEW.first_seeds
    class_ = "disc" if score == "recall" else None
    asked = Asked(score, "new", None if way == "value" else "old", way, class_)
    return measured(field, asked, over)


def bounds_of(found: Measured, score: str, way: Way) -> list[Bounds]:
    """Bounds beside the value: near, at its interval's ends, and on both sides of it."""
    low, high = found.interval() or (found.value - 1, found.value + 1)
    least, most = KINDS[score].range(way)
    near = [found.value + part * (end - found.value) for end in (low, high) for part in (0.3, 0.9)]
    inside = [float(np.clip(one, least, most)) for one in near if math.isfinite(one)]
    return [*map(Bounds, inside), *(Bounds(at_most=one) for one in inside),
            Bounds(min(inside), max(inside))]  # fmt: skip


@pytest.mark.parametrize(("score", "way", "over"), CASES)
def test_what_is_not_decided_is_said_with_what_would_decide_it(
    score: str, way: Way, over: Over
) -> None:
    found = found_of(score, way, over)
    for bounds in bounds_of(found, score, way):
        told, outcome = more(found, bounds), decide(found.interval(), bounds)
        assert 0 <= p_value(found, bounds) <= 1
        if isinstance(found, Unknown):
            assert (told.sentence, outcome) == (found.reason, "undecided")
        elif outcome == "undecided" and found.value not in (bounds.low, bounds.high):
            numbers = [told.images, told.seeds, *(told.both or ())]
            assert min(one for one in numbers if one is not None) < math.inf
            assert told.sentence != AT_THE_BOUND


@pytest.mark.parametrize(("score", "way", "over"), CASES)
def test_every_verdict_can_be_drawn(score: str, way: Way, over: Over) -> None:
    found = found_of(score, way, over)
    ends = found.interval()
    if ends is None:
        return
    bounds = bounds_of(found, score, way)[0]
    number = Number(found.value, *ends, 0.95, 100, 3, over != "images")
    verdict = Verdict(
        "c", "x", decide(ends, bounds), "y", score=score, of="new", against="old", way=way,
        at_least=bounds.at_least, at_most=bounds.at_most, number=number,
    )  # fmt: skip
    assert figures.svg(figures.plot_verdict(verdict)).startswith(b"<?xml")


@pytest.mark.parametrize("over", OVERS)
def test_of_calibrated_models_the_ratio_of_errors_is_not_known(over: Over) -> None:
    found = found_of("calibration_error", "ratio", over)
    assert isinstance(found, Unknown)
    assert more(found, Bounds(at_most=0.9)).sentence.endswith("; judge on more images")

"""A power law through planted accuracies: what it forecasts, how sure, and when it says nothing."""

import math

import numpy as np
import pytest

from sureshot.errors import UsageError
from sureshot.measure.forecast import Point, PowerLaw, forecast

THREE, FIVE = (500, 1000, 2000), (250, 500, 1000, 2000, 4000)
LUCK = 0.016  # of the standard deviation of one image: how far seeds differ beyond their images


def exact(law: PowerLaw, sizes: tuple[int, ...], n: int = 100_000, seeds: int = 1) -> list[Point]:
    """Points that lie on a law, to within one image."""
    return [
        Point(size, np.tile(np.arange(n) < round(n * law.accuracy(size)), (seeds, 1)))
        for size in sizes
    ]


def planted(
    law: PowerLaw, sizes: tuple[int, ...], seeds: int, chance: int, n: int = 1000
) -> list[Point]:
    """Points that chance has moved: images are hard for all models alike, seeds have luck."""
    draw = np.random.default_rng(chance)
    hard = draw.random(n)

    def one(share: float) -> np.ndarray:
        mixed = np.where(draw.random(n) < 0.7, hard, draw.random(n))  # three in ten by luck
        return mixed < share + draw.normal(0, LUCK * math.sqrt(share * (1 - share)))

    return [
        Point(size, np.stack([one(law.accuracy(size)) for _ in range(seeds)])) for size in sizes
    ]


@pytest.mark.parametrize("sizes", [THREE, FIVE])
@pytest.mark.parametrize(
    "law", [PowerLaw(0.05, 3.0, 0.5), PowerLaw(0.0, 2.0, 0.3), PowerLaw(0.1, 100.0, 1.0)]
)
def test_a_law_without_noise_is_continued(law: PowerLaw, sizes: tuple[int, ...]) -> None:
    told = forecast(exact(law, sizes), 1000)
    top = sizes[-1] + 1000
    assert told.accuracy.value == pytest.approx(law.accuracy(top), abs=1e-3)
    assert told.gain.value == pytest.approx(law.accuracy(top) - law.accuracy(sizes[-1]), abs=1e-3)
    assert told.at(sizes[0]).value == pytest.approx(law.accuracy(sizes[0]), abs=1e-3)


@pytest.mark.parametrize(
    ("law", "sizes", "seeds"),
    [
        (PowerLaw(0.05, 3.0, 0.5), THREE, 3),
        (PowerLaw(0.0, 2.0, 0.3), THREE, 2),
        (PowerLaw(0.0, 2.0, 0.3), FIVE, 5),
        (PowerLaw(0.1, 100.0, 1.0), FIVE, 5),
        (PowerLaw(0.3, 0.0, 0.5), THREE, 3),  # more images give nothing
    ],
)
def test_intervals_hold_the_truth_as_often_as_they_say(
    law: PowerLaw, sizes: tuple[int, ...], seeds: int
) -> None:
    times, more = 150, sizes[0]
    top = sizes[-1] + more
    reached, gained = law.accuracy(top), law.accuracy(top) - law.accuracy(sizes[-1])
    held = np.zeros(2)
    for chance in range(times):
        told = forecast(planted(law, sizes, seeds, chance), more)
        pairs = ((told.accuracy, reached), (told.gain, gained))
        held += [one.low - 1e-9 <= truth <= one.high + 1e-9 for one, truth in pairs]
    # three standard errors of 150 curves below 95 %
    assert (held / times >= 0.897).all(), held / times


def test_more_images_and_seeds_say_more() -> None:
    law = PowerLaw(0.05, 3.0, 0.5)
    widths = []
    for seeds, n in ((2, 300), (5, 3000)):
        told = forecast(planted(law, FIVE, seeds, 1, n), 1000)
        assert told.accuracy.low <= told.accuracy.value <= told.accuracy.high
        assert told.gain.low <= told.gain.value <= told.gain.high
        widths.append((told.accuracy.high - told.accuracy.low, told.gain.high - told.gain.low))
    assert widths[1] < tuple(0.7 * width for width in widths[0])


def test_one_seed_has_no_interval_and_says_why() -> None:
    told = forecast(exact(PowerLaw(0.05, 3.0, 0.5), THREE), 500)
    assert "one seed cannot show how much seeds vary" in told.why
    assert math.isnan(told.accuracy.low)
    assert math.isnan(told.gain.high)
    assert told.gain.value > 0


@pytest.mark.parametrize("accuracy", [1.0, 0.0])
def test_models_that_are_all_right_or_all_wrong_can_be_told(accuracy: float) -> None:
    same = [Point(size, np.full((3, 200), accuracy == 1.0)) for size in THREE]
    told = forecast(same, 1000)
    assert told.accuracy.value == pytest.approx(accuracy, abs=1e-6)
    assert 0 <= told.accuracy.low <= told.accuracy.high <= 1
    assert told.gain.value == pytest.approx(0, abs=1e-6)
    assert told.gain.high > 0  # 200 images cannot show that nothing will be gained


def test_errors_that_rise_give_no_gain() -> None:
    worse = [Point(size, np.arange(3000).reshape(3, 1000) % 1000 < right)
             for size, right in zip(THREE, (900, 870, 800), strict=True)]  # fmt: skip
    told = forecast(worse, 1000)
    assert told.gain.value == pytest.approx(0, abs=1e-6)
    assert told.accuracy.high - told.accuracy.low > 0.04  # no law passes near, so it is wide


REFUSED = {
    "two sizes": ((500, 1000), 100, "a forecast needs 3 different numbers of images or more, got "
                  "500, 1,000"),
    "equal sizes": ((500, 500, 500), 100, "a forecast needs 3 different numbers of images or more"),
    "a size twice": ((500, 1000, 1000, 2000), 100, "a forecast needs 3 different numbers"),
    "too far": (THREE, 2001, "more must be between 1 and 2,000, got 2,001: a forecast beyond "
                "twice the largest number of images is a guess"),
    "no more": (THREE, 0, "more must be between 1 and 2,000, got 0"),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_said_is_refused(kind: str) -> None:
    sizes, more, sentence = REFUSED[kind]
    with pytest.raises(UsageError, match=sentence):
        forecast(exact(PowerLaw(0.05, 3.0, 0.5), sizes, n=1000), more)

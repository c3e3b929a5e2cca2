"""Exact binomial numbers against SciPy, curves against counting, tests in their fixed order."""

import numpy as np
import pytest
from scipy import stats

from sureshot.measure import risk
from sureshot.measure.risk import Curve


@pytest.mark.parametrize("n", [1, 59, 149, 1_000, 200_000])
@pytest.mark.parametrize("error", [1e-4, 0.02, 0.3])
def test_tails_and_bounds_are_exact(n: int, error: float) -> None:
    for wrong in {0, 1, n // 100, n // 50, n // 3, n - 1, n}:
        assert risk.at_most(wrong, n, error) == pytest.approx(
            stats.binom.cdf(wrong, n, error), rel=1e-7, abs=1e-300
        )
        bound = 1.0 if wrong == n else stats.beta.ppf(0.95, wrong + 1, n - wrong)
        assert risk.upper_bound(wrong, n, 0.95) == pytest.approx(bound, abs=1e-9)


@pytest.mark.parametrize(
    ("error", "confidence", "n"), [(0.02, 0.95, 149), (0.01, 0.95, 299), (0.05, 0.9, 45)]
)
def test_without_an_error_the_fewest_images_are_those_known(
    error: float, confidence: float, n: int
) -> None:
    assert risk.least_accepted(error, confidence) == n
    assert risk.at_most(0, n, error) <= 1 - confidence < risk.at_most(0, n - 1, error)


def test_nothing_accepted_proves_nothing() -> None:
    assert risk.at_most(0, 0, 0.02) == 1.0
    assert risk.upper_bound(0, 0, 0.95) == 1.0


def drawn(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    confidence = np.round(draw.uniform(0.4, 1, n), 2)  # with ties
    return confidence, draw.random(n) < confidence


def test_a_curve_counts_what_each_threshold_accepts() -> None:
    levels = risk.thresholds(drawn(300, seed=1)[0])
    assert (np.diff(levels) < 0).all()
    assert levels[-1] == 0.0
    confidence, right = drawn(500)
    confidence[:7] = -1.0  # must never be accepted
    found = risk.curve(confidence, right, levels)
    for place, level in enumerate(levels):
        accepted = confidence >= level
        assert found.accepted[place] == accepted.sum()
        assert found.wrong[place] == (accepted & ~right).sum()
    assert found.accepted[-1] == 493
    assert (found.share <= 493 / 500).all()


def curve(*pairs: tuple[int, int], n: int = 1_000) -> Curve:
    accepted, wrong = np.array(pairs).T
    return Curve(np.linspace(1, 0, len(pairs)), accepted, wrong, n)


@pytest.mark.parametrize(
    ("pairs", "start", "place"),
    [
        ([(149, 0), (300, 0), (600, 5)], 0, 2),
        ([(148, 0), (300, 0), (600, 5)], 0, None),  # the first is not rejected: testing ends
        ([(148, 0), (300, 0), (600, 5)], 1, 2),
        ([(300, 0), (310, 4), (900, 4)], 0, 0),  # nor is a later one looked at
        ([(300, 0), (600, 20)], 1, None),
    ],
)
def test_thresholds_are_tested_in_order_until_the_first_that_fails(
    pairs: list[tuple[int, int]], start: int, place: int | None
) -> None:
    assert risk.promised(curve(*pairs), start, 0.02, 0.95) == place


def test_testing_starts_where_most_speaks_for_it() -> None:
    known = curve((10, 0), (100, 0), (250, 1), (280, 15), (340, 60), n=340)
    assert [risk.start_of(known, error) for error in (0.01, 0.05, 0.3)] == [2, 2, 2]
    assert risk.start_of(curve((10, 0), (340, 1), n=340), 0.02) == 1
    assert risk.start_of(curve((10, 9), (340, 300), n=340), 0.02) == 0


def test_how_many_images_would_do() -> None:
    found = curve((500, 0), (500, 10), (900, 300), (500, 5), (0, 0))
    assert risk.images_needed(found, 0, 0.02, 0.95) == 298  # 149 of every second image
    assert risk.images_needed(found, 1, 0.02, 0.95) is None  # 2 % is no less than 2 %
    assert risk.images_needed(found, 2, 0.02, 0.95) is None
    assert risk.images_needed(found, 4, 0.02, 0.95) == 149_000  # not one of 1,000 was accepted
    needed = risk.images_needed(found, 3, 0.02, 0.95)
    assert needed is not None
    accepted = needed / 2
    assert risk.at_most(int(np.ceil(0.01 * accepted)), int(accepted), 0.02) <= 0.05
    assert risk.at_most(int(np.ceil(0.01 * accepted / 1.1)), int(accepted / 1.1), 0.02) > 0.05


@pytest.mark.parametrize(("accepted", "wrong"), [(100, 0), (163, 4), (60, 1), (300, 5)])
def test_what_was_too_few_is_never_said_to_do(accepted: int, wrong: int) -> None:
    found = curve((accepted, wrong), n=372)
    for error in (0.02, 0.03, 0.05):
        needed = risk.images_needed(found, 0, error, 0.95)
        if risk.promised(found, 0, error, 0.95) is None and needed is not None:
            assert needed > 372


def test_bounds_stand_above_what_was_seen() -> None:
    found = curve((100, 0), (400, 4), (1_000, 200))
    bounds = found.bounds(0.95)
    assert (bounds > found.error).all()
    assert bounds[1] == pytest.approx(stats.beta.ppf(0.95, 5, 396), abs=1e-9)

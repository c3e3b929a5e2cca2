"""The promise, against distributions whose true error is known: the benchmark's quick form."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

import promises

TRIALS = 200
MOST = 0.05 + 3 * (0.05 * 0.95 / TRIALS) ** 0.5  # three deviations of luck above 5 %


@pytest.mark.parametrize("n", [150, 341])
@pytest.mark.parametrize("name", promises.WORLDS)
def test_the_true_error_exceeds_the_promise_in_few_trials(name: str, n: int) -> None:
    share, _ = promises.broken(name, "2%", n, TRIALS)
    assert share <= MOST


def test_a_method_that_takes_the_seen_error_for_the_true_one_would_be_found_out() -> None:
    """The simulation has teeth: without the p value the promise breaks again and again."""
    from sureshot.automate import goal

    asked, world = goal("2%", confidence=0.01), promises.WORLDS["just above the promise everywhere"]
    random = promises.generator("teeth")
    found = [promises.trial(world, asked, 341, random)[0] for _ in range(50)]
    assert sum(error > 0.02 for error in found) > 0.3 * len(found)


def test_what_can_be_promised_is_not_left_lying() -> None:
    share, automated = promises.broken("as sure as it is right", "5%", 2_000, 50)
    assert automated > 0.5
    assert share <= 0.2

"""The exact interval of a lead against SciPy, against McNemar, and against its promise."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import beta, binom, binomtest, multinomial

from sureshot.measure import paired_difference
from sureshot.measure.estimates import Gap
from sureshot.measure.paired import SPENT, least_lead, mcnemar


@pytest.mark.parametrize(
    ("gained", "lost"), [(0, 0), (0, 1), (3, 3), (5, 15), (0, 40), (700, 800), (1, 2_000)]
)
def test_mcnemar_is_the_binomial_test_of_scipy(gained, lost):
    theirs = binomtest(gained, gained + lost).pvalue if gained + lost else 1.0
    assert mcnemar(gained, lost) == mcnemar(lost, gained) == pytest.approx(theirs, rel=1e-10)


def test_zero_is_left_out_exactly_where_mcnemar_says_so():
    """The pair of 11 and 3 is one that an approximate interval decides, and McNemar does not."""
    pairs = [(up, down) for up in range(22) for down in range(22)]
    for up, down in [(11, 3), *pairs]:
        low, high = Gap(up, down, 10_000).interval()
        sure = mcnemar(up, down) <= 0.05
        assert (low > 0, high < 0) == (sure and up > down, sure and up < down)
        assert low <= Gap(up, down, 10_000).value <= high


def chance(n, lead, differing, ahead):
    """That gained - lost is `ahead` or more, summed over how many images differ."""
    m = np.arange(n + 1)
    least = np.ceil((m + ahead) / 2)
    wins = binom.sf(least - 1, m, (1 + lead / differing) / 2)
    return (binom.pmf(m, n, differing) * np.where(m >= abs(ahead), wins, ahead < 0)).sum()


@pytest.mark.parametrize("tail", [0.025, 0.003, 1e-12])
@pytest.mark.parametrize(
    ("gained", "lost", "n"),
    [(30, 12, 200), (3, 0, 50), (2, 9, 50), (0, 0, 40), (140, 90, 1_000), (900, 500, 10_000)],
)
def test_at_its_end_what_was_seen_has_the_chance_that_is_left(gained, lost, n, tail):
    low = least_lead(gained, lost, n, tail)
    most = beta.isf(SPENT * tail, gained + lost + 1, n - gained - lost)
    assert chance(n, low, most, gained - lost) == pytest.approx((1 - SPENT) * tail, rel=1e-6)


@pytest.mark.parametrize("tail", [0.025, 0.025 / 8])
@pytest.mark.parametrize("n", [1, 2, 7, 20, 45])
def test_no_side_is_missed_too_often_whatever_is_true(n, tail):
    """Summed over all that could be seen, for each of many truths; ends miss one side alike."""
    counts = [(up, down) for up in range(n + 1) for down in range(n + 1 - up)]
    low = np.array([least_lead(up, down, n, tail) for up, down in counts])
    seen, worst = np.array([(up, down, n - up - down) for up, down in counts]), 0.0
    for differing in (0.01, 0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 0.9, 0.97, 1.0):
        for lead in differing * np.linspace(-1, 1, 61):
            truth = [(differing + lead) / 2, (differing - lead) / 2, 1 - differing]
            missed = multinomial.pmf(seen[low > lead + 1e-10], n, truth).sum()
            worst = max(worst, missed)
    assert worst <= tail * (1 + 1e-6)


def test_an_approximate_interval_misses_more_often():
    """Which is why no verdict stands on it: 40 images, and a model that is nowhere the only one."""
    counts = np.arange(41)
    ends = [paired_difference(np.arange(40) < lost, np.zeros(40, bool)).low for lost in counts]
    truths = np.linspace(0.01, 0.5, 99)
    missed = [binom.pmf(counts, 40, lost)[np.array(ends) > -lost].sum() for lost in truths]
    assert max(missed) > 0.05


@pytest.mark.parametrize("pair", [(30, 12), (0, 0), (4, 0), (0, 100), (100, 0), (50, 50)])
def test_it_is_wider_at_a_higher_level_and_turned_round_changes_its_sign(pair):
    found, turned = Gap(*pair, 100), Gap(*pair[::-1], 100)
    levels = (0.05, 0.5, 0.9, 0.95, 0.99, 0.9999, 1 - 1e-14)
    ends = [found.interval(level) for level in levels]
    for (low, high), level in zip(ends, levels, strict=True):
        assert turned.interval(level) == (-high, -low)
        assert -1 <= low <= found.value <= high <= 1
    for inner, outer in pairwise(ends):
        assert outer[0] <= inner[0]
        assert inner[1] <= outer[1]


def test_it_is_hardly_wider_than_an_approximate_one():
    right, other = np.arange(5_000) < 3_600, np.arange(5_000) >= 1_000
    theirs = paired_difference(other, right)
    low, high = Gap(1_000, 1_400, 5_000).interval()
    assert high - low < 1.08 * (theirs.high - theirs.low)

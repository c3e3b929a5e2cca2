"""Verdicts, p values against SciPy, and Holm's correction against its definition."""

from math import inf, nan

import numpy as np
import pytest
from scipy import stats

from sureshot.errors import UsageError
from sureshot.measure.contributions import losses, shares
from sureshot.measure.crossed import difference, one, over_seeds, ratio
from sureshot.measure.deciding import Bounds, decide, p_value
from sureshot.measure.estimates import Closest, Estimate, Exact, Gap, Part, Share, Unknown
from sureshot.measure.paired import mcnemar
from sureshot.measure.several import holm

RANDOM = np.random.default_rng(0)
IMAGE = RANDOM.normal(size=120)
MADE = [
    losses(mean + IMAGE + RANDOM.normal(0, 0.2, (4, 1)) + RANDOM.normal(size=(4, 120)))
    for mean in (3.0, 3.4)
]


@pytest.mark.parametrize(
    ("interval", "bounds", "verdict"),
    [
        ((0.71, 0.79), Bounds(0.70), "supported"),
        ((0.70, 0.79), Bounds(0.70), "supported"),
        ((0.69, 0.79), Bounds(0.70), "undecided"),
        ((0.60, 0.70), Bounds(0.70), "undecided"),
        ((0.60, 0.69), Bounds(0.70), "refuted"),
        ((0.60, 0.69), Bounds(at_most=0.70), "supported"),
        ((0.69, 0.71), Bounds(at_most=0.70), "undecided"),
        ((0.71, 0.79), Bounds(at_most=0.70), "refuted"),
        ((-0.01, 0.01), Bounds(-0.02, 0.02), "supported"),
        ((-0.03, 0.01), Bounds(-0.02, 0.02), "undecided"),
        ((-0.03, 0.03), Bounds(-0.02, 0.02), "undecided"),
        ((0.03, 0.05), Bounds(-0.02, 0.02), "refuted"),
        ((-0.05, -0.03), Bounds(-0.02, 0.02), "refuted"),
        ((-inf, inf), Bounds(0.0), "undecided"),
        (None, Bounds(0.0), "undecided"),
    ],
)
def test_the_whole_interval_decides(interval, bounds, verdict):
    assert decide(interval, bounds) == verdict


@pytest.mark.parametrize("given", [(None, None), (nan, None), (0.0, nan), (0.2, 0.1)])
def test_bounds_that_say_nothing_are_refused(given):
    with pytest.raises(UsageError, match="at_least"):
        Bounds(*given)


def test_p_values_without_images_are_those_of_scipy():
    a, b = [3.1, 3.4, 2.9, 3.3, 3.2], [4.0, 4.4, 3.1]
    theirs = stats.ttest_1samp(a, 3.0).pvalue
    assert p_value(over_seeds(a), Bounds(3.0)) == pytest.approx(theirs, rel=1e-9)
    theirs = stats.ttest_ind(a, b, equal_var=False).pvalue
    assert p_value(over_seeds(a, minus=b), Bounds(at_most=0.0)) == pytest.approx(theirs, rel=1e-9)


def test_the_p_value_of_a_share_is_that_of_the_score_test():
    z = (0.8 - 0.7) / (0.7 * 0.3 / 100) ** 0.5
    theirs = 2 * stats.norm.sf(z)
    assert p_value(Share(80, 100), Bounds(0.7)) == pytest.approx(theirs, rel=1e-9)


def test_the_p_value_of_equivalence_is_twice_the_larger_of_two_one_sided_ones():
    a, b = np.array([3.2, 2.6, 3.3, 3.1, 2.9]), np.array([3.0, 3.3, 2.8])
    one_sided = [
        stats.ttest_ind(a + 1, b, equal_var=False, alternative="greater").pvalue,
        stats.ttest_ind(a - 1, b, equal_var=False, alternative="less").pvalue,
    ]
    found = p_value(over_seeds(a, minus=b), Bounds(-1, 1))
    assert found == pytest.approx(2 * max(one_sided), rel=1e-9)


@pytest.mark.parametrize(
    "measured",
    [
        one(MADE[0]),
        difference(*MADE),
        ratio(*MADE),
        one(losses(MADE[0].values[:1]), "images"),
        Share(90, 100),
        Gap(30, 12, 200),
    ],
)
@pytest.mark.parametrize("shift", [-0.8, -0.2, -0.06, 0.03, 0.1, 0.5])
def test_a_p_value_below_a_share_is_a_verdict_at_that_level(measured, shift):
    for bounds in (Bounds(measured.value + shift), Bounds(at_most=measured.value + shift)):
        p = p_value(measured, bounds)
        assert 0 < p <= 1
        for level in (0.9, 0.95, 0.99):
            decided = decide(measured.interval(level), bounds) != "undecided"
            assert decided == (p < 1 - level)


@pytest.mark.parametrize(
    ("measured", "bounds", "p"),
    [
        (Exact(5.0), Bounds(at_most=5.0), 0.0),
        (Exact(5.0), Bounds(at_most=4.0), 0.0),
        (Unknown(5.0, "one seed"), Bounds(1.0), 1.0),
        (Share(70, 100), Bounds(0.7), 1.0),
        (Share(70, 100), Bounds(0.0), 0.0),
    ],
)
def test_the_ends_of_p(measured, bounds, p):
    assert p_value(measured, bounds) == pytest.approx(p, abs=1e-14)


def test_holm_by_hand():
    found = holm([0.01, 0.04, 0.03, 0.005])
    assert [claim.p for claim in found] == pytest.approx([0.03, 0.08, 0.06, 0.02])
    shares_of_error = [1 - claim.level for claim in found]
    assert shares_of_error == pytest.approx([0.05 / 3, 0.05 / 2, 0.05 / 2, 0.05 / 4])


def test_no_claim_is_given_more_than_twice_an_equal_share():
    """So that the halves of all add up to the whole, whatever becomes of the others."""
    claims = holm([1e-9] * 7 + [0.04])
    assert claims[7].level == pytest.approx(1 - 0.05 * 2 / 8)
    assert claims[7].p == pytest.approx(0.16)
    assert [claim.level for claim in holm([1e-9, 0.04])] == pytest.approx([0.975, 0.95])


def test_directions_hold_where_claims_depend_on_one_another():
    """Eight claims on one sum and its negative, four of them true: none is decided wrongly."""
    random, wrong, repeats = np.random.default_rng(5), 0, 400
    signs, truths = np.repeat([1.0, -1.0], 4), np.tile([0.0, 3.0], 4)
    for _ in range(repeats):
        shared = random.normal()
        found = [
            Estimate(t + s * shared, t + s * shared, 1, (), images=Part(1.0))
            for s, t in zip(signs, truths, strict=True)
        ]
        claims = holm([p_value(one, Bounds(1e-9)) for one in found])
        verdicts = [
            decide(one.interval(claim.level), Bounds(1e-9))
            for one, claim in zip(found, claims, strict=True)
        ]
        wrong += any(
            verdict == ("refuted" if truth else "supported")
            for verdict, truth in zip(verdicts, truths, strict=True)
        )
    assert wrong <= 0.07 * repeats  # 0.05 is asked for, and 400 draws have a deviation of 0.011


def test_the_p_value_of_a_share_on_which_a_verdict_stands_is_the_binomial_one():
    found = p_value(Share(80, 100, decides=True), Bounds(0.7))
    assert found == pytest.approx(2 * stats.binom.sf(79, 100, 0.7), rel=1e-9)


@pytest.mark.parametrize("pair", [(11, 3), (3, 11), (14, 3), (7, 7), (0, 0), (300, 220)])
@pytest.mark.parametrize("bounds", [Bounds(0.0), Bounds(at_most=0.0)])
def test_the_p_value_of_a_lead_is_mcnemars(pair, bounds):
    found = Gap(*pair, 10_000)
    p = p_value(found, bounds)
    assert p == mcnemar(*pair)
    for level in (0.9, 0.95, 0.99):
        assert (decide(found.interval(level), bounds) != "undecided") == (p < 1 - level)


def test_against_several_the_largest_p_value_supports():
    """Intersection-union: all have to be above, so the hardest of them decides."""
    each = (difference(MADE[1], MADE[0]), one(MADE[0]), one(MADE[1]))
    single = [p_value(found, Bounds(0.0)) for found in each]
    assert p_value(Closest(each), Bounds(0.0)) == pytest.approx(max(single))
    below = tuple(difference(MADE[0], MADE[1]) for _ in range(2))
    refuted = p_value(Closest((*below, one(MADE[0]))), Bounds(0.0))
    assert refuted == pytest.approx(3 * p_value(below[0], Bounds(0.0)))


def test_one_claim_is_not_corrected():
    assert (holm([0.03])[0].p, holm([0.03])[0].level) == pytest.approx((0.03, 0.95))
    assert holm([]) == ()


@pytest.mark.parametrize("level", [0.9, 0.95])
def test_holm_decides_at_the_levels_that_it_shows(level):
    random = np.random.default_rng(1)
    for _ in range(300):
        p = random.random(6) ** 4
        for own, claim in zip(p, holm(list(p), level), strict=True):
            assert (own < 1 - claim.level) == (claim.p < 1 - level)
            assert claim.p >= own


def test_false_claims_are_supported_as_rarely_as_promised():
    """Equal models, 100 images: 'A is better' is false, and hardest to tell."""
    random, found = np.random.default_rng(2), []
    for _ in range(1_500):
        image = random.normal(size=100)
        a, b = (image + random.normal(0, 0.8, 100) < 0.8 for _ in range(2))
        measured = difference(shares(a), shares(b), "images")
        found.append(decide(measured.interval(), Bounds(0.0)))
    assert found.count("supported") <= 0.035 * 1_500
    assert found.count("undecided") >= 0.93 * 1_500


@pytest.mark.parametrize(
    ("gap", "n", "verdict", "least"),
    [
        (0.1, 1_000, "supported", 0.97),
        (0.02, 100, "undecided", 0.85),
        (-0.1, 1_000, "refuted", 0.97),
    ],
)
def test_what_was_planted_is_found_at_the_stated_rates(gap, n, verdict, least):
    """'A is better': by 10 points, by 2 on 100 images, and worse by 10; 5 seeds each."""
    random, found = np.random.default_rng(3), []
    edges = stats.norm.ppf([0.7 + gap, 0.7])
    for _ in range(300):
        image = random.normal(0, 0.8, n)
        a, b = (
            shares(image + random.normal(0, 0.6, (5, n)) + random.normal(0, 0.03, (5, 1)) < edge)
            for edge in edges
        )
        found.append(decide(difference(a, b).interval(), Bounds(0.0)))
    assert found.count(verdict) >= least * 300

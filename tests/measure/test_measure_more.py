"""How much more data would decide, and what a test set could tell before anything is trained."""

from math import ceil, floor, inf, sqrt

import numpy as np
import pytest
from scipy.stats import binom

from sureshot.errors import UsageError
from sureshot.measure.contributions import losses, shares
from sureshot.measure.crossed import ONE_SEED, difference, one, over_seeds, ratio
from sureshot.measure.deciding import Bounds, decide
from sureshot.measure.estimates import Closest, Exact, Gap, Share
from sureshot.measure.exact import clopper_pearson
from sureshot.measure.intervals import wilson
from sureshot.measure.more import AT_THE_BOUND, more
from sureshot.measure.planning import reach_of_difference, reach_of_share

RANDOM = np.random.default_rng(0)


def made(seeds, n, vary, random=RANDOM, mean=3.0):
    values = random.normal(size=n) + random.normal(0, vary, (seeds, 1))
    return losses(mean + values + random.normal(0, 0.5, (seeds, n)))


STEADY, FICKLE, OTHER = made(5, 60, 0.01), made(3, 400, 0.5), made(5, 60, 0.01)


@pytest.mark.parametrize("measured", [one(STEADY), difference(STEADY, OTHER), ratio(STEADY, OTHER)])
def test_the_number_of_images_is_the_least_that_is_enough(measured):
    bounds = Bounds(measured.value * (1 - measured.half() / 3 / abs(measured.value)))
    found = more(measured, bounds)
    gap = measured.distance(bounds.low)
    assert found.images > measured.n
    assert measured.half(images=found.images / measured.n) < gap
    assert measured.half(images=(found.images - 1) / measured.n) >= gap
    assert f"(there are {measured.n}) would" in found.sentence


def test_the_number_of_seeds_is_the_least_that_is_enough():
    measured = one(FICKLE)
    bounds = Bounds(at_most=measured.value + 0.4 * measured.half())
    found = more(measured, bounds)
    gap = bounds.high - measured.value
    assert found.images == inf
    assert measured.half(seeds=found.seeds / 3) < gap <= measured.half(seeds=(found.seeds - 1) / 3)
    assert found.sentence == (
        "no number of images would, for the seeds vary too much; "
        f"{found.seeds:.0f} seeds (there are 3) would"
    )


def test_where_neither_alone_would_both_together_do():
    measured = one(FICKLE)
    gap = 0.04 * measured.half()
    found = more(measured, Bounds(measured.value - gap))
    assert (found.images, found.seeds) == (inf, inf)
    images, seeds = found.both
    assert measured.half(images=images / 400, seeds=seeds / 3) < gap
    assert found.sentence.startswith("neither more images nor more seeds alone would; about ")


def test_too_few_images_are_said():
    measured = one(STEADY)
    limit = measured.half(seeds=inf)
    found = more(measured, Bounds(measured.value - 0.9 * limit))
    assert found.seeds == inf
    assert found.sentence.startswith("no number of seeds would, for the images are too few; about")


@pytest.mark.parametrize("bounds", [Bounds(0.75), Bounds(at_most=0.86), Bounds(0.7, 0.83)])
def test_the_images_of_one_model_are_those_at_which_wilson_decides(bounds):
    share = Share(80, 100)
    found = more(share, bounds)
    bound = min((b for b in (bounds.low, bounds.high)), key=lambda b: abs(b - 0.8))
    n = int(found.images)
    for times, decided in ((n, True), (n - 1, False)):
        low, high = wilson(np.array(0.8 * times), np.array(times))
        assert (not low <= bound <= high) == decided
    assert found.seeds is None


@pytest.mark.parametrize(
    ("measured", "bounds"),
    [
        (Share(50, 50), Bounds(at_least=1.0)),
        (Share(0, 50), Bounds(at_most=0.0)),
        (Share(50, 50, decides=True), Bounds(at_least=1.0)),
    ],
)
def test_at_the_end_of_the_range_nothing_helps(measured, bounds):
    assert more(measured, bounds).images == inf
    assert more(measured, bounds).sentence == AT_THE_BOUND


def test_the_images_of_a_verdict_are_those_at_which_its_interval_decides():
    n = int(more(Share(80, 100, decides=True), Bounds(0.75)).images)
    decided = [clopper_pearson(round(0.8 * m), m)[0] >= 0.75 for m in (n - 15, n + 15)]
    assert decided == [False, True]


@pytest.mark.parametrize("bounds", [Bounds(0.0), Bounds(0.02), Bounds(at_most=0.11)])
def test_the_images_of_a_lead_are_about_those_at_which_its_interval_decides(bounds):
    n = more(Gap(25, 13, 200), bounds).images
    decided = [
        decide(Gap(round(0.125 * m), round(0.065 * m), m).interval(), bounds) != "undecided"
        for m in (round(0.88 * n), round(1.12 * n))
    ]
    assert decided == [False, True]


@pytest.mark.parametrize("pair", [(0, 0), (5, 5), (12, 10)])
def test_where_two_models_hardly_differ_it_is_said_how_many_images_would_tell(pair):
    for bounds in (Bounds(0.001), Bounds(-0.03, 0.03), Bounds(at_most=-0.001)):
        found = more(Gap(*pair, 100), bounds)
        assert 100 < found.images < inf
        assert "test images (there are 100) would decide" in found.sentence
    at_the_bound = more(Gap(5, 5, 100), Bounds(0.0))
    assert (at_the_bound.images, at_the_bound.sentence) == (inf, AT_THE_BOUND)


def test_against_several_the_nearest_that_is_undecided_is_asked():
    near, far = difference(STEADY, OTHER), one(STEADY)
    bounds = Bounds(near.value - near.half() / 3)
    found = more(Closest((far, near)), bounds, split="validation")
    assert found == more(near, bounds, split="validation")
    assert "validation images (there are 60)" in found.sentence
    refuting = Bounds(near.value + 1.02 * near.half())  # decided alone, not among two
    assert more(Closest((far, near)), refuting).images == more(near, refuting, 0.975).images


@pytest.mark.parametrize(
    ("measured", "bounds"),
    [
        (Share(80, 100), Bounds(0.8)),
        (one(STEADY), Bounds(one(STEADY).value)),
        (over_seeds([1.0, 2.0, 3.0]), Bounds(at_most=2.0)),
    ],
)
def test_at_the_bound_nothing_helps(measured, bounds):
    found = more(measured, bounds)
    assert found.sentence == AT_THE_BOUND
    assert found.both is None
    assert {found.images, found.seeds} <= {inf, None}


def test_without_images_only_seeds_are_asked_for():
    found = more(over_seeds([3.1, 3.3, 3.2]), Bounds(3.15))
    assert found.images is None
    assert found.sentence == f"{found.seeds:.0f} seeds (there are 3) would decide"


@pytest.mark.parametrize(
    ("measured", "sentence"),
    [
        (one(losses(STEADY.values[:1])), ONE_SEED),
        (Exact(5.0), "it is decided"),
        (Share(99, 100), "it is decided"),
    ],
)
def test_where_there_is_nothing_to_ask(measured, sentence):
    assert more(measured, Bounds(0.7)).sentence == sentence


def test_about_half_of_the_studies_of_that_size_decide():
    """The promise of `more`, from the truth: it moves, so half decide, and half do not yet."""
    random = np.random.default_rng(1)
    n = int(more(Share(770, 1_000), Bounds(0.75)).images)
    right = random.binomial(n, 0.77, 4_000)
    low, _ = wilson(right, n)
    assert np.mean(low > 0.75) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("n", [100, 372, 5_000])
@pytest.mark.parametrize("threshold", [0.1, 0.5, 0.7, 0.9])
def test_a_share_in_reach_is_told_from_the_bound_in_four_of_five_studies(n, threshold):
    found = reach_of_share(n, Bounds(threshold))
    counts = np.arange(n + 1)
    low, high = np.array([clopper_pearson(int(k), n) for k in counts]).T
    assert found.supported is not None
    above = binom.pmf(counts, n, found.supported[0])[low >= threshold].sum()
    below = binom.pmf(counts, n, found.refuted_below)[high < threshold].sum()
    assert 0.77 < above < 0.92
    assert 0.77 < below < 0.92


@pytest.mark.parametrize(
    ("bounds", "supported", "below", "above"),
    [
        (Bounds(0.99), False, True, False),  # 100 of 100 do not show 99 %
        (Bounds(at_most=0.01), False, False, True),
        (Bounds(0.7, 0.75), False, True, True),
        (Bounds(0.4, 0.97), True, True, False),
    ],
)
def test_what_100_images_can_never_tell(bounds, supported, below, above):
    found = reach_of_share(100, bounds)
    assert (found.supported is not None) == supported
    assert (found.refuted_below is not None) == below
    assert (found.refuted_above is not None) == above
    assert decide(wilson(100, 100), Bounds(0.99)) == "undecided"


def test_a_difference_in_reach_is_told_in_four_of_five_studies():
    random, n, decided = np.random.default_rng(2), 400, 0
    found = reach_of_difference(n, Bounds(0.0))
    gap = found.supported[0]
    up, down = (0.25 + gap) / 2, (0.25 - gap) / 2
    for _ in range(1_000):
        drawn = random.random(n)
        a, b = drawn < up, (up <= drawn) & (drawn < up + down)
        measured = difference(shares(a), shares(b), "images")
        decided += decide(measured.interval(), Bounds(0.0)) == "supported"
    assert 0.76 < decided / 1_000 < 0.87
    assert found.refuted_below == pytest.approx(-gap, abs=1e-3)


@pytest.mark.parametrize("bound", [0.05, -0.03])
def test_so_is_one_from_a_gap(bound):
    random, n, decided = np.random.default_rng(3), 1_000, 0
    gap = reach_of_difference(n, Bounds(bound)).supported[0]
    counts = random.multinomial(n, [(0.25 + gap) / 2, (0.25 - gap) / 2, 0.75], 600)
    for up, down, _ in counts:
        decided += decide(Gap(int(up), int(down), n).interval(), Bounds(bound)) == "supported"
    assert 0.75 < decided / 600 < 0.87


def test_more_images_reach_further_and_seeds_keep_them_from_it():
    edges = [reach_of_difference(n, Bounds(0.05)).supported[0] for n in (100, 1_000, 10_000)]
    assert edges == sorted(edges, reverse=True)
    models, recipes, many = (
        reach_of_difference(10_000, Bounds(0.05), seeds).supported[0] for seeds in (None, 3, 20)
    )
    assert models < many < recipes
    fewer = reach_of_difference(1_000, Bounds(0.05), discordant=0.05).supported[0]
    assert fewer < edges[1]


def test_assumptions_are_said():
    found = reach_of_difference(372, Bounds(0.05), seeds=5)
    assert found.assumed == (
        "it is assumed that only one of the two is right on 25 % of the images, "
        "and seeds vary by 1 point"
    )
    assert reach_of_share(372, Bounds(0.7)).assumed == ""
    assert reach_of_share(372, Bounds(0.7, 0.99), 5).assumed.endswith("seeds vary by 1 point")
    assert reach_of_share(372, Bounds(0.993), 5).assumed.endswith("seeds vary by 0.037 points")
    given = reach_of_difference(372, Bounds(0.0), 5, discordant=0.014, deviation=0.0004)
    assert given.assumed.endswith("right on 1.4 % of the images, and seeds vary by 0.04 points")
    assert reach_of_share(372, Bounds(0.7), seeds=1).assumed == ONE_SEED
    with pytest.raises(UsageError, match="n must be at least 1 test image, got 0"):
        reach_of_share(0, Bounds(0.7))


def test_where_nearly_all_is_right_seeds_are_taken_to_vary_less():
    """10,000 digits and 5 seeds can tell 99.3 % from 99 %, as published networks differ."""
    found = reach_of_share(10_000, Bounds(0.99), seeds=5)
    assert 0.992 < found.supported[0] < 0.9935
    assert reach_of_share(10_000, Bounds(0.99), seeds=5, deviation=0.01).supported is None


def test_the_textbook_formula_is_near():
    """One sample against a share: n = (z √(p₀q₀) + z' √(p₁q₁))² / (p₁ - p₀)²."""
    gap = reach_of_share(1_000, Bounds(0.7)).supported[0] - 0.7
    told = gap - 0.5 / 1_000  # for counts are whole numbers
    n = (1.959964 * sqrt(0.21) + 0.841621 * sqrt((0.7 + gap) * (0.3 - gap))) ** 2 / told**2
    assert floor(0.99 * 1_000) <= ceil(n) <= 1_010

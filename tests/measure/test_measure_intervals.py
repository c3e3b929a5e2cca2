"""Wilson against published values and SciPy; coverage of every kind of interval by simulation."""

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.utils.class_weight import compute_class_weight

from sureshot.errors import UsageError
from sureshot.measure import balanced_weights, bootstrap, paired_difference, wilson
from sureshot.measure.classes import class_scores, f1, macro, occurring, precision, recall


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [  # Newcombe 1998, Statist. Med. 17, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_published_values(successes, n, low, high):
    assert wilson(successes, n) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.999])
def test_wilson_agrees_with_scipy(level):
    for successes, n in [(0, 1), (1, 1), (3, 7), (50, 100), (999, 1000), (59_999, 60_000)]:
        theirs = binomtest(successes, n).proportion_ci(level, method="wilson")
        ours = wilson(successes, n, level)
        assert ours == pytest.approx((theirs.low, theirs.high), rel=1e-12, abs=1e-12)
        assert all(type(end) is float for end in ours)


def test_wilson_of_arrays_is_wilson_of_each():
    successes, n = np.array([0, 3, 7]), np.array([5, 7, 7])
    low, high = wilson(successes, n)
    each = [wilson(int(k), int(total)) for k, total in zip(successes, n, strict=True)]
    assert list(zip(low.tolist(), high.tolist(), strict=True)) == each
    assert wilson(successes, 7)[0].shape == (3,)
    assert (low[0], high[2]) == (0, 1)


def test_wilson_holds_the_truth_about_as_often_as_it_says():
    random = np.random.default_rng(0)
    for truth in (0.5, 0.9, 0.98):
        low, high = wilson(random.binomial(50, truth, size=20_000), 50)
        assert 0.92 < np.mean((low <= truth) & (truth <= high)) < 0.98


@pytest.mark.parametrize(
    ("successes", "n", "level", "message"),
    [
        (0, 0, 0.95, "n must be at least 1, got 0"),
        (3, 2, 0.95, "successes must be between 0 and n, got 3 of 2"),
        (-1, 2, 0.95, "successes must be between 0 and n"),
        (1, 2, 95, "level must be between 0 and 1, got 95"),
    ],
)
def test_wilson_refuses_what_is_no_share(successes, n, level, message):
    with pytest.raises(UsageError, match=message):
        wilson(successes, n, level)


def mean_of(values):
    return lambda drawn: np.array([(values * drawn).mean()])


def test_bootstrap_of_a_mean_is_near_the_textbook():
    values = np.random.default_rng(1).normal(size=2_000)
    low, high = bootstrap(mean_of(values), 2_000)
    half = 1.96 * values.std() / np.sqrt(2_000)
    assert (low[0], high[0]) == pytest.approx(
        (values.mean() - half, values.mean() + half), abs=half / 8
    )


def test_bootstrap_holds_the_truth_about_as_often_as_it_says():
    random, held = np.random.default_rng(2), 0
    for seed in range(300):
        values = random.exponential(size=200)
        low, high = bootstrap(mean_of(values), 200, resamples=200, seed=seed)
        held += low[0] <= 1 <= high[0]
    assert 0.90 <= held / 300 <= 0.98


def test_bootstrap_draws_every_image_and_keeps_n():
    drawn = []
    bootstrap(lambda times: drawn.append(times) or np.array([0.0]), 20, resamples=400)
    assert all(times.shape == (20,) and times.sum() == 20 for times in drawn)
    assert np.mean(drawn, axis=0) == pytest.approx(1, abs=0.25)
    assert np.var(drawn) == pytest.approx(1, abs=0.1)  # of a draw with replacement: 1 - 1/n


def test_the_same_seed_gives_the_same_bits():
    values = np.random.default_rng(3).normal(size=100)
    first, again, other = (bootstrap(mean_of(values), 100, seed=seed) for seed in (1, 1, 2))
    assert first[0].tobytes() + first[1].tobytes() == again[0].tobytes() + again[1].tobytes()
    assert first[0] != other[0]


def test_a_wider_level_is_a_wider_interval():
    values = np.random.default_rng(4).normal(size=100)
    low, high = bootstrap(mean_of(values), 100, level=0.5)
    wider = bootstrap(mean_of(values), 100, level=0.99)
    assert wider[0] < low < high < wider[1]


def test_draws_for_which_a_number_is_undefined_do_not_count():
    def shown(drawn):
        return np.array([np.nan if drawn[0] == 0 else 1.0, np.nan, drawn.sum()])

    low, high = bootstrap(shown, 10, resamples=100)
    np.testing.assert_array_equal(low, [1, np.nan, 10])
    np.testing.assert_array_equal(high, [1, np.nan, 10])


@pytest.mark.parametrize("arguments", [{"n": 0}, {"n": 5, "resamples": 0}])
def test_bootstrap_refuses_nothing(arguments):
    with pytest.raises(UsageError, match="n and resamples must be at least 1"):
        bootstrap(mean_of(np.zeros(5)), **arguments)


def test_joined_wilson_intervals_hold_where_the_bootstrap_sees_no_mistake():
    """Two classes, 30 images, 98 % right: over half of the samples have no mistake at all."""
    random, truth = np.random.default_rng(5), np.array([[0.49, 0.01], [0.01, 0.49]])
    kinds = {"precision": precision, "recall": recall, "f1": f1}
    held = dict.fromkeys(kinds, 0)
    for _ in range(2_000):
        table = random.multinomial(30, truth.ravel()).reshape(2, 2)
        for kind, score in class_scores(table).items():
            low, high = score.of_mean(occurring(table))
            assert low - 1e-12 <= macro(kinds[kind](table), table) <= high + 1e-12
            held[kind] += low <= 0.98 <= high
    assert min(held.values()) / 2_000 > 0.85


def test_the_interval_of_f1_holds_the_truth_about_as_often_as_it_says():
    random, truth = np.random.default_rng(6), np.array([[0.8, 0.05], [0.03, 0.12]])
    tables = random.multinomial(150, truth.ravel(), size=3_000).reshape(-1, 2, 2)
    ends = [class_scores(table)["f1"] for table in tables]
    held = [score.low[1] <= f1(truth)[1] <= score.high[1] for score in ends]
    assert 0.93 < np.mean(held) < 0.97


def test_a_paired_difference_counts_what_changed() -> None:
    before = np.array([True] * 60 + [False] * 40)
    after = before.copy()
    after[:5], after[60:75] = False, True  # 5 lost, 15 gained
    found = paired_difference(before, after)
    assert found.value == pytest.approx(0.10)
    up, down = 16 / 102, 6 / 102  # Bonett and Price 2012, by hand
    half = 1.959964 * ((up + down - (up - down) ** 2) / 102) ** 0.5
    assert (found.low, found.high) == pytest.approx((up - down - half, up - down + half), rel=1e-6)
    turned = paired_difference(after, before)
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low))


def test_a_paired_difference_holds_the_truth_about_as_often_as_it_says() -> None:
    random = np.random.default_rng(0)
    for n, both, gained, lost in ((30, 0.8, 0.1, 0.05), (100, 0.6, 0.15, 0.15), (372, 0.7, 0.1, 0)):
        draws = random.choice(4, (2000, n), p=[both, gained, lost, 1 - both - gained - lost])
        held = 0
        for drawn in draws:
            found = paired_difference((drawn == 0) | (drawn == 2), (drawn == 0) | (drawn == 1))
            held += found.low <= gained - lost <= found.high
        assert 0.93 <= held / 2000 <= 0.995, (n, held)


def test_a_paired_difference_of_nothing_has_a_width_and_bounds() -> None:
    same = np.ones(20, bool)
    found = paired_difference(same, same)
    assert found.value == 0
    assert -0.2 < found.low < 0 < found.high < 0.2
    assert paired_difference(~same, same).high == 1
    with pytest.raises(UsageError, match="needs the same images twice, got 20 and 0"):
        paired_difference(same, same[:0])


def test_balanced_weights_are_those_of_scikit_learn() -> None:
    labels = np.repeat([0, 1, 2], [30, 5, 15])
    theirs = compute_class_weight("balanced", classes=np.arange(3), y=labels)
    np.testing.assert_allclose(balanced_weights(np.bincount(labels)), theirs, rtol=1e-15)

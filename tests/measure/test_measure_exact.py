"""Clopper and Pearson's interval against SciPy, and against the promise that it makes."""

import numpy as np
import pytest
from scipy.stats import beta, binom

from sureshot.errors import UsageError
from sureshot.measure.exact import clopper_pearson
from sureshot.measure.intervals import wilson


@pytest.mark.parametrize("level", [0.5, 0.95, 0.9999, 1 - 1e-14])
@pytest.mark.parametrize(
    ("k", "n"),
    [(0, 1), (1, 1), (0, 50), (50, 50), (3, 50), (97, 100), (9_930, 10_000), (59_999, 60_000)],
)
def test_it_agrees_with_scipy(k, n, level):
    tail = (1 - level) / 2
    low = beta.ppf(tail, k, n - k + 1) if k else 0.0
    high = beta.isf(tail, k + 1, n - k) if k < n else 1.0
    assert clopper_pearson(k, n, level) == pytest.approx((low, high), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("n", [20, 100])
def test_it_never_misses_a_side_too_often_where_wilsons_does(n):
    """A claim "at most", false by a hair, about one trained model: the worst of all bounds."""
    count = np.arange(n)
    ours = np.array([clopper_pearson(int(k), n)[1] for k in count])
    worst = [binom.cdf(count, n, high).max() for high in (wilson(count, n)[1], ours)]
    assert worst[1] <= 0.025 + 1e-9
    assert worst[0] > 0.15


@pytest.mark.parametrize("given", [(1, 0, 0.95), (-1, 5, 0.95), (6, 5, 0.95), (1, 5, 1.0)])
def test_what_is_no_share_is_refused(given):
    with pytest.raises(UsageError, match="must be between"):
        clopper_pearson(*given)

"""Student's quantile against SciPy's, and where it ends."""

from math import inf

import pytest
from scipy.stats import norm, t

from sureshot.errors import UsageError
from sureshot.measure.student import t_quantile


@pytest.mark.parametrize("freedom", [1, 1.3, 2, 3.7, 4, 8, 29, 99, 371.5, 1e4, 1e6, 1e9])
def test_the_quantile_is_that_of_scipy(freedom):
    for level in (0.01, 0.5, 0.8, 0.95, 0.99, 0.999, 1 - 1e-6, 1 - 2**-40):
        assert t_quantile(level, freedom) == pytest.approx(t.isf((1 - level) / 2, freedom), 1e-10)


def test_infinite_freedom_is_the_normal_distribution():
    assert t_quantile(0.95, inf) == pytest.approx(norm.ppf(0.975), 1e-14)
    assert t_quantile(0.95, 1e12) == pytest.approx(t_quantile(0.95), 1e-11)


@pytest.mark.parametrize(
    ("level", "freedom", "message"),
    [
        (95, 4, "level must be between 0 and 1, got 95"),
        (0, 4, "level must be between 0 and 1, got 0"),
        (0.95, 0, "degrees of freedom must be at least 1, got 0"),
        (0.95, float("nan"), "degrees of freedom must be at least 1, got nan"),
    ],
)
def test_what_has_no_quantile_is_refused(level, freedom, message):
    with pytest.raises(UsageError, match=message):
        t_quantile(level, freedom)

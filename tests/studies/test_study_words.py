"""How the numbers of verdicts are written."""

import pytest

from sureshot.comparison import KINDS, Way


@pytest.mark.parametrize(
    ("low", "high", "bound", "way", "told"),
    [
        (0.729, 0.755, 0.70, "value", "72.9 to 75.5 %"),
        (0.98799, 0.99262, 0.993, "value", "98.80 to 99.26 %"),  # below, and not at it
        (-0.004, -0.0001094, 0.0, "difference", "-0.40 to -0.01 points"),
        (0.9929, 0.9930001, 0.993, "value", "99.290 to 99.300 %"),  # no more than three
        (0.9606, 0.9700, 0.9606, "value", "96.1 to 97.0 %"),  # at the bound itself
        (0.95, float("inf"), 1.1, "ratio", "×0.95 to –"),
    ],
)
def test_an_interval_shows_on_which_side_of_its_bound_it_lies(
    low: float, high: float, bound: float, way: Way, told: str
) -> None:
    kind = KINDS["accuracy"]
    digits = kind.digits_beside((low, high), [bound])
    assert kind.between(low, high, way, digits) == told


@pytest.mark.parametrize(
    ("low", "high", "way", "told"),
    [
        (0.0002, 0.0058, "difference", "+0.02 to +0.58 points"),  # a lead that is sure
        (-0.004, 0.066, "difference", "-0.4 to +6.6 points"),
        (0.0, 0.066, "difference", "0.0 to +6.6 points"),
        (0.0002, 0.0058, "value", "0.0 to 0.6 %"),
    ],
)
def test_a_difference_shows_on_which_side_of_0_it_lies(
    low: float, high: float, way: Way, told: str
) -> None:
    assert KINDS["accuracy"].between(low, high, way) == told

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
    digits = kind.digits_beside((low, high), [bound], way)
    assert kind.between(low, high, way, digits) == told


def test_bounds_have_all_the_digits_that_were_given() -> None:
    told = {
        ("accuracy", "value", 0.9606): "96.06 %",
        ("accuracy", "value", 0.7): "70.0 %",
        ("accuracy", "difference", 0.05): "+5.0 points",
        ("accuracy", "ratio", 1.0005): "×1.0005",
        ("calibration_error", "value", 0.0125): "0.0125",
        ("images_per_second", "value", 0.4): "0.4 images/s",
        ("ms_per_image", "value", 1234.5): "1,234.5 ms",
        ("parameters", "value", 1_234_567.0): "1,234,567",
        ("minutes", "value", 0.5): "30 s",
    }
    for (name, way, bound), words in told.items():
        assert KINDS[name].stated(bound, way) == words


def test_other_scores_show_on_which_side_of_a_bound_they_lie_too() -> None:
    for name, way, ends, bound, words in (
        ("log_loss", "value", (0.2996, 0.31), 0.3, "0.2996 to 0.3100"),
        ("accuracy", "ratio", (1.004, 1.2), 1.0, "×1.004 to ×1.2"),
        ("ms_per_image", "value", (9.996, 12.0), 10.0, "9.996 to 12 ms"),
        ("images_per_second", "value", (99.8, 120.0), 100.0, "99.8 to 120.0 images/s"),
    ):
        kind = KINDS[name]
        assert kind.between(*ends, way, kind.digits_beside(ends, [bound], way)) == words


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

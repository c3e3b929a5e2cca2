"""What models are compared by: every score by name, its range, and how people write it."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from typing import Literal

from sureshot.progress import duration

Way = Literal["value", "difference", "ratio"]  # of one contender, or of two


@dataclass(frozen=True)
class Kind:
    """One score: what it is called, between what it can lie, and which way is better."""

    words: str
    unit: Literal["share", "number", "ms", "rate", "count", "minutes"]
    most: float = math.inf  # the least is 0 for all of them
    lower_is_better: bool = False
    of_images: bool = True  # it comes from what is said of each test image

    def range(self, way: Way) -> tuple[float, float]:
        """Between what a value, a difference or a ratio of it can lie."""
        if way == "difference":
            return -self.most, self.most
        return 0.0, math.inf if way == "ratio" else self.most

    def told(self, value: float, way: Way = "value", digits: int = 1) -> str:
        """A number as people write it: "74.2 %", "+3.1 points", "2.4 ms", "×1.8".

        `digits` are those of a share behind the point; of other scores it is that many more.
        """
        if not math.isfinite(value):
            return "–"
        if way == "ratio" or self.unit == "ms":
            return self._with_unit(value, way, _significant(value, digits))
        decimals = {"share": digits, "number": digits + 2, "rate": digits - 1}.get(self.unit, 0)
        scaled = 100 * value if self.unit == "share" else value
        return self._with_unit(value, way, f"{scaled:z,.{decimals}f}")

    def stated(self, bound: float, way: Way = "value") -> str:
        """A bound with all the digits that somebody gave it: "96.06 %", "70.0 %", "0.0125"."""
        if self.unit == "share" and way != "ratio":
            return self.told(bound, way, max(len(f"{100 * bound:.6g}".partition(".")[2]), 1))
        return self._with_unit(bound, way, f"{bound:,.10g}")

    def _with_unit(self, value: float, way: Way, number: str) -> str:
        if way == "ratio":
            return f"×{number}"
        sign = "+" if way == "difference" and value > 0 else ""
        if self.unit == "minutes":
            return f"{sign if value >= 0 else '-'}{duration(60 * abs(value))}"
        unit = _UNITS.get(self.unit, "")
        return f"{sign}{number}{' points' if unit == ' %' and way == 'difference' else unit}"

    def between(
        self, low: float, high: float, way: Way = "value", digits: int | None = None
    ) -> str:
        """Two numbers with one unit: "72.9 to 75.5 %", "-0.4 to +6.6 points".

        Where no digits are asked for, those of a difference show on which side of 0 its ends lie.
        """
        if digits is None:
            digits = self.digits_beside((low, high), (0.0,), way) if way == "difference" else 1
        first, second = self.told(low, way, digits), self.told(high, way, digits)
        if self.unit in _UNITS:  # that of a time in words belongs to its number
            first = first.removesuffix(f" {second.rpartition(' ')[2]}")
        return f"{first} to {second}"

    def digits_beside(
        self, ends: Iterable[float], bounds: Iterable[float], way: Way = "value"
    ) -> int:
        """As many digits as show on which side of the bounds the ends lie, 1 to 3.

        99.26 % is not told as 99.3 % beside a bound of 99.3 %, nor -0.01 points as 0.0 beside 0.
        """
        pairs = [(end, bound) for end, bound in product(ends, bounds) if end != bound]

        def alike(digits: int) -> bool:
            both = ([self.told(one, way, digits).lstrip("+") for one in pair] for pair in pairs)
            return any(first == second for first, second in both)

        return next((digits for digits in (1, 2) if not alike(digits)), 3)


_UNITS = {"share": " %", "ms": " ms", "rate": " images/s"}


def _significant(value: float, digits: int) -> str:
    """With two digits more than that, and never as a power of ten."""
    least = digits + 2
    return f"{value:,.0f}" if abs(value) >= 10**least else f"{value:z.{least}g}"


KINDS: dict[str, Kind] = {
    "accuracy": Kind("accuracy", "share", 1.0),
    "macro_f1": Kind("macro F1", "share", 1.0),
    "macro_precision": Kind("macro precision", "share", 1.0),
    "macro_recall": Kind("macro recall", "share", 1.0),
    "recall": Kind("recall", "share", 1.0),
    "log_loss": Kind("log loss", "number", lower_is_better=True),
    "calibration_error": Kind("calibration error", "number", 1.0, lower_is_better=True),
    "images_per_second": Kind("speed of prediction", "rate", of_images=False),
    "ms_per_image": Kind("time for one image", "ms", lower_is_better=True, of_images=False),
    "parameters": Kind("number of parameters", "count", lower_is_better=True, of_images=False),
    "minutes": Kind("training time", "minutes", lower_is_better=True, of_images=False),
}

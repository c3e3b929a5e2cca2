"""A plan in words: what it promises, or why nothing can be promised and what would do."""

import math

from sureshot.automate.goals import Goal
from sureshot.bundle import Plan
from sureshot.measure import risk
from sureshot.measure.risk import Curve


def told(made: Plan, tested: Curve, start: int, asked: Goal, unlike: int) -> list[str]:
    """What a person is told, one sentence a line; `start` is the first threshold tested.

    Of the images that it stands on, `unlike` look unlike the training data.
    """
    if made.threshold is None:
        return _refused(made, tested, start)
    sorted_ = round(made.automated * made.n)
    error, sure = percents(made.max_error), percents(made.confidence)
    left = round((1 - made.automated) * asked.per_day)
    seen = 1000 * made.wrong / max(sorted_, 1)
    strange = f"{unlike:,} of the {made.n:,} look unlike the training data and are left to look at"
    return [
        f"{percents(round(made.automated, 3))} of the images can be sorted automatically "
        f"({sorted_:,} of {made.n:,} seen), those of a probability of at least "
        f"{made.threshold:.6g}",
        f"of 1,000 that are sorted automatically about {seen:.0f} will be wrong ({made.wrong:,} of "
        f"{sorted_:,} seen); with {sure} confidence at most {1000 * made.max_error:g} ({error})",
        f"of {asked.per_day:,} images {left:,} are left to look at: about "
        f"{asked.minutes_at(made.automated):.0f} minutes at {asked.seconds:g} s an image",
        *([strange] if unlike else []),
        "promised for all classes together, and for new images of the same kind as these",
    ]


def _refused(made: Plan, tested: Curve, start: int) -> list[str]:
    """Why nothing can be promised, and what would do."""
    error, sure = percents(made.max_error), percents(made.confidence)
    least = risk.least_accepted(made.max_error, made.confidence)
    needed = risk.images_needed(tested, start, made.max_error, made.confidence)
    wrong, accepted = tested.wrong[start], tested.accepted[start]
    would = (
        "and more images like these would hardly change that, for of the "
        f"{accepted:,} that look safest {wrong:,} are wrong"
        if needed is None
        else f"about {_rounded(needed):,} would do, if they go as these did"
    )
    return [
        f"an error of at most {error} cannot be promised with {made.n:,} images: {would}",
        f"even with no error at all, {least:,} accepted images are needed for {error} with {sure} "
        "confidence",
        "so every image is left to look at",
    ]


def percents(share: float) -> str:
    """A share as a person writes it: "2 %", "0.5 %", "71.9 %"."""
    return f"{round(100 * share, 2):g} %"


def _rounded(count: int) -> int:
    """Up to two leading digits: 583 → 590."""
    step = int(10 ** max(len(str(count)) - 2, 0))
    return math.ceil(count / step) * step

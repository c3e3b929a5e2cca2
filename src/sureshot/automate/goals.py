"""What is wanted of a plan: a largest error, or a time for review that decides it."""

import math
from dataclasses import dataclass

from sureshot.errors import UsageError

MAX_ERROR = "2%"  # of what is sorted automatically; assumed, as in the examples
CONFIDENCE = "95%"  # convention of the field, as for the intervals
SECONDS = 4.0  # that a person looks at an image; assumed
PER_DAY = 1_000  # images, where nobody said how many come: so that numbers are easy to scale


@dataclass(frozen=True)
class Goal:
    """What is wanted: a largest error, or as small a one as the time for review allows."""

    max_error: float | None  # None: the minutes decide
    confidence: float
    minutes: float | None  # of review a day
    per_day: int  # images
    seconds: float  # an image under review

    @property
    def reviewed(self) -> float:
        """The share of the images that can be looked at in the minutes given."""
        return 60 * (self.minutes or 0) / self.seconds / self.per_day

    def minutes_at(self, automated: float) -> float:
        """The minutes of review a day where a share of the images is sorted automatically."""
        return (1 - automated) * self.per_day * self.seconds / 60


def goal(
    max_error: str | float | None = None,
    minutes: float | None = None,
    per_day: int | None = None,
    seconds: float | None = None,
    confidence: str | float | None = None,
) -> Goal:
    """What a person asked for; UsageError where it does not go together."""
    if minutes is not None and (max_error is not None or per_day is None):
        raise UsageError(
            "--review-minutes goes with --per-day and without --max-error: the time decides which "
            "error can be promised; give one of the two"
        )
    for name, given in (("review-minutes", minutes), ("per-day", per_day), ("seconds", seconds)):
        if given is not None and not 0 < given < math.inf:
            full = "seconds-per-image" if name == "seconds" else name
            raise UsageError(f"--{full} must be above 0, got {given:g}")
    wanted = MAX_ERROR if max_error is None else max_error
    error = None if minutes is not None else share_of("--max-error", wanted)
    sure = share_of("--confidence", CONFIDENCE if confidence is None else confidence)
    asked = Goal(error, sure, minutes, per_day or PER_DAY, seconds or SECONDS)
    if asked.reviewed >= 1:
        raise UsageError(
            f"all {asked.per_day:,} images a day can be looked at in {minutes:g} minutes; nothing "
            "needs to be sorted automatically"
        )
    return asked


def share_of(option: str, words: str | float) -> float:
    """ "2%" or 0.02 → 0.02; UsageError where it is no share between nothing and all."""
    text = str(words).strip()
    try:
        share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        share = math.nan
    if not 0 < share < 1:
        raise UsageError(f"{option} must be a share above 0 and below 1, such as 2%, got {words!r}")
    return share

"""How much more data would decide a claim, judged by the spread of the data that are there.

What is asked is how many images or seeds would make half the interval narrower than the distance
to the nearest bound, if the score stays where it is. It moves, so half of such studies decide.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, inf, sqrt

from sureshot.measure.deciding import Bounds, decide
from sureshot.measure.estimates import (
    Closest,
    Estimate,
    Gap,
    Measured,
    Share,
    Single,
    Unknown,
)
from sureshot.measure.intervals import LEVEL

AT_THE_BOUND = "no amount of data would decide, for the score lies at the bound"
NO_IMAGES = "no number of images would, for the seeds vary too much; "
NO_SEEDS = "no number of seeds would, for the images are too few; "
NEITHER = "neither more images nor more seeds alone would; "


@dataclass(frozen=True)
class More:
    """What would decide if the score stays where it is: numbers in all, not in addition."""

    images: float | None  # with the seeds as they are; infinite: none would; None: not asked
    seeds: float | None  # of each recipe, with the images as they are
    both: tuple[int, int] | None  # images and seeds, where neither alone would
    sentence: str  # without its full stop


def more(measured: Measured, bounds: Bounds, level: float = LEVEL, split: str = "test") -> More:
    """How many images of a split or seeds would decide a claim; none where it lies at a bound."""
    if isinstance(measured, Unknown):
        return More(None, None, None, measured.reason)
    if decide(measured.interval(level), bounds) != "undecided":
        return More(None, None, None, "it is decided")
    if isinstance(measured, Closest):
        return more(*_hardest(measured, bounds, level), split)
    if isinstance(measured, Share | Gap):
        images = _images_of_one_seed(measured, bounds, level)
        return More(images, None, None, _sentence(measured.n, 0, images, None, None, split))
    assert isinstance(measured, Estimate)  # what is exact is decided
    return _of_estimate(measured, bounds, level, split)


def _hardest(found: Closest, bounds: Bounds, level: float) -> tuple[Single, Bounds, float]:
    """The nearest of the numbers that are still undecided, and the level that it has to reach."""
    waiting = [one for one in found.each if decide(one.interval(level), bounds) == "undecided"]
    if not waiting:
        return found.nearest, bounds, found.strict(level)
    return Closest(tuple(waiting), found.least).nearest, bounds, level


def _of_estimate(found: Estimate, bounds: Bounds, level: float, split: str) -> More:
    gap = min(found.distance(bound) for bound in (bounds.low, bounds.high))
    n, seeds = found.n, min(found.seeds, default=0)
    luck = max(found.limits.raised, found.limits.lowered)

    def enough(images: float, models: float) -> bool:
        times = images / n if n else 1.0, models / seeds if seeds else 1.0
        return found.half(level, *times) + luck / sqrt(times[0]) < gap

    by_images = _least(lambda images: enough(images, seeds), n) if n else None
    by_seeds = _least(lambda models: enough(n, models), seeds) if seeds else None
    both = None
    if gap > 0 and by_images == by_seeds == inf:
        percent = _least(lambda part: enough(n * part / 100, seeds * part / 100), 100)
        both = ceil(n * percent / 100), ceil(seeds * percent / 100)
    sentence = _sentence(n, seeds, by_images, by_seeds, both, split)
    return More(by_images, by_seeds, both, sentence)


def _images_of_one_seed(found: Share | Gap, bounds: Bounds, level: float) -> float:
    least = 0.0 if isinstance(found, Share) else -1.0
    inner = [bound for bound in (bounds.low, bounds.high) if least < bound < 1]
    if found.value in inner or not inner:
        return inf

    def enough(images: float) -> bool:
        return all(abs(found.value - b) >= found.reach(b, images, level) for b in inner)

    return _least(enough, found.n)


def _least(enough: Callable[[float], bool], start: int) -> float:
    """The least whole number above `start` that is enough, infinite where none is."""
    if not enough(inf):
        return inf
    low, high = start, start + 1
    while not enough(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return float(high)


def _sentence(
    n: int,
    seeds: int,
    by_images: float | None,
    by_seeds: float | None,
    both: tuple[int, int] | None,
    split: str,
) -> str:
    if both:
        images, models = _roughly(both[0]), both[1]
        return f"{NEITHER}about {images:,} {split} images and {models:,} seeds together would"
    ways = []
    if by_images is not None and by_images < inf:
        ways.append(f"about {_roughly(int(by_images)):,} {split} images (there are {n:,})")
    if by_seeds is not None and by_seeds < inf:
        ways.append(f"{by_seeds:,.0f} seeds (there are {seeds})")
    if not ways:
        return AT_THE_BOUND
    impossible = NO_IMAGES if by_images == inf else NO_SEEDS if by_seeds == inf else ""
    return f"{impossible}{' or '.join(ways)} would{'' if impossible else ' decide'}"


def _roughly(n: int) -> int:
    """Rounded up to two digits, for it is no more certain than that."""
    step: int = 10 ** max(0, len(str(n)) - 2)
    return -(-n // step) * step

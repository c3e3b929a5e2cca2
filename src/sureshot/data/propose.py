"""The image size and channels that the data themselves suggest, with the reason."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sureshot.recipe import Recipe
from sureshot.records import Index

PHOTOGRAPH = 128  # pixels; what the textbook photograph networks were made for
LEAST = 8  # pixels, as the recipe allows
SMALL = 64  # pixels; images of one size up to this keep it
GREY_MODES = ("1", "L", "I;16", "I;16B", "I;16L", "I", "LA")


@dataclass(frozen=True)
class Proposal:
    """What the images suggest, each with its reason."""

    size: int  # pixels
    size_reason: str
    channels: Literal[1, 3]
    channels_reason: str


def propose(index: Index, smallest: int) -> Proposal:
    """Size and channels for an index. `smallest` is the least size that the network admits."""
    readable = index.readable
    grey = bool(np.isin(index.mode[readable].astype(str), GREY_MODES).all())
    size, reason = _size(np.maximum(index.width, index.height)[readable], smallest)
    return Proposal(
        size=size,
        size_reason=reason,
        channels=1 if grey else 3,
        channels_reason="all of them are greyscale" if grey else "some of them are in colour",
    )


def settle_images(recipe: Recipe, index: Index, smallest: int) -> tuple[Recipe, str]:
    """The recipe with its images settled, and why they are taken so; `smallest` as in `propose`."""
    found = propose(index, smallest)
    settled = recipe.settle(found.size, found.channels)
    size = found.size_reason if recipe.image.size == "auto" else "as asked"
    channels = found.channels_reason if recipe.image.channels == "auto" else "as asked"
    colours = "greyscale" if settled.image.channels == 1 else "in colour"
    return settled, f"images of {settled.image.size} pixels ({size}), {colours} ({channels})"


def _size(longest: NDArray[np.int64], smallest: int) -> tuple[int, str]:
    """Pixels and reason, from the longer side of each image, shape (N,)."""
    if not len(longest):
        return max(PHOTOGRAPH, smallest), "no image can be read"
    least, most = int(longest.min()), int(longest.max())
    if least < most or most > SMALL:
        return max(PHOTOGRAPH, smallest), f"the files have {least} to {most}"
    if most < (least_size := max(smallest, LEAST)):
        return least_size, f"every file has {most}, the network wants {least_size}"
    return most, f"every file has {most}"

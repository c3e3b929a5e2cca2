"""The image size and channels that the data themselves suggest, with the reason."""

from typing import Literal

import numpy as np

from sureshot.records import Index

PHOTOGRAPH = 128  # pixels; what the textbook photograph networks were made for
SMALL = 64  # pixels; images of one size up to this keep it
GREY_MODES = ("1", "L", "I;16", "I;16B", "I;16L", "I", "LA")


def propose(index: Index, smallest: int) -> tuple[int, Literal[1, 3], str]:
    """Size in pixels, channels, and why. `smallest` is the least size that the network admits."""
    readable = index.readable
    longest = np.maximum(index.width, index.height)[readable]
    grey = bool(np.isin(index.mode[readable].astype(str), GREY_MODES).all())
    channels: Literal[1, 3] = 1 if grey else 3
    same = len(longest) > 0 and longest.min() == longest.max() and longest[0] <= SMALL
    if same:
        size = max(int(longest[0]), smallest)
        why = f"every file has {longest[0]}" + (
            f", the network wants {smallest}" if size > longest[0] else ""
        )
    else:
        size, why = PHOTOGRAPH, f"the files have {longest.min()} to {longest.max()}"
    colours = "in greyscale, as all of them are" if grey else "in colour, as some of them are"
    return size, channels, f"images of {size} pixels ({why}), {colours}"

"""Test-time augmentation: the views of an image over which an answer is the mean.

As it is, mirrored left to right, moved by a pixel, or both: what a network has learned to see past
in training, it is asked past as well (Jordan 2024, arXiv 2404.00498, does the same).
"""

from typing import NamedTuple

SHIFTS = (0, -1, 1)  # pixels, downwards and to the right alike


class View(NamedTuple):
    """One way to see an image."""

    shift: int = 0  # pixels downwards and to the right
    mirrored: bool = False

    def places(self, height: int, width: int) -> tuple[list[int], list[int]]:
        """The rows and the columns that are seen, in order; an edge twice where it has moved in."""
        rows, columns = (
            [min(max(at - self.shift, 0), side - 1) for at in range(side)]
            for side in (height, width)
        )
        return rows, columns[::-1] if self.mirrored else columns


def views(flip: bool, shift: bool) -> tuple[View, ...]:
    """All that are asked, the image as it is first."""
    shifts = SHIFTS if shift else SHIFTS[:1]
    return tuple(View(pixels, side) for side in (False, True)[: 1 + flip] for pixels in shifts)

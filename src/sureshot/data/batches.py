"""The order in which images are shown: a pure function of seed and epoch."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sureshot.seeds import generator

Rows = NDArray[np.int64]


def shuffled(rows: Rows, seed: int, epoch: int) -> Rows:
    """The rows of one epoch in their order, shape (N,); the same for the same seed and epoch."""
    return generator("shuffle", seed, epoch).permutation(rows)


def batch_count(rows: int, batch: int) -> int:
    """How many batches so many rows make; a last row alone joins the batch before it.

    Batch normalisation cannot learn from a single image.
    """
    whole, rest = divmod(rows, batch)
    return max(whole + (rest > 1), 1)


def batches(rows: Rows, batch: int, start: int = 0) -> Iterator[tuple[int, Rows]]:
    """(step, rows of that step) from step `start` on; the last may be smaller, or one larger."""
    count = batch_count(len(rows), batch)
    for step in range(start, count):
        yield step, rows[step * batch : (step + 1) * batch if step < count - 1 else None]

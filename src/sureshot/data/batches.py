"""The order in which images are shown: a pure function of seed and epoch."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sureshot.seeds import generator

Rows = NDArray[np.int64]


def shuffled(rows: Rows, seed: int, epoch: int) -> Rows:
    """The rows of one epoch in their order, shape (N,); the same for the same seed and epoch."""
    return generator("shuffle", seed, epoch).permutation(rows)


def batches(rows: Rows, batch: int, start: int = 0) -> Iterator[tuple[int, Rows]]:
    """(step, rows of that step) from step `start` on; the last batch may be smaller."""
    for step in range(start, -(-len(rows) // batch)):
        yield step, rows[step * batch : (step + 1) * batch]

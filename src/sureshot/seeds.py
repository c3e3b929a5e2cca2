"""Randomness as a pure function: the same words and numbers give the same stream, on any machine.

Nothing in Sureshot draws from a global generator. A stream is named by what it is for
("shuffle", "dropout", "split" …) and by where it stands (seed, epoch, step).
"""

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

DEFAULT_SEED = 111


def derive(purpose: str, *place: int | str) -> int:
    """A 63-bit seed for one purpose at one place, the same on every machine and version."""
    words = "/".join([purpose, *(str(part) for part in place)])
    return int.from_bytes(hashlib.sha256(words.encode()).digest()[:8], "big") >> 1


def generator(purpose: str, *place: int | str) -> "np.random.Generator":
    """A NumPy generator of its own for one purpose at one place."""
    import numpy as np

    return np.random.Generator(np.random.PCG64(derive(purpose, *place)))

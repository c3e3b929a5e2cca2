"""The nouns of this house: a part is what a caller gets, a stack what a form opens, a form a kind.

Shapes: `n` images of one part, `H` × `W` pixels.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sureshot.images import Content
from sureshot.records import SPLIT_WORDS, Split, Strings

# The most that one file may put into memory, in bytes: 5 million images of MNIST. Assumed. It is no
# limit for a process, in which the last few files stay open (`opening`).
MOST = 4_000_000_000

# What a column with class names is called. From MNIST and its kin on Kaggle, OpenML, Hugging Face.
LABELS = ("label", "labels", "class", "target", "y", "digit", "fine_label")

_SPLITS: dict[str, Split] = {**SPLIT_WORDS, "t10k": "test"}  # MNIST's ten thousand


@dataclass(frozen=True, eq=False)
class Part:
    """One list of images: a file, or a named array in one."""

    name: str  # below the root, forward slashes; what an id begins with: "mnist.npz/x_train"
    split: Split | None  # said by the name of the file or array, None otherwise
    labels: Strings | None  # (n,) class names; None where there are none
    count: int


@dataclass(frozen=True, eq=False)
class Stack:
    """The images of one file, or of one array in it, opened."""

    array: str  # "" where the file is the list
    split: Split | None
    count: int
    image: Callable[[int], Content]  # by row, from 0; b"" where the row is empty
    labels: Callable[[str | None], Strings | None]  # (n,), from the column named, or the usual one
    columns: tuple[str, ...] = ()  # that may hold the labels, where there are columns


@dataclass(frozen=True)
class Form:
    """One kind of file."""

    name: str  # as people call it
    pattern: re.Pattern[str]  # of the file's name, in lower case
    ours: Callable[[Path], bool]  # whether a file so named holds images, by its beginning
    stacks: Callable[[Path], tuple[Stack, ...]]  # () for a file that only stands beside images


def split_of(name: str) -> Split | None:
    """The split that a word of a name says; None where none does, or two do."""
    words = re.split(r"[^a-z0-9]+", name.lower())
    found = {_SPLITS[word] for word in words if word in _SPLITS}
    return found.pop() if len(found) == 1 else None

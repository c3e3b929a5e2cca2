"""The data dictionary: what each column of the index means, holds and lacks."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sureshot.figures.words import plural
from sureshot.files import readable_size
from sureshot.records import ALONE, Index, class_names

_NAMED = 5  # values of a column that are named


@dataclass(frozen=True)
class Column:
    """One column: what it means, what was found in it, and for how many images it is missing."""

    name: str
    meaning: str
    kind: str  # "text", "whole number" …
    found: str
    missing: int


def columns(index: Index, shape: Sequence[int]) -> list[Column]:
    """The columns of the index, and the array of prepared pixels of shape (N, S, S, C)."""
    readable = index.readable
    known = class_names(index.classes, index.label)
    groups = index.group[index.group != ALONE]
    codes = [problem.split(":", 1)[0] for problem in index.problem if problem]
    pixels = " × ".join(f"{side:,}" for side in shape)
    return [
        Column("id", "path of the image, below the source", "text", *_texts(index.id, several=0)),
        Column("class", "what the image shows", "category", *_texts(known)),
        Column("split", "what the image is for", "category", *_texts(index.split)),
        Column("sha256", "fingerprint of its content", "text", *_texts(index.sha256, several=0)),
        Column("bytes", "size of the file", "whole number", *_sizes(index.bytes)),
        Column("width", "as a person sees it", "pixels", *_range(index.width)),
        Column("height", "as a person sees it", "pixels", *_range(index.height)),
        Column("mode", "how colours are stored", "category", *_texts(index.mode)),
        Column("format", "by content, not by name", "category", *_texts(index.format)),
        Column("group", "the same for duplicates", "whole number", _groups(groups), 0),
        Column("problem", "why it is left out", "text", _counted(codes) or "none", 0),
        Column(
            "pixels",
            "as a network sees it",
            "0 to 255",
            f"{pixels}: images × height × width × channels",
            int((~readable).sum()),
        ),
    ]


def _texts(values: Any, several: int = _NAMED) -> tuple[str, int]:
    """The most frequent values with their counts, or how many differ; and how many are empty."""
    held = [str(value) for value in values if value]
    missing = len(values) - len(held)
    return (_counted(held) if several else f"{len(set(held)):,} different"), missing


def _counted(values: Sequence[str]) -> str:
    counts = Counter(values).most_common()
    told = ", ".join(f"{value} {n:,}" for value, n in counts[:_NAMED])
    more = len(counts) - _NAMED
    return f"{told} and {more:,} more" if more > 0 else told


def _range(values: Any) -> tuple[str, int]:
    """Least, median and most of what is above 0, and how many are not."""
    held = values[values > 0]
    missing = len(values) - len(held)
    if not len(held):
        return "none", missing
    low, high = held.min(), held.max()
    if low == high:
        return f"{low:,}, all of them", missing
    return f"{low:,} to {high:,}, median {np.median(held):,.0f}", missing


def _sizes(values: Any) -> tuple[str, int]:
    held = values[values > 0]
    if not len(held):
        return "none", len(values)
    low, middle, high = (readable_size(size) for size in np.quantile(held, (0, 0.5, 1)))
    return f"{low} to {high}, median {middle}", len(values) - len(held)


def _groups(groups: Any) -> str:
    if not len(groups):
        return "no duplicates"
    return f"{plural(len(np.unique(groups)), 'group')} of {plural(len(groups), 'image')}"

"""Indexes of images that are nowhere, for what needs no pixels."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sureshot.records import ALONE, Index, strings


def bare_index(
    classes: Sequence[str],
    label: Sequence[int],
    split: Sequence[str] | None = None,
    sha256: Sequence[str] | None = None,
    group: Sequence[int] | None = None,
) -> Index:
    """One image a label, 0.png and so on; in no split, all of them different, unless said."""
    n = len(label)
    names, ones = [f"{row}.png" for row in range(n)], np.ones(n, np.int64)
    return Index(
        root=Path("nowhere"),
        classes=tuple(classes),
        id=strings(names),
        label=np.array(label, np.int64),
        split=strings(split or [""] * n),
        sha256=strings(list(sha256 or names)),
        bytes=ones,
        width=ones,
        height=ones,
        mode=strings(["RGB"] * n),
        format=strings(["PNG"] * n),
        group=np.full(n, ALONE) if group is None else np.array(group, np.int64),
        problem=strings([""] * n),
    )

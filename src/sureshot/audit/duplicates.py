"""Findings about pictures that are there twice: in two classes, in two splits, or merely twice.

Shapes: `n` images that are used. A family is a number shared by the same or nearly the same
pictures.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sureshot.data.families import contents, families, least
from sureshot.records import SPLITS, UNKNOWN, Finding, Index, Severity

Numbers = NDArray[np.int64]


def duplicates(index: Index) -> Iterator[Finding]:
    """Label conflicts, then leaks, then copies; each of files with the same bytes, then of groups.

    A group is told in whole, also where some of its files are the same.
    """
    used = index.readable & (index.label != UNKNOWN) & np.isin(index.split, SPLITS)
    rows = np.flatnonzero(used)
    file, family = contents(index)[rows], families(index)[rows]
    near = _differ(family, file)
    yield from _conflict(index, rows, file, "", "the same picture")
    yield from _conflict(index, rows[near], family[near], "near_", "nearly the same picture")
    yield from _leak(index, rows, file, "", "the same picture")
    yield from _leak(index, rows[near], family[near], "near_", "nearly the same picture")
    yield from _copies(index, rows, file, "", "the same picture")
    yield from _copies(index, rows[near], family[near], "near_", "nearly the same picture")


def _conflict(
    index: Index, rows: Numbers, family: Numbers, prefix: str, picture: str
) -> Iterator[Finding]:
    found = _differ(family, index.label[rows])
    told = f"stand in more than one class as {picture}"
    yield from _finding(index, rows[found], family[found], f"{prefix}label_conflict", told)


def _leak(
    index: Index, rows: Numbers, family: Numbers, prefix: str, picture: str
) -> Iterator[Finding]:
    side = _sides(index, rows)
    found = _differ(family, side)
    judging = max(_sides(index, np.flatnonzero(index.readable)), default=0)  # test, if there is one
    concerned = int((side[found] == judging).sum())
    told = (
        f"stand in more than one split as {picture}, so that scores are flattered; "
        f"{concerned:,} of them in {SPLITS[judging]}"
    )
    yield from _finding(index, rows[found], family[found], f"{prefix}leak", told)


def _copies(
    index: Index, rows: Numbers, family: Numbers, prefix: str, picture: str
) -> Iterator[Finding]:
    """Nothing but twice: in one class and one split."""
    counts = np.unique(family, return_inverse=True, return_counts=True)
    found = counts[2][counts[1]] > 1
    found &= ~_differ(family, index.label[rows]) & ~_differ(family, _sides(index, rows))
    told = f"are {picture} stored more than once in one class"
    yield from _finding(index, rows[found], family[found], f"{prefix}copies", told, "note")


def _finding(
    index: Index,
    rows: Numbers,
    family: Numbers,
    code: str,
    told: str,
    severity: Severity = "warning",
) -> Iterator[Finding]:
    """One finding of all the rows, members of a family beside one another."""
    if len(rows):
        ordered = rows[np.lexsort((rows, least(family, rows)))]
        sentence = f"{len(rows):,} images {told}"
        yield Finding(code, severity, sentence, tuple(index.id[ordered]))


def _sides(index: Index, rows: Numbers) -> Numbers:
    """Each row's split as its number in SPLITS, shape (rows,); -1 for none."""
    number = {split: k for k, split in enumerate(SPLITS)}
    return np.array([number.get(split, -1) for split in index.split[rows]], np.int64)


def _differ(family: Numbers, value: Numbers) -> NDArray[np.bool_]:
    """Which rows belong to a family that has more than one value, shape (n,)."""
    return np.asarray(least(family, value) != -least(family, -value))

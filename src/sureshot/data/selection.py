"""Which images of a source are wanted, and under which class name.

Classes are merged, then chosen, before any file is opened. What a list excludes stays a row of the
index, marked so, in no split; what a subset leaves aside stays a row too, in no split.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sureshot.data.folders import Listing
from sureshot.data.source import Source
from sureshot.data.split import require_trainable, without_validation
from sureshot.data.table_rows import read_table
from sureshot.errors import DataError, UsageError
from sureshot.progress import printable
from sureshot.recipe import Recipe
from sureshot.records import ASIDE, EXCLUDED, SPLITS, Index

PATH_COLUMNS = ("path", "image", "id")  # of a list of exclusions, the first that it has
MARK = "exclude"  # the column in which a person marks rows; without it every row counts
YES = ("yes", "y", "true", "1", "x")
NO = ("no", "n", "false", "0")


def selected(listing: Listing, source: Source) -> Listing:
    """The entries of the wanted classes, under their merged names."""
    merge = {new: tuple(old) for new, old in source.merge.items()}
    classes = tuple(source.classes)
    known = {entry.label for entry in listing.entries if entry.label is not None}
    new_name = _new_names(merge, known)
    after = {new_name.get(label, label) for label in known}
    _require_known("--classes", classes, after)
    wanted = set(classes) or after
    entries = [
        replace(entry, label=new_name.get(entry.label, entry.label)) if entry.label else entry
        for entry in listing.entries
    ]
    return replace(listing, entries=tuple(entry for entry in entries if entry.label in wanted))


def excluded(index: Index, path: Path) -> Index:
    """The same table with the images of a list marked as left out.

    DataError where the list names an image that is not there.
    """
    wanted = _listed(path)
    row_of = {printable(str(name)): row for row, name in enumerate(index.id)}
    row_of |= {str(name): row for row, name in enumerate(index.id)}
    unknown = [name for name in wanted if name not in row_of]
    if unknown:
        raise DataError(
            f"{path} names {len(unknown):,} images that are not in {index.root}, such as "
            f"{unknown[0]!r}; paths must be as `sureshot look` writes them"
        )
    rows = [row_of[name] for name in wanted]
    problem, split = index.problem.copy(), index.split.copy()
    problem[rows], split[rows] = f"{EXCLUDED}: left out by {path.name}", ASIDE
    return replace(index, problem=problem, split=split)


def wanted_rows(index: Index, source: Source, recipe: Recipe) -> Index:
    """A split index with the subset that is wanted, without validation where none is."""
    if source.subset is not None:
        index = subset(index, source.subset, recipe.seed)
    return index if recipe.validation else without_validation(index)


def require_enough(index: Index, source: Source, recipe: Recipe) -> None:
    """DataError where there is not enough to train on, and whether a choice of images did it."""
    try:
        require_trainable(index, recipe.validation)
    except DataError as error:
        chosen = [name for name in ("classes", "subset", "exclude") if getattr(source, name)]
        if not chosen:
            raise
        raise DataError(f"of what --{' and --'.join(chosen)} leaves: {error}") from None


def subset(index: Index, wanted: int, seed: int) -> Index:
    """Only so many of the images to train on, in proportion to each class; others set aside.

    Validation images that Sureshot made are among them, in their share; test images all stay. A
    smaller subset lies within a larger one of the same seed. UsageError where there are fewer, or
    so few are wanted that a class would have none to train on, or nothing would be left to choose
    the epoch by.
    """
    made: tuple[str, ...] = ("train", "validation") if "validation" in index.made else ("train",)
    rows = np.flatnonzero(np.isin(index.split.astype(str), made) & index.readable)
    if not 1 <= wanted <= len(rows):
        raise UsageError(f"--subset must be between 1 and {len(rows):,} here, got {wanted:,}")
    cell = index.label[rows] * len(made) + (index.split[rows] == "validation")
    order = np.array(
        sorted(range(len(rows)), key=lambda i: _place(str(index.sha256[rows[i]]), seed))
    )
    rank = _rank_within(cell[order])
    share = (rank + 0.5) / np.bincount(cell)[cell[order]]  # evenly from each class and split
    split = index.split.copy()
    split[rows[order[np.lexsort((rank, share))][wanted:]]] = ASIDE
    chosen = replace(index, split=split)
    lacking = _lacking(index, chosen, made)
    if lacking:
        raise UsageError(
            f"--subset must leave enough images, got {wanted:,} of {len(rows):,}, which leaves "
            f"none {lacking}; choose more"
        )
    return chosen


def _lacking(whole: Index, chosen: Index, made: tuple[str, ...]) -> str:
    """What a subset has no images for though there are some, in words; "" where for all it has."""
    before, after = whole.counts(), chosen.counts()  # (K, S)
    train, validation = SPLITS.index("train"), SPLITS.index("validation")
    gone = np.flatnonzero((before[:, train] > 0) & (after[:, train] == 0))
    if len(gone):
        return f"to train {whole.classes[gone[0]]} on"
    none = "validation" in made and before[:, validation].any() and not after[:, validation].any()
    return "to choose the epoch by" if none else ""


def _place(sha256: str, seed: int) -> str:
    return hashlib.sha256(f"subset/{seed}/{sha256}".encode()).hexdigest()


def _rank_within(cell: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each row, how many rows of its cell came before it, shape (N,)."""
    by_cell = np.argsort(cell, kind="stable")
    starts = np.concatenate(([0], np.cumsum(np.bincount(cell))[:-1]))
    rank = np.empty(len(cell), np.int64)
    rank[by_cell] = np.arange(len(cell)) - starts[cell[by_cell]]
    return rank


def _new_names(merge: Mapping[str, Sequence[str]], known: set[str]) -> dict[str | None, str]:
    new_name: dict[str | None, str] = {}
    for new, told in merge.items():
        old = [name if name in known else name.strip() for name in told]
        _require_known("--merge", old, known)
        sources = {name.strip() for other, names in merge.items() if other != new for name in names}
        if new in sources:
            raise UsageError(f"--merge makes {new!r}, and makes it part of another class too")
        for name in old:
            if new_name.get(name, new) != new:
                raise UsageError(f"--merge puts {name!r} into both {new_name[name]!r} and {new!r}")
            new_name[name] = new
    return new_name


def _require_known(option: str, names: Sequence[str], known: set[str]) -> None:
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UsageError(
            f"{option} must name classes among {', '.join(sorted(known))}, got {unknown[0]!r}"
        )


def _listed(path: Path) -> list[str]:
    """The paths that a list of exclusions names: those marked, or all where there are no marks."""
    table = read_table(path)
    columns = [table.columns.index(name) for name in PATH_COLUMNS if name in table.columns]
    if not columns:
        raise DataError(
            f"{path} must have a column {' or '.join(PATH_COLUMNS)}, has {', '.join(table.columns)}"
        )
    mark = table.columns.index(MARK) if MARK in table.columns else None
    names = []
    for number, cells in table.rows:
        name = table.written(columns[0], number, cells).removeprefix("./")
        said = YES[0] if mark is None else table.written(mark, number, cells).strip().lower()
        if said and said not in (*YES, *NO):
            raise DataError(
                f"the column {MARK} of {path} must say {YES[0]} or nothing, found {said!r} in row "
                f"{number}"
            )
        if said in YES and name:
            names.append(name)
    if not names:
        raise DataError(f'{path} marks no image; write "{YES[0]}" in its column {MARK}')
    return list(dict.fromkeys(names))

"""Labels that a person gave to images that lie anywhere: more of them to train on.

A list has the columns `path` and `label`, and `sha256` where it shall be checked; a path is
relative to the list. Its images train, and never judge: one that is like an image to validate, test
or calibrate on is left out.
"""

import os
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sureshot import files
from sureshot.data.families import families
from sureshot.data.folders import Entry, Listing
from sureshot.data.table_rows import Table, read_table
from sureshot.errors import DataError
from sureshot.progress import FORMULA, cell
from sureshot.records import ASIDE, Index

_ESCAPED = re.compile(r"\\(?:[\\nrt]|x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})")


def escaped(text: str) -> str:
    """Any text as printable characters on one line, which `meant` reads back."""
    told = "".join(
        letter if letter.isprintable() and letter != "\\" else _escape(letter) for letter in text
    )
    return f"{told[:-1]}\\x20" if told.endswith(" ") else told  # blanks at the end are stripped


def written(path: str) -> str:
    """A path as a cell of a CSV that no spreadsheet takes for a formula; `meant` reads it back."""
    told = escaped(path)
    return f"./{told}" if told.startswith((*FORMULA, " ")) else told


def meant(told: str) -> str:
    """What `escaped` was given, or `written`, whose "./" in front stays."""
    return _ESCAPED.sub(lambda found: found[0].encode().decode("unicode_escape"), told)


def _escape(letter: str) -> str:
    return letter.encode("unicode_escape").decode()


def with_added(listing: Listing, path: Path) -> Listing:
    """The listing with the images of a list behind its own; their ids are whole paths."""
    if listing.contained:
        raise DataError(
            f"images can be added to images in files, and {listing.root} holds them in containers; "
            "write them as files with: sureshot export-data"
        )
    names = {entry.label for entry in listing.entries if entry.label is not None}
    classes = {cell(name): name for name in names} | {name: name for name in names}
    labels: dict[str, str] = {}
    for number, place, told in _rows(read_table(path)):
        if told not in classes:
            raise DataError(
                f"row {number} of {path} must have a class among {', '.join(sorted(names))}, "
                f"found {told!r}"
            )
        label = classes[told]
        if labels.setdefault(place, label) != label:
            raise DataError(
                f"{path} calls {place} both {labels[place]!r} and {label!r}; keep one of the rows"
            )
    if not labels:
        raise DataError(f"{path} must name an image below its header, found no row")
    new = tuple(Entry(place, label, "train") for place, label in labels.items())
    return replace(listing, entries=listing.entries + new)


def added(index: Index) -> NDArray[np.bool_]:
    """Which rows are added images, (N,): those whose id is a whole path, and not below the root."""
    # as a Path, each of a million names would take a microsecond longer
    return np.array([os.path.isabs(name) for name in index.id], bool)  # noqa: PTH117


def _rows(table: Table) -> list[tuple[int, str, str]]:
    """The number, the file and the label of each row; the file is there, with the hash told."""
    lacking = {"path", "label"} - set(table.columns)
    if lacking:
        raise DataError(
            f"{table.path} must have the columns path and label, found {', '.join(table.columns)}"
        )
    column = {name: table.columns.index(name) for name in table.columns}
    found = []
    for number, cells in table.rows:
        told = {name: table.written(place, number, cells) for name, place in column.items()}
        file = _file(table.path, number, told["path"])
        sha256 = told.get("sha256", "").lower()
        if sha256 and files.sha256_of(file) != sha256:
            raise DataError(
                f"row {number} of {table.path} tells of other bytes than {file} has now; look at "
                "the image again, and label it anew"
            )
        found.append((number, str(file), told["label"]))
    return found


def _file(path: Path, number: int, told: str) -> Path:
    """The file that a row means, without links."""
    for name in (told, meant(told)):
        place = Path(os.path.realpath(path.parent / name))
        if told and place.is_file():
            return place
    raise DataError(
        f"row {number} of {path} must name a file, and there is none at {told!r}; paths are "
        f"relative to {path.absolute().parent}"
    )


def in_training(index: Index, settled: Index) -> Index:
    """An index with its added images in training, where `settled` has split all the others.

    One that is like an image outside of training, by content or group, is set aside.
    """
    new, split = added(index), index.split.copy()
    split[~new] = settled.split
    family, judging = families(index), ~new & ~np.isin(split.astype(str), ("train", ASIDE))
    split[new & index.readable & np.isin(family, family[judging])] = ASIDE
    return replace(index, split=split, made=settled.made)


def told_of_added(index: Index) -> list[str]:
    """What became of the added images of an index that is split, in sentences."""
    new = added(index) & index.readable
    refused = np.flatnonzero(new & (index.split == ASIDE))
    said = [f"{int((new & (index.split == 'train')).sum()):,} images added to those to train on"]
    if len(refused):
        said.append(
            f"left out: {len(refused):,} of the added images, which are like images to validate, "
            f"test or calibrate on, such as {index.id[refused[0]]}"
        )
    return said

"""A table of names and labels as a listing: a shop's spreadsheet, a competition's `train.csv`.

The columns are found by their names, the one with the images also by what exists. A name is
relative to the table's folder or to one folder in it, found once, and may lack its ending. Whatever
would have to be guessed is an error that names the row, the header being row 1.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from sureshot.data.folders import Entry, Listing
from sureshot.data.table_files import Files, fitting, folder_of, some
from sureshot.data.table_rows import Cells, Table, is_unicode, read_table, text
from sureshot.errors import DataError, UsageError
from sureshot.records import SPLIT_WORDS, Split

TABLES = (".csv", ".tsv", ".xlsx", ".parquet", ".jsonl")
FIRST = 100  # rows that tell where the images are; assumed to be like the others

# Names of columns without case, blanks and underscores; assumed, from tables that are often seen.
_IMAGES = (
    "file filename filepath id image imagefile imageid imagename imagepath images img imgpath name "
    "path photo picture"
)
_LABELS = "category class classlabel classname label labels target y"
_SPLITS = "split"
_WHOLE = re.compile(r"-?\d+\.0")  # what pandas writes for a whole number among missing ones


@dataclass(frozen=True)
class _Columns:
    image: int
    label: int | None
    split: int | None


@dataclass(frozen=True, slots=True)
class _Row:
    number: int  # as a person sees it
    name: str
    label: str | None
    split: Split | None


def is_table(path: Path) -> bool:
    """Whether a path ends like a table that can be read; it is not opened."""
    return path.suffix.lower() in TABLES


def list_table(
    path: Path,
    label: str | None = None,
    image: str | None = None,
    root: Path | None = None,
    labelled: bool = True,
) -> Listing:
    """List the images that a table names, with their labels and splits where it has them.

    What is only to be predicted is not `labelled`: then no other column is looked at.
    `label` and `image` name the columns, `root` the folder of the images, where it is not the
    table's. DataError says which rows cannot be used, UsageError which column must be chosen;
    MissingExtra where openpyxl is wanted. Files that are missing are listed too, unless all are.
    """
    home = path.parent if root is None else root
    if not home.is_dir():
        raise DataError(f"there is no folder {home}")
    table, files = read_table(path), Files.below(home)
    head = list(islice(table.rows, FIRST))
    if not head:
        raise DataError(f"{path} must name an image below its header, found no row")
    columns = _columns(table, head, files, image, label, labelled)
    folder = folder_of(path, files, _names(head, columns.image))
    rows = [_row(table, columns, *row) for row in chain(head, table.rows)]
    _require_filled(path, rows)
    return _listing(path, files, folder, rows)


# --- which columns ----------------------------------------------------------------------------


def _columns(
    table: Table,
    head: Sequence[tuple[int, Cells]],
    files: Files,
    image: str | None,
    label: str | None,
    labelled: bool,
) -> _Columns:
    """Which columns hold what, from what was told, the header and the first rows."""
    if image is not None:
        images = _told(table, image, "--image")
    else:
        images = _image_column(table, head, files)
    if not labelled:
        return _Columns(images, None, None)
    if label is not None:
        labels: int | None = _told(table, label, "--label")
    else:
        labels = _called(table, _LABELS, images, "labels", "choose with --label NAME")
    if labels == images:
        raise UsageError(f"--label must name another column than the images', got {label}")
    split = _called(table, _SPLITS, images, "splits", "rename all but one")
    return _Columns(images, labels, None if split == labels else split)


def _told(table: Table, name: str, option: str) -> int:
    """The column of that name; case is ignored where no name is the very same."""
    same = [k for k, column in enumerate(table.columns) if column == name]
    alike = [k for k, column in enumerate(table.columns) if column.lower() == name.lower()]
    if not name or len(same or alike) != 1:
        raise UsageError(
            f"{option} must name one column of {table.path}, got {name}; its columns are "
            f"{some([column for column in table.columns if column])}"
        )
    return (same or alike)[0]


def _called(table: Table, words: str, images: int, kind: str, choice: str) -> int | None:
    """The one column, other than the images', whose name is among the words; None without any."""
    found = [k for k in _usual(table, words) if k != images]
    if len(found) > 1:
        raise UsageError(
            f"{table.path} must have one column of {kind}, found "
            f"{some([table.columns[k] for k in found])}; {choice}"
        )
    return found[0] if found else None


def _usual(table: Table, words: str) -> list[int]:
    """The columns whose name is among the words; DataError where two have the very same name."""
    found = [
        k
        for k, name in enumerate(table.columns)
        if re.sub(r"[\W_]+", "", name).lower() in words.split()
    ]
    names = [table.columns[k] for k in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DataError(
            f"row 1 of {table.path} must name each column once, found {names.count(twice)} called "
            f"{twice}; rename all but one"
        )
    return found


def _image_column(table: Table, head: Sequence[tuple[int, Cells]], files: Files) -> int:
    """The column whose first names are mostly files: one with a usual name, or else any."""
    usual = _usual(table, _IMAGES)
    others = [k for k, name in enumerate(table.columns) if name and k not in usual]
    fitting = _fitting(table, head, files, usual)
    if not fitting and (fitting := _fitting(table, head, files, others)):
        _require_header(table, files, table.columns[fitting[0]])
    if not fitting and len(usual) == 1:
        return usual[0]  # what is missing there is said later, with the folders looked in
    if len(fitting) != 1:
        several = [table.columns[k] for k in fitting or usual + others]
        raise UsageError(
            f"{table.path} must have one column of names that are files in the folder "
            f"{files.home}, found {some(several)}; choose with --image NAME, or name another "
            "folder with --root FOLDER"
        )
    return fitting[0]


def _fitting(
    table: Table, head: Sequence[tuple[int, Cells]], files: Files, columns: Sequence[int]
) -> list[int]:
    """Those of the columns whose first names are mostly files; the first of those that agree."""
    fits: dict[tuple[str, ...], int] = {}
    for column in columns:
        names = _names(head, column)
        found = files.found(fitting(files, names)[0], names)
        if 2 * len(found) > len(names):
            fits.setdefault(tuple(found), column)
    return list(fits.values())


def _require_header(table: Table, files: Files, name: str) -> None:
    if any(files.found(folder, [name]) for folder in ("", *files.folders())):
        raise DataError(
            f"row 1 of {table.path} must name the columns, found the image {name}; put a row such "
            "as image,label above it"
        )


# --- rows → entries ---------------------------------------------------------------------------


def _names(rows: Sequence[tuple[int, Cells]], column: int) -> list[str]:
    """What is in a column, empty cells left out; nothing where it does not hold names."""
    try:
        return [name for _, cells in rows if (name := text(cells[column]))]
    except TypeError:
        return []


def _row(table: Table, columns: _Columns, number: int, cells: Cells) -> _Row:
    name = table.written(columns.image, number, cells)
    label = None if columns.label is None else table.written(columns.label, number, cells)
    if label and not is_unicode(label):
        raise DataError(f"the label in row {number} of {table.path} is not Unicode; write it anew")
    if columns.split is None:
        return _Row(number, name, label, None)
    word = table.written(columns.split, number, cells)
    if word.lower() not in SPLIT_WORDS:
        raise DataError(
            f"column {table.columns[columns.split]} of {table.path} must be one of "
            f"{', '.join(SPLIT_WORDS)}, found {word or 'nothing'} in row {number}; mend it, or "
            "rename the column"
        )
    return _Row(number, name, label, SPLIT_WORDS[word.lower()])


def _require_filled(path: Path, rows: Sequence[_Row]) -> None:
    for words, numbers in {
        "file name": [row.number for row in rows if not row.name],
        "label": [row.number for row in rows if row.label == ""],
    }.items():
        if numbers:
            raise DataError(f"{_have(path, numbers)} no {words}; fill it in, or take the row out")


def _listing(path: Path, files: Files, folder: str, rows: Sequence[_Row]) -> Listing:
    places = [files.place(folder, row.name) for row in rows]
    _require_inside(path, files, rows, places)
    first: dict[str, _Row] = {}
    missing = 0
    for row, place in zip(rows, places, strict=True):
        found = files.matching(place or "")
        if len(found) > 1:
            raise DataError(
                f"row {row.number} of {path} must name one file, and {row.name} can be "
                f"{' or '.join(found)}; write the ending too"
            )
        if not found:
            missing += 1
            _require_possible(path, files, row)
        file = found[0] if found else place or ""
        other = first.setdefault(file, row)
        if (row.label, row.split) != (other.label, other.split):
            raise DataError(
                f"rows {other.number} and {row.number} of {path} must agree on {file}, found "
                f"{_said(other)} and {_said(row)}; take one of them out"
            )
    if missing == len(rows):
        raise DataError(
            f"{path} must name files that exist, found none: {rows[0].name} of row "
            f"{rows[0].number} is not in the folder {some([str(files.home), *files.folders()])}; "
            "name the right one with --root FOLDER"
        )
    whole = all(row.label and _WHOLE.fullmatch(row.label) for row in rows)
    entries = [
        Entry(file, row.label[:-2] if whole and row.label else row.label, row.split)
        for file, row in sorted(first.items())
    ]
    return Listing(files.home, tuple(entries), repeated=len(rows) - len(entries))


def _require_inside(
    path: Path, files: Files, rows: Sequence[_Row], places: Sequence[str | None]
) -> None:
    outside = [row for row, place in zip(rows, places, strict=True) if place is None]
    if outside:
        raise DataError(
            f"{_have(path, [row.number for row in outside])} a name that leads out of the folder "
            f"{files.home}, {outside[0].name}; copy the images into it, or name the folder that "
            "holds them with --root FOLDER"
        )


def _require_possible(path: Path, files: Files, row: _Row) -> None:
    """Raise DataError where what is missing could not even be there."""
    try:
        os.lstat(files.home / row.name)
    except (FileNotFoundError, NotADirectoryError):
        pass
    except (OSError, ValueError) as error:  # a very long name, or letters that no name can have
        reason = error.strerror if isinstance(error, OSError) else error
        raise DataError(
            f"row {row.number} of {path} has a name that no file can have ({reason}); mend it"
        ) from None


def _said(row: _Row) -> str:
    return " in ".join(word for word in (row.label, row.split) if word)


def _have(path: Path, numbers: Sequence[int]) -> str:
    """How a sentence about rows begins: "rows 3, 7 of labels.csv have"."""
    rows, verb = ("row", "has") if len(numbers) == 1 else ("rows", "have")
    return f"{rows} {some(list(map(str, numbers)))} of {path} {verb}"

"""The rows of a table file, CSV, XLSX, Parquet or JSON lines, each with the number a person sees.

The header is row 1, also in Parquet, which has none to see; lines of JSON are counted from 1. Blank
rows are passed over and counted. Cells stay as the file has them until `text` writes them out.
"""

import csv
import json
import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from pathlib import Path
from typing import IO, Any

from sureshot.errors import DataError, MissingExtra

LONGEST = 1_000_000  # characters in a line; assumed: a path has 4,096 at most
UNPACKED = 1_000_000_000  # bytes in a workbook; assumed: 1,000 a row of the longest sheet
ROWS = 1_000  # of a Parquet table at once; assumed: few enough to hold, should they have images
MOST_ROWS = 1_048_576  # in a sheet, by Excel's specification
EXCEL_ERRORS = {"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"}
DELIMITERS = ",;\t|"

Cells = Sequence[object]


@dataclass(frozen=True)
class Table:
    """The columns of a table and its rows, which are read as they are taken."""

    path: Path
    columns: tuple[str, ...]  # as the header has them, blanks stripped; "" where there is no name
    rows: Iterator[tuple[int, Cells]]  # number and at least one cell a column

    def written(self, column: int, number: int, cells: Cells) -> str:
        """What is in a column of one row, as text; DataError where it is no text or number."""
        try:
            return text(cells[column])
        except TypeError:
            raise DataError(
                f"column {self.columns[column]} of {self.path} must hold text or numbers, found "
                f"{cells[column]!s:.40} in row {number}; write it as text"
            ) from None


def read_table(path: Path) -> Table:
    """Open a table by its ending. DataError where it is no table, or has no header.

    Rows that cannot be read raise DataError with their number when they are taken.
    """
    if not path.is_file():
        raise DataError(f"a table must be a file, and there is none at {path}")
    if path.suffix.lower() not in _READERS:
        raise DataError(f"a table must end with {', '.join(_READERS)}, got {path}; save it as CSV")
    rows = _READERS[path.suffix.lower()](path)
    try:
        _, header = next(rows, (0, None))
    except PermissionError:
        raise DataError(f"{path} may not be read: permission denied") from None
    if header is None:
        raise DataError(f"{path} is empty; its first row must name the columns")
    columns = [_heading(path, cell) for cell in header]
    while columns and not columns[-1]:
        columns.pop()
    if not columns:
        raise DataError(f"row 1 of {path} must name the columns, found it blank")
    return Table(path, tuple(columns), _filled(path, len(columns), rows))


def text(cell: object) -> str:
    """A cell as a person writes it, "" where it is empty; TypeError for a date, a list, bytes …."""
    if _blank(cell):
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, str | int | float):
        return str(cell).strip()
    raise TypeError


def is_unicode(words: str) -> bool:
    """Whether a text has no lone surrogates, as which bytes that are no UTF-8 are carried over."""
    try:
        words.encode()
    except UnicodeEncodeError:
        return False
    return True


def _heading(path: Path, cell: object) -> str:
    try:
        return text(cell)
    except TypeError:
        raise DataError(f"row 1 of {path} must name the columns, found {cell}") from None


def _blank(cell: object) -> bool:
    """Whether nothing is in a cell; NaN, which is not equal to itself, is nothing."""
    return cell is None or cell != cell or (isinstance(cell, str) and not cell.strip())


def _filled(
    path: Path, width: int, rows: Iterator[tuple[int, Cells]]
) -> Iterator[tuple[int, Cells]]:
    """The rows that are not blank; DataError where a row is not as wide as the header."""
    for number, cells in rows:
        if all(map(_blank, cells)):
            continue
        if len(cells) < width or not all(map(_blank, cells[width:])):
            raise DataError(
                f"row {number} of {path} must have {width} cells as row 1 has, found {len(cells)}; "
                "put a cell that holds the delimiter into quotes, or mend the row"
            )
        yield number, cells


# --- text: CSV and lines of JSON --------------------------------------------------------------


def _csv(path: Path) -> Iterator[tuple[int, Cells]]:
    with _open(path) as file:
        lines = _lines(file)
        number = 1
        try:
            first = next(lines, "")
            if not first:
                return
            outside = "".join(first.split('"')[::2])  # what is not in quotes
            delimiter = max(DELIMITERS, key=outside.count)
            for cells in csv.reader(chain([first], lines), delimiter=delimiter, strict=True):
                yield number, cells
                number += 1
        except csv.Error as error:
            raise DataError(
                f"row {number} of {path} cannot be split into cells ({error}); is a quote missing "
                "there?"
            ) from None
        except ValueError as error:
            raise DataError(f"row {number} of {path} {error}") from None


def _jsonl(path: Path) -> Iterator[tuple[int, Cells]]:
    """The names of all keys as row 0, then one row a line."""
    found: list[tuple[int, dict[str, object]]] = []
    with _open(path) as file:
        number = 1
        try:
            for number, line in enumerate(_lines(file), 1):
                if line.strip():
                    found.append((number, _object(line)))
                number += 1
        except ValueError as error:
            raise DataError(f"row {number} of {path} {error}") from None
    if found:
        columns = list(dict.fromkeys(key for _, row in found for key in row))
        yield 0, columns
        yield from ((number, [row.get(key) for key in columns]) for number, row in found)


def _object(line: str) -> dict[str, object]:
    try:
        row = json.loads(line, object_pairs_hook=_keys_once)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"must be one JSON object in one line ({error}); mend it") from None
    if not isinstance(row, dict):
        raise ValueError(f"must be one JSON object, found a {type(row).__name__}; mend it")
    return row


def _keys_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    row = dict(pairs)
    if len(row) < len(pairs):
        raise ValueError(f"one of its keys stands twice: {', '.join(key for key, _ in pairs)}")
    return row


def _open(path: Path) -> IO[str]:
    return path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")


def _lines(file: IO[str]) -> Iterator[str]:
    """The lines of a text; ValueError, what is wrong with one, where it cannot be a table's."""
    while line := file.readline(LONGEST + 1):
        if len(line) > LONGEST:
            raise ValueError(f"must have at most {LONGEST:,} characters; is this a table of text?")
        if "\0" in line or not is_unicode(line):
            raise ValueError('is not UTF-8; save the table as UTF-8 (in Excel: "CSV UTF-8")')
        yield line


# --- typed: XLSX and Parquet ------------------------------------------------------------------


def _xlsx(path: Path) -> Iterator[tuple[int, Cells]]:
    """The rows of the first sheet, values as last computed; one with an Excel error is empty."""
    try:
        import openpyxl
    except ImportError:
        raise MissingExtra("xlsx", f"reading {path.name}") from None
    try:
        with warnings.catch_warnings(), zipfile.ZipFile(path) as parts:
            warnings.simplefilter("ignore")  # about styles and checks that are not read
            if sum(part.file_size for part in parts.infolist()) > UNPACKED:
                raise ValueError(f"it unpacks to more than {UNPACKED:,} bytes")
            book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
            rows = _sheet(book.worksheets[0])
            book.close()
    except PermissionError:
        raise
    except Exception as error:  # openpyxl lets through whatever a damaged file makes it meet
        raise DataError(
            f"{path} must be a workbook that can be opened ({error}); save it anew as XLSX "
            "without a password, or as CSV"
        ) from None
    yield from enumerate(rows, 1)


def _sheet(sheet: Any) -> list[Cells]:
    """All rows, none shorter than the first; what it says of its size is not relied on.

    The last is the first that is wider than the header: an error, and a sheet can be very wide.
    """
    sheet.reset_dimensions()
    rows: list[Cells] = []
    for cells in sheet.iter_rows(max_row=MOST_ROWS, values_only=True):
        known = [None if _blank(cell) or cell in EXCEL_ERRORS else cell for cell in cells]
        while known and known[-1] is None:
            known.pop()
        width = len(rows[0]) if rows else len(known)
        rows.append(known + [None] * (width - len(known)))
        if len(known) > width:
            break
    return rows


def _parquet(path: Path) -> Iterator[tuple[int, Cells]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 1
    try:
        with pq.ParquetFile(path) as file:
            yield number, file.schema_arrow.names
            for batch in file.iter_batches(ROWS):
                columns = [_cells(column) for column in batch.columns]
                for cells in zip(*columns, strict=True):
                    number += 1
                    yield number, cells
    except PermissionError:
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DataError(
            f"{path} must be a Parquet table that can be read, and after row {number} it cannot: "
            f"{str(error).splitlines()[0]}"
        ) from None


def _cells(column: Any) -> Iterator[object]:
    """The cells of a column of text or numbers; its type instead where it holds anything else."""
    import pyarrow as pa

    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    tests = ("string", "large_string", "string_view", "integer", "floating", "boolean", "null")
    if any(getattr(pa.types, f"is_{test}")(kind) for test in tests):
        return iter(column.to_pylist())
    return repeat(column.type, len(column))


_READERS: dict[str, Callable[[Path], Iterator[tuple[int, Cells]]]] = {
    ".csv": _csv,
    ".jsonl": _jsonl,
    ".parquet": _parquet,
    ".tsv": _csv,
    ".xlsx": _xlsx,
}

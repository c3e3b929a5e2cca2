"""A CSV of pixels: one image a row, one pixel a column, and mostly a label.

A square image of at least 4 × 4 has side² columns in grey, or 3 · side² in colour, row by row from
the top. Colour comes pixel by pixel (r, g, b, r, g, b …), as flattening an array (H, W, 3) gives it
and as HAM10000's tables have it; columns named r0, r1 … g0 … b0 … come plane by plane. With a
header the pixels are the columns that share one name but for its numbers (pixel0, 1x1, r0, 17),
which must rise, and which hold pixels in the first row or say "pix"; the label is in one of the
others. Without a header the label is the first column where there is one more than pixels; a header
that only counts the columns has no room for it.

Commas, semicolons or tabs; plain or gzipped; UTF-8 with or without a mark. Values are whole numbers
from 0 to 255. The file is read in blocks, and only the pixels stay in memory, a byte each.

Source: RFC 4180; the shape is that of MNIST in CSV (J. Redmon, pjreddie.com/projects/mnist-in-csv)
and of Kaggle's "Digit Recognizer".
"""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sureshot.containers.bytewise import damaged, require_holdable
from sureshot.containers.names import label_column
from sureshot.containers.parts import Form, Stack, split_of
from sureshot.containers.pixel_columns import LEVELS, LINE, Layout, layout_of, unpacked
from sureshot.errors import DataError
from sureshot.records import Strings, strings

if TYPE_CHECKING:
    import pyarrow as pa

# Bytes read at once. Measured, 60,000 rows of MNIST on 2 cores: 1.3 s, 103 MB at most, 47 of them
# the pixels.
_BLOCK = 1_000_000
_LINE_END = re.compile(rb"\r\n|\n|\r")


def _stacks(path: Path) -> tuple[Stack, ...]:
    layout = layout_of(path)
    assert layout is not None, path
    pixels, beside = _read(layout)

    def image(row: int) -> NDArray[np.uint8]:
        array = pixels[row].reshape(layout.shape)
        return np.asarray(array.transpose(1, 2, 0) if layout.shape[0] == 3 else array)

    def labels(wanted: str | None) -> Strings | None:
        column = label_column([layout.names[k] for k in layout.others], wanted, path)
        return None if column is None else _labels(layout, beside[column], column)

    return (Stack("", split_of(path.name), len(pixels), image, labels, tuple(beside)),)


def _labels(layout: Layout, column: "pa.ChunkedArray", name: str) -> Strings:
    labels = strings([label.strip() for label in column.to_pylist()])
    empty = labels == ""
    if empty.any():
        line = next(line for n, (line, _) in enumerate(_lines(layout)) if n == empty.argmax())
        raise DataError(
            f"every row of {layout.path} must have a label, and row {line:,} has none in column "
            f"{name}; fill it in, or leave the row out"
        )
    return labels


def _read(layout: Layout) -> tuple[NDArray[np.uint8], dict[str, "pa.ChunkedArray"]]:
    """The pixels (n, columns), and the other columns as text, by name."""
    import pyarrow as pa

    pixels = np.empty((0, len(layout.pixels)), np.uint8)
    beside: list[pa.RecordBatch] = []
    held = 0
    try:
        with unpacked(layout.path) as file:
            for batch in _batches(layout, file):
                start, rows = len(pixels), batch.num_rows
                held += batch.nbytes
                require_holdable(layout.path, held)
                pixels.resize((start + rows, len(layout.pixels)), refcheck=False)
                pixels[start:] = batch.select(layout.pixels).to_tensor().to_numpy()
                beside.append(batch.select(layout.others))
    except pa.ArrowException as error:
        raise _located(layout, str(error)) from None
    if not len(pixels):
        raise _no_rows(layout.path)
    pixels.flags.writeable = False  # what is read is shared by all who read it
    table = pa.Table.from_batches(beside)
    return pixels, {
        layout.names[column]: table[position] for position, column in enumerate(layout.others)
    }


def _batches(layout: Layout, file: Any) -> "Iterator[pa.RecordBatch]":
    """Blocks of rows: pixels as uint8, all else as text. Arrow's own error where one is not.

    Each block is handed over in memory: Arrow's streaming reader reads ahead in a thread of its
    own, which crashed the process where the file was closed early.
    """
    import pyarrow as pa

    most = max(_BLOCK, 8 * len(layout.names))
    rest, header = b"", layout.header
    while piece := file.read(most):
        rest += piece
        if header and (end := _LINE_END.search(rest)):
            rest, header = rest[end.end() :], False
        cut = max(rest.rfind(b"\n"), rest.rfind(b"\r")) + 1
        if not cut and len(rest) > most:
            raise pa.ArrowInvalid("a row is longer than any could be")
        yield from _parsed(layout, rest[:cut])
        rest = rest[cut:]
    yield from _parsed(layout, b"" if header else rest)


def _parsed(layout: Layout, block: bytes) -> "Iterator[pa.RecordBatch]":
    """Whole rows as a batch; none where there are only blank lines."""
    import pyarrow as pa
    from pyarrow import csv as arrow

    if not block.strip():
        return
    places = [str(number) for number in range(len(layout.names))]  # names may repeat
    kinds = {place: pa.string() for place in places}
    kinds |= {places[number]: pa.uint8() for number in layout.pixels}
    table = arrow.read_csv(
        pa.BufferReader(block),
        arrow.ReadOptions(column_names=places, use_threads=False, block_size=len(block) + 1),
        arrow.ParseOptions(delimiter=layout.delimiter),
        arrow.ConvertOptions(column_types=kinds, null_values=[], strings_can_be_null=False),
    )
    yield from table.combine_chunks().to_batches()


def _located(layout: Layout, said: str) -> DataError:
    """The error with the row, as a text editor counts it, and the column."""
    if next(_lines(layout), None) is None:
        return _no_rows(layout.path)
    for line, cells in _lines(layout):
        if len(cells) != len(layout.names):
            return DataError(
                f"every row of {layout.path} must have {len(layout.names):,} columns, and row "
                f"{line:,} has {len(cells):,}; mend the row"
            )
        if LEVELS.issuperset(values := [cells[number] for number in layout.pixels]):
            continue
        for number, value in zip(layout.pixels, values, strict=True):
            if not (re.fullmatch(r"\s*0*\d{1,3}\s*", value) and int(value[-9:]) <= 255):
                return DataError(
                    f"every pixel in {layout.path} must be a whole number from 0 to 255, got "
                    f"{value[:20]!r} in row {line:,}, column {layout.names[number]}; mend the value"
                )
    return damaged(layout.path, said)


def _no_rows(path: Path) -> DataError:
    return DataError(f"{path} must hold at least one image, and has no rows")


def _lines(layout: Layout) -> Iterator[tuple[int, list[str]]]:
    """Each row with its number as a text editor counts, from 1; slow, for where one is wrong."""
    with unpacked(layout.path) as file:
        text = (
            line.decode("utf-8-sig", "replace") for line in iter(lambda: file.readline(LINE), b"")
        )
        reader = csv.reader(text, delimiter=layout.delimiter)
        try:
            for cells in reader:
                if cells and not (layout.header and reader.line_num == 1):
                    yield reader.line_num, cells
        except csv.Error as error:
            raise damaged(layout.path, f"row {reader.line_num:,}: {error}") from None


FORM = Form(
    "a CSV of pixels",
    re.compile(r".*\.(csv|tsv)(\.gz)?"),
    lambda path: layout_of(path) is not None,
    _stacks,
)

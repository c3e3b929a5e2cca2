"""Predictions as CSV, JSON or Parquet, written as they come, so that memory stays flat."""

import csv
import io
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath
from typing import IO, Any

import numpy as np

from sureshot import files
from sureshot.errors import DataError, StorageError, UsageError
from sureshot.progress import FORMULA, cell, unicode
from sureshot.records import UNKNOWN, Predictions, class_names

FORMATS = (".csv", ".json", ".parquet")
COLUMNS = ("path", "outcome", "prediction", "probability", "reason")  # what every table has
WORDS = {"path", "label", "outcome", "prediction", "decision", "reason"}


def require_place(path: Path, submission: bool = False) -> None:
    """Raise UsageError or StorageError where no predictions can be written at `path`."""
    if submission and path.suffix.lower() != ".csv":
        raise UsageError(f"a submission is a .csv file, got {path.name!r}")
    if path.suffix.lower() not in FORMATS:
        raise UsageError(
            f"predictions can be written as {', '.join(FORMATS)}, got {path.name!r}; "
            "give --out one of these endings"
        )
    if path.is_dir():
        raise UsageError(f"{path} is a folder; choose another name for --out")
    folder = next(parent for parent in path.absolute().parents if os.path.lexists(parent))
    if not folder.is_dir():
        raise UsageError(f"{path} cannot be written, for {folder} is no folder")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise StorageError(f"{path} cannot be written, for {folder} may not be written to")


def write_predictions(path: Path, parts: Iterable[Predictions]) -> None:
    """Write table after table into one file, that appears only when all are in it.

    Columns: path, outcome ("ok" or "unreadable"), prediction, probability, reason, and p_<class>
    for every class; `label` too where it is known, `decision` where the model decides. In CSV,
    what a spreadsheet would take for a formula is made plain: a path begins with "./", other text
    with an apostrophe.
    """
    writers: dict[str, Callable[[IO[bytes], Iterable[Predictions]], None]] = {
        ".csv": _csv,
        ".json": _json,
        ".parquet": _parquet,
    }
    with files.writing(path) as file:
        writers[path.suffix.lower()](file, parts)


def write_submission(path: Path, parts: Iterable[Predictions], columns: tuple[str, str]) -> None:
    """Write a competition's CSV: a number or file name without its ending, and the class.

    The images of a container are counted from 1. DataError where an image cannot be read, for a
    submission needs an answer to each.
    """
    with files.writing(path) as file:
        text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        written: set[str] = set()
        for part in parts:
            for name, top, problem in zip(part.id, part.top(), part.problem, strict=True):
                number = _submitted(unicode(name))
                if number in written:
                    raise DataError(
                        f"a submission has each {columns[0]} once, and {number} comes again with "
                        f"{name}; name one source"
                    )
                written.add(number)
                if problem:
                    raise DataError(
                        f"a submission needs an answer for each image, and {name} cannot be read "
                        f"({problem}); use --out for a table with reasons"
                    )
                writer.writerow((number, part.classes[top]))
        text.detach()


def _submitted(name: str) -> str:
    """ "test.csv#0" → "1"; "test/17.png" → "17"."""
    container, _, row = name.rpartition("#")
    if container and row.isdecimal():
        return str(int(row) + 1)
    return PurePosixPath(name).stem


def _columns(part: Predictions) -> dict[str, list[Any]]:
    """Column name → plain values, None for what an unreadable image has not.

    The same table as `Predictions.to_pandas` gives, without pandas, which takes longer to import
    than a hundred photographs to predict.
    """
    top, classes = part.top(), tuple(map(unicode, part.classes))
    numbers = part.probabilities()
    probabilities = numbers.astype(object)
    probabilities[np.isnan(numbers)] = None
    columns: dict[str, list[Any]] = {"path": list(map(unicode, part.id))}
    if (part.label != UNKNOWN).any():
        columns["label"] = class_names(classes, part.label).tolist()
    columns["outcome"] = np.where(part.readable, "ok", "unreadable").tolist()
    columns["prediction"] = class_names(classes, top).tolist()
    columns["probability"] = probabilities[np.arange(len(part)), np.maximum(top, 0)].tolist()
    if part.decision is not None:
        columns["decision"] = part.decision.tolist()
    columns["reason"] = list(map(unicode, part.problem))
    shares = zip(classes, probabilities.T.tolist(), strict=True)
    return columns | {f"p_{name}": column for name, column in shares}


def _csv(file: IO[bytes], parts: Iterable[Predictions]) -> None:
    text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\n")
    begun = False
    for part in parts:
        columns = _columns(part)
        if not begun:
            writer.writerow(map(cell, columns))
            begun = True
        columns["path"] = [_path(path) for path in columns["path"]]
        writer.writerows(map(cell, row) for row in zip(*columns.values(), strict=True))
    if not begun:
        writer.writerow(COLUMNS)
    text.detach()


def _path(path: str) -> str:
    return f"./{path}" if path.startswith(FORMULA) else path


def _json(file: IO[bytes], parts: Iterable[Predictions]) -> None:
    before = b"[\n"
    for part in parts:
        columns = _columns(part)
        for row in zip(*columns.values(), strict=True):
            file.write(before + json.dumps(dict(zip(columns, row, strict=True))).encode())
            before = b",\n"
    file.write(b"[]\n" if before == b"[\n" else b"\n]\n")


def _parquet(file: IO[bytes], parts: Iterable[Predictions]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    def schema(names: Iterable[str]) -> Any:
        return pa.schema([(name, pa.string() if name in WORDS else pa.float64()) for name in names])

    writer = None
    for part in parts:
        columns = _columns(part)
        writer = writer or pq.ParquetWriter(file, schema(columns), compression="zstd")
        writer.write_table(pa.Table.from_pydict(columns, writer.schema))
    writer = writer or pq.ParquetWriter(file, schema(COLUMNS), compression="zstd")
    writer.close()

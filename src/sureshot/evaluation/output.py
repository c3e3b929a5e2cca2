"""Predictions as CSV, JSON or Parquet, written as they come, so that memory stays flat."""

import csv
import io
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Any

from sureshot import files
from sureshot.errors import UsageError
from sureshot.records import Predictions

FORMATS = (".csv", ".json", ".parquet")
FORMULA = ("=", "+", "-", "@")  # how a spreadsheet recognises a formula


def require_format(path: Path) -> None:
    """Raise UsageError where nothing can be written under such a name."""
    if path.suffix.lower() not in FORMATS:
        raise UsageError(
            f"predictions can be written as {', '.join(FORMATS)}, got {path.name!r}; "
            "give --out one of these endings"
        )


def write_predictions(path: Path, parts: Iterable[Predictions]) -> None:
    """Write table after table into one file, that appears only when all are in it.

    Columns: path, outcome ("ok" or "unreadable"), prediction, probability, reason, and p_<class>
    for every class; `label` too where it is known.
    """
    require_format(path)
    writers: dict[str, Callable[[IO[bytes], Iterable[Predictions]], None]] = {
        ".csv": _csv,
        ".json": _json,
        ".parquet": _parquet,
    }
    with files.writing(path) as file:
        writers[path.suffix.lower()](file, parts)


def rows(part: Predictions) -> list[dict[str, Any]]:
    """One table's rows as plain values, None for what an unreadable image has not."""
    table = part.to_pandas()
    table["path"] = [_escaped(path) for path in table["path"]]
    table = table.astype(object).where(table.notna(), None)
    found: list[dict[str, Any]] = table.to_dict("records")
    return found


def _escaped(path: str) -> str:
    """A path that is valid Unicode, and that no spreadsheet takes for a formula."""
    safe = path.encode("utf-8", "backslashreplace").decode()
    return f"./{safe}" if safe.startswith(FORMULA) else safe


def _csv(file: IO[bytes], parts: Iterable[Predictions]) -> None:
    text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
    writer = None
    for part in parts:
        for row in rows(part):
            if writer is None:
                writer = csv.DictWriter(text, list(row), lineterminator="\n")
                writer.writeheader()
            writer.writerow(row)
    text.detach()


def _json(file: IO[bytes], parts: Iterable[Predictions]) -> None:
    before = b"[\n"
    for part in parts:
        for row in rows(part):
            file.write(before + json.dumps(row, ensure_ascii=True).encode())
            before = b",\n"
    file.write(b"[]\n" if before == b"[\n" else b"\n]\n")


def _parquet(file: IO[bytes], parts: Iterable[Predictions]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    writer = None
    for part in parts:
        found = rows(part)
        if writer is None:
            words = {"path", "label", "outcome", "prediction", "reason"}
            names = list(found[0]) if found else []
            schema = pa.schema(
                [(name, pa.string() if name in words else pa.float64()) for name in names]
            )
            writer = pq.ParquetWriter(file, schema, compression="zstd")
        writer.write_table(pa.Table.from_pylist(found, schema))
    if writer is not None:
        writer.close()

"""Parquet with encoded images, as Hugging Face writes it.

A row has an image, as a struct of `bytes` and `path` or as plain bytes, and mostly a label: text,
or a number whose class name is in the schema's metadata under "huggingface" (ClassLabel). A label
of -1 in every row stands for none. Where that metadata is there, only it says what is an image. The
split is in the name: train-00000-of-00002.parquet. Row groups are read as they are needed. A table
that only names image files is none of ours.

Source: the Apache Parquet format, parquet.apache.org/docs/file-format; Hugging Face datasets,
"Image" and "ClassLabel" in "Main classes".
"""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sureshot.containers.bytewise import State, damaged, require_holdable, sentences, state
from sureshot.containers.kept import Kept
from sureshot.containers.names import distinct, label_column, named
from sureshot.containers.parts import Form, Stack, split_of
from sureshot.errors import DataError, UsageError
from sureshot.records import Strings, strings

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

_IMAGES = ("image", "img", "images", "picture", "photo", "png", "jpg", "jpeg", "webp")

_ROW = 8  # bytes that the label of a row takes, a number or a pointer

# Row groups in memory, in a process: the one being read, and the one before. Assumed.
_GROUPS: "Kept[tuple[Path, State, int], pa.ChunkedArray]" = Kept(2)


def _open(path: Path, coded: list[str] | None = None) -> "ParquetFile":
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

    try:
        with sentences(path):
            return ParquetFile(path, read_dictionary=coded)  # those with each value once
    except (pa.ArrowException, ValueError) as error:
        raise damaged(path, str(error)) from None


def _image_columns(file: "ParquetFile") -> list[tuple[str, str]]:
    """The columns with encoded images, and not only the paths of some, with where the bytes are."""
    import pyarrow as pa

    features, found = _features(file), []
    for field in file.schema_arrow:
        told = _kind(features.get(field.name)) == "Image"
        named_so = told or field.name.lower() in _IMAGES
        kind, leaf = field.type, field.name
        if pa.types.is_struct(kind) and kind.get_field_index("bytes") >= 0:
            kind, leaf, named_so = kind.field("bytes").type, f"{field.name}.bytes", True
        binary = pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
        if (told if features else named_so) and binary and not _all_missing(file, leaf):
            found.append((field.name, leaf))
    return found


def _all_missing(file: "ParquetFile", leaf: str) -> bool:
    """Whether a column says of itself that it has no value in any row."""
    about = file.metadata
    for group in map(about.row_group, range(about.num_row_groups)):
        for column in map(group.column, range(group.num_columns)):
            counts = column.statistics if column.path_in_schema == leaf else None
            if column.path_in_schema == leaf and not (
                counts is not None and counts.has_null_count and counts.null_count == group.num_rows
            ):
                return False
    return bool(about.num_rows)


def _features(file: "ParquetFile") -> dict[str, Any]:
    """What Hugging Face's metadata says of each column; {} where there is none that can be read."""
    try:
        about = json.loads((file.schema_arrow.metadata or {})[b"huggingface"])
        features = about["info"]["features"]
    except (KeyError, TypeError, ValueError, RecursionError):
        return {}
    return features if isinstance(features, dict) else {}


def _kind(feature: Any) -> Any:
    return feature.get("_type") if isinstance(feature, dict) else None


def _ours(path: Path) -> bool:
    return bool(_image_columns(_open(path)))


def _stacks(path: Path) -> tuple[Stack, ...]:
    known, file = state(path), _open(path)
    images = _image_columns(file)
    if len(images) != 1:
        raise UsageError(
            f"{path} must have one column of images, found "
            f"{' and '.join(name for name, _ in images)}; write a table with one of them"
        )
    sizes = [file.metadata.row_group(k).num_rows for k in range(file.metadata.num_row_groups)]
    starts = np.cumsum([0, *sizes])
    if not starts[-1]:
        raise DataError(f"{path} must hold at least one image, and has no rows")
    require_holdable(path, int(starts[-1]) * _ROW)
    paths = [file.schema.column(k).path for k in range(len(file.schema))]
    once, ((column, leaf),) = _open(path, paths), images

    def image(row: int) -> bytes:
        group = int(np.searchsorted(starts, row, "right")) - 1
        rows = _GROUPS.get((path, known, group), lambda: _group(path, once, leaf, group))
        value = rows[row - int(starts[group])].as_py()
        return (value.get("bytes") if isinstance(value, dict) else value) or b""

    columns = tuple(name for name in file.schema_arrow.names if name != column)

    def labels(wanted: str | None) -> Strings | None:
        label = label_column(columns, wanted, path)
        return None if label is None else _labels(path, once, label)

    return (Stack("", split_of(path.name), int(starts[-1]), image, labels, columns),)


def _group(path: Path, file: "ParquetFile", column: str, group: int) -> "pa.ChunkedArray":
    about = file.metadata.row_group(group)
    require_holdable(f"row group {group} of {path}", about.total_byte_size)
    table = _read(path, lambda: file.read_row_group(group, columns=[column]))
    if table.num_rows != about.num_rows:
        raise damaged(path, f"row group {group} has {table.num_rows:,} rows of {about.num_rows:,}")
    return table.column(0)


def _read(path: Path, reader: Any) -> Any:
    import pyarrow as pa

    try:
        with sentences(path):
            return reader()
    except (pa.ArrowException, ValueError) as error:
        raise damaged(path, str(error)) from None


def _labels(path: Path, file: "ParquetFile", column: str) -> Strings | None:
    import pyarrow as pa

    values = _read(path, lambda: file.read(columns=[column])).column(0)
    kind = values.type.value_type if pa.types.is_dictionary(values.type) else values.type
    missing = values.null_count
    if pa.types.is_integer(kind) and not missing:
        numbers = values.cast(kind).to_numpy()
        if (numbers == -1).all():
            return None
        return named(numbers, _class_names(path, file, column), f"{path}, column {column}")
    if missing == len(values):
        return None
    text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    if missing or not text:
        found = f"{missing:,} rows without one" if missing else str(kind)
        raise DataError(
            f"the labels in column {column} of {path} must be texts or whole numbers in every row, "
            f"got {found}; mend the column, or name another with label="
        )
    chunks = values.dictionary_encode().chunks
    return np.concatenate([strings(c.dictionary.to_pylist())[c.indices.to_numpy()] for c in chunks])


def _class_names(path: Path, file: "ParquetFile", column: str) -> tuple[str, ...] | None:
    feature = _features(file).get(column, {})
    if _kind(feature) != "ClassLabel":
        return None
    names = feature.get("names")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise damaged(path, f"the class names of column {column} are no list of texts")
    return distinct(names, f"{path}, column {column}")


FORM = Form("Parquet", re.compile(r".*\.parquet"), _ours, _stacks)

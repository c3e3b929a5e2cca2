"""Any source written out again: a folder of classes, or Parquet as the `datasets` library has it.

The bytes of files stay as they are; plain pixels become PNG. What cannot be read is left out.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from sureshot import files
from sureshot.containers import indexed
from sureshot.errors import UsageError
from sureshot.images import encoded
from sureshot.progress import Progress, unicode
from sureshot.records import SPLITS, Index, Split

ENDINGS = {"JPEG": "jpg", "TIFF": "tif", "pixels": "png"}  # others: the format in small letters
ROWS = 1_000  # images of a row group, as in the Hugging Face hub's own files


def export(index: Index, out: Path, form: str, max_megabytes: int, progress: Progress) -> int:
    """Write every readable image that is in a split below `out`; returns bytes written.

    `form` is "folder" or "parquet". Raises as `require_new_place` does.
    """
    require_new_place(out, form)
    files.require_space(out.parent, int(index.bytes[index.readable].sum()))
    rows = {split: index.rows(split) for split in SPLITS if len(index.rows(split))}
    with (
        files.writing_folder(out) as partial,
        progress.track("writing", sum(map(len, rows.values()))) as track,
    ):
        for split, chosen in rows.items():
            images = _images(index, [int(row) for row in chosen], max_megabytes)
            for _ in _WRITERS[form](index, split, images, partial):
                track.advance()
        return sum(path.stat().st_size for path in partial.rglob("*") if path.is_file())


def require_new_place(out: Path, form: str) -> None:
    """Raise UsageError where there is no such form, or `out` is there: nothing is overwritten."""
    if form not in _WRITERS:
        raise UsageError(f"--to must be {' or '.join(_WRITERS)}, got {form!r}")
    if os.path.lexists(out):
        raise UsageError(f"{out} is there already, and nothing is overwritten; name a new folder")


def _images(index: Index, rows: list[int], max_megabytes: int) -> Iterator[tuple[int, str, bytes]]:
    """(row, file name, bytes of an image file) of some rows."""
    for row in rows:
        yield row, _name(index, row), encoded(indexed(index, row, max_megabytes))


def _name(index: Index, row: int) -> str:
    """A file name without a place: "0012.jpg"; of a container's row "train-00017.png"."""
    name = str(index.id[row])
    if not index.contained:
        return unicode(PurePosixPath(name).name)
    container, _, number = name.rpartition("#")
    kind = str(index.format[row])
    stem = PurePosixPath(container).name.split(".")[0]
    return f"{stem}-{int(number):05d}.{ENDINGS.get(kind, kind.lower())}"


def _write_folder(
    index: Index, split: Split, images: Iterator[tuple[int, str, bytes]], out: Path
) -> Iterator[None]:
    taken: set[Path] = set()
    for row, name, content in images:
        folder = out / split / _folder_name(index.classes[index.label[row]])
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / name
        while Path(str(path).lower()) in taken:  # also where the disk takes A and a for one name
            path = folder / f"{path.stem}-{row}{path.suffix}"
        taken.add(Path(str(path).lower()))
        path.write_bytes(content)
        yield


def _folder_name(label: str) -> str:
    """A class name that can be a folder's."""
    if label in ("", ".", "..") or any(letter in label for letter in "/\0"):
        raise UsageError(f"the class {label!r} cannot name a folder; use --to parquet, or --merge")
    return label


def _write_parquet(
    index: Index, split: Split, images: Iterator[tuple[int, str, bytes]], out: Path
) -> Iterator[None]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    struct = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    schema = pa.schema([("image", struct), ("label", pa.int64())]).with_metadata(_about(index))
    with pq.ParquetWriter(out / f"{split}-00000-of-00001.parquet", schema) as writer:
        group: dict[str, list[Any]] = {"image": [], "label": []}
        for row, name, content in images:
            group["image"].append({"bytes": content, "path": name})
            group["label"].append(int(index.label[row]))
            if len(group["label"]) == ROWS:
                writer.write_table(pa.table(group, schema))
                group = {"image": [], "label": []}
            yield
        if group["label"]:
            writer.write_table(pa.table(group, schema))


def _about(index: Index) -> dict[str, str]:
    """What the `datasets` library wants to know of the columns."""
    label = {"names": list(index.classes), "_type": "ClassLabel"}
    features = {"image": {"_type": "Image"}, "label": label}
    return {"huggingface": json.dumps({"info": {"features": features}})}


_WRITERS = {"folder": _write_folder, "parquet": _write_parquet}

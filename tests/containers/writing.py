"""The same images written in every form, as the programs that publish them write them.

Shapes: `n` images, uint8, (n, H, W) or (n, H, W, 3); labels (n,) whole numbers.
"""

import gzip
import io
import json
import pickle
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
Lot = tuple[Pixels, Pixels]  # images and their labels


def csv(
    path: Path,
    images: Pixels,
    labels: Sequence[Any] | None,
    header: Sequence[str] | bool = True,
    mark: str = ",",
    last: bool = False,
    begin: bytes = b"",
) -> None:
    """A CSV of pixels, the label first or last; `header` True names the columns as Kaggle does."""
    flat = images.reshape(len(images), -1)
    names = [f"pixel{number}" for number in range(flat.shape[1])]
    if labels is not None:
        names = [*names, "label"] if last else ["label", *names]
    rows = [[str(value) for value in row] for row in flat.tolist()]
    if labels is not None:
        pairs = zip(rows, map(str, labels), strict=True)
        rows = [[*row, label] if last else [label, *row] for row, label in pairs]
    if header:
        rows.insert(0, names if header is True else list(header))
    text = "".join(mark.join(row) + "\r\n" for row in rows).encode()
    path.write_bytes(gzip.compress(begin + text, mtime=0) if path.suffix == ".gz" else begin + text)


def idx(path: Path, array: Pixels) -> None:
    """An IDX file, gzipped where its name says so."""
    content = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    content += array.tobytes()
    path.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)


def planes(images: Pixels) -> Pixels:
    """(n, 32, 32, 3) → (n, 3072), red, green, blue."""
    return images.transpose(0, 3, 1, 2).reshape(len(images), -1)


def cifar_binary(path: Path, images: Pixels, *labels: Sequence[int]) -> None:
    columns = [np.array(column, np.uint8)[:, None] for column in labels]
    path.write_bytes(np.concatenate([*columns, planes(images)], axis=1).tobytes())


def cifar_python(
    path: Path, images: Pixels, labels: Sequence[int], protocol: int, key: str = "labels"
) -> None:
    batch = {
        b"batch_label": b"training batch 1 of 5",
        key.encode(): list(labels),
        b"data": planes(images),
        b"filenames": [b"a.png"] * len(images),
    }
    path.write_bytes(pickle.dumps(batch, protocol))


def cifar_python_2(path: Path, images: Pixels, labels: Sequence[int]) -> None:
    """A batch with the operations that Python 2 wrote in the published files."""

    def text(word: bytes) -> bytes:
        return b"U" + bytes([len(word)]) + word

    data = planes(images).tobytes()
    shape = b"".join(b"J" + struct.pack("<i", n) for n in (len(images), 3072))
    kind = b"cnumpy\ndtype\n" + text(b"u1") + b"K\0K\1\x87R(K\3" + text(b"|")
    kind += b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb"
    array = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85" + text(b"b")
    array += b"\x87R(K\1" + shape + b"\x86" + kind + b"\x89T" + struct.pack("<i", len(data)) + data
    numbers = b"](" + b"".join(b"K" + bytes([label]) for label in labels) + b"e"
    path.write_bytes(
        b"\x80\2}q\1(" + text(b"data") + array + b"tb" + text(b"labels") + numbers + b"u."
    )


def png(image: Pixels) -> bytes:
    out = io.BytesIO()
    Image.fromarray(image).save(out, "PNG")
    return out.getvalue()


def parquet(
    path: Path,
    encoded: Sequence[bytes | None],
    labels: Sequence[Any] | None,
    classes: Sequence[str] | None = None,
    plain: bool = False,
    rows: int = 16,
) -> None:
    """As Hugging Face writes it: a struct of bytes and path, the class names in the metadata."""
    values: list[Any] = list(encoded)
    if not plain:
        values = [{"bytes": value, "path": f"{k}.png"} for k, value in enumerate(encoded)]
        kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    columns = {"image": pa.array(values, pa.binary() if plain else kind)}
    features: dict[str, Any] = {"image": {"_type": "Image"}}
    if labels is not None:
        columns["label"] = pa.array(labels)
        if classes is not None:
            features["label"] = {"names": list(classes), "_type": "ClassLabel"}
    about = {"huggingface": json.dumps({"info": {"features": features}})}
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns).replace_schema_metadata(about), path, row_group_size=rows)

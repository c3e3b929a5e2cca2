"""Containers that are broken, odd or hostile end in one sentence, and in no other exception."""

import gzip
import io
import os
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import writing

from sureshot.containers import bytewise, content, find
from sureshot.errors import DataError, UnreadableImage

X = np.random.default_rng(1).integers(0, 256, (20, 6, 6), np.uint8)
COLOUR = np.random.default_rng(2).integers(0, 256, (20, 32, 32, 3), np.uint8)
Y = np.arange(20) % 3
Break = Callable[[Path], Any]


def edit(path: Path, change: Callable[[bytes], bytes]) -> None:
    path.write_bytes(change(path.read_bytes()))


def table(change: Callable[[bytes], bytes] = lambda text: text, **how: Any) -> Break:
    def write(folder: Path) -> None:
        writing.csv(folder / "train.csv", X, Y, **how)
        edit(folder / "train.csv", change)

    return write


def line(number: int, change: Callable[[list[bytes]], list[bytes]]) -> Callable[[bytes], bytes]:
    def changed(text: bytes) -> bytes:
        lines = text.split(b"\r\n")
        lines[number - 1] = b",".join(change(lines[number - 1].split(b",")))
        return b"\r\n".join(lines)

    return changed


def value(number: int, column: int, new: bytes) -> Break:
    return table(line(number, lambda cells: [*cells[:column], new, *cells[column + 1 :]]))


def idx(images: Callable[[bytes], bytes], end: str = "", labels: int = 20) -> Break:
    def write(folder: Path) -> None:
        writing.idx(folder / f"train-images-idx3-ubyte{end}", X)
        writing.idx(folder / "train-labels-idx1-ubyte", Y[:labels].astype(np.uint8))
        edit(folder / f"train-images-idx3-ubyte{end}", images)

    return write


def named(name: str, text: str, write: Break) -> Break:
    def both(folder: Path) -> None:
        write(folder)
        (folder / name).write_bytes(text.encode("latin-1"))

    return both


def binary(change: Callable[[bytes], bytes], labels: Any = Y) -> Break:
    def write(folder: Path) -> None:
        writing.cifar_binary(folder / "data_batch_1.bin", COLOUR, labels)
        edit(folder / "data_batch_1.bin", change)

    return write


def batch(**changes: Any) -> Break:
    def write(folder: Path) -> None:
        import pickle

        whole = {"data": writing.planes(COLOUR), "labels": Y.tolist(), **changes}
        (folder / "data_batch_1").write_bytes(pickle.dumps(whole, 4))

    return write


def npz(change: Callable[[bytes], bytes] = lambda content: content, **arrays: Any) -> Break:
    def write(folder: Path) -> None:
        np.savez_compressed(folder / "a.npz", **arrays)
        edit(folder / "a.npz", change)

    return write


def npy(array: Any, change: Callable[[bytes], bytes] = lambda content: content) -> Break:
    def write(folder: Path) -> None:
        np.save(folder / "a.npy", array)
        edit(folder / "a.npy", change)

    return write


def shaped(shape: str) -> Break:
    """An array of one byte whose header states any shape."""

    def write(folder: Path) -> None:
        text = f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({shape})}}".encode()
        head = b"\x93NUMPY\1\0" + struct.pack("<H", len(text))
        (folder / "a.npy").write_bytes(head + text + b"x")

    return write


def short(folder: Path) -> None:
    """A member with half of its values, of which header and zip say that they are all there."""
    whole = io.BytesIO()
    np.save(whole, X)
    with zipfile.ZipFile(folder / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", whole.getvalue()[:-360])
    size = len(whole.getvalue())
    said, meant = struct.pack("<I", size - 360), struct.pack("<I", size)
    edit(folder / "a.npz", lambda c: c.replace(said, meant))


def bomb(folder: Path) -> None:
    """A header that states 10 GB, in a member of a few bytes that says so too."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "|u1", "fortran_order": False, "shape": (10_000, 1000, 1000)}
    )
    with zipfile.ZipFile(folder / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x_train.npy", header.getvalue() + bytes(1000))
    stored = struct.pack("<I", len(header.getvalue()) + 1000)
    edit(folder / "a.npz", lambda c: c.replace(stored, b"\xff\xff\xff\xf0"))


def lzma(folder: Path) -> None:
    with zipfile.ZipFile(folder / "a.npz", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("x.npy", b"x")


def parquet(change: Callable[[bytes], bytes] = lambda content: content, **columns: Any) -> Break:
    def write(folder: Path) -> None:
        images = [writing.png(image) for image in X]
        pq.write_table(pa.table({"image": images, **columns}), folder / "train.parquet")
        edit(folder / "train.parquet", change)

    return write


def classes(names: list[str]) -> Break:
    return lambda folder: writing.parquet(
        folder / "a.parquet", [writing.png(image) for image in X], Y, names
    )


def torn(content: bytes) -> bytes:
    return content[: len(content) // 2]


def packed_lie(content: bytes) -> bytes:
    plain = bytearray(gzip.decompress(content))
    plain[4:8] = b"\xff\xff\xff\xff"
    return gzip.compress(bytes(plain), mtime=0)


PIXEL = "must be a whole number from 0 to 255, got"
BROKEN: dict[str, tuple[Break, str]] = {
    "csv: 256": (value(3, 5, b"256"), f"{PIXEL} '256' in row 3, column pixel4"),
    "csv: -1": (value(2, 1, b"-1"), f"{PIXEL} '-1' in row 2, column pixel0"),
    "csv: fraction": (value(4, 1, b"0.5"), f"{PIXEL} '0.5' in row 4"),
    "csv: empty cell": (value(4, 36, b""), f"{PIXEL} '' in row 4, column pixel35"),
    "csv: text": (value(21, 9, b"none"), f"{PIXEL} 'none' in row 21"),
    "csv: no label": (value(7, 0, b" "), "row 7 has none in column label"),
    "csv: short row": (table(line(9, lambda cells: cells[:-2])), "37 columns, and row 9 has 35"),
    "csv: cut short": (table(lambda text: text[:-30]), "37 columns, and row 21 has"),
    "csv: only names": (table(lambda text: text.split(b"\r\n")[0]), "has no rows"),
    "csv: no square": (
        table(header=["label", *(f"pixel{n}" for n in range(30)), *"abcdef"]),
        "got 30 from pixel0 to pixel29",
    ),
    "csv: falling": (
        table(header=["label", *(f"pixel{n}" for n in range(36, 0, -1))]),
        "with rising numbers",
    ),
    "csv: two labels": (
        lambda d: writing.csv(
            d / "a.csv",
            np.ones((20, 37), np.uint8),
            Y,
            header=["label", *(f"pixel{n}" for n in range(36)), "class"],
        ),
        "one column of labels, found label and class",
    ),
    "csv: 49 columns": (
        lambda d: (
            writing.csv(d / "a.csv", X.reshape(-1, 4, 4, 3)[:10, :1], None, header=False)
            or writing.csv(d / "a.csv", np.ones((3, 7, 7), np.uint8), None, header=False)
        ),
        "has 49, which could be images with or without a label",
    ),
    "csv: 38 columns": (
        lambda d: writing.csv(d / "a.csv", np.ones((3, 38), np.uint8), None, header=False),
        "has 38, which is neither",
    ),
    "csv: only counted": (table(header=[str(n) for n in range(37)]), "any may hold the label"),
    "csv: a label twice": (
        lambda d: writing.csv(
            d / "a.csv",
            np.ones((20, 37), np.uint8),
            Y,
            header=["label", *(f"pixel{n}" for n in range(36)), "label"],
        ),
        "one column of labels, found label and label",
    ),
    "csv: a long cell": (value(2, 5, b"9" * 5000), f"{PIXEL} '99999"),
    "csv: a long first cell": (
        table(line(1, lambda cells: [*cells[:5], b"9" * 5000, *cells[6:]]), header=False),
        f"{PIXEL} '99999",
    ),
    "csv: a long name": (
        table(header=["label", f"pixel{'9' * 5000}", *(f"pixel{n}" for n in range(35))]),
        "with rising numbers",
    ),
    "csv: not gzip": (lambda d: (d / "a.csv.gz").write_bytes(b"1,2,3\n"), "is damaged"),
    "csv: gzip cut": (
        lambda d: (writing.csv(d / "a.csv.gz", X, Y), edit(d / "a.csv.gz", torn)),
        "is damaged or was cut short",
    ),
    "idx: magic": (idx(lambda c: b"\0\0\x0d\3" + c[4:]), "must begin with the bytes 00 00 08 03"),
    "idx: empty": (idx(lambda c: b""), "got none"),
    "idx: header only": (idx(lambda c: c[:10]), "its header is incomplete"),
    "idx: cut short": (idx(lambda c: c[:-1]), "must hold 720 values, .* got 719"),
    "idx: goes on": (idx(lambda c: c + b"x"), "must hold 720 values, .* got more than 720"),
    "idx: no images": (idx(lambda c: c[:4] + bytes(4) + c[8:]), "and says 0 images"),
    "idx: lying count": (idx(lambda c: c[:4] + b"\xff" * 4 + c[8:]), "must hold 154,618,822,620"),
    "idx: gzip cut": (idx(torn, ".gz"), "is damaged or was cut short"),
    "idx: gzip lies": (idx(packed_lie, ".gz"), "which no file can"),
    "idx: gzip goes on": (
        idx(lambda c: gzip.compress(gzip.decompress(c) + bytes(10**7), mtime=0), ".gz"),
        "got more than 720",
    ),
    "idx: too few labels": (idx(lambda c: c, labels=19), "for each of 20 images, got 19"),
    "idx: too few names": (named("classes.txt", "a\nb", idx(lambda c: c)), "must be 0 to 1"),
    "idx: names twice": (named("classes.txt", "a\nb\na", idx(lambda c: c)), "got 'a'"),
    "idx: names in Latin-1": (named("classes.txt", "é", idx(lambda c: c)), "in UTF-8"),
    "idx: only labels": (
        lambda d: writing.idx(d / "train-labels-idx1-ubyte", Y.astype(np.uint8)),
        "holds labels and no images",
    ),
    "binary: cut short": (binary(lambda c: c[:-1]), "3,073 bytes for each image"),
    "binary: empty": (binary(lambda c: b""), "got 0 bytes"),
    "binary: goes on": (binary(lambda c: c + b"x"), "got 61,461 bytes"),
    "binary: label 10": (binary(lambda c: c, [10] * 20), "must be 0 to 9"),
    "binary: few names": (
        named("batches.meta.txt", "a\nb", binary(lambda c: c)),
        "must be 0 to 1, for so many are named, got 2",
    ),
    "batch: no data": (batch(data=None), 'must have "data" of shape'),
    "batch: narrow": (batch(data=np.zeros((20, 784), np.uint8)), r"got \(20, 784\)"),
    "batch: no list": (batch(labels=5), "must be a list of whole numbers"),
    "batch: few labels": (batch(labels=[1]), "for each of 20 images, got 1"),
    "batch: label 10": (batch(labels=[10] * 20), "must be 0 to 9"),
    "batch: huge label": (batch(labels=[2**80] * 20), "a label has more than 64 bits"),
    "batch: names, a number": (
        named("batches.meta", "\x80\2}X\x0b\0\0\0label_namesK\5s.", batch()),
        "must be a list of names",
    ),
    "batch: names": (named("batches.meta", "\x80\2}.", batch()), "must be a list of names"),
    "npz: other names": (npz(a=X, b=Y), "found a, b"),
    "npz: two x": (npz(x_train=X, train_images=X), "found x_train and train_images"),
    "npz: objects": (npz(x=np.array([None] * 3)), "got Python objects"),
    "npz: negative": (npz(x=X.astype(int) - 1), "got int64 from -1 to 25"),
    "npz: above": (npz(x=X.astype(int) + 1), "got int64 from 1 to 256"),
    "npz: fractions": (npz(x=X / 2), "got fractions up to 127.5"),
    "npz: NaN": (npz(x=np.full((3, 6, 6), np.nan)), "from nan to nan"),
    "npz: complex": (npz(x=X * 1j), "got complex128"),
    "npz: flat": (npz(x=X.reshape(20, 36)), r"got \(20, 36\)"),
    "npz: four channels": (npz(x=np.ones((2, 6, 6, 4), np.uint8)), r"got \(2, 6, 6, 4\)"),
    "npz: either channels": (npz(x=np.ones((2, 3, 6, 3), np.uint8)), r"got \(2, 3, 6, 3\)"),
    "npz: no images": (npz(x=X[:0]), "has no values"),
    "npz: labels": (npz(x=X, y=Y[:5]), "for each of 20 images, got 5"),
    "npz: label fractions": (npz(x=X, y=Y / 2), "must be whole numbers or texts"),
    "npz: two-hot": (npz(x=X, y=np.ones((20, 3))), "must be one-hot"),
    "npz: no class": (npz(x=X, y=Y, classes=["a", "b"]), "must be 0 to 1"),
    "npz: empty label": (npz(x=X, y=["a", ""] * 10), "that of row 1"),
    "npz: cut short": (npz(torn, x=X), "is damaged or was cut short"),
    "npz: a flipped bit": (
        npz(lambda c: c[:200] + bytes([c[200] ^ 1]) + c[201:], x=X),
        "is damaged or was cut short",
    ),
    "npz: labels of no pixels": (npz(x_train=X, y_test=Y), "found x_train, y_test; give both"),
    "npz: no letter": (
        npz(x=X, y=np.full(20, 2**32 - 1, np.uint32).view("<U1")),
        "must be texts in UTF-8",
    ),
    "npz: flat colour": (npz(x=np.ones((2, 3, 1024), np.uint8)), r"got \(2, 3, 1024\)"),
    "npz: zip says more": (short, "it has 360 of 720 bytes"),
    "npz: bomb": (bomb, "which no file can"),
    "npz: LZMA": (lzma, "must be stored or deflated"),
    "npy: cut short": (npy(X, lambda c: c[:-1]), "must have 720 bytes of values, .* got 719"),
    "npy: goes on": (npy(X, lambda c: c + b"x"), "got 721"),
    "npy: header": (npy(X, lambda c: c[:40]), "is damaged"),
    "npy: nothing": (npy(X, lambda c: b""), "is damaged"),
    "npy: negative shape": (
        npy(X, lambda c: c.replace(b"(20, 6, 6)", b"(-2,-6, 6)")),
        "does not say type, order and shape",
    ),
    "npy: 5,000 digits": (shaped("9" * 5000 + ","), "does not say type, order and shape"),
    "npy: 70 dimensions": (shaped("1, " * 70), "does not say type, order and shape"),
    "npy: labels for two": (
        lambda d: (
            [np.save(d / f"{n}.npy", X) for n in ("x_test", "x_train")]
            and np.save(d / "labels.npy", Y)
        ),
        "must serve one file of pixels, found x_test.npy and x_train.npy",
    ),
    "npy: objects": (npy(np.array([{}, {}])), "got Python objects"),
    "npy: version": (npy(X, lambda c: c[:6] + b"\x09\0" + c[8:]), "is damaged"),
    "parquet: cut short": (parquet(torn), "is damaged"),
    "parquet: nothing": (parquet(lambda c: b""), "is damaged"),
    "parquet: footer": (parquet(lambda c: c[:-8] + b"\xff\xff\xff\x7f" + c[-4:]), "is damaged"),
    "parquet: page": (parquet(lambda c: c[:4] + bytes(600) + c[604:]), "is damaged"),
    "parquet: labels": (parquet(label=Y / 2), "must be texts or whole numbers"),
    "parquet: label missing": (parquet(label=[None, *["a"] * 19]), "got 1 rows without one"),
    "parquet: few names": (classes(["a", "b"]), "must be 0 to 1"),
    "parquet: twice": (classes(["a", "b", "b"]), "got 'b'"),
    "an image beside": (
        lambda d: (table()(d), (d / "a.png").write_bytes(writing.png(X[0]))),
        r"holds image files \(a.png …\) beside train.csv",
    ),
    "two forms": (
        lambda d: (table()(d), idx(lambda c: c)(d)),
        r"found IDX \(train-images-idx3-ubyte\) and a CSV of pixels \(train.csv\)",
    ),
}


def read_all(folder: Path) -> None:
    found = find(folder)
    assert found is not None
    root, parts = found
    for part in parts:
        for row in range(part.count):
            content(root, f"{part.name}#{row}", True, 32)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_container_is_one_sentence(name: str, tmp_path: Path) -> None:
    write, sentence = BROKEN[name]
    write(tmp_path)
    tracemalloc.start()
    with pytest.raises(DataError, match=sentence) as refused:
        read_all(tmp_path)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 30e6  # bytes; what a file states is never allocated on its word
    assert str(tmp_path) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_one_budget_serves_all_arrays_of_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bytewise, "MOST", 1000)
    npz(x_train=X)(tmp_path)
    read_all(tmp_path)
    npz(x_train=X, x_test=X)(tmp_path)
    with pytest.raises(DataError, match=r"at most 1.0 kB of memory.*cut it"):
        read_all(tmp_path)


@pytest.mark.parametrize("form", ["train.csv", "a.npz", "a.npy", "train.parquet", "data_batch_1"])
def test_flipped_bytes_never_end_in_another_exception(form: str, tmp_path: Path) -> None:
    write = {"train.csv": table(), "a.npz": npz(x=X, y=Y), "a.npy": npy(X)}
    write |= {"train.parquet": parquet(label=Y), "data_batch_1": batch()}
    write[form](tmp_path)
    whole, draw = (tmp_path / form).read_bytes(), np.random.default_rng(111)
    read_all(tmp_path)
    for _ in range(150):
        flipped = bytearray(whole)
        ends = min(len(whole), 400)  # where headers and directories are
        at = int(draw.integers(ends))
        flipped[at if draw.random() < 0.5 else -at - 1] = int(draw.integers(256))
        (tmp_path / form).write_bytes(flipped)
        try:
            find(tmp_path)
            read_all(tmp_path)
        except (DataError, AssertionError) as refused:
            assert "\n" not in str(refused)
        os.utime(tmp_path / form, ns=(0, int(draw.integers(2**40))))


@pytest.mark.parametrize(
    ("image", "code"), [(None, "empty"), (b"", "empty"), (b"x" * 1_000_001, "file_too_large")]
)
def test_a_row_without_an_image_is_unreadable(
    image: bytes | None, code: str, tmp_path: Path
) -> None:
    writing.parquet(tmp_path / "a.parquet", [writing.png(X[0]), image], ["a", "b"])
    with pytest.raises(UnreadableImage) as refused:
        content(tmp_path, "a.parquet#1", True, 1)
    assert refused.value.code == code
    assert content(tmp_path, "a.parquet#0", True, 1) == writing.png(X[0])

"""Real images in every form are read as the same pixels and labels, by many threads too."""

import io
import pickle
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import writing
from numpy.typing import NDArray
from PIL import Image
from writing import Lot

from sureshot.containers import Part, content, find

CIFAR = [
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
]
Write = Callable[[Path, NDArray[np.uint8], NDArray[np.uint8]], None]


def pixels_of(root: Path, part: Part) -> list[NDArray[np.uint8]]:
    found = []
    for row in range(part.count):
        image = content(root, f"{part.name}#{row}", True, 32)
        found.append(np.asarray(Image.open(io.BytesIO(image))) if type(image) is bytes else image)
    return found


def parts_of(place: Path, label: str | None = None) -> tuple[Path, tuple[Part, ...]]:
    found = find(place, label)
    assert found is not None
    return found


def require_same(root: Path, part: Part, images: NDArray[np.uint8], labels: Sequence[str]) -> None:
    found = pixels_of(root, part)
    assert all(image.dtype == np.uint8 for image in found)
    np.testing.assert_array_equal(np.stack(found), images)
    assert part.labels is not None
    assert list(part.labels) == list(labels)


def idx_pair(folder: Path, images: NDArray[np.uint8], labels: NDArray[np.uint8], end: str) -> None:
    writing.idx(folder / f"train-images-idx3-ubyte{end}", images)
    writing.idx(folder / f"train-labels-idx1-ubyte{end}", labels)


def npy_pair(folder: Path, images: NDArray[np.uint8], labels: NDArray[np.uint8], y: str) -> None:
    np.save(folder / "x_train.npy", images)
    np.save(folder / f"{y}.npy", labels)


GREY: dict[str, Write] = {
    "csv": lambda d, x, y: writing.csv(d / "mnist_train.csv", x, y),
    "csv, packed": lambda d, x, y: writing.csv(d / "train.csv.gz", x, y),
    "csv, no header": lambda d, x, y: writing.csv(d / "train.csv", x, y, header=False),
    "csv, semicolons": lambda d, x, y: writing.csv(d / "train.csv", x, y, mark=";"),
    "csv, tabs and mark": lambda d, x, y: writing.csv(
        d / "train.tsv", x, y, mark="\t", begin=b"\xef\xbb\xbf"
    ),
    "csv, label last": lambda d, x, y: writing.csv(d / "train.csv", x, y, last=True),
    "csv, counted columns": lambda d, x, y: writing.csv(
        d / "train.csv", x, y, header=["label", *(str(number) for number in range(784))]
    ),
    "csv, 1x1": lambda d, x, y: writing.csv(
        d / "train.csv",
        x,
        y,
        header=["label", *(f"{r}x{c}" for r in range(1, 29) for c in range(1, 29))],
    ),
    "idx": lambda d, x, y: idx_pair(d, x, y, ""),
    "idx, packed": lambda d, x, y: idx_pair(d, x, y, ".gz"),
    "npz": lambda d, x, y: np.savez(d / "mnist.npz", x_train=x, y_train=y),
    "npz, packed": lambda d, x, y: np.savez_compressed(d / "train.npz", images=x, labels=y),
    "npz, (n, 1, H, W)": lambda d, x, y: np.savez(
        d / "a.npz", train_images=x[:, None], train_labels=y[:, None]
    ),
    "npz, fractions": lambda d, x, y: np.savez(
        d / "a.npz", x_train=(x / 255).astype(np.float32), y_train=np.eye(10)[y]
    ),
    "npz, whole fractions": lambda d, x, y: np.savez(
        d / "a.npz", x_train=x.astype(np.float64)[..., None], y_train=y.astype(str)
    ),
    "npz, int64": lambda d, x, y: np.savez(
        d / "a.npz", data_train=x.astype(np.int64), targets_train=y.astype("S3")
    ),
    "npy": lambda d, x, y: npy_pair(d, x, y, "x_train_labels"),
    "npy, twins": lambda d, x, y: npy_pair(d, x, y, "y_train"),
    "npy, columns first": lambda d, x, y: npy_pair(d, np.asfortranarray(x), y, "labels"),
    "npy, fractions": lambda d, x, y: npy_pair(d, (x / 255), y, "labels"),
    "parquet": lambda d, x, y: writing.parquet(
        d / "data" / "train-00000-of-00001.parquet",
        [writing.png(image) for image in x],
        y,
        [str(digit) for digit in range(10)],
    ),
    "parquet, plain": lambda d, x, y: writing.parquet(
        d / "train.parquet", [writing.png(image) for image in x], y.astype(str), plain=True
    ),
}


@pytest.mark.parametrize("form", GREY)
def test_every_form_of_mnist_has_its_pixels_and_labels(
    form: str, mnist: Lot, tmp_path: Path
) -> None:
    images, labels = mnist
    GREY[form](tmp_path, images, labels)
    root, (part,) = parts_of(tmp_path)
    assert (root, part.split, part.count) == (tmp_path, "train", 300)
    require_same(root, part, images, [str(label) for label in labels])


def test_the_published_files_are_read(mirror: Path) -> None:
    root, (test, train) = parts_of(mirror / "datasets" / "mnist")
    assert (train.name, train.split, train.count) == ("train-images-idx3-ubyte.gz", "train", 60_000)
    assert (test.name, test.split, test.count) == ("t10k-images-idx3-ubyte.gz", "test", 10_000)
    assert test.labels is not None
    assert list(test.labels[:4]) == list("7210")
    last = content(root, f"{train.name}#59999", True, 32)
    assert isinstance(last, np.ndarray)
    assert last.shape == (28, 28)


COLOUR: dict[str, Write] = {
    "binary, 10": lambda d, x, y: writing.cifar_binary(d / "data_batch_3.bin", x, y),
    "binary, 100": lambda d, x, y: writing.cifar_binary(d / "train.bin", x, y // 2, y),
    "python, 10, protocol 2": lambda d, x, y: writing.cifar_python(
        d / "data_batch_1", x, y.tolist(), 2
    ),
    "python, 10, protocol 3": lambda d, x, y: writing.cifar_python(
        d / "data_batch_1", x, y.tolist(), 3
    ),
    "python, 10, protocol 4": lambda d, x, y: writing.cifar_python(
        d / "data_batch_1", x, y.tolist(), 4
    ),
    "python, 10, of Python 2": lambda d, x, y: writing.cifar_python_2(
        d / "data_batch_1", x, y.tolist()
    ),
    "python, 100": lambda d, x, y: writing.cifar_python(
        d / "train", x, y.tolist(), 2, "fine_labels"
    ),
    "npz": lambda d, x, y: np.savez(d / "a.npz", x_train=x, y_train=y, classes=CIFAR),
    "npz, planes": lambda d, x, y: np.savez(
        d / "a.npz", x_train=x.transpose(0, 3, 1, 2), y_train=y, class_names=CIFAR
    ),
    "csv": lambda d, x, y: writing.csv(d / "train.csv", x, [CIFAR[k] for k in y]),
    "csv, planes": lambda d, x, y: writing.csv(
        d / "train.csv",
        writing.planes(x),
        [CIFAR[k] for k in y],
        header=["label", *(f"{c}{k}" for c in "rgb" for k in range(1024))],
    ),
}


@pytest.mark.parametrize("form", COLOUR)
def test_every_form_of_cifar_has_its_pixels_and_labels(
    form: str, cifar: tuple[NDArray[np.uint8], list[str]], tmp_path: Path
) -> None:
    images, labels = cifar
    COLOUR[form](tmp_path, images, np.array([CIFAR.index(label) for label in labels], np.uint8))
    (tmp_path / "batches.meta.txt").write_text("\n".join(CIFAR) + "\n\n")
    if "100" in form:
        fine = [*CIFAR, *(f"other {k}" for k in range(90))]
        (tmp_path / "fine_label_names.txt").write_text("\n".join(fine))
        (tmp_path / "meta").write_bytes(pickle.dumps({"fine_label_names": fine}, 2))
    elif "python" in form:
        meta = {b"label_names": [name.encode() for name in CIFAR]}
        (tmp_path / "batches.meta").write_bytes(pickle.dumps(meta, 2))
    root, (part,) = parts_of(tmp_path)
    assert part.split == "train"
    require_same(root, part, images, labels)


def test_jpegs_in_parquet_come_as_they_are(jpegs: list[tuple[bytes, str]], tmp_path: Path) -> None:
    for shard, rows in enumerate((jpegs[:60], jpegs[60:])):
        images, labels = zip(*rows, strict=True)
        name = f"test-0000{shard}-of-00002.parquet"
        writing.parquet(tmp_path / name, images, [CIFAR.index(k) for k in labels], CIFAR)
    root, parts = parts_of(tmp_path)
    assert [part.split for part in parts] == ["test", "test"]
    found = [
        (content(root, f"{part.name}#{row}", True, 32), label)
        for part in parts
        for row, label in enumerate(part.labels if part.labels is not None else ())
    ]
    assert found == jpegs


@pytest.mark.parametrize("form", ["csv, packed", "idx", "npz", "npy", "parquet"])
def test_many_threads_read_the_same(form: str, mnist: Lot, tmp_path: Path) -> None:
    images, labels = mnist
    GREY[form](tmp_path, images, labels)
    root, (part,) = parts_of(tmp_path)
    names = [f"{part.name}#{row}" for row in range(300)] * 4
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda name: content(root, name, True, 32), names))
    for row, image in enumerate(found):
        array = np.asarray(Image.open(io.BytesIO(image))) if type(image) is bytes else image
        np.testing.assert_array_equal(array, images[row % 300])

"""CIFAR-10 and CIFAR-100, as binary files and as Python batches.

An image is 32×32 in three planes, red, green, blue, each row by row: 3,072 bytes. In a binary file
they follow one label (CIFAR-10) or a coarse and a fine one (CIFAR-100, of which the fine is taken);
`batches.meta.txt` or `fine_label_names.txt` beside them names the classes, otherwise their digits
do. A Python batch is a pickled dict with "data", (n, 3072), and "labels" or "fine_labels";
`batches.meta` or `meta` has the names.

Source: A. Krizhevsky, "The CIFAR-10 dataset", www.cs.toronto.edu/~kriz/cifar.html, sections
"Python version" and "Binary version".
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sureshot.containers import pickled
from sureshot.containers.bytewise import damaged, piece, require_holdable, state, whole
from sureshot.containers.names import class_list, distinct, named, require_count
from sureshot.containers.parts import Form, Stack, split_of
from sureshot.errors import DataError
from sureshot.images.reading import first_bytes
from sureshot.records import Split, Strings

_SIDE = 32
_PIXELS = 3 * _SIDE * _SIDE


@dataclass(frozen=True)
class _Kind:
    """What tells CIFAR-10 from CIFAR-100."""

    classes: int
    label_bytes: int  # before each image; the last of them is the label
    listed: str  # the text file that names the classes
    pickled: str  # the pickle that names them
    key: str  # of the labels in a Python batch
    names_key: str  # of their names in `pickled`


_TEN = _Kind(10, 1, "batches.meta.txt", "batches.meta", "labels", "label_names")
_HUNDRED = _Kind(100, 2, "fine_label_names.txt", "meta", "fine_labels", "fine_label_names")


def _split(path: Path) -> Split | None:
    return "train" if path.name.lower().startswith("data_batch") else split_of(path.name)


def _image(planes: bytes | NDArray[np.uint8]) -> NDArray[np.uint8]:
    """3,072 values in planes → (32, 32, 3)."""
    array = np.frombuffer(planes, np.uint8) if isinstance(planes, bytes) else planes
    return np.ascontiguousarray(array.reshape(3, _SIDE, _SIDE).transpose(1, 2, 0))


def _binary(kind: _Kind, path: Path) -> tuple[Stack, ...]:
    known, long = state(path), kind.label_bytes + _PIXELS
    if not known[1] or known[1] % long:
        raise DataError(
            f"{path} must have {long:,} bytes for each image, as CIFAR-{kind.classes} has, got "
            f"{known[1]:,} bytes in all; it was cut short or is another file: fetch it again"
        )

    def image(row: int) -> NDArray[np.uint8]:
        return _image(piece(path, row * long + kind.label_bytes, _PIXELS, known))

    def labels(_: str | None) -> Strings:
        table = np.frombuffer(whole(path), np.uint8).reshape(-1, long)
        names = class_list(path.with_name(kind.listed)) or _digits(kind)
        return named(table[:, kind.label_bytes - 1].copy(), names, path)

    return (Stack("", _split(path), known[1] // long, image, labels),)


def _is_hundred(path: Path) -> bool:
    """Whether a file of so common a name is CIFAR's: its names beside it, or its exact size."""
    if path.with_name(_HUNDRED.listed).exists():
        return True
    size = state(path)[1]
    return size > 0 and size % (_HUNDRED.label_bytes + _PIXELS) == 0


def _python(kind: _Kind, path: Path) -> tuple[Stack, ...]:
    batch = pickled.load(path)
    data = batch.get("data")
    if not isinstance(data, np.ndarray) or data.ndim != 2 or data.shape[1] != _PIXELS:
        found = getattr(data, "shape", "none")
        raise DataError(
            f'{path} must have "data" of shape (n, {_PIXELS}), as a CIFAR batch does, got {found}; '
            "fetch it again"
        )
    if not len(data):
        raise damaged(path, "it has no images")

    def image(row: int) -> NDArray[np.uint8]:
        return _image(data[row])

    def labels(_: str | None) -> Strings | None:
        return _batch_labels(kind, path, batch.get(kind.key), len(data))

    return (Stack("", _split(path), len(data), image, labels),)


def _batch_labels(kind: _Kind, path: Path, given: Any, count: int) -> Strings | None:
    if given is None:
        return None
    if not isinstance(given, list) or not all(type(number) is int for number in given):
        raise DataError(
            f'"{kind.key}" in {path} must be a list of whole numbers; fetch the file again'
        )
    require_count(len(given), count, path)
    beside = path.with_name(kind.pickled)
    names = _pickled_names(kind, beside) if beside.exists() else _digits(kind)
    try:
        return named(np.array(given, np.int64), names, path)
    except OverflowError:
        raise damaged(path, "a label has more than 64 bits") from None


def _pickled_names(kind: _Kind, path: Path) -> tuple[str, ...]:
    given = pickled.load(path).get(kind.names_key)
    if not isinstance(given, list) or not all(isinstance(word, str | bytes) for word in given):
        raise DataError(f'"{kind.names_key}" in {path} must be a list of names; fetch it again')
    require_holdable(path, sum(map(len, given)))  # one name may stand there many times
    return distinct(
        [w.decode("utf-8", "replace") if isinstance(w, bytes) else w for w in given], path
    )


def _digits(kind: _Kind) -> Sequence[str]:
    return [str(number) for number in range(kind.classes)]


def _form(
    name: str,
    pattern: str,
    ours: Callable[[Path], bool],
    stacks: Callable[[_Kind, Path], tuple[Stack, ...]],
    kind: _Kind,
) -> Form:
    return Form(name, re.compile(pattern), ours, partial(stacks, kind))


def _is_pickle(path: Path) -> bool:
    return first_bytes(path, 1) == b"\x80"


FORMS = (
    _form("CIFAR-10 binary", r"(data_batch_\d+|test_batch)\.bin", lambda _: True, _binary, _TEN),
    _form("CIFAR-100 binary", r"(train|test)\.bin", _is_hundred, _binary, _HUNDRED),
    _form("CIFAR-10 batches", r"data_batch_\d+|test_batch", lambda _: True, _python, _TEN),
    _form("CIFAR-100 batches", r"train|test", _is_pickle, _python, _HUNDRED),
)

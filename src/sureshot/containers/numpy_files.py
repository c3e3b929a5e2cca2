"""NumPy's .npz and .npy: arrays of pixels, with their labels beside them.

In an .npz the arrays are told by the words of their names: x, images, image or data for pixels; y,
labels, label, targets or target for labels; train, validation or test for the split; `classes` or
`class_names` for the names (Keras's mnist.npz: x_train, y_train, x_test, y_test). The labels of
pixels.npy are in pixels_labels.npy, of x_train.npy (or X_train.npy) in y_train.npy, otherwise, for
a single file of pixels, in labels.npy; `classes.txt` names the classes.

Pixels: uint8, or other whole numbers from 0 to 255, or fractions from 0 to 1, of which 1 is white
and the nearest of 256 levels is taken. Fractions that go beyond 1 must all be whole. Labels: whole
numbers, texts, or one-hot rows. Never objects, for they would be pickles.

Source: the NumPy reference, `numpy.savez`; `arrays` reads what is inside.
"""

import math
import re
import zipfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sureshot.containers.arrays import array_of, header_of, require_size
from sureshot.containers.bytewise import damaged, piece, require_unpackable, sentences, state
from sureshot.containers.names import class_list, distinct, named, require_count
from sureshot.containers.parts import Form, Stack, split_of
from sureshot.containers.pixels import channels_last, levels
from sureshot.errors import DataError
from sureshot.records import Split, Strings, strings

_PIXELS = ("x", "images", "image", "data")
_LABELS = ("y", "labels", "label", "targets", "target")
_NAMES = ("classes", "class_names")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the two that NumPy writes


# .npz


def _npz(path: Path) -> tuple[Stack, ...]:
    packed = state(path)[1]
    with sentences(path), zipfile.ZipFile(path) as archive:
        members = {
            info.filename.removesuffix(".npy"): info
            for info in archive.infolist()
            if info.filename.endswith(".npy")
        }
        roles = _roles(tuple(members), path)
        wanted = {*roles.values(), *(name for name in _NAMES if name in members)}
        require_unpackable(path, sum(members[name].file_size for name in wanted), packed)
        read = {name: _member(archive, members[name], f"{path}/{name}", packed) for name in wanted}
    names = next((_words(read[n], f"{path}/{n}") for n in _NAMES if n in read), None)
    classes = distinct(names.tolist(), path) if names is not None else None
    return tuple(
        _stack(path, name, split, read[name], read.get(roles.get(("labels", split), "")), classes)
        for (role, split), name in roles.items()
        if role == "pixels"
    )


def _roles(names: tuple[str, ...], path: Path) -> dict[tuple[str, Split | None], str]:
    """What each array is: pixels or labels, and of which split, by the words of its name."""
    found: dict[tuple[str, Split | None], str] = {}
    for name in names:
        if (role := _role(name)) is not None:
            other = found.setdefault((role, split_of(name)), name)
            if other != name:
                raise DataError(
                    f"{path} must have one array of {role} for a split, found {other} and {name}; "
                    "leave one out"
                )
    if not any(role == "pixels" for role, _ in found):
        raise DataError(
            f"{path} must have an array of pixels named {', '.join(_PIXELS)} or the like of "
            f"x_train, found {', '.join(names[:8]) or 'no array'}; save it under such a name"
        )
    splits = [{split for part, split in found if part == role} for role in ("labels", "pixels")]
    if splits[0] - splits[1] and splits[1] - splits[0]:
        raise DataError(
            f"{path} must have labels named as their pixels are, x_train and y_train, found "
            f"{', '.join(found.values())}; give both the same split"
        )
    return found


def _role(name: str) -> str | None:
    words = name.lower().split("_")
    if any(word in _LABELS for word in words):
        return "labels"
    return "pixels" if any(word in _PIXELS for word in words) else None


def _member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, place: str, packed: int
) -> NDArray[Any]:
    if info.compress_type not in _METHODS or info.flag_bits & 1:
        raise DataError(
            f"{place} must be stored or deflated, as NumPy writes it, and without a password; "
            "save it with numpy.savez_compressed"
        )
    require_unpackable(place, info.file_size, min(info.compress_size, packed))
    with archive.open(info) as file:
        header = header_of(file, place)
        array = array_of(file, header, info.file_size, place)
        if file.read(1):  # reading to the end is what checks the sum
            raise damaged(place, "it goes on after its end")
    return array


def _stack(
    path: Path,
    name: str,
    split: Split | None,
    array: NDArray[Any],
    given: NDArray[Any] | None,
    classes: tuple[str, ...] | None,
) -> Stack:
    place = f"{path}/{name}"
    pixels = levels(channels_last(array, place), place)

    def labels(_: str | None) -> Strings | None:
        return None if given is None else _classes(given, classes, len(pixels), f"{path}: labels")

    split = split or split_of(path.name)
    return Stack(name, split, len(pixels), pixels.__getitem__, labels)


# .npy


def _npy(path: Path) -> tuple[Stack, ...]:
    if _is_labels(path):
        return ()
    known = state(path)
    with sentences(path), path.open("rb") as file:
        header = header_of(file, str(path))
        labels = partial(_beside, path, header.shape[0] if header.shape else 0)
        if header.kind != np.uint8 or header.columns_first:
            array = array_of(file, header, known[1], str(path))
            pixels = levels(channels_last(array, str(path)), str(path))
            return (Stack("", split_of(path.name), len(pixels), pixels.__getitem__, labels),)
    require_size(header, known[1], str(path))
    one = (1, *header.shape[1:])
    channels_last(np.broadcast_to(np.uint8(0), header.shape), str(path))  # refuses odd shapes

    def image(row: int) -> NDArray[np.uint8]:
        size = math.prod(one)
        values = np.frombuffer(piece(path, header.length + row * size, size, known), np.uint8)
        return np.asarray(channels_last(values.reshape(one), str(path))[0])

    return (Stack("", split_of(path.name), header.shape[0], image, labels),)


def _is_labels(path: Path) -> bool:
    return _role(path.stem) == "labels"


def _beside(path: Path, count: int, _: str | None) -> Strings | None:
    """The labels in another .npy of the folder."""
    others = {f.stem.lower(): f for f in path.parent.glob("[!.]*.[nN][pP][yY]")}
    words = path.stem.lower().split("_")
    twins = [
        "_".join(label if word == pixel else word for word in words)
        for pixel in _PIXELS
        for label in _LABELS
        if pixel in words
    ]
    for name in ("_".join([*words, "labels"]), *twins, "labels"):
        if (beside := others.get(name)) is not None:
            served = sorted(f.name for f in others.values() if not _is_labels(f))
            if name == "labels" and len(served) > 1:
                raise DataError(
                    f"{beside} must serve one file of pixels, found {' and '.join(served[:8])}; "
                    f"name it after its own, as {path.stem}_labels.npy"
                )
            known = state(beside)
            with sentences(beside), beside.open("rb") as file:
                array = array_of(file, header_of(file, str(beside)), known[1], str(beside))
            names = class_list(path.with_name("classes.txt"))
            return _classes(array, names, count, str(beside))
    return None


# labels


def _classes(given: NDArray[Any], names: tuple[str, ...] | None, count: int, place: str) -> Strings:
    """Class names (n,) from whole numbers (n,) or (n, 1), texts (n,), or one-hot rows (n, K)."""
    array = given[:, 0] if given.ndim == 2 and given.shape[1] == 1 else given
    require_count(array.shape[0] if array.ndim else 0, count, place)
    if array.ndim == 2 and array.dtype.kind in "biuf":
        if not (((array == 0) | (array == 1)).all() and (array.sum(axis=1) == 1).all()):
            raise DataError(
                f"labels of two dimensions in {place} must be one-hot, a single 1 in each row, got "
                "other rows; give class numbers of shape (n,)"
            )
        array = array.argmax(axis=1)
    if array.ndim != 1 or array.dtype.kind not in "iuUS":
        raise DataError(
            f"{place} must be whole numbers or texts of shape (n,), or one-hot rows, got "
            f"{given.dtype} of shape {given.shape}; convert them"
        )
    return named(array, names, place) if array.dtype.kind in "iu" else _words(array, place)


def _words(array: NDArray[Any], place: str) -> Strings:
    if array.ndim != 1 or array.dtype.kind not in "US":
        raise DataError(f"{place} must be texts of shape (n,), got {array.dtype}; convert them")
    try:
        texts = array if array.dtype.kind == "U" else np.char.decode(array, "utf-8")
        return strings(texts.tolist())
    except (ValueError, SystemError):  # SystemError: a number that no letter has
        raise DataError(f"{place} must be texts in UTF-8, and is not; save it as str") from None


FORMS = (
    Form("NumPy .npz", re.compile(r".*\.npz"), lambda _: True, _npz),
    Form("NumPy .npy", re.compile(r".*\.npy"), lambda _: True, _npy),
)

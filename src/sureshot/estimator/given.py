"""X and y as they are given: checked, and turned into what training and prediction read.

An array becomes a BMP file in memory, without loss, and then goes the way of every file: one
decoder, one resizing. So pixels never depend on whether an image came as numbers or as a file.

Shapes: `N` images, `H` × `W` pixels, `C` channels, `K` classes, `S` the network's side.
"""

import hashlib
import io
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.utils import assert_all_finite, column_or_1d
from sklearn.utils.multiclass import check_classification_targets

from sureshot.errors import DataError, UnreadableImage
from sureshot.images import header, prepare, read_file
from sureshot.parallel import map_in_order
from sureshot.recipe import ImageSettings, Preprocessing
from sureshot.records import ALONE, UNKNOWN, Index, strings
from sureshot.seeds import derive

DARK = 32  # of 255; images that reach no further were hardly meant as levels. Assumed.

Result = TypeVar("Result")


class InputError(DataError, ValueError):
    """X or y cannot be used as they are; a ValueError too, for scikit-learn's tools expect one."""


@dataclass(frozen=True, eq=False)
class Images:
    """The images of X, in order; iterating over them raises InputError where one is unreadable."""

    items: Sequence[Path] | NDArray[np.uint8]  # (N, H, W) or (N, H, W, 3)

    def __len__(self) -> int:
        return len(self.items)

    def pixels(self, settings: Preprocessing) -> Iterator[NDArray[np.uint8]]:
        """What the network sees of each image, (S, S, C)."""
        return self._each(lambda content: prepare(content, settings), settings.max_megabytes)

    def index(
        self, classes: Sequence[str], label: NDArray[np.int64], settings: ImageSettings
    ) -> Index:
        """The table of images, all of them for training. `label` (N,) numbers `classes`."""

        def measured(content: bytes) -> tuple[str, int, int, int, str]:
            found, digest = header(content, settings), hashlib.sha256(content).hexdigest()
            return digest, len(content), found.width, found.height, found.mode

        rows = list(self._each(measured, settings.max_megabytes))
        sha256, size, width, height, mode = zip(*rows, strict=True)
        return Index(
            root=Path(),
            classes=tuple(classes),
            id=strings([self._name(row) for row in range(len(self))]),
            label=label,
            split=strings(["train"] * len(self)),
            sha256=strings(list(sha256)),
            bytes=np.array(size, np.int64),
            width=np.array(width, np.int64),
            height=np.array(height, np.int64),
            mode=strings(list(mode)),
            format=strings(["pixels"] * len(self)),
            group=np.full(len(self), ALONE),
            problem=strings([""] * len(self)),
        )

    def _each(self, function: Callable[[bytes], Result], max_megabytes: int) -> Iterator[Result]:
        """A function of each image's encoded bytes, in order, memory bounded."""

        def one(row: int) -> Result:
            item = self.items[row]
            try:
                whole = read_file(item, max_megabytes) if isinstance(item, Path) else _bmp(item)
                return function(whole)
            except UnreadableImage as error:
                raise InputError(f"{self._name(row)} cannot be used: {error.problem}") from None

        return map_in_order(one, range(len(self)))

    def _name(self, row: int) -> str:
        item = self.items[row]
        return os.fspath(item) if isinstance(item, Path) else f"X[{row}]"


def images_of(X: Any) -> Images:
    """X, checked: levels (N, H, W) or (N, H, W, C), or paths. Raises InputError."""
    if hasattr(X, "toarray"):
        raise InputError(f"{_WANTED}, got a sparse matrix; X.toarray() makes it dense")
    if isinstance(X, str | os.PathLike):
        raise InputError(f"{_WANTED}, got one path; put it in a list: [{os.fspath(X)!r}]")
    try:
        array = np.asarray(X)
        if _are_paths(array):
            return Images([Path(os.fspath(item)) for item in array])
        if array.dtype == object:
            array = np.array(array.tolist())  # numbers, where all of them are
    except ValueError:  # NumPy's own sentence does not say what to do
        raise InputError(
            f"{_WANTED}, got arrays of several shapes; bring them to one shape, or give paths"
        ) from None
    _require_levels(array)
    if array.ndim == 4 and array.shape[-1] == 1:
        array = array[..., 0]
    return Images(array.astype(np.uint8, copy=False))


def warn_where_dark(images: Images) -> None:
    """Warn where whole numbers were hardly meant as levels from 0 to 255."""
    if not isinstance(images.items, np.ndarray):
        return
    white = int(images.items.max())
    if 0 < white < DARK:
        warnings.warn(
            f"the brightest level in X is {white} of 255, which is nearly black; if {white} means "
            f"white, give np.rint(X * (255 / {white})).astype(np.uint8)",
            stacklevel=3,
        )


def labels_of(y: Any, images: int) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """The classes of y, sorted, (K,), and for each image the number of its class, (N,)."""
    if y is None:
        raise InputError("fit requires y to be passed, but the target y is None")
    given = column_or_1d(y, warn=True)
    assert_all_finite(given, input_name="y")
    check_classification_targets(given)
    if len(given) != images:
        raise InputError(f"y must have one label for each image, got {len(given)} for {images}")
    try:
        classes, numbers = np.unique(given, return_inverse=True)
    except TypeError as error:  # text beside numbers cannot be sorted
        raise InputError(f"the labels in y must all be of one kind: {error}") from None
    if len(classes) < 2:
        raise InputError(f"y must have at least two classes, got one class: {names_of(classes)[0]}")
    if "" in names_of(classes):
        raise InputError("every class must have a name, and one label in y is empty")
    return classes, numbers


def names_of(classes: NDArray[Any]) -> list[str]:
    """The names under which a bundle knows the classes, in the order of `classes`."""
    return [str(label) for label in classes.tolist()]


def hold_out(index: Index, seed: int, fraction: float) -> Index:
    """Set a share of each class aside for validation, by content, so copies stay on one side.

    At least one image of each class that has two different ones; an image that stands under two
    labels is trained on. Raises InputError where no class has an image to spare.
    """
    content, first, place = np.unique(
        index.sha256.astype(str), return_index=True, return_inverse=True
    )
    label = index.label[first]
    label[place[index.label != label[place]]] = UNKNOWN  # under two labels
    held = np.zeros(len(content), bool)
    for number in range(len(index.classes)):
        own = np.flatnonzero(label == number)
        order = sorted(own, key=lambda row: derive("split", seed, str(content[row])))
        held[order[: min(max(round(fraction * len(own)), 1), len(own) - 1)]] = True
    if not held.any():
        raise InputError(
            "choosing the best epoch needs validation images: give a class at least two different "
            'ones, or do without: settings={"validation": False}'
        )
    split = np.where(held[place], "validation", "train")
    return replace(index, split=strings(split.tolist()), made=("validation",))


_WANTED = (
    "X must be images as levels from 0 to 255, of shape (N, H, W) or (N, H, W, C) with C 1 or 3, "
    "or paths to image files"
)


def _are_paths(array: NDArray[Any]) -> bool:
    if array.ndim != 1 or array.dtype.kind not in "OU" or not len(array):
        return False
    return all(isinstance(item, str | os.PathLike) for item in array)


def _require_levels(array: NDArray[Any]) -> None:
    """Raise InputError where an array is not images as whole levels, and say how to make it so."""
    if array.dtype.kind == "c":
        raise InputError(f"Complex data not supported: {_WANTED}, got {array.dtype}")
    if array.dtype.kind not in "biuf":
        raise InputError(f"{_WANTED}, got {array.dtype} of shape {array.shape}")
    if not array.size:
        raise InputError(f"{_WANTED}, got none: shape {array.shape}")
    hint = _shape_hint(array.shape)
    if hint is not None:
        raise InputError(f"{_WANTED}, got shape {array.shape}. Reshape your data{hint}")
    if array.dtype == np.uint8:
        return
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise InputError(f"{_WANTED}, found NaN or inf")
    low, high = array.min(), array.max()
    if array.dtype.kind in "iu" and 0 <= low <= high <= 255:
        return
    white = 1 if high <= 1 else high
    how = (
        f"if {white} means white, give np.rint(X * (255 / {white})).astype(np.uint8)"
        if low >= 0
        else "scale it to 0..255, then give X.astype(np.uint8)"
    )
    raise InputError(f"{_WANTED}, got {array.dtype} from {low} to {high}; {how}")


def _shape_hint(shape: tuple[int, ...]) -> str | None:
    """What to do about a shape that images do not have; None where they may have it."""
    match shape:
        case (_, _, _, 1 | 3):
            return None
        case (_, 1 | 3, _, _):
            return ", channels last: X.transpose(0, 2, 3, 1)"
        case (_, _, 1 | 3 | 4):
            return ": X[None] for a single image in colour, X[..., None] for grey ones so narrow"
        case (_, _, _):
            return None
        case (_, pixels):
            side = round(pixels**0.5)
            square = f"{side}, {side}" if side * side == pixels else "H, W"
            return f": X.reshape(-1, {square}) where a row is an image, X[None] for a single image"
        case _:
            return ""


def _bmp(levels: NDArray[np.uint8]) -> bytes:
    """An image (H, W) or (H, W, 3) as a file. BMP: no loss, and no compression to wait for."""
    out = io.BytesIO()
    Image.fromarray(levels).save(out, "BMP")
    return out.getvalue()

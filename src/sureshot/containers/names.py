"""Class names: from a list in a file, from numbers, from the one column that holds them."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sureshot.containers.parts import LABELS
from sureshot.errors import DataError, UnreadableImage
from sureshot.images import read_file
from sureshot.records import Strings, strings

_MOST = 1  # megabyte of class names: ten times ImageNet-21k's. Assumed.


def class_list(path: Path) -> tuple[str, ...] | None:
    """The class names in a text file, one a line; None where there is no such file."""
    if not path.exists():
        return None
    try:
        text = read_file(path, _MOST).decode("utf-8-sig")
    except (UnreadableImage, UnicodeDecodeError) as error:
        why = error.reason.split(";")[0]
        raise DataError(
            f"{path} must list class names in UTF-8, one a line: {why}; mend or remove it"
        ) from None
    return distinct([line.strip() for line in text.rstrip().splitlines()], path)


def distinct(names: Sequence[str], place: Path | str) -> tuple[str, ...]:
    """The names, where none is empty and none stands twice; DataError otherwise."""
    twice = next((name for name, n in Counter(names).items() if n > 1 or not name), None)
    if twice is not None or not names:
        raise DataError(
            f"the class names in {place} must be different and not empty, got "
            f"{'none' if twice is None else repr(twice)}; mend the list"
        )
    return tuple(names)


def named(numbers: NDArray[Any], names: Sequence[str] | None, place: Path | str) -> Strings:
    """The class name of each label number (n,): from the list, or the number in digits."""
    wrong = numbers < 0
    if names is not None:
        wrong = wrong | (numbers >= len(names))
    if wrong.any():
        row = int(wrong.argmax())
        most = "0 or more" if names is None else f"0 to {len(names) - 1}, for so many are named"
        raise DataError(
            f"a label in {place} must be {most}, got {numbers[row]} for row {row:,} (from 0); "
            "mend the labels or the list of names"
        )
    known, place_of = np.unique(numbers, return_inverse=True)
    words = [str(number) if names is None else names[number] for number in known.tolist()]
    return np.asarray(strings(words)[place_of])


def label_column(columns: Sequence[str], wanted: str | None, path: Path) -> str | None:
    """The column with the class names: the one wanted, or the one with a usual name, or none."""
    found = [n for n in columns if (n.lower() in LABELS if wanted is None else n == wanted)]
    if len(found) > 1:
        raise DataError(
            f"{path} must have one column of labels, found {' and '.join(found)}; rename one, or "
            f"say which with label={found[0]!r}"
        )
    return found[0] if found else None


def require_count(labels: int, images: int, place: Path | str) -> None:
    """DataError where there is not one label for each image."""
    if labels != images:
        raise DataError(
            f"{place} must have one label for each of {images:,} images, got {labels:,}; "
            "fetch both again, or put the right ones side by side"
        )

"""What waits in `_review` for a person, and their answers: a file's folder, and nothing else.

An answer is on the disk as soon as it is given, as if the file had been dragged there, and
`corrections` reads it just so.
"""

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from threading import Lock

from sureshot import files
from sureshot.errors import DataError
from sureshot.sorting.manifest import MANIFEST, Row, read
from sureshot.sorting.naming import REVIEW, class_folders
from sureshot.sorting.placing import flush, is_file
from sureshot.sorting.settling import holding

_ONE = Lock()  # two answers at once wait for each other; `holding` keeps other processes off


@dataclass(frozen=True)
class Aside:
    """One image that was put aside for a person."""

    place: str  # where it was put, below the folder, with forward slashes
    sha256: str
    shares: tuple[float, ...]  # (K,) the probability of each class

    @property
    def best(self) -> int:
        """The class that is suggested, the first of equals."""
        return self.shares.index(max(self.shares))


@dataclass(frozen=True)
class Review:
    """What sorting put aside in a folder, those of one suggested class together."""

    folder: Path
    classes: tuple[str, ...]
    aside: tuple[Aside, ...]

    def waiting(self) -> list[Aside]:
        """Those that still lie in `_review`."""
        return [one for one in self.aside if is_file(self.folder / one.place)]

    def place_in(self, one: Aside, label: str) -> str:
        """Where an image lies once somebody said that it is of a class."""
        return f"{class_folders(self.classes)[label]}/{PurePosixPath(one.place).name}"

    def put(self, one: Aside, label: str) -> bool:
        """Move an image from `_review` into the folder of its class, for keeps.

        False where it lies there already, by the same answer. DataError where it is elsewhere, or
        its new place is taken; StorageError where a sort is under way, or the disk refuses.
        """
        return self._move(one.place, self.place_in(one, label))

    def put_back(self, one: Aside, label: str) -> bool:
        """Take `put` back; False and errors as there."""
        return self._move(self.place_in(one, label), one.place)

    def _move(self, old: str, new: str) -> bool:
        source, place = self.folder / old, self.folder / new
        with _ONE, holding(self.folder):
            if not is_file(source) and is_file(place):
                return False
            if not is_file(source):
                raise DataError(
                    f"{old} is not there any more: somebody else has judged it, or moved it"
                )
            if os.path.lexists(place):
                raise DataError(f"{new} is there already, so {old} was left where it is")
            with files.storing(place):
                place.parent.mkdir(exist_ok=True)
                os.rename(source, place)
            flush([source.parent, place.parent])
        return True


def review(folder: Path) -> Review:
    """What there is to review in a folder that was sorted into; DataError where it is none."""
    path = folder / MANIFEST
    status = path.stat() if path.exists() else None
    return _read(path, status and (status.st_mtime_ns, status.st_size))


@lru_cache(maxsize=4)
def _read(path: Path, changed: tuple[int, int] | None) -> Review:
    """`changed` only says whether it was read before."""
    classes, rows = read(path)
    aside = [
        _aside(row, len(classes))
        for row in rows
        if PurePosixPath(row.destination).parts[0] == REVIEW
    ]
    return Review(path.parent, classes, tuple(sorted(aside, key=lambda one: one.best)))


def _aside(row: Row, classes: int) -> Aside:
    try:
        shares = tuple(map(float, row.probabilities))
    except ValueError:
        shares = ()
    if len(shares) != classes:
        raise DataError(
            f"the manifest must have {classes} probabilities of {row.destination}, found "
            f"{', '.join(row.probabilities)}; sort these images anew"
        )
    return Aside(row.destination, row.sha256, shares)

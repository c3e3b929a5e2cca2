"""Names in the folder that is sorted into: a folder for each class, a file for each image.

A file's name is the only one in the whole folder, whatever case it is written in, so that a person
can drag any file into any folder. Folders that begin with "_" hold what is of no class yet.
"""

import os
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from sureshot.images import hidden

REVIEW, UNLIKE, UNREADABLE = "_review", "_unlike", "_unreadable"
OTHERS = {"review": REVIEW, "unlike": UNLIKE, "unreadable": UNREADABLE}  # by decision
LONGEST = 255  # bytes of a name that file systems take
_BAD = '/\\:*?"<>|'  # in a folder's name, on one system or another


class Names:
    """The names that are taken, and how the next file may be called."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = {_key(name) for name in taken}
        self._next: dict[str, int] = {}

    def new(self, wanted: str) -> str:
        """The wanted name, or "name~2.jpg" and so on where it is taken; it is taken now."""
        stem, ending = PurePosixPath(wanted).stem, PurePosixPath(wanted).suffix
        start, number = _key(wanted), 1
        name = _short(stem, ending)
        while _key(name) in self._taken:
            number = self._next[start] = max(number, self._next.get(start, 1)) + 1
            name = _short(stem, f"~{number}{ending}")
        self._taken.add(_key(name))
        return name


def taken_in(folder: Path) -> set[str]:
    """The names of everything below a folder."""
    return {name for _, folders, files in os.walk(folder) for name in (*folders, *files)}


def class_folders(classes: Sequence[str]) -> dict[str, str]:
    """A folder for each class: its name, made into one that every file system takes."""
    names = Names(OTHERS.values())
    return {label: names.new(_folder(label)) for label in classes}


def folders(classes: Sequence[str]) -> list[str]:
    """Every folder that is sorted into."""
    return [*class_folders(classes).values(), *OTHERS.values()]


def class_of(place: PurePosixPath, classes: Sequence[str]) -> str | None:
    """The class of a file by the folder it was put into; None for what is of no class yet."""
    folder = place.parts[0]
    if len(place.parts) == 1 or folder in OTHERS.values():
        return None
    of = {name: label for label, name in class_folders(classes).items()}
    return of.get(folder, folder)


def _folder(label: str) -> str:
    name = "".join(
        letter if letter.isprintable() and letter not in _BAD else "_" for letter in label
    ).strip(" ")
    name = f"{name[:-1]}_" if name.endswith(".") else name
    return f"class_{name}" if not name or hidden(name) or name.startswith("_") else name


def _key(name: str) -> str:
    """The same for names that a file system may take for one."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _short(stem: str, ending: str) -> str:
    """As much of the stem as fits."""
    if len(os.fsencode(ending)) > LONGEST // 2:
        stem, ending = stem + ending, ""
    while len(os.fsencode(stem + ending)) > LONGEST:
        stem = stem[:-1]
    return stem + ending

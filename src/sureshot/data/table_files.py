"""Where the files are that a table names: each folder listed once, endings found by listing."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sureshot.errors import DataError
from sureshot.images import hidden, promises_image

SHOWN = 5  # rows, columns or folders that a sentence lists; assumed to be enough to find the cause
_ELSEWHERE = re.compile(r"[A-Za-z]:[\\/]|[A-Za-z][A-Za-z0-9+.-]*://")  # C:\photos, https://


@dataclass(frozen=True)
class Files:
    """The files below one folder by name, with each folder listed once."""

    home: Path
    bases: tuple[str, ...]  # `home` as it was told and without links, each with a slash at the end
    listed: dict[str, dict[str, list[str]] | None] = field(default_factory=dict)

    @classmethod
    def below(cls, home: Path) -> "Files":
        """The files below a folder."""
        absolute = (os.path.normpath(home.absolute()), os.path.realpath(home))
        return cls(home, tuple(f"{base.rstrip('/')}/" for base in absolute))

    def folders(self) -> list[str]:
        """The names of the folders in it, hidden ones left out, sorted."""
        with os.scandir(self.home) as found:
            names = [entry.name for entry in found if entry.is_dir(follow_symlinks=False)]
        return sorted(name for name in names if not hidden(name))

    def place(self, folder: str, name: str) -> str | None:
        """The path below `home` that a name means; None where it leads out, be it by a link."""
        slashes = name.replace("\\", "/")
        told = slashes if slashes.startswith("/") else f"{self.bases[0]}{folder}/{slashes}"
        path = os.path.normpath(told)
        base = next((base for base in self.bases if path.startswith(base)), None)
        if base is None or _ELSEWHERE.match(name):
            return None
        place = path.removeprefix(base)
        return None if self._names(place.rpartition("/")[0]) is None else place

    def matching(self, place: str) -> list[str]:
        """The files that a path can mean: that very one, or else images of this name and ending."""
        folder, slash, name = place.rpartition("/")
        names = (self._names(folder) or {}).get(name, [])
        if names != [name]:
            names = [name for name in names if promises_image(self.home / folder / name)]
        return [f"{folder}{slash}{name}" for name in names]

    def found(self, folder: str, names: Sequence[str]) -> list[str]:
        """The files below a folder of `home` that have one of the names, in their order."""
        below = f"{folder}/" if folder else ""
        places = [self.place(folder, name) or "" for name in names]
        inside = [place for place in places if place and place.startswith(below)]
        return [file for place in inside for file in self.matching(place)[:1]]

    def _names(self, folder: str) -> dict[str, list[str]] | None:
        """File names by what may be written for them; None where a link leads out of `home`."""
        if folder not in self.listed:
            self.listed[folder] = self._list(folder)
        return self.listed[folder]

    def _list(self, folder: str) -> dict[str, list[str]] | None:
        try:
            whole = os.path.realpath(self.bases[1] + folder)
            if not f"{whole.rstrip('/')}/".startswith(self.bases[1]):
                return None
            with os.scandir(whole) as found:
                names = sorted(entry.name for entry in found if not entry.is_dir())
        except PermissionError:
            raise DataError(f"{self.home / folder} may not be read: permission denied") from None
        except (OSError, ValueError):  # no folder, or no name that a folder can have
            return {}
        meant: dict[str, list[str]] = {}
        for name in names:
            meant.setdefault(name.rpartition(".")[0], []).append(name)
        return meant | {name: [name] for name in names}


def fitting(files: Files, names: Sequence[str]) -> list[str]:
    """The folders in `home` that have most of these names, or as many as any; "" is `home`."""
    here = len(files.found("", names))
    if 2 * here > len(names):
        return [""]
    counts = {folder: len(files.found(folder, names)) for folder in files.folders()}
    most = max([here, *counts.values()])
    return [""] if here == most else [folder for folder in counts if counts[folder] == most]


def folder_of(path: Path, files: Files, names: Sequence[str]) -> str:
    """The one folder that fits; of several the one whose name begins the table's.

    That is how competitions do it: trainLabels.csv is about train/, and test/ has the same names.
    """
    fits = fitting(files, names)
    called = [folder for folder in fits if path.stem.lower().startswith(folder.lower())]
    chosen = fits if len(fits) == 1 else called
    if len(chosen) != 1:
        raise DataError(
            f"the images that {path} names must lie in one folder, and files of these names are in "
            f"{some([str(files.home / folder) for folder in fits])}; choose with --root FOLDER"
        )
    return chosen[0]


def some(names: Sequence[str]) -> str:
    """The first few of the names, and how many more there are."""
    rest = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + rest

"""What lies in the folder to be sorted: images, and what is left alone, each with its reason."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from sureshot.errors import DataError, reason_of
from sureshot.images import hidden, promises_image
from sureshot.sorting.manifest import JOURNAL, MANIFEST, is_manifest

LINK, SPECIAL, STRAY = "links", "neither files nor folders", "no images"
CLOSED = "folders that cannot be read"
SORTED = "folders that were sorted into"


@dataclass(frozen=True)
class Found:
    """The images to sort, and what is left alone: a path and why."""

    images: list[Path] = field(default_factory=list)  # sorted
    left: dict[Path, str] = field(default_factory=dict)


def find(inbox: Path, out: Path) -> Found:
    """Everything below a folder but what is hidden, and but what lies in `out`.

    Both are whole paths without links. Links are never followed.
    """
    found, waiting = Found(), [inbox]
    while waiting:
        folder = waiting.pop()
        try:
            entries = _entries(folder)
        except OSError as error:
            if folder == inbox:
                why = reason_of(error)
                raise DataError(f"{inbox} cannot be read: {why}") from None
            found.left[folder] = CLOSED
            continue
        for entry in entries:
            path = Path(entry.path)
            if hidden(entry.name) or path == out:
                continue
            if entry.is_symlink():
                found.left[path] = LINK
            elif entry.is_dir(follow_symlinks=False):
                if is_manifest(path / MANIFEST) or is_manifest(path / JOURNAL):
                    found.left[path] = SORTED
                else:
                    waiting.append(path)
            elif not entry.is_file(follow_symlinks=False):
                found.left[path] = SPECIAL
            elif promises_image(path):
                found.images.append(path)
            else:
                found.left[path] = STRAY
    found.images.sort()
    return found


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return list(entries)

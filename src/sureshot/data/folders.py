"""Where images come from: a folder of classes as one listing; any mix of paths for prediction.

A folder of classes is either `train/ validation/ test/` with one folder a class inside each, or
one folder a class at once. What is hidden or made by the system is passed over; what does not
look like an image is a stray. Links are not followed out of the folder.
"""

import glob
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sureshot.errors import DataError, UsageError
from sureshot.images import hidden, promises_image
from sureshot.records import SPLIT_WORDS, Split


@dataclass(frozen=True)
class Entry:
    """One file that looks like an image, with what its place says of it."""

    id: str  # path below the root, with forward slashes
    label: str | None  # class name; None where nobody has said
    split: Split | None  # None where the folder has no splits


@dataclass(frozen=True)
class Listing:
    """What a folder of classes holds, before any file is opened."""

    root: Path
    entries: tuple[Entry, ...]  # sorted by id
    empty: tuple[str, ...] = ()  # class folders without any image, by id
    strays: tuple[str, ...] = ()  # files and folders that are no images and no classes, by id
    links: tuple[str, ...] = ()  # folders that are links, which are not followed, by id
    beside: tuple[str, ...] = ()  # folders with images beside train, validation and test, by id
    contained: bool = False  # whether the images lie inside containers, and not as files
    repeated: int = 0  # rows of a table that say again what another says


def list_folder(root: Path) -> Listing:
    """List a folder of classes. DataError says what was found where it is none."""
    if not root.exists():
        raise DataError(f"there is no folder {root}")
    if not root.is_dir():
        raise DataError(f"training and looking want a folder of classes, got the file {root}")
    folders, strays = _children(root)
    splits = _split_folders(root, folders)
    entries: list[Entry] = []
    empty: list[str] = []
    beside: list[str] = []
    if splits:
        others = [name for name in folders if name not in splits]
        beside = [name for name in others if any(_images_below(root / name))]
        strays += [name for name in others if name not in beside]
        for name, split in splits.items():
            classes, loose = _children(root / name)
            strays += [f"{name}/{file}" for file in loose]
            for label in classes:
                _list_class(root, f"{name}/{label}", label, split, entries, empty, strays)
    else:
        for label in folders:
            _list_class(root, label, label, None, entries, empty, strays)
    if not entries:
        raise DataError(_no_images(root, folders, strays))
    entries.sort(key=lambda entry: entry.id)
    links = [name for name in strays if (root / name).is_symlink() and (root / name).is_dir()]
    return Listing(
        root,
        tuple(entries),
        empty=tuple(empty),
        strays=tuple(sorted(set(strays) - set(links))),
        links=tuple(sorted(links)),
        beside=tuple(beside),
    )


def list_images(sources: Sequence[str | Path]) -> Iterator[Path]:
    """Every image of files, folders (searched below), globs, and "-" (paths on standard input).

    A named file is given as it is, whatever its name. DataError where a path or glob has nothing.
    """
    for place in (place for source in sources for place in places(str(source))):
        if place == "-":
            lines = (os.fsdecode(line.rstrip(b"\r\n")) for line in sys.stdin.buffer)
            yield from (Path(line) for line in lines if line.strip())
        elif Path(place).is_dir():
            yield from _images_below(Path(place))
        else:
            yield Path(place)


def places(source: str) -> list[str]:
    """The source itself, or the matches of a glob; DataError where a path or glob has nothing."""
    if not source:
        raise UsageError('a source must be a file, a folder, a glob or "-", got an empty word')
    if source == "-" or os.path.lexists(source):
        return [source]
    found = sorted(glob.glob(source, recursive=True))
    if not found:
        raise DataError(f"there is no file, folder or match for {source}")
    return found


def _children(folder: Path) -> tuple[list[str], list[str]]:
    """The names of the folders and of the other entries, hidden ones left out, sorted."""
    folders: list[str] = []
    others: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if not hidden(entry.name):
                    is_folder = entry.is_dir(follow_symlinks=False)
                    (folders if is_folder else others).append(entry.name)
    except PermissionError:
        raise DataError(f"{folder} may not be read: permission denied") from None
    return sorted(folders), sorted(others)


def _split_folders(root: Path, folders: Iterable[str]) -> dict[str, Split]:
    """Which folders are splits: those named like one that hold folders and no images themselves.

    Unless all folders are splits, there must be one for training: a class may be called "test".
    """
    found = {
        name: SPLIT_WORDS[name.lower()]
        for name in folders
        if name.lower() in SPLIT_WORDS and _holds_only_folders(root / name)
    }
    if "train" not in found.values() and len(found) < len(list(folders)):
        return {}
    for split in set(found.values()):
        names = [name for name, meant in found.items() if meant == split]
        if len(names) > 1:
            raise DataError(
                f"{root} has two folders for one split: {' and '.join(names)}; keep one of them"
            )
    return found


def _holds_only_folders(folder: Path) -> bool:
    inside, files = _children(folder)
    return bool(inside) and not any(promises_image(folder / name) for name in files)


def _list_class(
    root: Path,
    place: str,
    label: str,
    split: Split | None,
    entries: list[Entry],
    empty: list[str],
    strays: list[str],
) -> None:
    """Add the images at any depth below one class folder to `entries`."""
    if any(0xD800 <= ord(letter) < 0xE000 for letter in label):  # bytes that are no UTF-8
        raise DataError(
            f"a class is named after its folder, and {label!r} is not UTF-8; rename the folder "
            f"in {root}"
        )
    found = 0
    for path in _files_below(root / place):
        name = path.relative_to(root).as_posix()
        if promises_image(path):
            entries.append(Entry(name, label, split))
            found += 1
        else:
            strays.append(name)
    if not found:
        empty.append(place)


def _files_below(folder: Path) -> Iterator[Path]:
    folders, others = _children(folder)
    yield from (folder / name for name in others)
    for name in folders:
        yield from _files_below(folder / name)


def _images_below(folder: Path) -> Iterator[Path]:
    return (path for path in _files_below(folder) if promises_image(path))


def _no_images(root: Path, folders: Sequence[str], strays: Sequence[str]) -> str:
    images = [name for name in strays if promises_image(root / name)]
    if images and not folders:
        return (
            f"{root} holds {len(images)} images but no folder a class; "
            "sort them into one folder for each class"
        )
    found = f"folders without images ({', '.join(folders[:5])})" if folders else "no folders"
    return f"{root} must hold one folder of images for each class, found {found}"

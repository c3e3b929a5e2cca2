"""Where fetched datasets lie, and how one appears there: whole, once, and not at all on failure.

Beside the final folder NAME lies NAME.download while it is being fetched: finished and partial
files, and the lock that lets one process at a time work there.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from sureshot import files
from sureshot.errors import DataError, UsageError
from sureshot.progress import Progress

MARK = ".sureshot.json"  # in a fetched folder: what it is, and how much of it there is


def datasets_folder() -> Path:
    """Where datasets are kept: $SURESHOT_DATA, or the user's data."""
    chosen = os.environ.get("SURESHOT_DATA")
    if chosen:
        return Path(chosen)
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "sureshot" / "datasets"


def located(name: str) -> Path | None:
    """Where the dataset `name` lies that was fetched without a folder of its own, or None."""
    folder = folder_of(name)
    return folder if (folder / MARK).exists() else None


def folder_of(name: str) -> Path:
    """Where the dataset `name` belongs: "mnist", or "kaggle:owner/dataset"."""
    return datasets_folder().joinpath(*name.replace(":", "/").split("/"))


def is_whole(folder: Path, name: str) -> bool:
    """Whether `name` was fetched to `folder`; an error where something else, or less, is there."""
    with files.storing(folder):
        if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
            return False
    try:
        mark = json.loads((folder / MARK).read_text("utf-8"))
        was, counts = str(mark["name"]), (int(mark["files"]), int(mark["bytes"]))
    except (OSError, ValueError, KeyError, TypeError):
        was, counts = "something else", (0, 0)
    if was != name:
        raise UsageError(
            f"{folder} must be a new or an empty folder to fetch {name} to, and holds {was}; "
            "choose another folder"
        )
    with files.storing(folder):
        found = _counted(folder)
    if found != counts:
        raise DataError(
            f"{folder} must hold {counts[0]:,} files as {name} was fetched, and has been changed; "
            "move it away and run the same command again"
        )
    return True


@contextmanager
def appearing(folder: Path, name: str, expected: int) -> Iterator[Path]:
    """A folder to fill, at any depth, that appears at `folder` when the block ends well."""
    for leftover in files.leftovers(folder):
        shutil.rmtree(leftover, ignore_errors=True)
    with files.writing_folder(folder, expected) as staging:
        yield staging
        count, size = _counted(staging)
        mark = {"name": name, "files": count, "bytes": size}
        (staging / MARK).write_text(json.dumps(mark) + "\n", "utf-8")


@contextmanager
def alone(folder: Path, name: str, progress: Progress) -> Iterator[Path]:
    """The folder for downloads beside `folder`, held by this process; others wait, and say so."""
    scratch = folder.with_name(f"{folder.name}.download")
    with files.storing(scratch):
        held = _opened(scratch / "lock")
    with held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.say(f"another process is fetching {name}; waiting for it")
            fcntl.flock(held, fcntl.LOCK_EX)
        yield scratch


def _opened(lock: Path) -> IO[str]:
    while True:
        lock.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):  # where another process has just finished
            return lock.open("w")


def _counted(folder: Path) -> tuple[int, int]:
    """How many files there are at any depth, and their bytes, hidden ones left out."""
    count = size = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                below = _counted(Path(entry.path))
                count, size = count + below[0], size + below[1]
            elif not entry.name.startswith("."):
                count, size = count + 1, size + entry.stat(follow_symlinks=False).st_size
    return count, size

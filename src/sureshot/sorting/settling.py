"""Batches of files that are carried out whole, or put right after a kill; one process at a time."""

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from sureshot import files
from sureshot.errors import DataError, StorageError
from sureshot.sorting.manifest import MANIFEST, Manifest, Row, read
from sureshot.sorting.naming import folders
from sureshot.sorting.placing import flush, holds, put, remove, remove_unfinished


def carried(manifest: Manifest, rows: Sequence[Row]) -> list[Row]:
    """Bring the files of some rows where they say; the rows of those that could be, now written."""
    folder = manifest.folder

    def bring(row: Row) -> bool:
        return put(Path(row.source), folder / row.destination, row.sha256, row.action)

    manifest.begin(rows)
    with ThreadPoolExecutor(files.FLUSHES) as pool:
        done = [row for row, well in zip(rows, pool.map(bring, rows), strict=True) if well]
    flush([folder, *((folder / row.destination).parent for row in done)])
    done = removed(done, folder)
    manifest.finish(done)
    return done


def removed(rows: Iterable[Row], folder: Path) -> list[Row]:
    """Remove what is moved from where it was; what must stay there was copied."""
    rows = [
        row
        if row.action != "moved" or remove(Path(row.source), folder / row.destination, row.sha256)
        else replace(row, action="copied")
        for row in rows
    ]
    flush(p for row in rows if row.action == "moved" and (p := Path(row.source).parent).is_dir())
    return rows


def opened(folder: Path, classes: tuple[str, ...] | None = None) -> Manifest:
    """The manifest of a folder, after what a kill left there is put right.

    What was under way and is there counts as done; of the rest there is nothing but its plan, which
    is dropped. DataError where the classes are not those of an earlier sort.
    """
    told = Manifest(folder, ())
    path = told.journal if told.journal.exists() and not told.path.exists() else told.path
    known = read(path)[0] if path.exists() or classes is None else classes
    if classes is not None and known != classes:
        raise DataError(
            f"{folder} was sorted into by a model of other classes, {', '.join(known)}; choose "
            "another folder for this one"
        )
    manifest = Manifest(folder, known)
    remove_unfinished(folder / name for name in folders(known))
    for path in (manifest.path, manifest.journal):
        for leftover in files.leftovers(path):
            leftover.unlink(missing_ok=True)
    pending, settled = manifest.pending(), {row.destination for row in manifest.rows()}
    there = [
        row
        for row in pending
        if holds(folder / row.destination, row.sha256)
        or (row.action == "moved" and _left(row, folder))
    ]
    if pending:
        manifest.finish([row for row in removed(there, folder) if row.destination not in settled])
    return manifest


def _left(row: Row, folder: Path) -> bool:
    """Whether a file is not where it was, on a disk that is there."""
    seen = os.path.lexists(folder / row.destination) or Path(row.source).parent.is_dir()
    return seen and not os.path.lexists(row.source)


@contextmanager
def settled(path: Path) -> Iterator[tuple[Manifest, list[Row]]]:
    """A manifest put right and held for the block, and what was under way in it before.

    DataError where there is none at the path.
    """
    if path.name != MANIFEST:
        raise DataError(
            f"a manifest must be the {MANIFEST} of a folder that was sorted into, got {path}; "
            "name that one"
        )
    told = Manifest(path.parent, ())
    if not (told.path.exists() or told.journal.exists()):
        raise DataError(f"there is no manifest {path}")
    with holding(path.parent):
        begun = told.pending()
        yield opened(path.parent), begun


@contextmanager
def holding(folder: Path) -> Iterator[None]:
    """Hold a folder for the block; StorageError at once where another process holds it."""
    with files.storing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY)
    try:
        _lock(descriptor, folder)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise StorageError(f"{folder} is being sorted by another process; wait for it") from None

"""Take a sort back: what was moved goes back, what was copied or linked is removed.

A file is only touched where its bytes are still those of the manifest, and a copy only goes where
the file that it was made of is still there.
"""

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sureshot import files
from sureshot.errors import DataError, StorageError
from sureshot.images import hidden
from sureshot.progress import Progress, Terminal
from sureshot.sorting.manifest import Row
from sureshot.sorting.naming import folders
from sureshot.sorting.placing import flush, holds, put, remove, remove_unfinished
from sureshot.sorting.settling import settled
from sureshot.sorting.telling import told_left

BACK, REMOVED, GONE = "put back", "removed", "not where it was put any more"
CHANGED = "whose bytes are others now"
ORPHANED = "that are the only copy: what they were made of is gone or changed"
TAKEN = "whose old place is taken"
LOST = "that are in neither place"


@dataclass(frozen=True)
class Undone:
    """What a call of `undo` did."""

    counts: Mapping[str, int]  # put back, removed, or not there any more
    left: Mapping[Path, str]  # what was left alone, and why

    def __str__(self) -> str:
        told = [f"{self.counts[what]:,} {what}" for what in (BACK, REMOVED, GONE)]
        return "\n".join([", ".join(told), *told_left(self.left)])


def undo(
    manifest: str | os.PathLike[str],
    *,
    back_to: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Undone:
    """Take back what a manifest tells of; lines of what was left alone stay in it.

    What was moved goes back below the folder `back_to` alone, by default the one that holds the
    manifest's folder: a manifest may be somebody else's. Raises DataError where it would go
    elsewhere, or where nothing of it lies in the manifest's folder.
    """
    path, said = Path(manifest), progress or Terminal()
    with settled(path) as (kept, _):
        rows = kept.rows()
        if rows and not any(os.path.lexists(kept.folder / row.destination) for row in rows):
            raise DataError(
                f"not one of the files that {path} names lies in its folder; name the manifest in "
                "the folder that was sorted into"
            )
        moved = {Path(row.source).parent for row in rows if row.action == "moved"}
        _require_below(rows, Path(back_to or path.parent.resolve().parent).resolve(), path)
        remove_unfinished(moved)
        with said.track("taking back", len(rows)) as track:
            became: dict[Row, str] = {}
            with ThreadPoolExecutor(files.FLUSHES) as pool:
                for done in pool.map(lambda same: _all_back(same, kept.folder), _by_source(rows)):
                    became |= done
                    track.advance(len(done))
        flush(place for row in rows if (place := (kept.folder / row.destination).parent).is_dir())
        left = {row: became[row] for row in rows if became[row] not in _SETTLED}
        kept.keep(list(left))
        _remove_empty(kept.folder, folders(kept.classes))
    return Undone(
        Counter(became.values()), {kept.folder / row.destination: why for row, why in left.items()}
    )


_SETTLED = (BACK, REMOVED, GONE)


def _require_below(rows: Iterable[Row], folder: Path, manifest: Path) -> None:
    """Raise DataError where a file would go back to a place that no sort of `folder` takes from."""
    for source in (Path(row.source) for row in rows if row.action == "moved"):
        place = Path(os.path.realpath(source.parent), source.name)
        if not place.is_relative_to(folder) or any(map(hidden, place.relative_to(folder).parts)):
            raise DataError(
                f"what {manifest} moves back must go below {folder}, found {str(source)!r}; if "
                "that is right, name the folder that was sorted with --back-to"
            )


def _by_source(rows: Iterable[Row]) -> list[list[Row]]:
    """The rows of each old place together, for one of them alone can go back there."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.source, []).append(row)
    return list(found.values())


def _all_back(rows: Sequence[Row], folder: Path) -> dict[Row, str]:
    return {row: _taken_back(row, folder) for row in rows}


def _taken_back(row: Row, folder: Path) -> str:
    place, source = folder / row.destination, Path(row.source)
    if not os.path.lexists(place):
        return GONE if holds(source, row.sha256) else LOST
    if not holds(place, row.sha256):
        return CHANGED
    if row.action != "moved":
        if not holds(source, row.sha256):
            return ORPHANED
        return REMOVED if remove(place, source, row.sha256) else CHANGED
    if not os.path.lexists(source):
        try:
            if not put(place, source, row.sha256, "moved"):
                return CHANGED
        except StorageError as error:
            if isinstance(error.__cause__, FileExistsError):  # somebody came first
                return TAKEN
            raise
        flush([source.parent])
    elif not holds(source, row.sha256):
        return TAKEN
    return BACK if remove(place, source, row.sha256) else CHANGED


def _remove_empty(folder: Path, names: Iterable[str]) -> None:
    """Remove the folders that sorting made, where nothing is left in them."""
    for name in names:
        with suppress(OSError):
            (folder / name).rmdir()

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
from sureshot.errors import DataError
from sureshot.progress import Progress, Terminal
from sureshot.sorting.manifest import Row
from sureshot.sorting.naming import folders
from sureshot.sorting.placing import MAKING, flush, holds, put, remove
from sureshot.sorting.settling import holding, opened
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


def undo(manifest: str | os.PathLike[str], *, progress: Progress | None = None) -> Undone:
    """Take back what a manifest tells of; lines of what was left alone stay in it.

    Raises DataError where nothing of it lies in the manifest's folder.
    """
    path, said = Path(manifest), progress or Terminal()
    if not path.parent.is_dir():
        raise DataError(f"there is no manifest {path}")
    with holding(path.parent):
        kept = opened(path.parent)
        rows = kept.rows()
        if rows and not any(os.path.lexists(kept.folder / row.destination) for row in rows):
            raise DataError(
                f"not one of the files that {path} names lies in its folder; name the manifest in "
                "the folder that was sorted into"
            )
        _remove_leftovers(rows)
        with said.track("taking back", len(rows)) as track:
            became = []
            with ThreadPoolExecutor(files.FLUSHES) as pool:
                for what in pool.map(lambda row: _taken_back(row, kept.folder), rows):
                    became.append(what)
                    track.advance()
        flush(place for row in rows if (place := (kept.folder / row.destination).parent).is_dir())
        left = {row: w for row, w in zip(rows, became, strict=True) if w not in _SETTLED}
        kept.keep(list(left))
        _remove_empty(kept.folder, folders(kept.classes))
    return Undone(
        Counter(became), {kept.folder / row.destination: why for row, why in left.items()}
    )


_SETTLED = (BACK, REMOVED, GONE)


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
        if not put(place, source, row.sha256, "moved"):
            return CHANGED
        flush([source.parent])
    elif not holds(source, row.sha256):
        return TAKEN
    return BACK if remove(place, source, row.sha256) else CHANGED


def _remove_leftovers(rows: Sequence[Row]) -> None:
    """Remove what an undo that was killed was making where files go back to."""
    for folder in {Path(row.source).parent for row in rows if row.action == "moved"}:
        for partial in folder.glob(f"{MAKING}*"):
            partial.unlink(missing_ok=True)


def _remove_empty(folder: Path, names: Iterable[str]) -> None:
    """Remove the folders that sorting made, where nothing is left in them."""
    for name in names:
        with suppress(OSError):
            (folder / name).rmdir()

"""Are the images still those that the run was trained and tested on? Every file is read again."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import streamlit as st

from sureshot.containers import content
from sureshot.dashboard.dressed import put, say
from sureshot.dashboard.waiting import Shown
from sureshot.errors import DataError, UnreadableImage
from sureshot.figures.tables import Counts
from sureshot.figures.words import plural
from sureshot.images import digest
from sureshot.parallel import map_in_order
from sureshot.progress import Progress, Silent
from sureshot.records import Index
from sureshot.report.markup import details, paths, tag
from sureshot.report.material import Material

LISTED = 500  # images named of each kind


@dataclass(frozen=True)
class Verified:
    """What became of the images of an index, by id."""

    same: int
    changed: tuple[str, ...]  # other bytes or pixels than were indexed
    gone: tuple[str, ...]  # cannot be read now, and could be


def verified(index: Index, max_megabytes: int, progress: Progress | None = None) -> Verified:
    """Compare every image that could be read with the SHA-256 that the index holds of it."""
    rows = np.flatnonzero(index.sha256 != "")
    found: dict[str, list[str]] = {"same": [], "changed": [], "gone": []}
    with (progress or Silent()).track("reading again", len(rows)) as track:
        for row, state in _states(index, rows, max_megabytes):
            found[state].append(str(index.id[row]))
            track.advance()
    return Verified(len(found["same"]), tuple(found["changed"]), tuple(found["gone"]))


def _states(index: Index, rows: Counts, max_megabytes: int) -> Iterator[tuple[int, str]]:
    """Each row with "same", "changed" or "gone", read on all processors."""

    def state(row: int) -> str:
        try:
            now = content(index.root, str(index.id[row]), index.contained, max_megabytes)
        except (UnreadableImage, DataError, OSError):
            return "gone"
        return "same" if digest(now) == index.sha256[row] else "changed"

    numbers = [int(row) for row in rows]
    yield from zip(numbers, map_in_order(state, numbers), strict=True)


def show(material: Material) -> None:
    """A button, and what it found."""
    index = material.index
    known = plural(int((index.sha256 != "").sum()), "image")
    say(
        f"The run's index holds a SHA-256 of {known} below ",
        tag("code", str(index.root)),
        ". Verify reads every one of them again and says what has changed since.",
    )
    put(tag("p", "Fingerprint of the data: ", tag("code", index.fingerprint())))
    if not st.button("Verify the data", type="primary", icon=":material/fingerprint:"):
        return
    said = Shown()
    told = verified(index, material.recipe.image.max_megabytes, said)
    said.close()
    if not told.changed and not told.gone:
        put(tag("p", tag("b", "✓ ", class_="right"), f"All {known} are as they were."))
        return
    put(tag("p", f"{told.same:,} are as they were."))
    for words, ids in (("changed", told.changed), ("missing or unreadable now", told.gone)):
        if ids:
            more = [tag("p", f"and {len(ids) - LISTED:,} more")] if len(ids) > LISTED else []
            head = f"✗ {plural(len(ids), 'image')} {words}"
            put(details(head, paths(ids[:LISTED]), *more))

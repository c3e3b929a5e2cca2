"""Sort a folder of images by a model's plan, batch after batch, so that a kill loses nothing.

find ─→ see ─→ judge ─→ journal ─→ put ─→ remove ─→ manifest
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from itertools import islice
from pathlib import Path

from sureshot import files
from sureshot.bundle import Bundle, model_file, open_hashed
from sureshot.errors import DataError, Interrupted, UsageError
from sureshot.parallel import map_in_order
from sureshot.progress import Progress, Terminal, Track
from sureshot.sorting.finding import Found, find
from sureshot.sorting.judging import AT_ONCE, Judged, judge, see
from sureshot.sorting.manifest import Action, Manifest, Row
from sureshot.sorting.naming import OTHERS, Names, class_folders, folders, taken_in
from sureshot.sorting.placing import is_file
from sureshot.sorting.settling import carried, holding, opened
from sureshot.sorting.telling import Sorted, promised

BATCH = 256  # images between two lines of the journal; assumed: so many are looked at after a kill
CHANGED = "changed while they were sorted"
UNREAD = "that cannot be read by this user"

PathLike = str | os.PathLike[str]


def sort(
    model: PathLike,
    inbox: PathLike,
    out: PathLike,
    *,
    max_error: str | float | None = None,
    move: bool = False,
    link: bool = False,
    progress: Progress | None = None,
) -> Sorted:
    """Sort the images of `inbox` into folders of `out` as the model's plan decides.

    Class folders get what is sorted automatically, `_review` what a person should look at,
    `_unlike` what is like nothing the model was trained on, `_unreadable` what is no image. Copies,
    unless `move` or `link` (hard links) is said. `out/manifest.csv` says what was done, and
    `undo` takes it back. The same call again goes on after a stop, and sorts what is new.
    """
    said = progress or Terminal()
    action = _action(move, link)
    source, place = _places(Path(inbox), Path(out))
    path = model_file(model)
    bundle, sha256 = open_hashed(path)
    promise = promised(bundle.about.plan, max_error, path)
    with holding(place), holding(source) if move else nullcontext():
        manifest = opened(place, bundle.classes)
        before, found = manifest.rows(), find(source, place)
        if not found.images and not before:
            raise DataError(f"found no images in {inbox}")
        _require_room(found, before, place, action)
        for name in folders(bundle.classes):  # also those that only people will fill
            with files.storing(place / name):
                (place / name).mkdir(exist_ok=True)
        work = _Work(bundle, manifest, action, sha256, before, found)
        try:
            with said.track("sorting", len(found.images)) as track:
                rows = tuple(work.done(track))
        except KeyboardInterrupt:
            raise Interrupted("stopped; the same command goes on") from None
    return Sorted(manifest.path, rows, len(before), found.left, promise)


class _Work:
    """The sorting itself, batch after batch."""

    def __init__(
        self,
        bundle: Bundle,
        manifest: Manifest,
        action: Action,
        model: str,
        before: Sequence[Row],
        found: Found,
    ) -> None:
        self.bundle, self.manifest, self.action, self.model = bundle, manifest, action, model
        self.found = found
        self.known = {(row.source, row.sha256) for row in before if row.action != "moved"}
        self.folders = class_folders(bundle.classes)
        earlier = {Path(row.destination).name for row in before}
        self.names = Names(taken_in(manifest.folder) | earlier)

    def done(self, track: Track) -> Iterator[Row]:
        """What is done, as it is done."""
        judged = self._judged(track)
        while batch := list(islice(judged, BATCH)):
            rows = [self._row(one) for one in batch]
            kept = carried(self.manifest, rows)
            done = {row.source for row in kept}
            gone = (row.source for row in rows if row.source not in done)
            self.found.left.update({Path(source): CHANGED for source in gone})
            track.advance(len(batch))
            yield from kept

    def _judged(self, track: Track) -> Iterator[Judged]:
        """What becomes of each image whose bytes can be had, and that was not sorted before."""
        settings = self.bundle.preprocessing
        seen = map_in_order(lambda path: see(path, settings, self.known), self.found.images)
        while part := list(islice(seen, AT_ONCE)):
            self.found.left.update({one.path: UNREAD for one in part if not one.sha256})
            new = [
                one for one in part if one.sha256 and (str(one.path), one.sha256) not in self.known
            ]
            if len(new) < len(part):
                track.advance(len(part) - len(new))
            yield from judge(self.bundle, new)

    def _row(self, judged: Judged) -> Row:
        folder = OTHERS.get(judged.decision) or self.folders[judged.label]
        empty = ("",) * len(self.bundle.classes)
        return Row(
            source=str(judged.path),
            destination=f"{folder}/{self.names.new(judged.path.name)}",
            decision=judged.decision,
            label=judged.label,
            reason=judged.problem,
            sha256=judged.sha256,
            model=self.model,
            action=self.action,
            probabilities=tuple(f"{share:.6g}" for share in judged.probabilities) or empty,
        )


def _action(move: bool, link: bool) -> Action:
    if move and link:
        raise UsageError("--move and --link exclude one another; give one of them")
    return "moved" if move else "linked" if link else "copied"


def _places(inbox: Path, out: Path) -> tuple[Path, Path]:
    """Both folders as whole paths without links; `out` may lie in `inbox`, not the other way."""
    if not inbox.is_dir():
        raise DataError(f"what is sorted must be a folder of images, and {inbox} is none")
    source, place = inbox.resolve(), out.resolve()
    if source.is_relative_to(place):
        raise UsageError(
            f"{out} must not hold the images that are sorted, and {inbox} lies there; choose "
            "another folder to sort into"
        )
    if os.path.lexists(place) and not place.is_dir():
        raise UsageError(f"images are sorted into a folder, and {out} is none")
    return source, place


def _require_room(found: Found, before: Sequence[Row], place: Path, action: Action) -> None:
    """Raise StorageError before anything is done where copies would fill the disk."""
    other = bool(found.images) and os.stat(found.images[0]).st_dev != os.stat(place).st_dev
    if action == "copied" or (action == "moved" and other):
        known = {row.source for row in before}
        new = (path for path in found.images if str(path) not in known and is_file(path))
        files.require_space(place, sum(path.stat().st_size for path in new))

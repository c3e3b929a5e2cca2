"""What images show: as a table, or into a file, batch after batch."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sureshot import files
from sureshot.errors import DataError, UsageError
from sureshot.progress import Progress, Terminal
from sureshot.records import Predictions
from sureshot.runs import require_unsealed
from sureshot.workflow.indexing import PathLike

if TYPE_CHECKING:
    from sureshot.bundle import Bundle
    from sureshot.containers import Item


def predict(
    model: PathLike,
    *sources: PathLike,
    item: int | None = None,
    image: str | None = None,
    root: PathLike | None = None,
    progress: Progress | None = None,
) -> Predictions:
    """Predict files, folders, globs, tables and containers; an unreadable image is a row.

    `item` is the number, from 0, of the only image wanted; `image` and `root` are for tables, as
    in `Source`.
    """
    from sureshot.bundle import bundle_of

    items = _items(sources, image, root)
    if item is not None and not 0 <= item < len(items):
        raise UsageError(f"--item must be between 0 and {len(items) - 1:,}, got {item:,}")
    chosen = items if item is None else [items[item]]
    parts = _predicted(bundle_of(model), chosen, progress or Terminal())
    return Predictions.concatenate(list(parts))


def predict_to(
    out: PathLike,
    model: PathLike,
    *sources: PathLike,
    submission: tuple[str, str] | None = None,
    image: str | None = None,
    root: PathLike | None = None,
    progress: Progress | None = None,
) -> tuple[int, int]:
    """Predict into a .csv, .json or .parquet file, with little memory for any number of images.

    `submission` names the two columns of a competition's CSV, such as ("ImageId", "Label"), that
    is written instead of the full table. Returns how many images there were, and how many of them
    were unreadable.
    """
    from sureshot.bundle import bundle_of
    from sureshot.evaluation import require_place, write_predictions, write_submission

    path = Path(out)
    require_place(path, submission is not None)
    require_unsealed(path)
    items = _items(sources, image, root)
    files.require_apart(path, _files_read(sources, items))
    parts = _predicted(bundle_of(model), items, progress or Terminal())
    counts = [0, 0]

    def counted() -> Iterator[Predictions]:
        for part in parts:
            counts[0] += len(part)
            counts[1] += int((~part.readable).sum())
            yield part

    if submission is None:
        write_predictions(path, counted())
    else:
        write_submission(path, counted(), submission)
    return counts[0], counts[1]


def _items(sources: Sequence[PathLike], image: str | None, root: PathLike | None) -> "list[Item]":
    """Every image of some sources, to be predicted."""
    from sureshot.data import list_items, place_of

    if not sources or not all(isinstance(source, str | os.PathLike) for source in sources):
        raise UsageError(
            f"predict wants files, folders or globs, one after another, got {sources!r}"
        )
    places = [place_of(source) for source in sources]
    items = list(list_items(places, image, None if root is None else Path(root)))
    if not items:
        told = ", ".join("standard input" if place == "-" else place for place in places)
        raise DataError(f"found no images in {told}")
    return items


def _files_read(sources: Sequence[PathLike], items: "Sequence[Item]") -> Iterator[Path]:
    """Every file that is read for the items of some sources: tables, then images or containers."""
    from sureshot.data import place_of, places

    yield from (Path(place) for source in sources for place in places(place_of(source)))
    yield from {item.file for item in items}


def _predicted(bundle: "Bundle", items: "Sequence[Item]", said: Progress) -> Iterator[Predictions]:
    """Batch after batch."""
    with said.track("predicting", len(items)) as track:
        for part in bundle.stream(iter(items)):
            track.advance(len(part))
            yield part

"""The first leg: source ─→ listing ─→ index ─→ pixels ─→ duplicates ─→ splits."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from sureshot.errors import UsageError
from sureshot.progress import Progress
from sureshot.recipe import ImageSettings, Preprocessing, Recipe, assemble
from sureshot.records import CALIBRATION, Index

if TYPE_CHECKING:
    from sureshot.data import Listing, Pixels, Source

PathLike = str | os.PathLike[str]


def looked_at(
    source: "Source", seed: int, said: Progress
) -> "tuple[Listing, Index, Pixels, Recipe]":
    """A source as a training would see it, before any network is chosen."""
    from sureshot.data import decoded, settle_images

    recipe = assemble(settings={"seed": seed})
    listing, index = listed(source, recipe.image, said)
    recipe, _ = settle_images(recipe, index, smallest=1)
    index, pixels = decoded(index, recipe.image.settled(), said)
    return listing, split(index, pixels, source, recipe, None, said), pixels, recipe


def listed(
    source: "Source", settings: ImageSettings | Preprocessing, said: Progress
) -> "tuple[Listing, Index]":
    """Source → listing → index; headers are read, pixels are not, and nothing is split."""
    from sureshot.data import list_source

    listing = list_source(source)
    return listing, scanned(listing, source, settings, said)


def scanned(
    listing: "Listing", source: "Source", settings: ImageSettings | Preprocessing, said: Progress
) -> Index:
    """Listing → index, what the source excludes marked."""
    from sureshot.data import excluded, scan

    index = scan(listing, settings, said)
    return index if source.exclude is None else excluded(index, Path(source.exclude))


def require_all(source: "Source") -> None:
    """Raise UsageError where only some images of a source are asked for; training alone can."""
    if source.subset is not None:
        raise UsageError(
            "--subset is for training; a model is evaluated and planned with on all images, got "
            f"{source.subset:,}; leave it out"
        )


def split(
    index: Index,
    pixels: "Pixels",
    source: "Source",
    recipe: Recipe,
    pinned: Index | None,
    said: Progress,
) -> Index:
    """Duplicates grouped, then splits that no group straddles, then the subset that is wanted."""
    from sureshot.data import grouped, settle_splits, told_of_added, wanted_rows

    index = grouped(index, pixels, recipe.image, said)
    index = settle_splits(index, recipe.seed, pinned, recipe.calibrate)
    for sentence in told_of_added(index) if source.add is not None else ():
        said.say(sentence)
    if recipe.calibrate:
        said.say(f"{len(index.rows(CALIBRATION)):,} training images set aside for calibration")
    return wanted_rows(index, source, recipe)

"""The data of a study, divided once: all of its runs train, choose and are judged on the same.

How images are split depends on a recipe's seed, and a study has several. So the images are split
and the subset is drawn with the study's first seed, and kept in `data/` of its folder, in the form
of a run that has not begun: what `split_from` reads. Images outside the subset are excluded by a
list, which is the same for every run. A quick study draws a few images by their names, before any
is read, and has a copy of them.

    data/index.parquet  recipe.toml  not_in_subset.csv
    data/images/        the images of a quick study, where there are more than it takes
"""

import hashlib
import math
import os
import shutil
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from sureshot import files, workflow
from sureshot.data import (
    Entry,
    Listing,
    Source,
    export,
    list_source,
    require_trainable,
    scan,
    subset,
)
from sureshot.downloads import CATALOGUE, located
from sureshot.errors import DataError, UsageError
from sureshot.progress import Progress, cell
from sureshot.recipe import assemble
from sureshot.records import ASIDE, UNKNOWN, Index
from sureshot.runs import csv_text, open_run
from sureshot.studies.folder import Images
from sureshot.studies.reading import QUICK_IMAGES, Study

LEFT_OUT = "not_in_subset.csv"
COPIED = "images"


@dataclass(frozen=True)
class Divided:
    """Where the runs of a study get their images from, and how these stay in their splits."""

    source: Source
    split_from: Path | None  # None where all splits came with the images


def place_of(study: Study) -> Path:
    """Where the images of a study lie; DataError with line and cure where they do not."""
    where = study.origin.at("data")
    path = study.folder / study.data
    if os.path.lexists(path):
        return path
    if study.data not in CATALOGUE:
        raise DataError(
            f"data must be a path or one of the datasets {', '.join(CATALOGUE)}, got "
            f"{study.data!r} ({where}): there is no file or folder {path}; mend the path"
        )
    folder = located(study.data)
    if folder is None:
        raise DataError(
            f"the dataset {study.data} is not here ({where}); fetch it with: "
            f"sureshot get {study.data}"
        )
    return folder


def survey(study: Study, copied: Path, said: Progress) -> tuple[Index, Images]:
    """Every image in its split, those outside the subset in none; and what is known of them all.

    What a quick study draws is copied to `copied`. DataError or UsageError, with the line, where
    there is not enough.
    """
    seed, place = study.seeds[0], place_of(study)
    try:
        index, images = _looked_at(study, place, copied, seed, said)
    except DataError as error:
        raise DataError(f"{error} ({study.origin.at('data')})") from None
    wanted = _subset(study, index, seed)
    if wanted is not None:
        try:
            index = subset(index, wanted, seed)
        except UsageError as error:
            told = str(error).removeprefix("--")
            raise UsageError(f"{told} ({study.origin.at('subset')})") from None
    for name in study.recipes:
        try:
            require_trainable(index, study.recipes[name].validation)
        except DataError as error:
            raise DataError(f"{error} ({study.origin.at('recipes', name)})") from None
    return index, images


def images_of(study: Study, said: Progress) -> Images:
    """Which images a study would have now; nothing is decoded."""
    place = place_of(study)
    listing = list_source(Source(place))
    listing = _drawn(listing) if study.quick else listing
    return _identity(place, listing, scan(listing, assemble().image, said))


def _looked_at(
    study: Study, place: Path, copied: Path, seed: int, said: Progress
) -> tuple[Index, Images]:
    """Every image in its split, and what is known of them all."""
    shutil.rmtree(copied, ignore_errors=True)  # of a start that was killed
    if study.quick:
        listing = list_source(Source(place))
        few, there = _drawn(listing), len(listing.entries)
        if len(few.entries) < there:
            said.say(f"quick form: {len(few.entries):,} of {there:,} images are drawn by name")
            plain = scan(few, assemble().image, said)
            _copy(plain, copied, said)
            return workflow.looked_at(Source(copied), seed, said)[1], _identity(place, few, plain)
    listing, index, _, _ = workflow.looked_at(Source(place), seed, said)
    return index, _identity(place, listing, index)


def _drawn(listing: Listing) -> Listing:
    """About QUICK_IMAGES of each split, evenly from its classes; of each class one at least."""
    sizes = Counter(entry.split for entry in listing.entries)
    cells: dict[tuple[str | None, str | None], list[Entry]] = {}
    for entry in sorted(listing.entries, key=_place):
        cells.setdefault((entry.split, entry.label), []).append(entry)
    chosen = {
        entry.id
        for own in cells.values()
        for entry in own[: math.ceil(len(own) * min(1, QUICK_IMAGES / sizes[own[0].split]))]
    }
    return replace(listing, entries=tuple(one for one in listing.entries if one.id in chosen))


def _place(entry: Entry) -> str:
    """Where an image stands in the drawing: by its name alone, for it has not been read."""
    return hashlib.sha256(f"quick/{entry.id}".encode("utf-8", "surrogateescape")).hexdigest()


def _copy(plain: Index, copied: Path, said: Progress) -> None:
    """Write images that are in no split yet as images to train on: survey makes the others."""
    split = np.where(plain.split == ASIDE, "train", plain.split)
    export(replace(plain, split=split), copied, "parquet", assemble().image.max_megabytes, said)


def _identity(place: Path, listing: Listing, index: Index) -> Images:
    """What makes these images these, by content and class, whatever survey has made of them."""
    lines = [
        f"{sha256} {index.classes[label]}" if label != UNKNOWN else sha256
        for sha256, label in zip(index.sha256, index.label, strict=True)
    ]
    came = [f"{line} {one.split}" for line, one in zip(lines, listing.entries, strict=True)]
    return Images(place.resolve(), _hash(lines), _hash(came))


def _hash(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def keep(folder: Path, index: Index) -> None:
    """Write what `survey` found into a study's folder; `recipe.toml` comes last."""
    aside = np.flatnonzero(index.readable & (index.split == ASIDE))
    if len(aside):
        rows = [{"path": cell(f"./{index.id[row]}")} for row in aside]
        files.write_text(folder / "data" / LEFT_OUT, csv_text(rows))
    else:  # of a start that was killed
        (folder / "data" / LEFT_OUT).unlink(missing_ok=True)
    index.save(folder / "data" / "index.parquet")
    files.write_text(folder / "data" / "recipe.toml", assemble().to_toml())


def kept(folder: Path) -> Index:
    """What `keep` wrote."""
    return open_run(folder / "data").index


def divided(study: Study, folder: Path) -> Divided:
    """How the study's runs are given their images."""
    data = folder.absolute() / "data"
    listed, copied = data / LEFT_OUT, data / COPIED
    place = copied if copied.exists() else place_of(study)
    source = Source(place, exclude=listed if listed.exists() else None)
    return Divided(source, folder / "data" if kept(folder).made else None)


def _subset(study: Study, index: Index, seed: int) -> int | None:
    """How many images to train and choose on are wanted; None for all."""
    if not study.quick:
        return study.subset
    counts = index.counts().sum(axis=0)
    there = int(counts[0]) + int(counts[1]) * ("validation" in index.made)
    return min(study.subset or there, there, QUICK_IMAGES)


def require_classes(study: Study, index: Index) -> None:
    """UsageError where a claim names a class that the data, or those to judge by, do not have."""
    judged = 2 if len(index.rows("test")) else 1
    counts = dict(zip(index.classes, index.counts()[:, judged], strict=True))
    for name, claim in study.claims.items():
        if claim.class_ and not counts.get(claim.class_):
            where = study.origin.at("claims", name, "class")
            known = ", ".join(one for one, count in counts.items() if count)
            lacks = ", which no image to judge by shows" if claim.class_ in counts else ""
            raise UsageError(
                f"claims.{name}.class must be one of {known}, got {claim.class_!r}{lacks} ({where})"
            )

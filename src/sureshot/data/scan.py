"""A listing → the index: every image read once, hashed, and measured from its header."""

import os
from pathlib import Path

import numpy as np

from sureshot.containers import content
from sureshot.data.folders import Listing
from sureshot.errors import UnreadableImage
from sureshot.images import Header, digest, header
from sureshot.parallel import map_in_order
from sureshot.progress import Progress
from sureshot.recipe import ImageSettings, Preprocessing
from sureshot.records import ALONE, UNKNOWN, Index, strings

TOGETHER = 64  # images a thread takes at a time; measured on ones of 784 bytes (docs/log.md)
NOTHING = Header(width=0, height=0, mode="", format="")


def scan(listing: Listing, settings: ImageSettings | Preprocessing, progress: Progress) -> Index:
    """Read every listed file and say what it is; what cannot be read is a row with its problem.

    Classes are the sorted names of all class folders that hold an image. `split` is "" where the
    folder has no splits.
    """
    names = [entry.id for entry in listing.entries]
    labels = [entry.label for entry in listing.entries]
    classes = tuple(sorted({label for label in labels if label is not None}))
    number: dict[str | None, int] = {name: k for k, name in enumerate(classes)}
    number[None] = UNKNOWN
    root = listing.root.resolve()
    rows = []
    with progress.track("reading", len(names)) as track:
        for row in map_in_order(
            lambda name: _measure(root, name, listing.contained, settings), names, TOGETHER
        ):
            rows.append(row)
            track.advance()
    sha256, size, headers, problems = zip(*rows, strict=True)
    return Index(
        root=root,
        classes=classes,
        id=strings(names),
        label=np.array([number[label] for label in labels], np.int64),
        split=strings([entry.split or "" for entry in listing.entries]),
        sha256=strings(list(sha256)),
        bytes=np.array(size, np.int64),
        width=np.array([h.width for h in headers], np.int64),
        height=np.array([h.height for h in headers], np.int64),
        mode=strings([h.mode for h in headers]),
        format=strings([h.format for h in headers]),
        group=np.full(len(names), ALONE),
        problem=strings(list(problems)),
        contained=listing.contained,
    )


def _measure(
    root: Path, name: str, contained: bool, settings: ImageSettings | Preprocessing
) -> tuple[str, int, Header, str]:
    """SHA-256, size in bytes, header and problem of one image."""
    path = root / name
    if (
        not contained
        and path.is_symlink()
        and not Path(os.path.realpath(path)).is_relative_to(root)
    ):
        outside = "outside: the link leads out of the folder; copy the image into it"
        return "", 0, NOTHING, outside
    try:
        image = content(root, name, contained, settings.max_megabytes)
    except UnreadableImage as error:
        return "", _size(path), NOTHING, error.problem
    sha256, size = digest(image), len(image) if isinstance(image, bytes) else image.nbytes
    try:
        return sha256, size, header(image, settings), ""
    except UnreadableImage as error:
        return sha256, size, NOTHING, error.problem


def _size(path: Path) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0

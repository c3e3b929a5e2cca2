"""A bundle in use: open it, let it prove itself, predict with it.

Shapes: `N` images, `H` × `W` pixels, `C` channels, `K` classes.
"""

import hashlib
import html
import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sureshot.bundle.format import About, Contents, Reference, read_contents, write_contents
from sureshot.bundle.references import MEGAPIXELS, ending
from sureshot.bundle.session import Session
from sureshot.containers import Item
from sureshot.errors import BundleError, UnreadableImage
from sureshot.images import prepare
from sureshot.parallel import map_in_order
from sureshot.recipe import Preprocessing, Recipe, public_name
from sureshot.records import UNKNOWN, Index, Predictions, softmax, strings

ROWS = 64  # of a table that `stream` gives; assumed: few enough to show that it moves
TOLERANCE = 1e-3  # how far a reference's probability may be off before the bundle is refused

PathLike = str | os.PathLike[str]
Answer = tuple[str, NDArray[np.float32] | str]  # a name with its logits (K,) or its problem


class Bundle:
    """A classifier from one file. Opening it replays its references."""

    def __init__(self, about: About, session: Session, origin: str) -> None:
        self.about = about
        self.session = session
        self.origin = origin

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names, in the order of the logits."""
        return self.about.classes

    @property
    def preprocessing(self) -> Preprocessing:
        """How bytes become pixels for this network."""
        return self.about.preprocessing

    def predict(self, paths: PathLike | Iterable[PathLike]) -> Predictions:
        """Predict one image file or several, all in one table. See `stream` for many."""
        several = [paths] if isinstance(paths, str | os.PathLike) else paths
        parts = list(self.stream(Item.of_file(Path(path)) for path in several))
        return Predictions.concatenate(parts or [self._table([])])

    def stream(self, items: Iterable[Item]) -> Iterator[Predictions]:
        """Predict images batch by batch, memory bounded; an unreadable one is a row."""
        remaining = iter(items)
        groups = iter(lambda: list(islice(remaining, self.session.batch)), [])
        answers = chain.from_iterable(map_in_order(self._answers, groups))
        while part := list(islice(answers, ROWS)):
            yield self._table(part)

    def logits(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Pixels as `sureshot.images.prepare` gives them, (N, H, W, C) → logits (N, K)."""
        return self.session.logits(pixels)

    def _answers(self, items: Sequence[Item]) -> list[Answer]:
        """Decode a few images and run the network on them, all on the processor of one thread."""
        found = [self._decode(item) for item in items]
        pixels = [one for one in found if not isinstance(one, str)]
        logits = iter(self.session.logits_of_batch(np.stack(pixels)) if pixels else ())
        return [
            (item.name, one if isinstance(one, str) else next(logits))
            for item, one in zip(items, found, strict=True)
        ]

    def _decode(self, item: Item) -> NDArray[np.uint8] | str:
        try:
            return prepare(item.read(self.preprocessing.max_megabytes), self.preprocessing)
        except UnreadableImage as error:
            return error.problem

    def _table(self, answers: Sequence[Answer]) -> Predictions:
        """One row an answer."""
        logits = np.full((len(answers), len(self.classes)), np.nan, np.float32)
        for row, (_, answer) in enumerate(answers):
            if not isinstance(answer, str):
                logits[row] = answer
        problems = [answer if isinstance(answer, str) else "" for _, answer in answers]
        return Predictions(
            self.classes,
            id=strings([name for name, _ in answers]),
            label=np.full(len(answers), UNKNOWN, np.int64),
            logits=logits,
            problem=strings(problems),
        )

    def __repr__(self) -> str:
        size, channels = self.preprocessing.size, self.preprocessing.channels
        return (
            f"<Bundle {self.origin}: {self.about.network}, {len(self.classes)} classes, "
            f"{size}×{size}×{channels} pixels, {len(self.about.references)} references replayed>"
        )

    def _repr_html_(self) -> str:
        classes = ", ".join(html.escape(name) for name in self.classes)
        return f"<p>{html.escape(repr(self)[1:-1])}</p><p>{classes}</p>"


def open_bundle(path: Path | str) -> Bundle:
    """Open a `*.shot` file and let it prove itself; BundleError where it cannot."""
    contents = read_contents(Path(path))
    session = Session(contents.graph)
    _require_fit(contents.about, session, str(path))
    _replay(contents, session, str(path))
    return Bundle(contents.about, session, str(path))


def write_bundle(
    path: Path, graph: bytes, recipe: Recipe, index: Index, images: Sequence[bytes]
) -> None:
    """Write the classifier as one file, with the probabilities that it gives right now.

    `images` are what `gather` gave for `recipe.references`.
    """
    from importlib.metadata import version  # for writing only: it is slow to import

    recipe = recipe.model_copy(update={"model": public_name(recipe.model)})
    settings = recipe.image.settled()
    probabilities = _probabilities(Session(graph), settings, images)
    about = About(
        schema_version=1,
        sureshot=version("sureshot"),
        network=recipe.model,
        classes=index.classes,
        preprocessing=settings,
        recipe=recipe.to_toml(),
        data_fingerprint=index.fingerprint(),
        graph_sha256=hashlib.sha256(graph).hexdigest(),
        reference_kind=recipe.references,
        references=tuple(
            Reference(
                file=f"references/{number:02d}.{ending(image)}",
                sha256=hashlib.sha256(image).hexdigest(),
                probabilities=tuple(float(p) for p in row),
            )
            for number, (image, row) in enumerate(zip(images, probabilities, strict=True))
        ),
    )
    write_contents(path, Contents(about, graph, tuple(images)))


def _require_fit(about: About, session: Session, origin: str) -> None:
    """Raise BundleError where network and description are not made for each other."""
    settings = about.preprocessing
    wanted = (settings.size, settings.size, settings.channels)
    if session.pixel_shape != wanted:
        raise BundleError(
            f"{origin}: the network takes {session.pixel_shape}, its pixels are {wanted}"
        )
    if session.class_count != len(about.classes):
        raise BundleError(
            f"{origin}: the network gives {session.class_count} logits, its classes are "
            f"{len(about.classes)}"
        )
    _finite(session.logits_of_batch(np.zeros((1, *wanted), np.uint8)))


def _probabilities(
    session: Session, settings: Preprocessing, images: Sequence[bytes]
) -> NDArray[np.float64]:
    """What the network gives for encoded images, shape (len(images), K)."""
    if not images:
        return np.zeros((0, session.class_count))
    limit = min(settings.max_megapixels, MEGAPIXELS)  # whatever a stranger's file would allow
    bounded = settings.model_copy(update={"max_megapixels": limit})

    def logits(image: bytes) -> NDArray[np.float32]:
        return session.logits_of_batch(prepare(image, bounded)[None])

    return softmax(_finite(np.concatenate(list(map_in_order(logits, images)))))


def _finite(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same logits; BundleError where one is no finite number."""
    if not np.isfinite(logits).all():
        raise BundleError("the network gives logits that are no finite numbers; do not use it")
    return logits


def _replay(contents: Contents, session: Session, origin: str) -> None:
    """Raise BundleError where a reference gives another probability than it must."""
    about = contents.about
    try:
        found = _probabilities(session, about.preprocessing, contents.images)
    except UnreadableImage as error:
        raise BundleError(f"{origin}: a reference image cannot be read: {error}") from None
    for reference, row in zip(about.references, found, strict=True):
        wanted = np.array(reference.probabilities)
        if wanted.shape != row.shape:
            raise BundleError(f"{origin} is damaged: {reference.file} has no value for each class")
        worst = float(np.abs(wanted - row).max())
        if not worst <= TOLERANCE:
            raise BundleError(
                f"{origin} does not prove itself here: {reference.file} must give its "
                f"probabilities within {TOLERANCE:g}, but is off by {worst:.2g}; do not use it. "
                "The file was changed, or a decoder or runtime here computes differently"
            )

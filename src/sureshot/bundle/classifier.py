"""A bundle in use: open it, let it prove itself, predict with it.

Shapes: `N` images, `H` × `W` pixels, `C` channels, `K` classes.
"""

import hashlib
import html
import os
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sureshot.bundle.format import About, Contents, Reference, read_contents, write_contents
from sureshot.bundle.references import MEGAPIXELS, ending
from sureshot.bundle.session import BATCH, Session
from sureshot.containers import Item
from sureshot.errors import BundleError, UnreadableImage
from sureshot.images import prepare
from sureshot.parallel import map_in_order
from sureshot.recipe import Preprocessing, Recipe
from sureshot.records import UNKNOWN, Index, Predictions, softmax, strings

TOLERANCE = 1e-3  # how far a reference's probability may be off before the bundle is refused

PathLike = str | os.PathLike[str]


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
        return Predictions.concatenate(parts or [self._table([], [])])

    def stream(self, items: Iterable[Item]) -> Iterator[Predictions]:
        """Predict images batch by batch, memory bounded; an unreadable one is a row."""
        decoded = map_in_order(lambda item: (item.name, self._decode(item)), items)
        while part := list(islice(decoded, BATCH)):
            names, results = zip(*part, strict=True)
            yield self._table(names, results)

    def logits(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Pixels as `sureshot.images.prepare` gives them, (N, H, W, C) → logits (N, K)."""
        return self.session.logits(pixels)

    def _decode(self, item: Item) -> NDArray[np.uint8] | str:
        try:
            return prepare(item.read(self.preprocessing.max_megabytes), self.preprocessing)
        except UnreadableImage as error:
            return error.problem

    def _table(
        self, names: Sequence[str], results: Sequence[NDArray[np.uint8] | str]
    ) -> Predictions:
        """One row a name; `results` are pixels or a problem."""
        logits = np.full((len(names), len(self.classes)), np.nan, np.float32)
        readable = [i for i, result in enumerate(results) if not isinstance(result, str)]
        if readable:
            logits[readable] = self.logits(np.stack([results[i] for i in readable]))
        problems = [result if isinstance(result, str) else "" for result in results]
        return Predictions(
            self.classes,
            id=strings(list(names)),
            label=np.full(len(names), UNKNOWN, np.int64),
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
    _finite_logits(session, np.zeros((1, *wanted), np.uint8))


def _probabilities(
    session: Session, settings: Preprocessing, images: Sequence[bytes]
) -> NDArray[np.float64]:
    """What the network gives for encoded images, shape (len(images), K)."""
    if not images:
        return np.zeros((0, session.class_count))
    limit = min(settings.max_megapixels, MEGAPIXELS)  # whatever a stranger's file would allow
    bounded = settings.model_copy(update={"max_megapixels": limit})
    pixels = np.stack([prepare(image, bounded) for image in images])
    return softmax(_finite_logits(session, pixels))


def _finite_logits(session: Session, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    logits = session.logits(pixels)
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

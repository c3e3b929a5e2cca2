"""A map of the images: those that look alike lie near one another.

Small versions of the images are reduced to their 50 principal components, and these to two
dimensions by t-SNE; without scikit-learn the first two components are the map. Shapes: `M` images
on the map, `T` the side of their thumbnails in pixels.
"""

from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sureshot import seeds
from sureshot.errors import MissingExtra
from sureshot.figures.tables import Counts, Floats
from sureshot.progress import Progress
from sureshot.records import Index

# Measured on two cores: 2,000 images and 500 iterations take 4 s, 2,500 and 750 up to 9 s, 5,000
# and 750 18 s. With 1,000 iterations the divergence is 1.45 instead of 1.51: the same picture.
MOST = 2000  # images
ITERATIONS = 500
_SIDE = 16  # pixels of the versions that are compared; assumed to be enough for an overview
_THUMBNAIL = 48  # pixels at most
_COMPONENTS = 50  # as in van der Maaten and Hinton, 2008
_PERPLEXITY = 30.0  # neighbours that count, as there
_LEAST = 8  # images; fewer have too few neighbours for t-SNE
_THREADS = 2  # sums of two parts do not depend on their order: the same bits every time


@dataclass(frozen=True, eq=False)
class Map:
    """Where each of a sample of images lies."""

    rows: Counts  # (M,) of the index, in order
    place: Floats  # (M, 2) x and y, each within 0 to 1
    pictures: NDArray[np.uint8]  # (M, T, T, C)
    method: str  # "t-SNE" or "PCA"
    lacking: str  # why it is not t-SNE, as a sentence; "" where there is nothing to say


def map_images(index: Index, pixels: NDArray[np.uint8], seed: int, progress: Progress) -> Map:
    """The map of at most MOST readable images out of uint8 pixels (N, S, S, C)."""
    rows = stratified(index, seed, MOST)
    small, pictures = _reduced(pixels, rows)
    components = _principal(small)
    lacking = "" if find_spec("sklearn") else str(MissingExtra("audit", "t-SNE"))
    if lacking or len(rows) < _LEAST or not components.any():
        return Map(rows, _within(components[:, :2]), pictures, "PCA", lacking)
    progress.say(f"drawing a map of {len(rows):,} images")
    return Map(rows, _within(_neighbours(components, seed)), pictures, "t-SNE", "")


def stratified(index: Index, seed: int, most: int) -> Counts:
    """Rows of at most `most` readable images, each class by its share, sorted."""
    readable = np.flatnonzero(index.readable)
    order = np.empty(len(index))
    for label in np.unique(index.label[readable]):
        rows = readable[index.label[readable] == label]
        drawn = seeds.generator("figures", seed, "map", int(label)).permutation(len(rows))
        order[rows] = (drawn + 0.5) / len(rows)
    chosen = readable[np.argsort(order[readable], kind="stable")[:most]]
    return np.sort(chosen)


def _reduced(pixels: NDArray[np.uint8], rows: Counts) -> tuple[Floats, NDArray[np.uint8]]:
    """Numbers to compare, shape (M, D), and thumbnails, shape (M, T, T, C)."""
    side, channels = pixels.shape[1], pixels.shape[3]
    large = min(side, _THUMBNAIL)
    small = min(side, _SIDE)
    compared = np.empty((len(rows), small * small * channels))
    pictures = np.empty((len(rows), large, large, channels), np.uint8)
    for number, row in enumerate(rows):
        image = Image.fromarray(pixels[row] if channels == 3 else pixels[row, :, :, 0])
        pictures[number] = _boxed(image, large).reshape(large, large, channels)
        compared[number] = _boxed(image, small).ravel()
    return compared, pictures


def _boxed(image: Image.Image, side: int) -> NDArray[np.uint8]:
    return np.asarray(image.resize((side, side), Image.Resampling.BOX))


def _principal(compared: Floats) -> Floats:
    """The first 50 principal components of (M, D), the largest first; their signs are fixed."""
    if not len(compared):
        return np.zeros((0, 2))
    centred = compared - compared.mean(axis=0)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    kept = vectors[:, ::-1][:, : min(_COMPONENTS, compared.shape[1])]
    largest = np.abs(kept).argmax(axis=0)
    kept = kept * np.sign(kept[largest, np.arange(kept.shape[1])])
    return np.asarray(centred @ kept)


def _neighbours(components: Floats, seed: int) -> Floats:
    """t-SNE of (M, 50) into (M, 2), begun at the first two components."""
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    start = components[:, :2] / components[:, 0].std() * 1e-4  # as scikit-learn scales its own
    model = TSNE(
        perplexity=min(_PERPLEXITY, (len(components) - 1) / 3),
        init=start.astype(np.float32),
        max_iter=ITERATIONS,
        random_state=seeds.derive("figures", seed, "t-SNE") % 2**32,
    )
    with threadpool_limits(_THREADS):
        return np.asarray(model.fit_transform(components.astype(np.float32)), np.float64)


def _within(place: Floats) -> Floats:
    """Moved and scaled into 0 to 1, both directions by the same factor, in the middle."""
    if not len(place):
        return place
    low, high = place.min(axis=0), place.max(axis=0)
    longest = (high - low).max()
    scaled = (place - (low + high) / 2) / (longest or 1.0) + 0.5
    return np.asarray(scaled.round(4))

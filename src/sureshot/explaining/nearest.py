"""The training images that are most like an image to the network.

Their features are kept in a file beside the run folder, `<run>.features.npz`, made when they are
first asked for. They say much about the training images, so they are never in the bundle, and the
run, which is sealed, stays as it is. Features are compared by direction alone, as in Sun, Ming, Zhu
& Li 2022, "Out-of-Distribution Detection with Deep Nearest Neighbors", ICML.
Shapes: `M` training images, `F` features.
"""

import io
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from sureshot import files
from sureshot.bundle import Bundle
from sureshot.data import prepare_pixels
from sureshot.figures.heat import Neighbour
from sureshot.figures.tables import Counts
from sureshot.progress import Progress
from sureshot.records import Index
from sureshot.runs import Run

COUNT = 5  # neighbours; assumed: as many as are looked at
CHUNK = 512  # images whose features are computed at once; assumed: few enough for any memory

Features = tuple[Counts, NDArray[np.float32]]  # rows (M,) of an index, and theirs (M, F)


@dataclass(frozen=True, eq=False)
class Kept:
    """The features of a run's training images."""

    index: Index
    rows: Counts  # (M,) of the index
    directions: NDArray[np.float32]  # (M, F) of length 1


def kept_features(run: Run, bundle: Bundle, progress: Progress) -> Kept:
    """The features of the run's training images by this bundle, from beside the run or made now.

    Raises DataError where they must be made and a training image is gone or was changed.
    """
    there = features_there(run, bundle)
    if there is not None:
        return there
    index = run.index
    rows, features = _made(index, bundle, progress)
    content = io.BytesIO()
    belongs = np.array(_belongs(bundle, index))
    np.savez(content, belongs=belongs, rows=rows, features=features)
    files.write_bytes(features_path(run), content.getvalue())
    return Kept(index, rows, _directions(features))


def features_there(run: Run, bundle: Bundle) -> Kept | None:
    """The features from beside the run; None where none were made by this bundle."""
    path = features_path(run)
    if not path.exists():
        return None
    index = run.index
    found = _read(path, _belongs(bundle, index))
    return None if found is None else Kept(index, found[0], _directions(found[1]))


def features_path(run: Run) -> Path:
    """Where the features of a run's training images are kept: beside its folder."""
    return run.folder.with_name(f"{run.name}.features.npz")


def nearest(kept: Kept, features: NDArray[np.float32], count: int = COUNT) -> list[Neighbour]:
    """The training images whose features are most like those of one image, (F,), best first."""
    likeness = kept.directions @ _directions(features[None])[0]
    order = np.argsort(-likeness, kind="stable")[:count]
    index = kept.index
    return [
        Neighbour(
            str(index.id[row]), index.classes[index.label[row]], round(float(likeness[place]), 4)
        )
        for place, row in zip(order, kept.rows[order], strict=True)
    ]


def _belongs(bundle: Bundle, index: Index) -> str:
    """By whose network, and of which images, features are."""
    return f"{bundle.about.graph_sha256} {index.fingerprint()}"


def _made(index: Index, bundle: Bundle, progress: Progress) -> Features:
    pixels, rows = prepare_pixels(index, bundle.preprocessing, progress).array, index.rows("train")
    parts = []
    with progress.track("features of the training images", len(rows)) as track:
        for start in range(0, len(rows), CHUNK):
            chunk = rows[start : start + CHUNK]
            parts.append(bundle.features(pixels[chunk]))
            track.advance(len(chunk))
    return rows, np.concatenate(parts)


def _read(path: Path, belongs: str) -> Features | None:
    """What is kept; None where there is nothing, or what there is belongs to something else."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            found = kept["rows"], kept["features"]
            return found if str(kept["belongs"]) == belongs else None
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):  # it can be made again
        return None


def _directions(features: NDArray[np.float32]) -> NDArray[np.float32]:
    length = np.linalg.norm(features, axis=1, keepdims=True)
    return np.asarray(features / np.maximum(length, np.float32(1e-12)))

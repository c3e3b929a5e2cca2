"""What the training images look like to a network, and from where on an image is unlike them.

The threshold is set on validation images, such that of new images like them at most one in twenty
is called unlike: a conformal quantile. Source: Bates, Candès, Lei, Romano & Sesia 2023, "Testing
for Outliers with Conformal p-values", Annals of Statistics 51 (1). The epoch was chosen on the same
images, which hardly moves a distance.

Shapes: `N` images of an index, `M` rows of it, `H` × `W` pixels, `C` channels.
"""

import hashlib
import math

import numpy as np
from numpy.typing import NDArray

from sureshot.bundle import Session, Unlike, distances, learned, looks
from sureshot.bundle.format import array_bytes
from sureshot.evaluation.predicting import chunks
from sureshot.records import Index
from sureshot.seeds import generator

QUANTILE = 0.95  # convention of the field: other data are found at 95 % of one's own let through
LEAST = 19  # validation images: with fewer, no distance is sure to let 95 % through
LEARNED = 2_000  # training images; measured: 3,000 find no more (docs/log.md)


def unlike_of(
    session: Session,
    index: Index,
    pixels: NDArray[np.uint8],
    seed: int,
    judges: NDArray[np.float64],
) -> tuple[Unlike, NDArray[np.float32]] | None:
    """When an image is unlike the training data to a network, with what to compare by.

    `pixels` (N, H, W, C) are those of the whole index, `judges` (M, D) the looks of its validation
    images. None with too few of them.
    """
    if len(judges) < LEAST:
        return None
    rows = _some_of_each_class(index, seed)
    _, looked = seen(session, pixels, rows)
    kept = learned(looked, index.label[rows])
    found = np.sort(distances(judges, kept))
    told = Unlike(
        kind="mahalanobis",
        threshold=float(found[math.ceil((len(found) + 1) * QUANTILE) - 1]),
        quantile=QUANTILE,
        n=len(found),
        shape=(len(kept), kept.shape[1]),
        sha256=hashlib.sha256(array_bytes(kept)).hexdigest(),
    )
    return told, kept


def _some_of_each_class(index: Index, seed: int) -> NDArray[np.int64]:
    """Up to LEARNED training rows, as many of each class where there are enough, (M,)."""
    mixed = generator("unlike", seed).permutation(index.rows("train"))
    each = max(LEARNED // len(index.classes), 1)
    classes = range(len(index.classes))
    return np.concatenate([mixed[index.label[mixed] == label][:each] for label in classes])


def seen(
    session: Session, pixels: NDArray[np.uint8], rows: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """What a network makes of some rows, in one pass: their logits (M, K) and looks (M, D)."""
    logits, looked = [np.zeros((0, session.class_count), np.float32)], []
    for _, chunk in chunks(pixels, rows):
        found = session.several(("logits", "feature_map"), chunk)
        logits.append(found["logits"])
        looked.append(looks(found["feature_map"]))
    return np.concatenate(logits), np.concatenate(looked or [np.zeros((0, 0))])

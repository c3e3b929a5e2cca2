"""A trained network's bundle, with what only the validation images can say."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sureshot.bundle import Session, write_bundle
from sureshot.evaluation.calibrating import temperature_of
from sureshot.evaluation.unlike import seen, unlike_of
from sureshot.recipe import Recipe
from sureshot.records import Index


def write_trained(
    path: Path,
    graph: bytes,
    recipe: Recipe,
    index: Index,
    pixels: NDArray[np.uint8],
    images: Sequence[bytes],
) -> None:
    """Write the bundle of an exported network: how sure it is, and what is unlike its training.

    `pixels` (N, H, W, C) are those of the whole index, `images` what `gather` gave.
    """
    session, judges = Session(graph), index.rows("validation")
    logits, judged = seen(session, pixels, judges)
    temperature = temperature_of(logits, index.label[judges])
    unlike = unlike_of(session, index, pixels, recipe.seed, judged)
    write_bundle(path, session, recipe, index, images, temperature, unlike)

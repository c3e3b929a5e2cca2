"""What an export must show before it may appear: the bundle's own probabilities.

Shapes: `M` images of proof, `H` × `W` pixels, `C` channels, `K` classes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sureshot.bundle import Bundle
from sureshot.errors import TrainingError
from sureshot.images import prepare
from sureshot.seeds import generator

TOLERANCE = 1e-4  # of a probability; as between PyTorch and ONNX Runtime after training
MADE_UP = 16  # images beside the references, of which a bundle may have none; assumed
FIELDS = 4  # a side of them; fields of one colour survive pooling, which evens noise out

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Proof:
    """Images, and what the bundle says of them here."""

    pixels: Pixels  # (M, H, W, C)
    probabilities: NDArray[np.float64]  # (M, K)


def proof_of(bundle: Bundle) -> Proof:
    """The references of a bundle and made-up images, with the bundle's probabilities."""
    settings = bundle.preprocessing
    references = [prepare(image, settings) for image in bundle.contents.images]
    drawn = generator("export", settings.size).integers(
        0, 256, (MADE_UP, FIELDS, FIELDS, settings.channels), np.uint8
    )
    place = np.arange(settings.size) * FIELDS // settings.size
    pixels = np.stack([*references, *drawn[:, place][:, :, place]])
    return Proof(pixels, bundle.probabilities(pixels))


def require_proved(what: str, proof: Proof, answer: Callable[[Pixels], Any]) -> None:
    """Raise TrainingError where an export gives other probabilities than its bundle.

    `answer` takes uint8 pixels (M, H, W, C) and gives probabilities (M, K).
    """
    found = np.asarray(answer(proof.pixels), np.float64)
    same_shape = found.shape == proof.probabilities.shape
    worst = float(np.abs(found - proof.probabilities).max()) if same_shape else float("nan")
    if not worst <= TOLERANCE:
        raise TrainingError(
            f"the {what} must give the model's probabilities within {TOLERANCE:g}, but differs by "
            f"{worst:.2g} on {len(proof.pixels)} images; nothing was written. Please report this "
            "with your versions of torch, keras and onnxruntime"
        )

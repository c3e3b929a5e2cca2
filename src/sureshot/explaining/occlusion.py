"""Occlusion: what happens to the answer when a part of the image is covered.

Source: Zeiler & Fergus 2014, "Visualizing and Understanding Convolutional Networks", ECCV. It needs
nothing but the network's answers, and so it is the same for every network.
Shapes: `H` × `W` pixels, `C` channels, `K` classes.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sureshot.figures.tables import Floats

WINDOW = 4  # windows a side: a sixteenth of the image is covered at once; assumed
PLACES = 13  # of the window along a side, so 169 images are asked; assumed: steps of a sixteenth
AT_ONCE = 64  # images; assumed: few enough for any memory

Logits = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


def occlusion(logits: Logits, pixels: NDArray[np.uint8], label: int) -> Floats:
    """Pixels (H, W, C) → how much of a class's log-probability each pixel carries, (H, W).

    The mean over all windows that cover the pixel of what the log-probability loses by the window,
    in nats; below 0 where covering helps the class. Windows have the image's own mean colour.
    """
    height, width = pixels.shape[:2]
    tall, wide = max(height // WINDOW, 1), max(width // WINDOW, 1)
    windows = [
        (slice(top, top + tall), slice(left, left + wide))
        for top in _places(height - tall)
        for left in _places(width - wide)
    ]
    before = _log_probability(logits(pixels[None]), label)[0]
    lost = np.zeros((height, width))
    covered = np.zeros((height, width))
    for start in range(0, len(windows), AT_ONCE):
        some = windows[start : start + AT_ONCE]
        after = _log_probability(logits(_covered(pixels, some)), label)
        for window, value in zip(some, after, strict=True):
            lost[window] += before - value
            covered[window] += 1
    return lost / covered


def _places(last: int) -> list[int]:
    """Where along a side a window begins."""
    return sorted({round(place) for place in np.linspace(0, last, PLACES)})


def _covered(pixels: NDArray[np.uint8], windows: list[tuple[slice, slice]]) -> NDArray[np.uint8]:
    """The image once for each window that covers it, (len(windows), H, W, C)."""
    ground = pixels.mean(axis=(0, 1)).round().astype(np.uint8)
    images = np.repeat(pixels[None], len(windows), axis=0)
    for image, window in zip(images, windows, strict=True):
        image[window] = ground
    return images


def _log_probability(logits: NDArray[np.float32], label: int) -> Floats:
    """The log-softmax of one class, (N,); of tiny probabilities too."""
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted[:, label] - np.log(np.exp(shifted).sum(axis=1)))

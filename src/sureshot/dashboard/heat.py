"""Where a classifier looked: what its answer loses when a part of the image is covered.

Source: Zeiler & Fergus 2014, "Visualizing and Understanding Convolutional Networks", ECCV. It needs
nothing but the network's answers, and so it is the same for every network.
Shapes: `S` the side of what the network sees in pixels, `C` channels, `K` classes.
"""

from collections.abc import Callable
from itertools import product

import numpy as np
from matplotlib.colors import to_rgb
from numpy.typing import NDArray
from PIL import Image

from sureshot.figures.tables import Floats

WINDOW = 4  # windows a side: a sixteenth of the image is covered at once; assumed
PLACES = 13  # of the window along a side, so 169 images are asked; assumed: steps of a sixteenth
AT_ONCE = 64  # images; assumed: few enough for any memory
FOR, AGAINST = "#d55e00", "#0072b2"  # Okabe and Ito's vermilion and blue: apart for everybody
SIDE = 224  # pixels of the picture; 8 × 28 and 7 × 32, so that small images keep square pixels
COARSE = 64  # pixels: smaller images are shown with their pixels as squares
PALE, STRONGEST = 0.75, 0.85  # contrast of the grey picture, and colour over it; assumed
LITTLE = 0.05  # nats: where covering changes less than 5 % of a probability; assumed

Logits = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


def occlusion(logits: Logits, pixels: NDArray[np.uint8], label: int) -> Floats:
    """Pixels (S, S, C) → how much of a class's log-probability each pixel carries, (S, S).

    The mean over all windows that cover the pixel of what the log-probability loses by the window,
    in nats; below 0 where covering helps the class. Windows have the image's own mean colour.
    """
    side = len(pixels)
    wide = max(side // WINDOW, 1)
    starts = sorted({round(place) for place in np.linspace(0, side - wide, PLACES)})
    corners = list(product(starts, starts))
    before = _log_probability(logits(pixels[None]), label)[0]
    lost, covered = np.zeros((side, side)), np.zeros((side, side))
    for first in range(0, len(corners), AT_ONCE):
        some = corners[first : first + AT_ONCE]
        after = _log_probability(logits(_covered(pixels, some, wide)), label)
        for (top, left), value in zip(some, after, strict=True):
            window = slice(top, top + wide), slice(left, left + wide)
            lost[window] += before - value
            covered[window] += 1
    return np.asarray(lost / covered)


def overlaid(seen: NDArray[np.uint8], heat: Floats) -> NDArray[np.uint8]:
    """A map (S, S) over a pale grey version of pixels (S, S, C), as uint8 (224, 224, 3)."""
    grey = _large(seen.mean(axis=2), exact=len(seen) < COARSE)[..., None] / 255
    ground = 1 - PALE * (1 - grey)
    strength = heat / max(float(np.abs(heat).max()), LITTLE)
    strength = _large(strength)[..., None]
    colour = np.where(strength > 0, to_rgb(FOR), to_rgb(AGAINST))
    cover = STRONGEST * np.abs(strength)
    mixed = (1 - cover) * ground + cover * colour
    return np.asarray((mixed * 255).round().clip(0, 255), np.uint8)


def heat_in_words(heat: Floats) -> str:
    """What the map says, with its scale, as a whole sentence without the name of the class."""
    most = float(heat.max())
    if most < LITTLE:
        return "No part of the image matters by itself: whatever is covered, the answer stays."
    times = np.exp(most)
    factor = f"{times:,.1f}" if times < 1000 else "over 1,000"
    return (
        "Orange parts speak for this class, blue parts against it. Where orange is strongest, "
        f"covering makes the class {factor} times less probable."
    )


def _large(plane: NDArray[np.float64], exact: bool = False) -> NDArray[np.float64]:
    """A plane (S, S) as (224, 224), smooth, or with its pixels as squares."""
    how = Image.Resampling.NEAREST if exact else Image.Resampling.BILINEAR
    image = Image.fromarray(plane.astype(np.float32))
    return np.asarray(image.resize((SIDE, SIDE), how), np.float64)


def _covered(
    pixels: NDArray[np.uint8], corners: list[tuple[int, int]], wide: int
) -> NDArray[np.uint8]:
    """The image once for each window that covers it, (len(corners), S, S, C)."""
    ground = pixels.mean(axis=(0, 1)).round().astype(np.uint8)
    images = np.repeat(pixels[None], len(corners), axis=0)
    for image, (top, left) in zip(images, corners, strict=True):
        image[top : top + wide, left : left + wide] = ground
    return images


def _log_probability(logits: NDArray[np.float32], label: int) -> Floats:
    """The log-softmax of one class, (N,); of tiny probabilities too."""
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted[:, label] - np.log(np.exp(shifted).sum(axis=1)))

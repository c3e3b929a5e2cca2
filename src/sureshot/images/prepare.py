"""The one preprocessing of the whole program: an image → the pixels that a network sees.

Legend: `S` the side in pixels, `C` channels (1 grey, 3 red, green, blue), `h`, `w` any height and
width.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sureshot.images import exif
from sureshot.images.decode import stored_pixels
from sureshot.images.modes import pad
from sureshot.images.opening import Settings, open_image
from sureshot.images.plain import Content

if TYPE_CHECKING:
    from sureshot.recipe import Preprocessing

Pixels = NDArray[np.uint8]

# The last step of a strong reduction keeps at least this factor for the antialiasing filter;
# Pillow's documentation calls 3.0 indistinguishable from fair resampling in most cases.
_REDUCING_GAP = 3.0


def prepare(data: Content, settings: "Preprocessing") -> Pixels:
    """An image as uint8 (S, S, C), C-contiguous: the pixels that a network sees.

    `squash` ignores the aspect, `crop` takes the central square, `pad` puts background beside the
    shorter side. Resampling is Pillow's antialiased bilinear, also for enlarging; an image that
    has the size already is not resampled. Raises UnreadableImage as `decode` does.
    """
    wanted = (settings.size, settings.size, settings.channels)
    if not isinstance(data, bytes) and (data.shape == wanted or (*data.shape, 1) == wanted):
        return np.ascontiguousarray(data.reshape(wanted))
    opened = open_image(data, settings)
    size = settings.size
    target = _fitted(opened.image.size, size) if settings.fit == "pad" else (size, size)
    image, extent = stored_pixels(opened, settings.background, hint=target)
    if settings.channels == 1:
        image = image.convert("L")
    box = _central_square(extent) if settings.fit == "crop" else (0.0, 0.0, *extent)
    image = exif.upright(_resized(image, target, box), opened.orientation)
    if target != (size, size):
        image = pad(image, size, settings.background)
    return _array(image, settings.channels)


def thumbnail(data: Content, settings: Settings, longest: int) -> Pixels:
    """An image as uint8 (h, w, 3) for people, the longer side at most `longest` pixels."""
    opened = open_image(data, settings)
    stored = opened.image.size
    target = _fitted(stored, longest) if max(stored) > longest else stored
    image, extent = stored_pixels(opened, settings.background, hint=target)
    image = _resized(image, target, (0.0, 0.0, *extent))
    return _array(exif.upright(image, opened.orientation), 3)


def _fitted(stored: tuple[int, int], longest: int) -> tuple[int, int]:
    """Width and height with the same aspect and the given longer side."""
    width, height = stored
    scale = longest / max(stored)
    return max(round(width * scale), 1), max(round(height * scale), 1)


def _central_square(extent: tuple[float, float]) -> tuple[float, float, float, float]:
    side = min(extent)
    left, upper = (extent[0] - side) / 2, (extent[1] - side) / 2
    return left, upper, left + side, upper + side


def _resized(
    image: Image.Image, target: tuple[int, int], box: tuple[float, float, float, float]
) -> Image.Image:
    if image.size == target and box == (0, 0, *target):
        return image
    return image.resize(target, Image.Resampling.BILINEAR, box, _REDUCING_GAP)


def _array(image: Image.Image, channels: int) -> Pixels:
    """Shape (h, w, channels); grey becomes colour by repetition."""
    if channels == 1:
        return np.array(image)[:, :, None]
    return np.array(image if image.mode == "RGB" else image.convert("RGB"))

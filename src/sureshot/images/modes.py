"""Whatever a decoder gives, as 8-bit grey ("L") or colour ("RGB") on the stated background."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

BACKGROUNDS = {"white": 255, "grey": 128, "black": 0}  # all neutral, so that grey stays grey

_WITH_ALPHA = {
    "1": "LA",
    "L": "LA",
    "LA": "LA",
    "La": "LA",
    "P": "RGBA",
    "PA": "RGBA",
    "RGB": "RGBA",
    "RGBA": "RGBA",
    "RGBa": "RGBA",
}


def flatten(image: Image.Image, background: str) -> Image.Image:
    """A loaded image as "L" where it has no colour, else as "RGB", without transparency."""
    shade = BACKGROUNDS[background]
    if image.mode.startswith("I;16"):
        return _from_16_bits(image, shade)
    if image.mode.endswith(("A", "a")) or "transparency" in image.info:
        return _composite(image.convert(_WITH_ALPHA[image.mode]), shade)
    if image.mode in ("L", "RGB"):
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def framed(image: Image.Image, box: tuple[int, int, int, int], background: str) -> Image.Image:
    """Only the inside of a box of pixels, with the background around it."""
    if box == (0, 0, *image.size):
        return image
    canvas = Image.new(image.mode, image.size, _colour(BACKGROUNDS[background], image.mode))
    canvas.paste(image.crop(box), box)
    return canvas


def pad(image: Image.Image, size: int, background: str) -> Image.Image:
    """The image in the middle of a square of `size` pixels."""
    canvas = Image.new(image.mode, (size, size), _colour(BACKGROUNDS[background], image.mode))
    canvas.paste(image, ((size - image.width) // 2, (size - image.height) // 2))
    return canvas


def _colour(shade: int, mode: str) -> int | tuple[int, int, int]:
    return shade if mode == "L" else (shade, shade, shade)


def _composite(image: Image.Image, shade: int) -> Image.Image:
    """ "LA" or "RGBA" over a neutral shade."""
    plain, alpha = image.convert(image.mode.removesuffix("A")), image.getchannel("A")
    if alpha.getextrema() == (255, 255):
        return plain
    canvas = Image.new(plain.mode, plain.size, _colour(shade, plain.mode))
    canvas.paste(plain, mask=alpha)
    return canvas


def _from_16_bits(image: Image.Image, shade: int) -> Image.Image:
    """By the range of the format, never by that of the image; Pillow itself would clip at 255."""
    bits, inverted = _range(image)
    values = np.asarray(image)
    grey = _table(bits, inverted)[values]
    if "transparency" in image.info:
        grey[values == image.info["transparency"]] = shade
    return Image.fromarray(grey)


def _range(image: Image.Image) -> tuple[int, bool]:
    """Bits a pixel, and whether 0 is white; only TIFF says either, and Pillow heeds neither."""
    tags = getattr(image, "tag_v2", {})
    return tags.get(258, (16,))[0], tags.get(262, 1) == 0


@lru_cache(maxsize=4)
def _table(bits: int, inverted: bool) -> NDArray[np.uint8]:
    """The grey for each 16-bit value, shape (65536,): round(value / 257) for 16 bits."""
    values = np.minimum(np.arange(65536) / (2**bits - 1), 1)
    table: NDArray[np.uint8] = np.round(255 * (1 - values if inverted else values)).astype(np.uint8)
    return table

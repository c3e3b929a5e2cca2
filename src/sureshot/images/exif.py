"""The one thing that EXIF says about pixels: how the camera was held."""

import struct

from PIL import Image

UPRIGHT = 1
_ORIENTATION = 0x0112

# What turns the stored pixels into what a person sees. Source: EXIF 2.32, section 4.6.4 A.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def orientation(block: bytes) -> int:
    """The orientation, 1 to 8, in an EXIF block; upright where it is absent or broken.

    Pillow's own reader is not used: it warns, and fails on blocks whose orientation is sound.
    """
    block = block.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(block[:4])
    if order is None:
        return UPRIGHT
    try:
        return _from_first_directory(block, order)
    except struct.error:  # the block ends early
        return UPRIGHT


def lies_on_its_side(turn: int) -> bool:
    """Whether the stored width is what a person sees as height."""
    return turn >= 5


def upright(image: Image.Image, turn: int) -> Image.Image:
    """The image as a person sees it."""
    return image.transpose(_TURNS[turn]) if turn in _TURNS else image


def _from_first_directory(block: bytes, order: str) -> int:
    (at,) = struct.unpack_from(order + "I", block, 4)
    (entries,) = struct.unpack_from(order + "H", block, at)
    for entry in range(at + 2, at + 2 + 12 * entries, 12):
        tag, _type, _count, value = struct.unpack_from(order + "HHIH", block, entry)
        if tag == _ORIENTATION:
            return int(value) if value in _TURNS else UPRIGHT
    return UPRIGHT

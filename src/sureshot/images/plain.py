"""Images that come without a file of their own: pixels as they are, from arrays and tables.

`Content` is what an image is read as: the bytes of an encoded file, or uint8 pixels, (H, W) or
(H, W, 1) grey, (H, W, 3) red, green, blue.
"""

import hashlib
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

FORMAT = "pixels"  # where a file says "JPEG"

Content = bytes | NDArray[np.uint8]


def mode(pixels: NDArray[np.uint8]) -> str:
    """What Pillow calls plain pixels: "L" or "RGB"."""
    return "RGB" if pixels.ndim == 3 and pixels.shape[2] == 3 else "L"


def picture(pixels: NDArray[np.uint8]) -> Image.Image:
    """Plain pixels as an image, "L" or "RGB"."""
    assert pixels.dtype == np.uint8, pixels.dtype
    grey = pixels.ndim == 3 and pixels.shape[2] == 1
    return Image.fromarray(np.ascontiguousarray(pixels[:, :, 0] if grey else pixels))


def digest(content: Content) -> str:
    """SHA-256 of a file's bytes; of plain pixels, with their shape before them."""
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    shape = "×".join(map(str, content.shape))
    return hashlib.sha256(shape.encode() + np.ascontiguousarray(content).tobytes()).hexdigest()


def encoded(content: Content) -> bytes:
    """The bytes of an image file: those that there are, or plain pixels as PNG."""
    if isinstance(content, bytes):
        return content
    out = BytesIO()
    picture(content).save(out, "PNG")
    return out.getvalue()

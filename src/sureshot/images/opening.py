"""Open an image file without allocating a pixel: type, limits, header.

Pillow's decoders are called by name on the pared bytes. `Image.open` would guess the format, set
its own limits and warn; here the format is known and the limits are ours.
"""

import logging
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Protocol

from PIL import Image
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from sureshot.images import exif, formats, gif, jpeg, pared, plain, png, webp
from sureshot.images.plain import Content
from sureshot.images.reasons import unreadable

MAX_SIDE = 32_768  # pixels; assumption: longer is a strip chart or an attack, not a photograph

# A run-length BMP is decoded in Python. Measured: 4 megapixels or 4 MB take up to 0.9 s.
_MAX_RUN_LENGTH = 4_000_000

_DECODERS: dict[str, type[ImageFile]] = {
    "AVIF": AvifImageFile,
    "BMP": BmpImageFile,
    "GIF": GifImageFile,
    "JPEG": JpegImageFile,
    "PNG": PngImageFile,
    "TIFF": TiffImageFile,
    "WebP": WebPImageFile,
}
_SIZE = {"GIF": gif.size, "PNG": png.size, "WebP": webp.size}
_PARE = {"GIF": gif.pare, "JPEG": jpeg.pare, "PNG": png.pare, "WebP": webp.pare}

# What Pillow raises on hostile bytes: its own OSS-Fuzz list, and RuntimeError, which AVIF raised in
# our fuzzing. Nothing wider, so that a mistake of ours is never taken for a damaged image.
_FAULTS = (
    OSError,
    SyntaxError,
    ValueError,
    RuntimeError,  # with NotImplementedError
    OverflowError,
    EOFError,
    struct.error,
    zlib.error,
)

_RARE = ("unsupported", "unknown pixel mode", "not implemented")  # in Pillow's messages
_TALKATIVE = frozenset({"TIFF", "AVIF"})  # their decoders read metadata, and warn about it
_QUIET = threading.Lock()


class Settings(Protocol):
    """The part of `recipe.Preprocessing` and `recipe.ImageSettings` that decoding needs."""

    @property
    def max_megapixels(self) -> int: ...  # noqa: D102
    @property
    def background(self) -> str: ...  # noqa: D102
    @property
    def also(self) -> tuple[str, ...]: ...  # noqa: D102


@dataclass(frozen=True)
class Header:
    """What a file says of its image, as a person sees it: orientation is applied."""

    width: int  # pixels
    height: int
    mode: str  # Pillow's name of the stored pixels: "RGB", "L", "P", "CMYK", "I;16" …
    format: str  # "JPEG", "PNG", "WebP", "BMP", "GIF", "TIFF" or "AVIF"; "pixels" without a file


@dataclass(frozen=True, eq=False)
class Opened:
    """An image whose header was read and found within the limits; its pixels are still coded."""

    image: Image.Image
    format: str
    orientation: int
    data: bytes


def header(data: Content, settings: Settings) -> Header:
    """Size, mode and format of an image, without decoding it.

    Raises UnreadableImage: not_an_image, format_not_allowed, truncated, damaged, no_pixels,
    too_many_pixels, side_too_long, too_complex, unsupported, pixel_mode.
    """
    if not isinstance(data, bytes):
        height, width = data.shape[:2]
        _require_within((width, height), settings.max_megapixels)
        return Header(width, height, plain.mode(data), plain.FORMAT)
    opened = open_image(data, settings)
    width, height = opened.image.size
    if exif.lies_on_its_side(opened.orientation):
        width, height = height, width
    return Header(width, height, opened.image.mode, opened.format)


def open_image(data: Content, settings: Settings) -> Opened:
    """An image with its limits checked and its pixels not yet decoded; raises as `header`."""
    if not isinstance(data, bytes):
        image = plain.picture(data)
        _require_within(image.size, settings.max_megapixels)
        return Opened(image, plain.FORMAT, 1, b"")
    name = formats.require_allowed(data, settings.also)
    if name in _SIZE:
        _require_within(_SIZE[name](data), settings.max_megapixels)
    reduced = _PARE[name](data) if name in _PARE else pared.Pared(data)
    with named_errors(name):
        file = _DECODERS[name](BytesIO(reduced.content))
    _require_within(file.size, settings.max_megapixels)
    _require_decodable(file, name, len(data))
    turn = exif.orientation(file.info.get("exif", b"")) if name in ("AVIF", "WebP") else None
    return Opened(file, name, turn or reduced.orientation, data)


@contextmanager
def named_errors(name: str) -> Iterator[None]:
    """Turn what a decoder raises into UnreadableImage, and let it print nothing."""
    try:
        with _quiet(name):
            yield
    except MemoryError as error:
        raise unreadable(
            "out_of_memory",
            f"the pixels of this {name} do not fit into memory; free some, or make it smaller",
        ) from error
    except Image.DecompressionBombError as error:  # Pillow's own limit, where ours was raised
        raise unreadable(
            "too_many_pixels", f"the {name} decoder refuses so many pixels; make it smaller"
        ) from error
    except _FAULTS as error:
        words = str(error).lower()
        if "truncated" in words:
            raise pared.truncated(name) from error
        if any(hint in words for hint in _RARE):
            raise pared.unsupported(name, "is too rare") from error
        raise pared.damaged(name) from error


@contextmanager
def _quiet(name: str) -> Iterator[None]:
    """Silence the talkative decoders, one at a time: Python's warnings belong to all threads."""
    if name not in _TALKATIVE:
        yield
        return
    log = logging.getLogger("PIL.TiffImagePlugin")
    with _QUIET, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before, log.disabled = log.disabled, True
        try:
            yield
        finally:
            log.disabled = before


def _require_within(size: tuple[int, int], max_megapixels: int) -> None:
    width, height = size
    if width <= 0 or height <= 0:
        raise pared.no_pixels(width, height)
    if width * height > max_megapixels * 1_000_000:
        raise unreadable(
            "too_many_pixels",
            f"the image must have at most {max_megapixels} megapixels, got {width:,} × {height:,} "
            f"= {width * height / 1e6:,.1f}; make it smaller or raise image.max_megapixels",
        )
    if max(width, height) > MAX_SIDE:
        raise unreadable(
            "side_too_long",
            f"no side may be longer than {MAX_SIDE:,} pixels, got {width:,} × {height:,}; "
            "cut it into pieces or make it smaller",
        )


def _require_decodable(image: ImageFile, name: str, length: int) -> None:
    """Refuse numbers without a range, and pixels that Pillow would take minutes or lies for."""
    signed = name == "TIFF" and set(image.tag_v2.get(339, ())) & {2, 3}  # type: ignore[attr-defined]
    if image.mode in ("I", "F") or signed:
        raise unreadable(
            "pixel_mode",
            "the pixels must be whole numbers of at most 16 bits without a sign, got mode "
            f"{image.mode!r}, which has no stated black and white; save it with 8 or 16 bits",
        )
    run_length = name == "BMP" and image.info.get("compression") in (1, 2)
    if run_length and max(image.width * image.height, length) > _MAX_RUN_LENGTH:
        raise pared.too_complex("BMP", "is run-length coded and above 4 megapixels or 4 MB")

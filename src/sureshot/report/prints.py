"""Small pictures out of prepared pixels, as few bytes as they need."""

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sureshot.figures import Picture
from sureshot.figures.words import visible
from sureshot.recipe import Preprocessing
from sureshot.records import Index
from sureshot.report.markup import Html, tag
from sureshot.report.plates import photograph

LONGEST = 96  # pixels of a print: sharp enough at the 88 it is shown at, some 3 kB
_COARSE = 64  # pixels; smaller pictures are shown with their pixels as squares
_SMOOTH = 48  # pixels of a picture on a sheet; smaller ones are shown with their pixels, too
_QUALITY = 78  # of JPEG; assumed to be good enough at this size
_NARROWEST, _WIDEST = 0.5, 2.0  # aspects; what is beyond is shown at this one


def small_print(
    pixels: NDArray[np.uint8], alt: str, aspect: float = 1.0, title: str | None = None
) -> Html:
    """Pixels (h, w, C) as an image; `aspect` is the width : height at which it is shown."""
    height, width = pixels.shape[:2]
    told = None if title is None else visible(title)
    return tag(
        "img",
        src=_data(_picture(pixels, LONGEST)),
        alt=visible(alt),
        width=width,
        height=height,
        title=told,
        class_="print coarse" if max(width, height) <= _COARSE else "print",
        style=f"--aspect:{float(np.clip(aspect, _NARROWEST, _WIDEST)):.3g}",
    )


def shown_picture(picture: Picture, alt: str) -> Html:
    """A small version of a file in its square; few pixels as squares instead of a blur."""
    if picture is None or max(picture.shape) > _COARSE:
        return photograph(picture, alt)
    return tag("div", small_print(picture, alt), class_="photo")


def sheet_of(pictures: NDArray[np.uint8], across: int) -> Html:
    """Pictures (M, T, T, C) on one sheet, `across` in a row."""
    m, side, _, channels = pictures.shape
    down = -(-m // across)
    sheet = np.zeros((down * across, side, side, channels), np.uint8)
    sheet[:m] = pictures
    grid = sheet.reshape(down, across, side, side, channels).swapaxes(1, 2)
    flat = grid.reshape(down * side, across * side, channels)
    source = _data(_picture(flat, max(flat.shape)))
    kind = "coarse" if side < _SMOOTH else None
    return tag("img", src=source, alt="", width=across * side, height=down * side, class_=kind)


def shown_aspect(index: Index, row: int, settings: Preprocessing) -> float:
    """The aspect at which prepared pixels look like the image again."""
    if settings.fit != "squash" or not index.height[row]:
        return 1.0
    return float(index.width[row] / index.height[row])


def _picture(pixels: NDArray[np.uint8], longest: int) -> Image.Image:
    picture = Image.fromarray(pixels if pixels.shape[2] == 3 else pixels[:, :, 0])
    if max(picture.size) > longest:
        picture.thumbnail((longest, longest), Image.Resampling.BOX)
    return picture


def _data(picture: Image.Image) -> str:
    """A data URI: PNG or JPEG, whichever has fewer bytes."""
    jpeg, png = io.BytesIO(), io.BytesIO()
    picture.save(jpeg, "jpeg", quality=_QUALITY, optimize=True)
    kind, content = "jpeg", jpeg.getvalue()
    if max(picture.size) <= _COARSE:
        picture.save(png, "png", optimize=True)
        if len(png.getvalue()) < len(content):
            kind, content = "png", png.getvalue()
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"

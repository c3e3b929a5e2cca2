"""The images that a bundle carries as proof: real ones, made-up ones, or none."""

import hashlib
import io
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from PIL import Image

from sureshot.bundle.about import ReferenceKind
from sureshot.containers import indexed
from sureshot.errors import UsageError
from sureshot.images import encoded, formats, thumbnail
from sureshot.recipe import Preprocessing
from sureshot.records import Index
from sureshot.seeds import generator

COUNT = 16
LARGEST = 200_000  # bytes; a larger file is carried as a smaller picture of itself
MEGAPIXELS = 4  # likewise; assumed: few small files are larger, and 64 decode within seconds
LONGEST = 512  # pixels of that smaller picture
ENDINGS = {
    "JPEG": "jpg",
    "PNG": "png",
    "WebP": "webp",
    "BMP": "bmp",
    "GIF": "gif",
    "TIFF": "tif",
    "AVIF": "avif",
}


def gather(index: Index, settings: Preprocessing, kind: ReferenceKind) -> list[bytes]:
    """Up to 16 encoded images for a bundle to carry, the same for the same data.

    Raises DataError where a file of the index is gone or was changed.
    """
    if kind not in _GATHERED:
        raise UsageError(f"references must be one of {', '.join(_GATHERED)}, got {kind!r}")
    return _GATHERED[kind](index, settings)


def ending(content: bytes) -> str:
    """The file ending that fits an encoded image: "jpg", "png" …"""
    return ENDINGS[str(formats.kind(content))]


def _from_index(index: Index, settings: Preprocessing) -> list[bytes]:
    """Validation images, or training images where there are none, every class in turn."""
    rows = index.rows("validation")
    rows = rows if len(rows) else index.rows("train")
    order = sorted(rows, key=lambda row: _place(index, row))
    turn = _turns([int(index.label[row]) for row in order])
    chosen = sorted(zip(turn, range(len(order)), strict=True))[:COUNT]
    return [_bytes(index, int(order[i]), settings) for _, i in chosen]


def _synthetic(settings: Preprocessing) -> list[bytes]:
    """Made-up pictures, coarse noise as PNG, where the real ones are private."""
    encoded = []
    for number in range(COUNT):
        noise = generator("reference", number).integers(0, 256, (6, 6, 3), np.uint8)
        side = max(settings.size, 32)
        picture = Image.fromarray(noise).resize((side, side), Image.Resampling.BICUBIC)
        encoded.append(_encode(picture, "PNG"))
    return encoded


_GATHERED: Mapping[str, Callable[[Index, Preprocessing], list[bytes]]] = {
    "images": _from_index,
    "synthetic": lambda _, settings: _synthetic(settings),
    "none": lambda *_: [],
}


def _place(index: Index, row: int) -> str:
    return hashlib.sha256(f"reference/{index.sha256[row]}".encode()).hexdigest()


def _turns(labels: Sequence[int]) -> list[int]:
    """For each item, how many of its class came before it."""
    seen: dict[int, int] = {}
    turns = []
    for label in labels:
        turns.append(seen.get(label, 0))
        seen[label] = turns[-1] + 1
    return turns


def _bytes(index: Index, row: int, settings: Preprocessing) -> bytes:
    content = encoded(indexed(index, row, settings.max_megabytes))
    pixels = int(index.width[row]) * int(index.height[row])
    if len(content) <= LARGEST and pixels <= MEGAPIXELS * 1_000_000:
        return content
    return _encode(Image.fromarray(thumbnail(content, settings, LONGEST)), "JPEG", quality=90)


def _encode(picture: Image.Image, form: str, **options: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()

"""The images that a bundle carries as proof: real ones, made-up ones, or none."""

import hashlib
import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from sureshot.images import read_file, thumbnail
from sureshot.recipe import Preprocessing
from sureshot.records import Index
from sureshot.seeds import generator

COUNT = 16
LARGEST = 200_000  # bytes; a larger file is carried as a smaller picture of itself
LONGEST = 512  # pixels of that smaller picture
ENDINGS = {
    "JPEG": "jpg",
    "PNG": "png",
    "WEBP": "webp",
    "BMP": "bmp",
    "GIF": "gif",
    "TIFF": "tif",
    "AVIF": "avif",
}


def from_index(index: Index, settings: Preprocessing) -> list[bytes]:
    """Up to 16 encoded validation images, every class in turn, the same for the same data."""
    rows = index.rows("validation")
    order = sorted(rows, key=lambda row: _place(index, row))
    turn = _turns([int(index.label[row]) for row in order])
    chosen = sorted(zip(turn, range(len(order)), strict=True))[:COUNT]
    return [_bytes(index, int(order[i]), settings) for _, i in chosen]


def synthetic(settings: Preprocessing) -> list[bytes]:
    """16 made-up pictures, coarse noise as PNG, where the real ones are private."""
    encoded = []
    for number in range(COUNT):
        noise = generator("reference", number).integers(0, 256, (6, 6, 3), np.uint8)
        side = max(settings.size, 32)
        picture = Image.fromarray(noise).resize((side, side), Image.Resampling.BICUBIC)
        encoded.append(_encode(picture, "PNG"))
    return encoded


def ending(content: bytes) -> str:
    """The file ending that fits some encoded bytes: "jpg", "png" …"""
    with Image.open(io.BytesIO(content), formats=tuple(ENDINGS)) as image:
        return ENDINGS[str(image.format)]


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
    content = read_file(index.path(row), settings.max_megabytes)
    if len(content) <= LARGEST:
        return content
    return _encode(Image.fromarray(thumbnail(content, settings, LONGEST)), "JPEG", quality=90)


def _encode(picture: Image.Image, form: str, **options: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()

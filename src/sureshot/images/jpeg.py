"""JPEG: the tables, the frame and the scans, without the application segments.

Source: ITU-T T.81, annex B, https://www.w3.org/Graphics/JPEG/itu-t81.pdf.
"""

import re

from sureshot.images import exif
from sureshot.images.pared import (
    MAX_PARTS,
    Pared,
    damaged,
    no_pixels,
    too_complex,
    truncated,
    unsupported,
)

_START = b"\xff\xd8"
_SCAN, _EXIF = 0xDA, 0xE1
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_DECODABLE = frozenset({0xC0, 0xC1, 0xC2, 0xC9, 0xCA})  # the others are lossless or hierarchical
# Frames, Huffman (C4) and arithmetic (CC) tables, quantisation (DB), lines (DC), restarts (DD);
# JFIF (E0) and Adobe (EE) say which colours the components mean.
_DECIDES_PIXELS = _FRAMES | {0xC4, 0xCC, 0xDB, 0xDC, 0xDD, 0xE0, 0xEE}
_ALONE = frozenset({0x00, 0x01, *range(0xD0, 0xDA)})  # markers without a segment
_MARKER = re.compile(rb"\xff([^\xff])", re.DOTALL)  # behind any number of padding FFs

# Measured: an empty scan takes 0.6 ms a megapixel (Pillow 13, one core), so that 100 scans of 64
# megapixels take 4 s. Pillow's own progressive files have 10; the limit is an assumption.
MAX_SCANS = 100


def pare(data: bytes) -> Pared:
    """All that decides pixels, and the orientation.

    UnreadableImage: truncated, damaged, unsupported, too_complex.
    """
    parts, turn, at = [_START], exif.UPRIGHT, len(_START)
    for _ in range(MAX_PARTS):
        found = _MARKER.search(data, at)
        if found is None:
            raise truncated("JPEG")
        marker, body = found[1][0], found.end()
        if marker in _ALONE:
            at = body
            continue
        at = body + int.from_bytes(data[body : body + 2])
        if at > len(data) or body + 2 > len(data):
            raise truncated("JPEG")
        if at < body + 2:
            raise damaged("JPEG")
        if marker == _SCAN:
            _require_few_scans(data, body)
            return Pared(b"".join([*parts, data[body - 2 :]]), turn)
        if marker in _FRAMES:
            _require_decodable(marker, data[body:at])
        if marker == _EXIF and turn == exif.UPRIGHT:
            turn = exif.orientation(data[body + 2 : at])
        if marker in _DECIDES_PIXELS:
            parts.append(data[body - 2 : at])
    raise too_complex("JPEG", f"has more than {MAX_PARTS:,} segments before its first scan")


def _require_decodable(marker: int, frame: bytes) -> None:
    if marker not in _DECODABLE:
        raise unsupported("JPEG", "is lossless or hierarchical")
    if len(frame) < 8:
        raise damaged("JPEG")
    if frame[2] != 8:
        raise unsupported("JPEG", f"has {frame[2]} bits a sample instead of 8")
    height, width = int.from_bytes(frame[3:5]), int.from_bytes(frame[5:7])
    if not (height and width):
        raise no_pixels(width, height)
    if frame[7] not in (1, 3, 4):
        raise unsupported("JPEG", f"has {frame[7]} components instead of 1, 3 or 4")


def _require_few_scans(data: bytes, first: int) -> None:
    """In entropy-coded data an FF is never followed by DA or D9, so that they can be counted."""
    end = data.find(b"\xff\xd9", first)
    scans = 1 + data.count(b"\xff\xda", first, end if end >= 0 else len(data))
    if scans > MAX_SCANS:
        raise too_complex("JPEG", f"has {scans:,} scans, and at most {MAX_SCANS} are decoded")

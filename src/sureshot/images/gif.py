"""GIF: the first frame of what may be an animation of thousands.

Source: https://www.w3.org/Graphics/GIF/spec-gif89a.txt.
"""

import struct
from dataclasses import dataclass

from sureshot.images.pared import Pared, damaged, too_complex, truncated

_EXTENSION, _FRAME, _CONTROL = 0x21, 0x2C, 0xF9
_MAX_LEAD = 1_000_000  # bytes before the first frame; assumption: no profile or note is that long
_DISPOSAL = 0b00011100  # bits that matter to the next frame alone, and make Pillow allocate


@dataclass(frozen=True)
class _First:
    """Where the first frame begins, its extent, and the control block that belongs to it."""

    at: int
    box: tuple[int, int, int, int]  # left, upper, right, lower
    control: bytes


def size(data: bytes) -> tuple[int, int]:
    """Width and height of the canvas, which the first frame may widen."""
    if len(data) < 13:
        raise truncated("GIF")
    width, height = struct.unpack_from("<HH", data, 6)
    _, _, right, lower = _first_frame(data).box
    return max(width, right), max(height, lower)


def frame_box(data: bytes) -> tuple[int, int, int, int]:
    """Left, upper, right and lower edge of the first frame on the canvas."""
    return _first_frame(data).box


def pare(data: bytes) -> Pared:
    """Canvas, palette and the data from the first frame on; UnreadableImage: truncated …"""
    first = _first_frame(data)
    canvas = struct.pack("<HH", *size(data))  # fits: longer sides were refused before
    head = data[:6] + canvas + data[10 : _blocks_at(data)]
    return Pared(head + first.control + data[first.at :])


def _blocks_at(data: bytes) -> int:
    flags = data[10]
    return 13 + (3 << ((flags & 7) + 1) if flags & 0x80 else 0)


def _first_frame(data: bytes) -> _First:
    at, control = _blocks_at(data), b""
    while at < _MAX_LEAD:
        head = data[at : at + 10]
        if head[:1] == b"\0":  # stray, and forgiven by everyone
            at += 1
            continue
        if len(head) < 10:
            raise truncated("GIF")
        if head[0] == _FRAME:
            left, upper, width, height = struct.unpack_from("<HHHH", head, 1)
            return _First(at, (left, upper, left + width, upper + height), control)
        if head[0] != _EXTENSION:
            raise damaged("GIF")
        if head[1] == _CONTROL and head[2] == 4:
            control = head[:3] + bytes([head[3] & ~_DISPOSAL]) + head[4:7] + b"\0"
        at = _after_blocks(data, at + 2)
    raise too_complex("GIF", f"has more than {_MAX_LEAD:,} bytes before its first frame")


def _after_blocks(data: bytes, at: int) -> int:
    """Just behind a chain of sub-blocks, each one byte of length and that many bytes."""
    while at < min(len(data), _MAX_LEAD):
        length = data[at]
        at += 1 + length
        if length == 0:
            return at
    return at

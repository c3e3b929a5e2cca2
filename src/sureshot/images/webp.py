"""WebP: the canvas size, which Pillow's decoder would allocate before telling it.

Source: RFC 9649.
"""

from sureshot.images.pared import Pared, damaged, truncated


def size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels; UnreadableImage: truncated, damaged."""
    if len(data) < 30:
        raise truncated("WebP")
    first = data[12:16]
    if first == b"VP8X":
        return _int(data[24:27]) + 1, _int(data[27:30]) + 1
    if first == b"VP8L" and data[20] == 0x2F:
        bits = _int(data[21:25])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if first == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        return _int(data[26:28]) & 0x3FFF, _int(data[28:30]) & 0x3FFF
    raise damaged("WebP")


def pare(data: bytes) -> Pared:
    """The file without what trails it; Pillow does not parse its metadata."""
    end = 8 + _int(data[4:8])
    if end > len(data):
        raise truncated("WebP")
    return Pared(data[:end])


def _int(field: bytes) -> int:
    return int.from_bytes(field, "little")

"""PNG: checksums of all chunks that matter, and colour keys in the depth that Pillow decodes to.

Source: the PNG specification, third edition, https://www.w3.org/TR/png-3/.
"""

import struct
import zlib
from collections.abc import Iterator

from sureshot.images import exif
from sureshot.images.pared import MAX_PARTS, Pared, damaged, too_complex, truncated, unsupported

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_DECIDES_PIXELS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_GREY, _COLOUR, _PALETTE = 0, 2, 3  # colour types; the first two may have a colour key


def size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels; UnreadableImage: truncated, damaged, unsupported."""
    if len(data) < 33:
        raise truncated("PNG")
    if data[12:16] == b"CgBI":
        raise unsupported("PNG", "was rewritten for an iPhone")
    if data[8:16] != b"\0\0\0\x0dIHDR":
        raise damaged("PNG")
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


def pare(data: bytes) -> Pared:
    """Header, palette, colour key and pixels, every checksum verified.

    Pillow verifies no checksum of pixel data. UnreadableImage: truncated, damaged, too_complex.
    """
    parts, turn, seen = [_SIGNATURE], exif.UPRIGHT, set()
    for name, start, end in _chunks(data):
        if name == b"eXIf":
            turn = exif.orientation(data[start:end])
        if name not in _DECIDES_PIXELS:
            continue
        seen.add(name)
        if zlib.crc32(memoryview(data)[start - 4 : end]) != int.from_bytes(data[end : end + 4]):
            raise damaged("PNG")
        if name == b"tRNS":
            parts.append(_chunk(name, _key(data[start:end], depth=data[24], colours=data[25])))
        else:
            parts.append(data[start - 8 : end + 4])
    if data[25] == _PALETTE and b"PLTE" not in seen:  # Pillow would make up greys
        raise damaged("PNG")
    return Pared(b"".join(parts), turn)


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """(name, start, end) of each chunk's body, through IEND."""
    at = len(_SIGNATURE)
    for _ in range(MAX_PARTS):
        start = at + 8
        end = start + int.from_bytes(data[at : at + 4])
        if end + 4 > len(data):
            raise truncated("PNG")
        name = data[at + 4 : start]
        yield name, start, end
        if name == b"IEND":
            return
        at = end + 4
    raise too_complex("PNG", f"has more than {MAX_PARTS:,} chunks")


def _chunk(name: bytes, body: bytes) -> bytes:
    checksum = zlib.crc32(name + body).to_bytes(4, "big")
    return len(body).to_bytes(4, "big") + name + body + checksum


def _key(body: bytes, depth: int, colours: int) -> bytes:
    """The transparent colour as Pillow's pixels will have it.

    Pillow stretches 2 and 4 bits to 8 and cuts colours of 16 bits to 8, and forgets to do the same
    to the key, which then matches nothing or the wrong pixels.
    """
    samples = {_GREY: 1, _COLOUR: 3}.get(colours)
    if samples is None:
        return body
    if len(body) < 2 * samples:
        raise damaged("PNG")
    values = struct.unpack_from(f">{samples}H", body)
    if depth in (2, 4):
        values = tuple(min(value * 255 // (2**depth - 1), 255) for value in values)
    elif depth == 16 and colours == _COLOUR:
        values = tuple(value >> 8 for value in values)
    return struct.pack(f">{samples}H", *values)

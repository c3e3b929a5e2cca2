"""Image files that are broken, and image files that are odd but good; made here, no binary blobs.

broken(folder)   writes files that must be refused  → {name: the reason code}
settings(…)      a preprocessing to read them with
odd(folder)      writes files that must be read     → {name: Expected pixels at original size}
opt_in(folder)   the same for TIFF and AVIF, which `image.also` must admit → (broken, odd)
snapshot(folder) {name: SHA-256} of the regular files, to show that nothing was changed

The expected pixels are computed from first principles with NumPy, never with Pillow's own
conversions, on a white background. One big file, because it is one list.
"""

import hashlib
import os
import struct
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sureshot.recipe import Preprocessing

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Expected:
    """The pixels (h, w) or (h, w, 3) that a file must give, and by how much each may be off."""

    pixels: Pixels
    within: int = 0

    def check(self, got: NDArray[Any]) -> None:
        assert got.shape == self.pixels.shape
        off = np.abs(got.astype(int) - self.pixels.astype(int)).max()
        assert off <= self.within, f"off by {off}, allowed {self.within}"


def settings(**changes: Any) -> Preprocessing:
    """A preprocessing to 32 × 32 × 3, with the limits of a recipe that says nothing."""
    chosen = {
        "size": 32,
        "channels": 3,
        "fit": "squash",
        "background": "white",
        "also": (),
        "max_megapixels": 64,
        "max_megabytes": 32,
    }
    return Preprocessing(**(chosen | changes))


# --- building blocks ------------------------------------------------------------------------------


def smooth(height: int = 48, width: int = 64) -> Pixels:
    """A picture without symmetry and without sharp edges, shape (height, width, 3)."""
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    planes = [40 + 180 * x, 60 + 150 * y, 200 - 120 * x * y]
    return np.stack(planes, axis=2).round().astype(np.uint8)


def noisy(height: int = 96, width: int = 96, channels: int = 3) -> Pixels:
    """A picture that no encoder can make small."""
    return np.random.default_rng(111).integers(0, 256, (height, width, channels), np.uint8)


def encode(pixels: NDArray[Any], kind: str, mode: str | None = None, **options: Any) -> bytes:
    """An array as the bytes of an image file, by Pillow."""
    image = Image.fromarray(pixels)
    buffer = BytesIO()
    (image.convert(mode) if mode else image).save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(name: bytes, body: bytes = b"") -> bytes:
    """One PNG chunk with its checksum."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(
    size: tuple[int, int], depth: int, colours: int, rows: list[bytes], extra: bytes = b""
) -> bytes:
    """A PNG of any kind that the specification knows; `rows` are packed pixels."""
    header = struct.pack(">IIBBBBB", *size, depth, colours, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + row for row in rows))
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra
    return start + chunk(b"IDAT", body) + chunk(b"IEND")


def png_header(width: int, height: int) -> bytes:
    """A PNG that promises a size and holds three bytes of pixels."""
    return png((width, height), 8, 2, [b"abc"])


def exif(orientation: int, order: str = ">") -> bytes:
    """An EXIF block that says nothing but how the camera was held."""
    magic = b"MM\0*" if order == ">" else b"II*\0"
    entry = struct.pack(order + "HHHIH", 1, 0x0112, 3, 1, orientation)
    return magic + struct.pack(order + "I", 8) + entry + b"\0" * 6


def turned(pixels: Pixels, orientation: int) -> Pixels:
    """What must be stored so that a person sees `pixels`."""
    undo = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.swapaxes(0, 1),
        6: lambda a: np.rot90(a, 1),
        7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
        8: lambda a: np.rot90(a, -1),
    }
    return np.ascontiguousarray(undo[orientation](pixels))


def over_white(colour: NDArray[Any], alpha: NDArray[Any]) -> Pixels:
    share = alpha.astype(float) / 255
    share = share[..., None] if colour.ndim == 3 else share
    return np.floor(colour * share + 255 * (1 - share) + 0.5).astype(np.uint8)


def jpeg_segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def after_start(jpeg: bytes, segment: bytes) -> bytes:
    return jpeg[:2] + segment + jpeg[2:]


def patched(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


def _write(folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)


def snapshot(folder: Path) -> dict[str, str]:
    """The SHA-256 of every regular file, links and pipes left out."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
        if path.is_file() and not path.is_symlink()
    }


# --- broken ---------------------------------------------------------------------------------------


def broken(folder: Path) -> dict[str, str]:
    """Write files and other things that are no readable image; {name: reason code}."""
    folder.mkdir(parents=True, exist_ok=True)
    codes: dict[str, str] = {}
    groups = [
        _cut_short(),
        _wrong_type(),
        _too_big(),
        _broken_png(),
        _broken_jpeg(),
        _broken_rest(),
    ]
    for group in groups:
        for name, (code, content) in group.items():
            _write(folder, name, content)
            codes[name] = code
    return codes | _no_files(folder)


Files = dict[str, tuple[str, bytes]]


def _cut_short() -> Files:
    files: Files = {
        "empty.jpg": ("empty", b""),
        "one-byte.png": ("not_an_image", b"\x89"),
        "jpeg-magic-only.jpg": ("truncated", b"\xff\xd8\xff"),
        "png-magic-only.png": ("truncated", b"\x89PNG\r\n\x1a\n"),
        "png-header-only.png": ("truncated", png_header(8, 8)[:33]),
        "gif-magic-only.gif": ("truncated", b"GIF89a"),
    }
    picture = noisy()
    whole = {
        "jpg": encode(picture, "JPEG", quality=95),
        "png": encode(picture, "PNG"),
        "webp": encode(picture, "WEBP", quality=95),
        "gif": encode(picture[..., 0], "GIF"),
        "bmp": encode(picture, "BMP"),
    }
    for extension, content in whole.items():
        for percent in (1, 10, 50, 90, 99):
            files[f"cut-at-{percent}.{extension}"] = (
                "truncated",
                content[: len(content) * percent // 100],
            )
    progressive = encode(picture, "JPEG", quality=95, progressive=True)
    files["cut-progressive.jpg"] = ("truncated", progressive[: len(progressive) // 2])
    files["no-end-marker.jpg"] = ("truncated", whole["jpg"][:-2])
    files["no-iend.png"] = ("truncated", whole["png"][:-12])
    return files


def _wrong_type() -> Files:
    tiff = encode(smooth(), "TIFF")
    avif = encode(smooth(), "AVIF")
    contents = {
        "web-page.jpg": b"<!DOCTYPE html>\n<html><body>404 Not Found</body></html>",
        "answer.jpg": b'{"error": "not found"}',
        "pointer.png": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
        "apple-double.jpg": b"\0\5\x16\7\0\2\0\0Mac OS X        " + bytes(64),
        "thumbs-db.jpg": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504),
        "svg.png": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
        "pdf.png": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
        "eps.png": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n",
        "psd.png": b"8BPS\0\1" + bytes(64),
        "fits.png": b"SIMPLE  =                    T".ljust(2880),
        "ico.png": encode(noisy(16, 16), "ICO"),
        "heic.jpg": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64),
        "jxl.jpg": b"\xff\x0a" + bytes(64),
        "jp2.jpg": b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(64),
        "zip.png": b"PK\3\4" + bytes(64),
        "gzip.png": b"\x1f\x8b\x08" + bytes(64),
        "movie.gif": b"\0\0\0\x18ftypmp42\0\0\0\0isommp42" + bytes(64),
        "dicom.jpg": bytes(128) + b"DICM" + bytes(64),
        "tiff.png": tiff,
        "avif.jpg": avif,
    }
    files = {name: ("format_not_allowed", content) for name, content in contents.items()}
    files["zeros.jpg"] = ("not_an_image", bytes(4096))
    files["random.png"] = ("not_an_image", b"\x07" + noisy(16, 16).tobytes())
    files["notes.jpg"] = ("not_an_image", b"BMW prices went up again\n")
    return files


def _too_big() -> Files:
    gif = encode(smooth(8, 8)[..., 0], "GIF")
    frame = gif.index(b",", 13 + (3 << ((gif[10] & 7) + 1) if gif[10] & 128 else 13))
    webp = b"RIFF" + struct.pack("<I", 22 + 40) + b"WEBPVP8X" + struct.pack("<I", 10)
    webp += bytes(4) + b"\xfe\x3f\0" * 2 + bytes(40)
    jpeg = encode(smooth(8, 8), "JPEG")
    at = jpeg.index(b"\xff\xc0") + 5
    bmp = encode(smooth(8, 8), "BMP")
    run_length = patched(encode(smooth(8, 8)[..., 0], "BMP"), 30, struct.pack("<I", 1))
    return {
        "bomb-2500-megapixels.png": ("too_many_pixels", png_header(50_000, 50_000)),
        "bomb-169-megapixels.png": ("too_many_pixels", png_header(13_000, 13_000)),
        "bomb-66-megapixels.png": ("too_many_pixels", png_header(8_125, 8_125)),
        "bomb.jpg": ("too_many_pixels", patched(jpeg, at, b"\xff\xff\xff\xff")),
        "bomb.gif": ("too_many_pixels", patched(gif, 6, b"\xff\xff\xff\xff")),
        "bomb-in-frame.gif": ("too_many_pixels", patched(gif, frame + 5, b"\xff\xff\xff\xff")),
        "bomb.webp": ("too_many_pixels", webp),
        "bomb.bmp": ("too_many_pixels", patched(bmp, 18, struct.pack("<ii", 40_000, 40_000))),
        "long-side.png": ("side_too_long", png_header(1, 60_000)),
        "long-side.jpg": ("side_too_long", patched(jpeg, at, struct.pack(">HH", 40_000, 8))),
        "long-side.bmp": ("side_too_long", patched(bmp, 18, struct.pack("<ii", 40_000, 8))),
        "run-length-bomb.bmp": (
            "too_complex",
            patched(run_length, 18, struct.pack("<ii", 8_000, 7_000)),
        ),
    }


def _broken_png() -> Files:
    good = png((8, 8), 8, 0, [bytes(range(8))] * 8)
    signature, idat = good[:8], good.index(b"IDAT")
    header = good[8:33]
    pixels = zlib.compress((b"\0" + bytes(range(8))) * 8)

    def made(*parts: bytes) -> bytes:
        return signature + b"".join(parts) + chunk(b"IEND")

    odd_header = struct.pack(">IIBBBBB", 8, 8, 8, 5, 0, 0, 0)
    palette_header = struct.pack(">IIBBBBB", 8, 8, 8, 3, 0, 0, 0)
    return {
        "header-checksum.png": ("damaged", patched(good, 29, bytes([good[29] ^ 1]))),
        "pixel-checksum.png": ("damaged", patched(good, len(good) - 14, b"\0\0")),
        "flipped-pixel-bit.png": ("damaged", patched(good, idat + 9, bytes([good[idat + 9] ^ 8]))),
        "no-width.png": ("no_pixels", png_header(0, 0)),
        "no-height.png": ("no_pixels", png_header(5, 0)),
        "no-pixels.png": ("damaged", made(header)),
        "garbage-pixels.png": ("damaged", made(header, chunk(b"IDAT", b"these are no pixels"))),
        "half-the-pixels.png": ("truncated", made(header, chunk(b"IDAT", pixels[:-8]))),
        "colour-type-5.png": (
            "damaged",
            made(chunk(b"IHDR", odd_header), chunk(b"IDAT", pixels)),
        ),
        "no-palette.png": (
            "damaged",
            made(chunk(b"IHDR", palette_header), chunk(b"IDAT", pixels)),
        ),
        "filter-9.png": (
            "damaged",
            made(header, chunk(b"IDAT", zlib.compress((b"\x09" + bytes(8)) * 8))),
        ),
        "iphone.png": ("unsupported", made(chunk(b"CgBI", bytes(4)), header)),
        "short-key.png": ("damaged", made(header, chunk(b"tRNS", b"\0"), chunk(b"IDAT", pixels))),
        "many-chunks.png": (
            "too_complex",
            made(header, chunk(b"teXt") * 100_001, chunk(b"IDAT", pixels)),
        ),
    }


def _broken_jpeg() -> Files:
    good = encode(smooth(), "JPEG")
    frame, tables, scan = (good.index(bytes([0xFF, marker])) for marker in (0xC0, 0xDB, 0xDA))
    progressive = encode(smooth(), "JPEG", progressive=True)
    last = progressive.rindex(b"\xff\xda")
    return {
        "twelve-bits.jpg": ("unsupported", patched(good, frame + 4, b"\x0c")),
        "two-components.jpg": ("unsupported", patched(good, frame + 9, b"\2")),
        "lossless.jpg": ("unsupported", patched(good, frame, b"\xff\xc3")),
        "no-lines.jpg": ("no_pixels", patched(good, frame + 5, b"\0\0")),
        "no-tables.jpg": ("damaged", good[:tables] + good[frame:]),
        "no-frame.jpg": ("damaged", good[:2] + good[scan:]),
        "no-scan.jpg": ("truncated", good[:scan]),
        "short-segment.jpg": ("damaged", after_start(good, b"\xff\xe1\0\1")),
        "many-scans.jpg": ("too_complex", progressive[:-2] + progressive[last:-2] * 5_000),
        "padding.jpg": ("truncated", b"\xff\xd8" + b"\xff" * 2_000_000),
    }


def _broken_rest() -> Files:
    bmp = encode(smooth(8, 8), "BMP")
    gif = encode(smooth(8, 8)[..., 0], "GIF")
    webp = encode(smooth(8, 8), "WEBP", lossless=True)
    return {
        "compressed.bmp": ("unsupported", patched(bmp, 30, struct.pack("<I", 4))),
        "seven-bits.bmp": ("unsupported", patched(bmp, 28, b"\7")),
        "no-frame.gif": ("truncated", gif[:13] + b";"),
        "no-width.gif": ("no_pixels", gif[:6] + bytes(7) + b"," + bytes(9) + b"\2\0;"),
        "long-lead.gif": (
            "too_complex",
            gif[:6] + b"\x08\0\x08\0\0\0\0" + b"!\xfe" + b"\1x" * 600_000 + b"\0" + gif[13:],
        ),
        "garbage.webp": ("damaged", patched(webp, 25, b"\xff" * 12)),
        "no-known-chunk.webp": ("damaged", patched(webp, 12, b"ABCD")),
    }


def _no_files(folder: Path) -> dict[str, str]:
    """What a folder holds besides files, as far as this system and user can make it."""
    (folder / "folder.jpg").mkdir(exist_ok=True)
    (folder / "dangling.jpg").symlink_to("nowhere")
    (folder / "loop.jpg").symlink_to("loop.jpg")
    (folder / "device.jpg").symlink_to("/dev/zero")
    os.mkfifo(folder / "pipe.jpg")
    with (folder / "sparse.png").open("wb") as file:
        file.truncate(33_000_000)
    return {
        "folder.jpg": "not_a_file",
        "dangling.jpg": "missing",
        "loop.jpg": "missing",
        "device.jpg": "not_a_file",
        "pipe.jpg": "not_a_file",
        "sparse.png": "file_too_large",
    }


# --- odd but good ---------------------------------------------------------------------------------


def odd(folder: Path) -> dict[str, Expected]:
    """Write unusual files that are good images; {name: expected pixels on white}."""
    folder.mkdir(parents=True, exist_ok=True)
    expected: dict[str, Expected] = {}
    for group in (_png_depths(), _transparency(), _jpegs(), _orientations(), _shapes(), _others()):
        for name, (content, pixels, within) in group.items():
            _write(folder, name, content)
            expected[name] = Expected(pixels, within)
    return expected


Odd = dict[str, tuple[bytes, Pixels, int]]


def _rows(array: NDArray[Any]) -> list[bytes]:
    return [row.tobytes() for row in array]


def _sixteen(height: int, width: int, channels: int) -> NDArray[np.uint16]:
    rng = np.random.default_rng(112)
    values = rng.integers(0, 65536, (height, width, channels)).astype(np.uint16)
    values.flat[:8] = (0, 1, 255, 256, 128, 129, 65535, 65534)
    return values


def _png_depths() -> Odd:
    grey, colour = smooth()[..., 0], smooth()
    height, width = grey.shape
    size = (width, height)
    files: Odd = {
        "L.png": (encode(grey, "PNG"), grey, 0),
        "RGB.png": (encode(colour, "PNG"), colour, 0),
    }
    bits = (grey > 128).astype(np.uint8)
    files["1-bit.png"] = (png(size, 1, 0, _rows(np.packbits(bits, axis=1))), bits * 255, 0)
    fours = grey >> 4
    packed = fours[:, ::2] << 4 | fours[:, 1::2]
    files["4-bit.png"] = (png(size, 4, 0, _rows(packed)), fours * 17, 0)
    wide = _sixteen(height, width, 4)
    eight = np.round(wide / 257).astype(np.uint8)
    big = wide.astype(">u2")
    files["16-bit-grey.png"] = (png(size, 16, 0, _rows(big[..., 0])), eight[..., 0], 0)
    # Pillow cuts colours of 16 bits to their high byte, at most 1 beside round(value / 257)
    files["16-bit-RGB.png"] = (png(size, 16, 2, _rows(big[..., :3])), eight[..., :3], 1)
    seen = over_white(wide[..., :3] / 257, wide[..., 3] / 257)
    files["16-bit-RGBA.png"] = (png(size, 16, 6, _rows(big)), seen, 2)
    seen = over_white(wide[..., 0] / 257, wide[..., 1] / 257)
    files["16-bit-LA.png"] = (
        png(size, 16, 4, _rows(big[..., :2])),
        np.repeat(seen[..., None], 3, axis=2),
        2,
    )
    return files


def _transparency() -> Odd:
    colour, grey = smooth(), smooth()[..., 0]
    height, width = grey.shape
    size = (width, height)
    alpha = noisy(height, width, 1)[..., 0]
    table = noisy(1, 256, 3)[0]
    index = noisy(height, width, 1)[..., 0]
    palette = chunk(b"PLTE", table.tobytes())
    shades = np.arange(256, dtype=np.uint8)[::-1]
    cut = np.where(index == 7, 0, 255)
    keyed = np.where((colour == colour[3, 4]).all(axis=2), 0, 255)
    two = grey >> 6
    packed = two[:, ::4] << 6 | two[:, 1::4] << 4 | two[:, 2::4] << 2 | two[:, 3::4]
    wide = _sixteen(height, width, 3)
    wide[5:9, 5:9] = (1000, 2000, 3000)
    key = struct.pack(">3H", 1000, 2000, 3000)
    hole = np.full((height, width), 255)
    hole[5:9, 5:9] = 0
    rgba = np.dstack([colour, alpha])
    la = np.dstack([grey, alpha])
    return {
        "RGBA.png": (png(size, 8, 6, _rows(rgba)), over_white(colour, alpha), 1),
        "LA.png": (png(size, 8, 4, _rows(la)), over_white(grey, alpha), 1),
        "P.png": (png(size, 8, 3, _rows(index), palette), table[index], 0),
        "P-with-one-clear-entry.png": (
            png(size, 8, 3, _rows(index), palette + chunk(b"tRNS", b"\xff" * 7 + b"\0")),
            over_white(table[index], cut),
            0,
        ),
        "P-with-alphas.png": (
            png(size, 8, 3, _rows(index), palette + chunk(b"tRNS", shades.tobytes())),
            over_white(table[index], shades[index]),
            1,
        ),
        "RGB-with-key.png": (
            png(size, 8, 2, _rows(colour), chunk(b"tRNS", struct.pack(">3H", *colour[3, 4]))),
            over_white(colour, keyed),
            0,
        ),
        "L-with-key.png": (
            png(size, 8, 0, _rows(index), chunk(b"tRNS", b"\0\7")),
            over_white(index, cut),
            0,
        ),
        "2-bit-with-key.png": (
            png(size, 2, 0, _rows(packed), chunk(b"tRNS", b"\0\1")),
            over_white(two * 85, np.where(two == 1, 0, 255)),
            0,
        ),
        "1-bit-with-key.png": (
            png(size, 1, 0, _rows(np.packbits(two >> 1, axis=1)), chunk(b"tRNS", b"\0\0")),
            np.full(grey.shape, 255, np.uint8),
            0,
        ),
        "16-bit-grey-with-key.png": (
            png(size, 16, 0, _rows(wide[..., 0].astype(">u2")), chunk(b"tRNS", key[:2])),
            over_white(np.round(wide[..., 0] / 257), hole),
            0,
        ),
        "16-bit-RGB-with-key.png": (
            png(size, 16, 2, _rows(wide.astype(">u2")), chunk(b"tRNS", key)),
            over_white(wide / 257, hole),
            1,
        ),
        "alpha.webp": (
            encode(rgba, "WEBP", lossless=True, exact=True),
            over_white(colour, alpha),
            1,
        ),
    }


def _jpegs() -> Odd:
    colour, grey = smooth(), smooth()[..., 0]
    best = {"quality": 100, "subsampling": 0}
    good = encode(colour, "JPEG", **best)
    ink = np.dstack([255 - colour, np.full(grey.shape, 40, np.uint8)])
    cmyk, ycck = _four_inks(ink)
    seen = np.round(colour * ((255 - 40) / 255)).astype(np.uint8)
    long_exif = jpeg_segment(0xE1, b"Exif\0\0" + bytes(60_000)) * 16
    return {
        "L.jpg": (encode(grey, "JPEG", quality=100), grey, 2),
        "progressive.jpg": (encode(colour, "JPEG", progressive=True, **best), colour, 4),
        "subsampled.jpg": (encode(colour, "JPEG", quality=95, subsampling=2), colour, 8),
        "CMYK.jpg": (cmyk, seen, 4),
        "YCCK.jpg": (ycck, seen, 6),
        "trailing-garbage.jpg": (good + b"PK\3\4" + bytes(500), colour, 4),
        "leading-padding.jpg": (good[:2] + b"\xff" * 40 + good[2:], colour, 4),
        "broken-exif.jpg": (
            after_start(good, jpeg_segment(0xE1, b"Exif\0\0MM\0*\0\0\0\x08\xff\xff\1\x12")),
            colour,
            4,
        ),
        "megabyte-of-exif.jpg": (after_start(good, long_exif), colour, 4),
        "broken-profile.jpg": (
            after_start(good, jpeg_segment(0xE2, b"ICC_PROFILE\0\1\1garbage")),
            colour,
            4,
        ),
        "broken-mpo.jpg": (after_start(good, jpeg_segment(0xE2, b"MPF\0garbage")), colour, 4),
        "restarts.jpg": (encode(colour, "JPEG", restart_marker_blocks=1, **best), colour, 4),
    }


def _four_inks(ink: Pixels) -> tuple[bytes, bytes]:
    """The same inks as CMYK and as YCCK, inverted and with Adobe's marker, as Photoshop writes."""
    rgb = np.float64(ink[..., :3])
    luma = rgb @ (0.299, 0.587, 0.114)
    blue, red = (rgb[..., 2] - luma) / 1.772 + 128, (rgb[..., 0] - luma) / 1.402 + 128
    samples = np.dstack([luma, blue, red, 255 - ink[..., 3]]).round().clip(0, 255)
    files = []
    for stored in (ink, 255 - samples.astype(np.uint8)):  # Pillow inverts what it writes
        buffer = BytesIO()
        image = Image.frombytes("CMYK", ink.shape[1::-1], stored.tobytes())
        image.save(buffer, "JPEG", quality=100, subsampling=0)
        files.append(buffer.getvalue())
    at = files[1].index(b"Adobe") + 11
    return files[0], patched(files[1], at, b"\2")


def _orientations() -> Odd:
    colour = smooth()
    files: Odd = {}
    for turn in range(1, 9):
        plain = encode(turned(colour, turn), "PNG")
        order = "<>"[turn % 2]
        block = chunk(b"eXIf", exif(turn, order))
        files[f"orientation-{turn}.png"] = (plain[:33] + block + plain[33:], colour, 0)
        jpeg = encode(turned(colour, turn), "JPEG", quality=100, subsampling=0)
        segment = jpeg_segment(0xE1, b"Exif\0\0" + exif(turn, order))
        files[f"orientation-{turn}.jpg"] = (after_start(jpeg, segment), colour, 4)
    webp = encode(turned(colour, 6), "WEBP", lossless=True, exif=exif(6))
    files["orientation-6.webp"] = (webp, colour, 0)
    plain = encode(colour, "PNG")
    files["orientation-9.png"] = (plain[:33] + chunk(b"eXIf", exif(9)) + plain[33:], colour, 0)
    return files


def _shapes() -> Odd:
    colour, dot = smooth(), smooth(1, 1)
    tall, wide = noisy(3000, 1), noisy(1, 3000)
    return {
        "one-pixel.png": (encode(dot, "PNG"), dot, 0),
        "one-pixel.jpg": (encode(dot, "JPEG", quality=100, subsampling=0), dot, 3),
        "tall.png": (encode(tall, "PNG"), tall, 0),
        "wide.bmp": (encode(wide, "BMP"), wide, 0),
        "really-a-png.jpg": (encode(colour, "PNG"), colour, 0),
        "really-a-bmp": (encode(colour, "BMP"), colour, 0),
        "trailing-garbage.png": (encode(colour, "PNG") + bytes(100), colour, 0),
        "trailing-garbage.webp": (encode(colour, "WEBP", lossless=True) + b"x" * 9, colour, 0),
    }


def _others() -> Odd:
    colour, grey = smooth(), smooth()[..., 0]
    frames = [Image.fromarray(noisy(48, 64)) for _ in range(3)]
    table = noisy(1, 256, 3)[0]
    index = noisy(48, 64, 1)[..., 0]
    plain = encode(colour, "PNG")
    bomb = chunk(b"zTXt", b"bomb\0\0" + zlib.compress(bytes(100_000_000), 9))
    control = chunk(b"acTL", bytes(8)) * 2 + chunk(b"fcTL", bytes(4))
    gif = _gif(index, table)
    part = np.full((48, 64, 3), 255, np.uint8)
    part[10:20, 5:30] = table[index[:10, :25]]
    alpha_bmp = _bmp_with_alpha(colour, np.zeros(grey.shape, np.uint8))
    rle = b"".join(bytes([64, 200 - row]) + b"\0\0" for row in range(48)) + b"\0\1"
    rle_seen = np.repeat((200 - np.arange(48)[::-1]).astype(np.uint8)[:, None], 64, axis=1)
    return {
        "lossless.webp": (encode(colour, "WEBP", lossless=True), colour, 0),
        "lossy.webp": (encode(colour, "WEBP", quality=95), colour, 10),
        "interlaced.png": (_interlaced(colour), colour, 0),
        "animated.png": (
            encode(colour, "PNG", save_all=True, append_images=frames),
            colour,
            0,
        ),
        "broken-animation.png": (plain[:33] + control + plain[33:], colour, 0),
        "text-bomb.png": (plain[:33] + bomb + plain[33:], colour, 0),
        "broken-profile.png": (plain[:33] + chunk(b"iCCP", b"x\0\7") + plain[33:], colour, 0),
        "animated.webp": (
            encode(colour, "WEBP", save_all=True, append_images=frames, lossless=True),
            colour,
            0,
        ),
        "grey.gif": (encode(grey, "GIF"), np.repeat(grey[..., None], 3, axis=2), 0),
        "palette.gif": (gif, table[index], 0),
        "clear-entry.gif": (
            _gif(index, table, clear=7),
            over_white(table[index], np.where(index == 7, 0, 255)),
            0,
        ),
        "animated.gif": (gif[:-1] + _gif_frame(index[::-1]) * 50 + b";", table[index], 0),
        "cut-in-second-frame.gif": (gif[:-1] + _gif_frame(index)[:300], table[index], 0),
        "small-frame.gif": (_gif(index[:10, :25], table, at=(5, 10)), part, 0),
        "no-alpha-meant.bmp": (alpha_bmp, colour, 0),
        "palette.bmp": (_bmp_palette(index, table), table[index], 0),
        "run-length.bmp": (_bmp_run_length(rle), rle_seen, 0),
    }


def _gif_frame(index: Pixels, at: tuple[int, int] = (0, 0), clear: int | None = None) -> bytes:
    """One frame with codes of 9 bits that are reset before they could grow."""
    codes: list[int] = []
    for start in range(0, index.size, 200):
        codes += [256, *index.flat[start : start + 200]]
    codes.append(257)
    number = sum(int(code) << 9 * place for place, code in enumerate(codes))
    body = number.to_bytes((9 * len(codes) + 7) // 8, "little")
    blocks = [body[at : at + 255] for at in range(0, len(body), 255)]
    control = b"" if clear is None else bytes([0x21, 0xF9, 4, 9, 0, 0, clear, 0])
    place = struct.pack("<HHHHB", *at, index.shape[1], index.shape[0], 0)
    packed = b"".join(bytes([len(block)]) + block for block in blocks)
    return control + b"," + place + b"\x08" + packed + b"\0"


def _gif(
    index: Pixels, table: Pixels, at: tuple[int, int] = (0, 0), clear: int | None = None
) -> bytes:
    screen = b"GIF89a" + struct.pack("<HHBBB", 64, 48, 0xF7, 0, 0)
    return screen + table.tobytes() + _gif_frame(index, at, clear) + b";"


def _interlaced(colour: Pixels) -> bytes:
    """Adam7: seven pictures, each finer than the one before."""
    passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4)]
    passes += [(2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
    rows = [
        b"\0" + row.tobytes()
        for y, x, down, right in passes
        for row in np.ascontiguousarray(colour[y::down, x::right])
    ]
    header = struct.pack(">IIBBBBB", colour.shape[1], colour.shape[0], 8, 2, 0, 0, 1)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    return start + chunk(b"IDAT", zlib.compress(b"".join(rows))) + chunk(b"IEND")


def _bmp(header: bytes, pixels: bytes) -> bytes:
    offset = 14 + len(header)
    return b"BM" + struct.pack("<IHHI", offset + len(pixels), 0, 0, offset) + header + pixels


def _bmp_info(bits: int, compression: int, colours: int = 0, length: int = 40) -> bytes:
    return struct.pack("<IiiHHIIiiII", length, 64, 48, 1, bits, compression, 0, 0, 0, colours, 0)


def _bmp_with_alpha(colour: Pixels, alpha: Pixels) -> bytes:
    masks = struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    pixels = np.dstack([colour[..., ::-1], alpha])[::-1]
    return _bmp(_bmp_info(32, 3, length=56) + masks, pixels.tobytes())


def _bmp_palette(index: Pixels, table: Pixels) -> bytes:
    entries = np.column_stack([table[:, ::-1], np.zeros(256, np.uint8)])
    return _bmp(_bmp_info(8, 0, 256) + entries.tobytes(), index[::-1].tobytes())


def _bmp_run_length(runs: bytes) -> bytes:
    shades = np.arange(256, dtype=np.uint8)
    entries = np.column_stack([shades, shades, shades, np.zeros(256, np.uint8)])
    return _bmp(_bmp_info(8, 1, 256) + entries.tobytes(), runs)


# --- TIFF and AVIF --------------------------------------------------------------------------------


def opt_in(folder: Path) -> tuple[dict[str, str], dict[str, Expected]]:
    """TIFF and AVIF files: (broken: {name: code}, odd: {name: expected}), with `also` set."""
    folder.mkdir(parents=True, exist_ok=True)
    colour, grey = smooth(), smooth()[..., 0]
    wide = _sixteen(48, 64, 1)[..., 0]
    eight = np.round(wide / 257).astype(np.uint8)
    tiff = encode(colour, "TIFF")
    avif = encode(colour, "AVIF", quality=95)
    bad: Files = {
        "float.tif": ("pixel_mode", encode(grey.astype(np.float32), "TIFF")),
        "32-bit.tif": ("pixel_mode", encode(grey.astype(np.int32), "TIFF")),
        "signed-16-bit.tif": ("pixel_mode", _tiff(wide.astype("<i2"), 16, sample_format=2)),
        "signed-8-bit.tif": ("pixel_mode", _tiff(grey, 8, sample_format=2)),
        "cut.tif": ("truncated", tiff[:-100]),
        "no-directory.tif": ("damaged", _tiff(grey, 8)[:-100]),
        "magic-only.tif": ("damaged", b"II*\0"),
        "bomb.tif": ("too_many_pixels", _tiff(grey, 8, size=(60_000, 60_000))),
        "heic.avif": ("format_not_allowed", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64)),
        "cut.avif": ("truncated", avif[: len(avif) * 9 // 10]),
    }
    good: Odd = {
        "RGB.tif": (tiff, colour, 0),
        "deflated.tif": (encode(colour, "TIFF", compression="tiff_deflate"), colour, 0),
        "16-bit.tif": (_tiff(wide, 16), eight, 0),
        "16-bit-big-endian.tif": (_tiff(wide.astype(">u2"), 16, order=">"), eight, 0),
        "16-bit-zero-is-white.tif": (_tiff(wide, 16, photometric=0), 255 - eight, 0),
        "8-bit-zero-is-white.tif": (_tiff(grey, 8, photometric=0), 255 - grey, 0),
        "12-bit.tif": (*_twelve_bits(wide), 0),
        "orientation-6.tif": (_tiff(turned(grey, 6), 8, orientation=6), grey, 0),
        "RGB.avif": (avif, colour, 8),
        "orientation-6.avif": (
            encode(turned(colour, 6), "AVIF", quality=95, exif=exif(6)),
            colour,
            8,
        ),
    }
    for name, (_, content) in bad.items():
        _write(folder, name, content)
    for name, (content, _, _) in good.items():
        _write(folder, name, content)
    codes = {name: code for name, (code, _) in bad.items()}
    return codes, {name: Expected(pixels, within) for name, (_, pixels, within) in good.items()}


def _twelve_bits(wide: NDArray[np.uint16]) -> tuple[bytes, Pixels]:
    values = (wide >> 4).reshape(-1, 2).astype(np.uint32)
    pairs = values[:, 0] << 12 | values[:, 1]
    packed = np.column_stack([pairs >> 16 & 255, pairs >> 8 & 255, pairs & 255]).astype(np.uint8)
    seen = np.round((wide >> 4) / 4095 * 255).astype(np.uint8)
    return _tiff(packed, 12, size=(wide.shape[1], wide.shape[0])), seen


def _tiff(
    pixels: NDArray[Any],
    bits: int,
    photometric: int = 1,
    sample_format: int = 1,
    order: str = "<",
    orientation: int = 1,
    size: tuple[int, int] | None = None,
) -> bytes:
    """An uncompressed grey TIFF of one strip."""
    width, height = size or (pixels.shape[1], pixels.shape[0])
    body = pixels.tobytes()
    tags = {256: width, 257: height, 258: bits, 259: 1, 262: photometric, 273: 8}
    tags |= {274: orientation, 277: 1, 278: height, 279: len(body), 339: sample_format}
    entries = b"".join(struct.pack(order + "HHII", tag, 4, 1, tags[tag]) for tag in sorted(tags))
    magic = b"II*\0" if order == "<" else b"MM\0*"
    directory = struct.pack(order + "H", len(tags)) + entries + bytes(4)
    return magic + struct.pack(order + "I", 8 + len(body)) + body + directory

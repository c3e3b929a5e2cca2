"""Every kind of odd but good file gives the pixels that it should, exactly or nearly so."""

import warnings
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from corpus import (
    Expected,
    chunk,
    encode,
    exif,
    noisy,
    odd,
    opt_in,
    png,
    settings,
    smooth,
    snapshot,
)
from sureshot.errors import UnreadableImage
from sureshot.images import decode, header, prepare, read_file

BOTH = settings(also=("tiff", "avif"))


def test_every_odd_file_gives_its_pixels(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    expected = odd(tmp_path)
    before = snapshot(tmp_path)
    assert len(expected) >= 70
    for name, what in expected.items():
        data = read_file(tmp_path / name, 32)
        check(name, data, what)
    assert snapshot(tmp_path) == before
    assert capfd.readouterr() == ("", "")


def test_tiff_and_avif_give_their_pixels_where_admitted(tmp_path: Path) -> None:
    for name, what in opt_in(tmp_path)[1].items():
        check(name, read_file(tmp_path / name, 32), what)


def check(name: str, data: bytes, what: Expected) -> None:
    image = decode(data, BOTH)
    assert image.mode in ("L", "RGB"), name
    try:
        what.check(np.asarray(image))
    except AssertionError as error:
        raise AssertionError(f"{name}: {error}") from None
    found = header(data, BOTH)
    assert (found.height, found.width) == what.pixels.shape[:2], name


def test_sixteen_bits_are_scaled_by_their_range_and_pillow_would_not() -> None:
    values = np.arange(65536, dtype=">u2").reshape(256, 256)
    data = png((256, 256), 16, 0, [row.tobytes() for row in values])
    right = np.round(np.arange(65536) / 257).reshape(256, 256)
    assert np.array_equal(np.asarray(decode(data, settings())), right)
    clipped = np.asarray(Image.open(BytesIO(data)).convert("L"))
    assert (clipped == 255).mean() > 0.99  # what a plain convert gives: nearly all white


def test_the_background_shows_through() -> None:
    clear = np.dstack([smooth(), np.zeros((48, 64), np.uint8)])
    data = encode(clear, "PNG")
    for name, shade in (("white", 255), ("grey", 128), ("black", 0)):
        assert (np.asarray(decode(data, settings(background=name))) == shade).all()


def test_headers_name_mode_and_format(tmp_path: Path) -> None:
    odd(tmp_path)
    opt_in(tmp_path)
    known = {
        "really-a-png.jpg": ("RGB", "PNG"),
        "CMYK.jpg": ("CMYK", "JPEG"),
        "16-bit-grey.png": ("I;16", "PNG"),
        "P.png": ("P", "PNG"),
        "alpha.webp": ("RGBA", "WebP"),
        "grey.gif": ("P", "GIF"),
        "wide.bmp": ("RGB", "BMP"),
        "RGB.tif": ("RGB", "TIFF"),
        "RGB.avif": ("RGB", "AVIF"),
    }
    for name, (mode, kind) in known.items():
        found = header((tmp_path / name).read_bytes(), BOTH)
        assert (found.mode, found.format) == (mode, kind), name


def test_a_broken_exif_block_is_upright() -> None:
    plain = encode(smooth(), "PNG")
    sound = exif(6)
    for block in (b"", b"MM\0*", sound[:9], sound[:15], b"XX" + sound[2:], b"\xff" * 40, exif(0)):
        data = plain[:33] + chunk(b"eXIf", block) + plain[33:]
        assert header(data, settings()).width == 64


def test_threads_see_the_same_bits(tmp_path: Path) -> None:
    good = sorted({**odd(tmp_path), **opt_in(tmp_path)[1]})
    contents = [(tmp_path / name).read_bytes() for name in good]
    before = list(warnings.filters)
    alone = [prepare(data, BOTH) for data in contents]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda data: prepare(data, BOTH), contents * 4))
    assert all(np.array_equal(a, b) for a, b in zip(alone * 4, together, strict=True))
    assert warnings.filters == before


def test_mutants_are_read_or_refused(tmp_path: Path) -> None:
    """2,000 seeded mutants; any other exception than UnreadableImage fails the test."""
    good = sorted({**odd(tmp_path), **opt_in(tmp_path)[1]})
    contents = [(tmp_path / name).read_bytes() for name in good]
    contents = [data for data in contents if len(data) < 300_000]
    small = settings(max_megapixels=4, also=("tiff", "avif"), fit="crop")
    rng = np.random.default_rng(111)
    read = 0
    for number in range(2000):
        data = mutant(contents[number % len(contents)], rng)
        try:
            prepare(data, small)
            read += 1
        except UnreadableImage:
            pass
    assert 100 < read < 1900


def mutant(data: bytes, rng: np.random.Generator) -> bytes:
    """One to three bytes changed, removed, added or set to a dangerous number."""
    changed = bytearray(data)
    for _ in range(rng.integers(1, 4)):
        at = int(rng.integers(0, min(len(changed), int(rng.choice([64, 512, len(changed)]))) + 1))
        choice = rng.integers(0, 4)
        if choice == 0:
            changed[at : at + 1] = noisy(1, 1)[0, 0, :1].tobytes()
        elif choice == 1:
            changed[at : at + 1] = bytes([int(rng.integers(0, 256))])
        elif choice == 2:
            del changed[at : at + int(rng.integers(1, 64))]
        else:
            changed[at : at + 4] = (b"\xff\xff\xff\xff", b"\0\0\0\0")[int(rng.integers(0, 2))]
    return bytes(changed)

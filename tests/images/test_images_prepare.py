"""The one preprocessing: shapes, fits, and that scaled decoding changes next to nothing."""

from math import ceil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from corpus import encode, noisy, odd, settings, smooth
from sureshot.images import decode, prepare, thumbnail
from sureshot.recipe import Preprocessing

FITS = ("squash", "crop", "pad")
BILINEAR = Image.Resampling.BILINEAR


def plainly(data: bytes, chosen: Preprocessing) -> np.ndarray:
    """The same preprocessing in the words of its documentation, without scaled decoding."""
    image, size = decode(data, chosen), chosen.size
    if chosen.fit == "squash":
        return np.asarray(image.resize((size, size), BILINEAR))
    if chosen.fit == "crop":
        x, y = ((length - min(image.size)) / 2 for length in image.size)
        box = (x, y, image.width - x, image.height - y)
        return np.asarray(image.resize((size, size), BILINEAR, box))
    fitted = [max(round(length * size / max(image.size)), 1) for length in image.size]
    image = image.resize((fitted[0], fitted[1]), BILINEAR)
    canvas = Image.new(image.mode, (size, size), "white")
    canvas.paste(image, ((size - fitted[0]) // 2, (size - fitted[1]) // 2))
    return np.asarray(canvas)


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize(
    "size", [(700, 500), (401, 711), (260, 129), (64, 64), (50, 90), (33, 1030)]
)
def test_scaled_decoding_is_close_to_full_decoding(fit: str, size: tuple[int, int]) -> None:
    y, x = np.mgrid[0 : size[1], 0 : size[0]]
    waves = [128 + 90 * np.sin(x / 40 + k) * np.cos(y / 50 - k) for k in range(3)]
    data = encode(np.stack(waves, axis=2).astype(np.uint8), "JPEG", quality=95)
    for side in (28, 64, 128):
        chosen = settings(size=side, fit=fit)
        off = np.abs(prepare(data, chosen).astype(int) - plainly(data, chosen))
        assert off.mean() < 1.5, side
        assert np.percentile(off, 99) < 12, side


def test_a_draft_is_never_too_small() -> None:
    rng = np.random.default_rng(111)
    for _ in range(60):
        width, height = (int(n) for n in rng.integers(1, 1200, 2))
        hint = tuple(int(n) for n in rng.integers(1, 300, 2))
        data = encode(np.zeros((height, width, 3), np.uint8), "JPEG")
        got = decode(data, settings(), hint=(hint[0], hint[1])).size
        full = (width, height)
        assert got == full or all(g >= ceil(1.5 * h) for g, h in zip(got, hint, strict=True))
        assert all(g <= f for g, f in zip(got, full, strict=True))
        assert abs(got[0] / got[1] * height / width - 1) < 0.2 or min(got) < 20


def test_a_draft_saves_work() -> None:
    data = encode(smooth(800, 1600), "JPEG")
    assert decode(data, settings(), hint=(128, 64)).size == (200, 100)
    assert decode(data, settings()).size == (1600, 800)


def test_the_edges_of_a_draft_stay_in_place() -> None:
    """A width that 8 does not divide leaves part of a pixel, which must not shift the picture."""
    ramp = np.tile(np.linspace(0, 255, 1025), (1025, 1)).astype(np.uint8)
    chosen = settings(size=64, channels=1)
    got = prepare(encode(ramp, "JPEG", quality=95), chosen)[32, :, 0]
    assert np.abs(got - (np.arange(64) + 0.5) * 255 / 64).max() <= 2


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("channels", [1, 3])
def test_every_odd_file_has_the_promised_shape(fit: str, channels: int, tmp_path: Path) -> None:
    for name in odd(tmp_path):
        pixels = prepare((tmp_path / name).read_bytes(), settings(fit=fit, channels=channels))
        assert pixels.shape == (32, 32, channels), name
        assert pixels.dtype == np.uint8
        assert pixels.flags.c_contiguous
        assert pixels.flags.writeable


@pytest.mark.parametrize("fit", FITS)
def test_an_image_of_the_right_size_is_not_resampled(fit: str) -> None:
    picture = noisy(32, 32)
    assert np.array_equal(prepare(encode(picture, "PNG"), settings(fit=fit)), picture)


@pytest.mark.parametrize("fit", FITS)
def test_orientation_and_fit_agree(fit: str, tmp_path: Path) -> None:
    odd(tmp_path)
    upright = prepare((tmp_path / "orientation-1.png").read_bytes(), settings(fit=fit)).astype(int)
    for turn in range(2, 9):
        data = (tmp_path / f"orientation-{turn}.png").read_bytes()
        assert np.abs(prepare(data, settings(fit=fit)) - upright).max() <= 1, turn


def test_squash_crop_and_pad_do_what_they_say() -> None:
    halves = np.zeros((40, 80, 3), np.uint8)
    halves[:, :20] = 250
    data = encode(halves, "PNG")
    squashed = prepare(data, settings(size=40))
    assert (squashed[:, :8] == 250).all()
    assert (squashed[:, 12:] == 0).all()
    assert (prepare(data, settings(size=40, fit="crop")) == 0).all()
    padded = prepare(data, settings(size=40, fit="pad", background="grey"))
    assert (padded[:10] == 128).all()
    assert (padded[30:] == 128).all()
    assert (padded[10:30, :9] == 250).all()
    assert (padded[10:30, 11:] == 0).all()


def test_grey_is_repeated_and_colour_is_weighed() -> None:
    grey = noisy(32, 32, 1)[..., 0]
    colour = prepare(encode(grey, "PNG"), settings())
    assert all(np.array_equal(colour[..., k], grey) for k in range(3))
    picture = noisy(32, 32)
    luma = (picture.astype(int) @ [19595, 38470, 7471] + 32768) >> 16
    assert np.array_equal(prepare(encode(picture, "PNG"), settings(channels=1))[..., 0], luma)


def test_small_images_are_enlarged_smoothly() -> None:
    pair = np.array([[[0] * 3, [255] * 3]], np.uint8)
    row = prepare(encode(pair, "PNG"), settings())[0, :, 0].astype(int)
    assert (np.diff(row) >= 0).all()
    assert row[0] == 0
    assert row[-1] == 255


def test_thumbnails_keep_the_aspect_and_are_never_enlarged() -> None:
    assert thumbnail(encode(smooth(300, 900), "JPEG"), settings(), 90).shape == (30, 90, 3)
    assert thumbnail(encode(noisy(3, 999, 1)[..., 0], "PNG"), settings(), 64).shape == (1, 64, 3)
    assert thumbnail(encode(smooth(), "PNG"), settings(), 200).shape == (48, 64, 3)

"""Odd pictures among ordinary ones are named, worst first; the way of a dataset is not held."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from sureshot.audit.pictures import picture_findings
from sureshot.data import list_folder, prepare_pixels, scan
from sureshot.progress import Silent
from sureshot.recipe import ImageSettings
from sureshot.records import Finding

Change = Callable[[Image.Image], Image.Image]


def ordinary(seed: int) -> Image.Image:
    """A colour picture of 80 × 60 pixels with patches and grain."""
    draw = np.random.default_rng(seed)
    coarse = Image.fromarray(draw.integers(20, 236, (6, 8, 3), np.uint8))
    patches = np.asarray(coarse.resize((80, 60), Image.Resampling.NEAREST), np.float64)
    return Image.fromarray((patches + draw.normal(0, 8, (60, 80, 3))).clip(0, 255).astype(np.uint8))


def folder_of(root: Path, odd: dict[str, Image.Image]) -> Path:
    """Twenty ordinary pictures of two classes, and the odd ones."""
    for number in range(20):
        path = root / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        ordinary(number).save(path)
    for name, image in odd.items():
        image.save(root / "a" / name)
    return root


def findings(root: Path, size: int = 32, channels: int = 3) -> dict[str, Finding]:
    index = scan(list_folder(root), ImageSettings(), Silent())
    settings = ImageSettings(size=size, channels=channels).settled()
    pixels = prepare_pixels(index, settings, Silent()).array
    return {found.code: found for found in picture_findings(index, pixels)}


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("tiny", lambda image: image.resize((14, 12))),
        ("long", lambda image: image.resize((300, 60))),
        ("constant", lambda image: Image.new("RGB", image.size, (90, 30, 200))),
        ("dark", lambda image: image.point(lambda level: level // 8)),
        ("bright", lambda image: image.point(lambda level: 225 + level // 9)),
        ("blurred", lambda image: image.filter(ImageFilter.GaussianBlur(12))),
    ],
)
def test_an_odd_picture_is_the_only_one_named(tmp_path: Path, code: str, change: Change) -> None:
    found = findings(folder_of(tmp_path, {"odd.png": change(ordinary(99))}))
    assert {code: f.images for code, f in found.items()} == {code: ("a/odd.png",)}
    assert found[code].severity == "warning"
    assert found[code].sentence.startswith("1 image is ")


def test_the_worst_is_first(tmp_path: Path) -> None:
    odd = {f"{side}.png": ordinary(side).resize((40, side)) for side in (14, 9, 12)}
    found = findings(folder_of(tmp_path, odd))
    assert found["tiny"].images == ("a/9.png", "a/12.png", "a/14.png")
    assert found["long"].images == ("a/9.png",)  # 4.4 times


def test_modes_and_endings_are_notes(tmp_path: Path) -> None:
    root = folder_of(tmp_path, {"grey.png": ordinary(1).convert("L")})
    ordinary(2).convert("CMYK").save(root / "a" / "print.jpg")
    ordinary(3).convert("P").save(root / "b" / "palette.png")
    ordinary(4).save(root / "b" / "named.jpg", "PNG")
    found = findings(root)
    assert set(found) == {"odd_mode", "wrong_ending"}
    assert {f.severity for f in found.values()} == {"note"}
    assert "1 L" in found["odd_mode"].sentence
    assert "1 CMYK" in found["odd_mode"].sentence
    assert set(found["odd_mode"].images) == {"a/grey.png", "a/print.jpg", "b/palette.png"}
    assert found["wrong_ending"].images == ("b/named.jpg",)
    assert "1 PNG named .jpg" in found["wrong_ending"].sentence


@pytest.mark.parametrize(
    "change",
    [
        lambda image: image.point(lambda level: level // 8),  # all taken at night
        lambda image: image.filter(ImageFilter.GaussianBlur(12)),  # all of them smooth
        lambda image: image.point(lambda level: 225 + level // 9),
    ],
)
def test_the_way_of_a_whole_dataset_is_not_held_against_it(tmp_path: Path, change: Change) -> None:
    for path in folder_of(tmp_path, {}).rglob("*.png"):
        change(Image.open(path).convert("RGB")).save(path)
    assert findings(tmp_path) == {}


def test_digits_on_black_are_ordinary(digits: Path) -> None:
    assert findings(digits, size=8, channels=1) == {}


def test_an_unreadable_picture_is_not_called_black(tmp_path: Path) -> None:
    root = folder_of(tmp_path, {})
    (root / "a" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    assert findings(root) == {}


def test_real_photographs_are_ordinary(clothing: Path) -> None:
    assert findings(clothing / "test", size=128) == {}

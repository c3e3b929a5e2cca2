"""The shortcut alarm: what is planted is named by the right cue, and honest data stay quiet."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sureshot.audit.quick import sample_of
from sureshot.audit.shortcut import HEAD, Cue, cues, judged, quantisation, shortcut_findings
from sureshot.data import list_folder, prepare_pixels, scan
from sureshot.progress import Silent
from sureshot.recipe import ImageSettings
from sureshot.records import Finding

Change = Callable[[Image.Image], Image.Image]
PLANTED = "3"


def write(
    digits: Path, root: Path, change: Change = lambda image: image, quality: int = 90
) -> Path:
    """The digits at 16 × 16 as JPEG, one class of them changed or stored in another quality."""
    for path in sorted(digits.rglob("*.png")):
        planted = path.parent.name == PLANTED
        image = Image.open(path).resize((16, 16), Image.Resampling.NEAREST)
        target = root / path.parent.name / f"{path.stem}.jpg"
        target.parent.mkdir(parents=True, exist_ok=True)
        image = change(image) if planted else image
        image.save(target, quality=quality if planted else 90)
    return root


def told(root: Path, size: int = 16, channels: int = 1) -> tuple[dict[str, Cue], list[Finding]]:
    index = scan(list_folder(root), ImageSettings(), Silent())
    settings = ImageSettings(size=size, channels=channels).settled()
    pixels = prepare_pixels(index, settings, Silent()).array
    sample = sample_of(index, pixels, 111)
    assert sample is not None
    found = list(shortcut_findings(index, pixels, sample))
    return {cue.kind: cue for cue in judged(index, pixels, sample)}, found


def framed(image: Image.Image) -> Image.Image:
    frame = np.full((16, 16), 90, np.uint8)
    frame[1:-1, 1:-1] = np.asarray(image)[1:-1, 1:-1]
    return Image.fromarray(frame)


def test_honest_digits_are_quiet(digits: Path, tmp_path: Path) -> None:
    seen, found = told(write(digits, tmp_path))
    assert found == []
    assert seen["file"].pixels > 0.9
    assert seen["size"].score.value == pytest.approx(0.1, abs=0.03)


@pytest.mark.parametrize(
    ("kind", "change", "quality"),
    [
        ("border", framed, 90),
        ("size", lambda image: image.resize((20, 16)), 90),
        ("file", lambda image: image, 60),
    ],
)
def test_a_planted_shortcut_is_named(
    digits: Path, tmp_path: Path, kind: str, change: Change, quality: int
) -> None:
    seen, found = told(write(digits, tmp_path, change, quality))
    assert [given.name for given in seen[kind].given_away] == [PLANTED]
    assert seen[kind].given_away[0].picked > 0.95
    named = [finding for finding in found if f"the {kind} " in finding.sentence]
    assert [finding.severity for finding in named] == ["warning"]
    assert {Path(name).parts[0] for name in named[0].images} == {PLANTED}
    assert f"tells {PLANTED} (" in named[0].sentence


def test_a_cue_that_tells_all_classes_is_told_with_its_interval(
    digits: Path, tmp_path: Path
) -> None:
    """Each class has a width of its own in four of five images, and so can be told by it."""
    draw = np.random.default_rng(0)
    for path in sorted(digits.rglob("*.png")):
        image = Image.open(path)
        own = int(path.parent.name) if draw.random() < 0.8 else int(draw.integers(10))
        target = tmp_path / path.parent.name / path.name
        target.parent.mkdir(exist_ok=True)
        image.resize((10 + own, 12)).save(target)
    seen, found = told(tmp_path, size=8)
    assert seen["size"].tells
    assert 0.7 < seen["size"].score.low < seen["size"].score.value < seen["size"].score.high < 0.9
    (size,) = (finding for finding in found if "size of the image" in finding.sentence)
    assert "balanced accuracy" in size.sentence
    assert "n = 1,797" in size.sentence
    assert "chance has 10 %" in size.sentence


def test_colour_that_tells_all_is_a_note(digits: Path, tmp_path: Path) -> None:
    """Pictures that differ by colour alone may be of red and of green apples."""
    draw = np.random.default_rng(0)
    for name, colour in (("red", (180, 40, 40)), ("green", (40, 180, 40))):
        (tmp_path / name).mkdir()
        for number in range(40):
            noise = draw.normal(0, 20, (16, 16, 3)) + colour
            Image.fromarray(noise.clip(0, 255).astype(np.uint8)).save(
                tmp_path / name / f"{number}.png"
            )
    seen, found = told(tmp_path, channels=3)
    assert seen["colour"].tells
    assert seen["colour"].given_away == ()
    assert "note" in {finding.severity for finding in found}


@pytest.mark.parametrize("quality", [30, 70, 95])
def test_quantisation_is_what_the_tables_say(tmp_path: Path, quality: int) -> None:
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8))
    (tmp_path / "a").mkdir()
    image.save(tmp_path / "a" / "1.jpg", quality=quality, exif=b"Exif\0\0" + bytes(4000))
    image.save(tmp_path / "a" / "2.png")
    index = scan(list_folder(tmp_path), ImageSettings(), Silent())
    with Image.open(tmp_path / "a" / "1.jpg") as file:
        assert quantisation(index, 0) == np.mean(file.quantization[0])
    assert quantisation(index, 1) == 0


@pytest.mark.parametrize("read", [0, 1, 3, 5, 40])
def test_tables_that_lie_beyond_what_is_read_count_as_none(tmp_path: Path, read: int) -> None:
    """Comments push the tables to where only so many of their bytes are read."""
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8))
    (tmp_path / "a").mkdir()
    path = tmp_path / "a" / "1.jpg"
    image.save(path)
    content = path.read_bytes()
    at = content.index(b"\xff\xdb")
    gap = HEAD - read - at
    sizes = [gap // 3, gap // 3, gap - 2 * (gap // 3)]
    comments = b"".join(b"\xff\xfe" + (n - 2).to_bytes(2, "big") + bytes(n - 4) for n in sizes)
    path.write_bytes(content[:at] + comments + content[at:])
    index = scan(list_folder(tmp_path), ImageSettings(), Silent())
    assert index.format[0] == "JPEG"
    assert path.read_bytes()[HEAD - read :].startswith(b"\xff\xdb")
    assert quantisation(index, 0) == 0


def test_real_photographs_are_quiet_until_a_border_is_planted(clothing: Path) -> None:
    index = scan(list_folder(clothing / "train"), ImageSettings(), Silent())
    settings = ImageSettings(size=64, channels=3).settled()
    pixels = np.array(prepare_pixels(index, settings, Silent()).array)
    sample = sample_of(index, pixels, 111)
    assert sample is not None
    assert list(shortcut_findings(index, pixels, sample)) == []
    shown = cues(index, pixels, sample.rows)
    assert {kind: len(values) for kind, values in shown.items()} == dict.fromkeys(shown, 3068)
    hats = index.label == index.classes.index("hat")
    for edge in (np.s_[:, :1], np.s_[:, -1:], np.s_[:, :, :1], np.s_[:, :, -1:]):
        pixels[edge][hats] = (200, 40, 40)
    (found,) = shortcut_findings(index, pixels, sample)
    assert "the border alone" in found.sentence
    assert "tells hat (100 %" in found.sentence
    assert len(found.images) == hats.sum()

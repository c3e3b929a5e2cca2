"""Where a run fails, on its page: planted faults are told, pictures are there, names are words."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from test_report_page import Walk, page_of

from fake_run import index_of, made_up, write_run
from sureshot.measure import wilson
from sureshot.records import Predictions, strings
from sureshot.report.failures import failures_of_run
from sureshot.report.markup import join
from sureshot.report.material import read
from sureshot.runs import Run

CLASSES = ("bar", "disc")
DARK = 5  # every fifth test image is dark, and mostly told wrong


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """200 test images of one size; the model fails on dark ones."""
    folder = tmp_path_factory.mktemp("planted")
    rows = [(f"{n:03}.png", n % 2, "test" if n < 200 else "train") for n in range(204)]
    for number, (name, _, _) in enumerate(rows):
        draw = np.random.default_rng(number)
        middle = 50 if number % DARK == 0 else 140 + draw.integers(-20, 20)
        pixels = np.clip(draw.normal(middle, 20, (24, 24, 3)), 0, 255).astype(np.uint8)
        (folder / "images").mkdir(exist_ok=True)
        Image.fromarray(pixels).save(folder / "images" / name)
    index = index_of(folder / "images", CLASSES, rows)
    run = write_run(folder / "run", index, 2, settings={"image.size": 24})
    label = index.label[:200]
    wrong = np.where(np.arange(200) % DARK == 0, np.arange(200) % 15 < 10, np.arange(200) % 8 == 1)
    logits = (3 * np.eye(2)[np.where(wrong, 1 - label, label)]).astype(np.float32)
    nothing = strings([""] * 200)
    told = Predictions(CLASSES, index.id[:200], label, logits, nothing)
    told.save(run.predictions_path("test"))
    return run


def words_of(run: Run) -> Walk:
    return Walk(join(failures_of_run(read(run))))


def test_a_planted_dark_slice_is_told_with_numbers_and_pictures(planted: Run) -> None:
    walk = words_of(planted)
    assert "Accuracy on 200 test images" in walk.text
    assert "slices, marked ✗, is worse than the others by more than chance" in walk.text
    assert "Dark images (brightness 1" in walk.text
    low, high = (f"{100 * end:.1f}" for end in wilson(13, 40))  # a third of 40 dark ones is right
    assert f"32.5 % right ({low} to {high} %, n = 40) against 87.5 % of all others" in walk.text
    assert "In longer side and width : height they are too much alike to be parted." in walk.text
    after = walk.text[walk.text.index("10 dark images, chosen by chance:") :]
    assert "✗ bar" in after
    assert "✓ disc" in after


def test_each_thing_is_said_once_on_the_page(run: Run) -> None:
    text = Walk(page_of(run)).text
    for title in ("Worst classes", "Most confused pairs", "Most confident mistakes", "Their paths"):
        assert text.count(title) == 1, title
    assert text.count(" taken for ") <= 5 + 1  # pairs with pictures, and the words for them
    assert "images are too few to part: each slice needs 30." in text


def test_images_that_are_gone_leave_size_and_shape(planted: Run, tmp_path: Path) -> None:
    images = tmp_path / "images"
    shutil.copytree(planted.index.root, images)
    rows = [
        (str(i), int(k), str(s))
        for i, k, s in zip(planted.index.id, planted.index.label, planted.index.split, strict=True)
    ]
    run = write_run(
        tmp_path / "run", index_of(images, CLASSES, rows), 2, settings={"image.size": 9}
    )
    planted.predictions("test").save(run.predictions_path("test"))
    shutil.rmtree(images)
    text = words_of(run).text
    assert "Brightness, contrast and sharpness are left out: " in text
    assert str(images) in text
    assert "cannot be shown" in text


def test_hostile_names_are_words(hostile: Run, rich: Run) -> None:
    for run in (hostile, rich):
        page = join(failures_of_run(read(run)))
        assert "<script" not in page
        assert "<script>alert('x')</script>" in Walk(page).text


@pytest.mark.parametrize("count", [1, 70])
def test_one_class_and_one_image(tmp_path: Path, count: int) -> None:
    rows = [("a.png", 0, "train"), *((f"{n}.png", 0, "test") for n in range(count))]
    for number, (name, _, _) in enumerate(rows):
        Image.new("RGB", (16, 16), (number, 9, 9)).save(tmp_path / name)
    index = index_of(tmp_path, ("only", "none"), rows)
    run = write_run(tmp_path / "run", index, 1, settings={"image.size": 16})
    right = made_up(index, "test", sharpness=50.0)
    right.save(run.predictions_path("test"))
    text = words_of(run).text
    assert "No image was taken for another class" in text
    assert "Nothing is known of what has no test image: none." in text
    assert "There is none among" in text
    assert ("1 image is too few to part" in text) == (count == 1)

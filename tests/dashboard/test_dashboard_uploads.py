"""Images handed to the classifier in a real browser: good, odd, broken, huge."""

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hostile import FILE
from looking import looking, settle, words_on
from PIL import Image

import corpus
from sureshot.bundle import open_bundle
from sureshot.figures.words import percent
from sureshot.runs import Run

PHOTO = corpus.smooth(48, 64)
LINK = {"page": "classifier", "run": "runs/first"}


def jpeg(mode: str = "RGB", **how: Any) -> bytes:
    content = io.BytesIO()
    Image.fromarray(PHOTO).convert(mode).save(content, "JPEG", **how)
    return content.getvalue()


GOOD = {
    "good.png": corpus.encode(PHOTO, "PNG"),
    "rotated.jpg": jpeg(exif=b"Exif\0\0" + corpus.exif(6)),
    "cmyk.jpg": jpeg("CMYK"),
    "large.png": corpus.encode(np.zeros((6000, 8000), np.uint8), "PNG"),
    FILE: corpus.encode(PHOTO, "PNG"),
}
BAD = {
    "huge.png": (corpus.png_header(20_000, 20_000), "at most 64 megapixels"),
    "cut.jpg": (jpeg()[:300], "cannot be read"),
    "words.png": (b"hello", "cannot be read"),
    "empty.png": (b"", "0 bytes"),
}


def hand(page: Any, files: dict[str, bytes]) -> None:
    given = [
        {"name": name, "mimeType": "application/octet-stream", "buffer": content}
        for name, content in files.items()
    ]
    page.locator('input[type="file"]').set_input_files(given)


@pytest.mark.parametrize("name", GOOD)
def test_a_good_image_gets_the_answer_that_predict_gives(
    chromium: Any, address: str, first: Run, tmp_path: Path, name: str
) -> None:
    (tmp_path / "image").write_bytes(GOOD[name])
    wanted = open_bundle(first.model_path).predict(tmp_path / "image")
    share = float(wanted.probabilities().max())
    with looking(chromium, address, **LINK) as page:
        hand(page, {name: GOOD[name]})
        page.get_by_text("It took").wait_for()
        settle(page)
        words = words_on(page)
        assert wanted.classes[wanted.top()[0]] in words
        assert f"with a probability of {percent(share)}" in words
        assert (
            page.get_by_text("speak for this class")
            .or_(page.get_by_text("the answer stays"))
            .count()
        )
        page.locator(".js-plotly-plot").wait_for()


@pytest.mark.parametrize("name", BAD)
def test_a_bad_image_gets_a_sentence(chromium: Any, address: str, name: str) -> None:
    content, words = BAD[name]
    with looking(chromium, address, **LINK) as page:
        hand(page, {name: content})
        page.get_by_text("cannot be read").wait_for()
        assert words in words_on(page)


def test_many_at_once_are_counted_and_come_as_csv(chromium: Any, address: str) -> None:
    several = GOOD | {name: content for name, (content, _) in BAD.items()}
    with looking(chromium, address, **LINK) as page:
        hand(page, several)
        page.get_by_text(f"{len(several)} images").wait_for()
        page.get_by_text("4 unreadable").wait_for()
        with page.expect_download() as started:
            page.get_by_text("Download as CSV").click()
        told = Path(started.value.path()).read_text()
    rows = list(csv.DictReader(io.StringIO(told)))
    assert sorted(row["path"] for row in rows) == sorted(several)
    assert [row["outcome"] for row in rows].count("unreadable") == len(BAD)


def test_a_test_image_is_answered_as_it_was_scored(chromium: Any, address: str, first: Run) -> None:
    predictions = first.predictions("test")
    right = bool(predictions.top()[0] == predictions.label[0])
    share = float(predictions.probabilities()[0].max())
    with looking(chromium, address, **LINK) as page:
        page.get_by_text("Known images").click()
        page.get_by_text("It took").wait_for()
        words = words_on(page)
        assert str(predictions.id[0]) in words
        assert percent(share) in words
        assert ("✓ right" if right else "✗ wrong") in words


def test_the_camera_takes_a_photograph(chromium: Any, address: str) -> None:
    with looking(chromium, address, **LINK) as page:
        page.get_by_text("Camera", exact=True).click()
        page.get_by_text("Take Photo").click()
        page.get_by_text("It took").wait_for()
        page.locator(".js-plotly-plot").wait_for()

"""Images handed to the classifier in a real browser: good, odd, broken, huge."""

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import corpus
from hostile import FILE
from looking import looking, words_on
from sureshot.bundle import open_bundle
from sureshot.dashboard.answers import answer, decision_in_words, model_of
from sureshot.figures.words import percent
from sureshot.runs import Run

PHOTO = corpus.smooth(48, 64)
LINK = {"page": "classifier", "run": "runs/first"}


def jpeg(mode: str = "RGB", **how: Any) -> bytes:
    content = io.BytesIO()
    Image.fromarray(PHOTO).convert(mode).save(content, "JPEG", **how)
    return content.getvalue()


GOOD = {
    FILE: corpus.encode(PHOTO, "PNG"),
    "rotated.jpg": jpeg(exif=b"Exif\0\0" + corpus.exif(6)),
    "cmyk.jpg": jpeg("CMYK"),
    "large.png": corpus.encode(np.zeros((6000, 8000), np.uint8), "PNG"),
}
BAD = {
    "huge.png": corpus.png_header(20_000, 20_000),
    "cut.jpg": jpeg()[:300],
    "words.png": b"hello",
    "empty.png": b"",
}


def hand(page: Any, files: dict[str, bytes]) -> None:
    given = [
        {"name": name, "mimeType": "application/octet-stream", "buffer": content}
        for name, content in files.items()
    ]
    page.locator('input[type="file"]').set_input_files(given)


def test_many_at_once_get_the_answers_that_predict_gives_and_the_first_at_length(
    chromium: Any, address: str, first: Run, tmp_path: Path
) -> None:
    with looking(chromium, address, **LINK) as page:
        hand(page, GOOD | BAD)
        page.get_by_role("heading", name=f"{len(GOOD | BAD)} images").wait_for()
        page.get_by_text(f"{len(BAD)} unreadable").wait_for()
        page.locator(".js-plotly-plot").wait_for()
        words = words_on(page)
        with page.expect_download() as started:
            page.get_by_test_id("stDownloadButton").get_by_role("button").click()
        told = Path(started.value.path()).read_text()
    rows = {row["path"]: row for row in csv.DictReader(io.StringIO(told))}
    assert sorted(rows) == sorted(GOOD | BAD)
    bundle = open_bundle(first.model_path)
    assert "speak for this class" in words or "the answer stays" in words
    for number, (name, content) in enumerate((GOOD | BAD).items()):
        (tmp_path / str(number)).write_bytes(content)
        [wanted] = bundle.predict(tmp_path / str(number)).probabilities()
        if name == FILE:
            assert f"with a probability of {percent(float(wanted.max()))}" in words
        if name in BAD:
            assert rows[name]["outcome"] == "unreadable"
        else:
            given = [float(rows[name][f"p_{label}"]) for label in bundle.classes]
            assert np.abs(wanted - given).max() < 1e-4


def test_a_bad_image_gets_a_sentence_a_known_one_its_scores_and_the_camera_works(
    chromium: Any, address: str, first: Run
) -> None:
    predictions = first.predictions("test")
    right = bool(predictions.top()[0] == predictions.label[0])
    share = float(predictions.probabilities()[0].max())
    model, image = model_of(first), first.index.path(first.index.rows("test")[0]).read_bytes()
    assert model.about.plan is not None
    with looking(chromium, address, **LINK) as page:
        hand(page, {"huge.png": BAD["huge.png"]})
        page.locator(".stMain").get_by_text("cannot be read").wait_for()
        assert "at most 64 megapixels" in words_on(page)
        page.get_by_text("Known images").click()
        page.get_by_text("It took").wait_for()
        words = words_on(page)
        assert str(predictions.id[0]) in words
        assert percent(share) in words
        assert ("✓ right" if right else "✗ wrong") in words
        assert decision_in_words(model, answer(model, image)) in words
        assert "Nearest training images" in words
        page.get_by_text("Camera", exact=True).click()
        page.wait_for_function("document.querySelector('video')?.readyState === 4")
        page.get_by_text("Take Photo").click()
        page.get_by_text("photograph", exact=True).wait_for()
        page.locator(".js-plotly-plot").wait_for()

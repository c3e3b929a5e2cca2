"""The classifier's page answers as `sureshot predict` does, and a bad image is a sentence."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import corpus
from sureshot.bundle import Bundle
from sureshot.dashboard.answers import (
    Given,
    answer,
    as_csv,
    decision_in_words,
    model_of,
    opened,
    outcome,
    record_in_words,
    table,
)
from sureshot.errors import BundleError
from sureshot.figures import reliability
from sureshot.figures.words import percent
from sureshot.report.material import read
from sureshot.runs import Run

BAD: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "empty"),
    "words": (b"hello", "not_an_image"),
    "cut": (corpus.encode(corpus.smooth(), "PNG")[:200], "truncated"),
}


def test_odd_files_get_the_answers_that_predict_gives(first: Run, tmp_path: Path) -> None:
    bundle = opened(first.model_path)
    names = sorted(corpus.odd(tmp_path))
    answers = [answer(bundle, (tmp_path / name).read_bytes()) for name in names]
    wanted = bundle.predict([tmp_path / name for name in names])
    told = table(bundle, [Given(name, b"") for name in names], answers)
    assert (told.problem == "").all()
    np.testing.assert_allclose(told.probabilities(), wanted.probabilities(), atol=1e-6)


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_image_is_a_sentence_with_its_code(first: Run, kind: str) -> None:
    content, code = BAD[kind]
    found = answer(opened(first.model_path), content)
    assert found.problem == f"{code}: {found.why}"
    assert outcome(found, float("nan")) == "unreadable"


def test_a_flood_of_pixels_is_refused_before_it_is_decoded(first: Run) -> None:
    found = answer(opened(first.model_path), corpus.png_header(20_000, 20_000))
    assert found.problem.startswith("too_many_pixels")


def test_a_picture_is_shown_upright(first: Run) -> None:
    photo = Image.new("RGB", (60, 20), "red")
    content = io.BytesIO()
    photo.save(content, "JPEG", exif=b"Exif\0\0" + corpus.exif(6))  # the camera was held upright
    found = answer(opened(first.model_path), content.getvalue())
    assert found.picture is not None
    assert found.picture.shape == (60, 20, 3)


def test_the_csv_is_that_of_predict_and_no_formula(first: Run) -> None:
    bundle = opened(first.model_path)
    good = corpus.encode(corpus.smooth(), "PNG")
    given = [Given("=1+1.png", good), Given("b.png", b"")]
    told = as_csv(table(bundle, given, [answer(bundle, one.content) for one in given]))
    rows = list(csv.DictReader(io.StringIO(told.decode())))
    assert [row["outcome"] for row in rows] == ["ok", "unreadable"]
    assert rows[0]["path"] == "./=1+1.png"
    assert {f"p_{name}" for name in bundle.classes} <= rows[0].keys()


@pytest.mark.parametrize(("share", "word"), [(0.51, "sure"), (0.5, "sure"), (0.49, "unsure")])
def test_below_a_half_nothing_is_an_answer(first: Run, share: float, word: str) -> None:
    found = answer(opened(first.model_path), corpus.encode(corpus.smooth(), "PNG"))
    assert outcome(found, share) == word


@pytest.mark.parametrize(
    ("threshold", "decision", "said"),
    [
        (0.0, "auto", "sorted automatically: its probability is at least 0, and with 95 %"),
        (1.0, "review", "review: for less than a probability of 1"),
        (None, "review", "review: the plan found nothing"),
    ],
)
def test_the_plan_decides_as_sort_does(
    first: Run, threshold: float | None, decision: str, said: str
) -> None:
    bundle = model_of(first)
    assert bundle.about.plan is not None
    plan = bundle.about.plan.model_copy(update={"threshold": threshold})
    other = Bundle(bundle.with_(plan=plan), bundle.session, bundle.origin)
    known = first.index.path(int(first.index.rows("train")[0])).read_bytes()
    found = answer(other, known)
    assert found.decision == decision
    assert said in decision_in_words(other, found)


def test_the_record_of_an_answer_is_that_of_its_bin(first: Run) -> None:
    material = read(first)
    bins = reliability(material.predictions).bins
    place = int(np.flatnonzero(bins.n)[0])
    said = record_in_words(material, float(bins.high[place]))
    assert f"{int(bins.n[place]):,} {material.split} image" in said
    assert f"{percent(float(bins.accuracy[place]))} were right" in said
    assert record_in_words(material, 0.01) == ""  # of two classes, the better has half


def test_a_model_that_is_another_now_is_opened_anew(first: Run, tmp_path: Path) -> None:
    path = tmp_path / "model.shot"
    path.write_bytes(first.model_path.read_bytes())
    assert opened(path) is opened(path)
    path.write_bytes(b"no bundle")
    with pytest.raises(BundleError):
        opened(path)

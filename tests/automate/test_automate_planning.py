"""Goals that go together, rows that count once, and plans that say what they promise."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from made_indexes import bare_index
from sureshot.automate import Rows, goal, plan, recalled, rows_of
from sureshot.errors import DataError, UsageError
from sureshot.records import ALONE, Index, Predictions

CLASSES = ("hat", "shoe")


def rows(n: int, wrong: float = 0.0, seed: int = 0) -> Rows:
    """Images whose probability is spread evenly; the less probable half is wrong so often."""
    draw = np.random.default_rng(seed)
    confidence = draw.uniform(0.5, 1, n)
    right = (confidence > 0.75) | (draw.random(n) >= wrong)
    return Rows(confidence, draw.integers(0, 2, n), right, 2, "f" * 64)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"max_error": "0%"}, "--max-error must be a share above 0 and below 1, such as 2%"),
        ({"max_error": 0}, "--max-error must be a share"),
        ({"max_error": "2 of 100"}, "--max-error must be a share"),
        ({"confidence": "100%"}, "--confidence must be a share"),
        ({"minutes": 60.0}, "--review-minutes goes with --per-day and without --max-error"),
        ({"minutes": 60.0, "per_day": 100, "max_error": "1%"}, "--review-minutes goes with"),
        ({"minutes": -1.0, "per_day": 100}, "--review-minutes must be above 0"),
        ({"minutes": 60.0, "per_day": 0}, "--per-day must be above 0"),
        ({"seconds": float("nan")}, "--seconds-per-image must be above 0"),
        ({"minutes": 60.0, "per_day": 900}, "all 900 images a day can be looked at in 60 min"),
    ],
)
def test_goals_that_do_not_go_together_are_refused(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        goal(**given)


@pytest.mark.parametrize(("words", "error"), [("2%", 0.02), (0.05, 0.05), (" 0.5 % ", 0.005)])
def test_shares_are_read_as_people_write_them(words: str | float, error: float) -> None:
    assert goal(words).max_error == pytest.approx(error)


def test_a_promise_is_made_where_the_images_bear_it() -> None:
    made = plan(rows(2_000, 0.3), rows(300, 0.3, seed=1), goal("2%"), CLASSES)
    told = made.plan
    assert told.threshold is not None
    assert 0.70 < told.threshold < 0.76  # beyond, three of ten are wrong
    assert 0.48 < told.automated < 0.60
    assert told.wrong <= 0.02 * told.automated * told.n
    assert sum(each.said for each in told.per_class) == 2_000
    assert sum(each.automated for each in told.per_class) == round(told.automated * 2_000)
    assert sum(each.wrong for each in told.per_class) == told.wrong
    first, second, third, _ = made.sentences
    assert "of the images can be sorted automatically" in first
    assert second.endswith("with 95 % confidence at most 20 (2 %)")
    left = round(1000 * (1 - told.automated))
    assert third.startswith(
        f"of 1,000 images {left} are left to look at: about {left * 4 / 60:.0f}"
    )


@pytest.mark.parametrize("n", [2_000, 100])
def test_a_plan_is_told_again_in_the_same_words_and_only_of_its_own_rows(n: int) -> None:
    some, known = rows(n, 0.3), rows(300, 0.3, seed=1)
    made = plan(some, known, goal("2%"), CLASSES)
    again = recalled(made.plan, some, known, CLASSES)
    assert again is not None
    assert again.sentences == made.sentences
    np.testing.assert_array_equal(again.curve.wrong, made.curve.wrong)
    assert recalled(made.plan, replace(some, fingerprint="0" * 64), known, CLASSES) is None


@pytest.mark.parametrize(
    ("n", "error", "least", "would"),
    [
        (100, "2%", "149", "about 150"),
        (200, "1%", "299", "about 300"),
        (58, "5%", "59", "about 59"),
    ],
)
def test_too_few_images_are_told_how_many_would_do(
    n: int, error: str, least: str, would: str
) -> None:
    made = plan(rows(n), rows(300, seed=1), goal(error), CLASSES)
    assert (made.plan.threshold, made.plan.automated, made.plan.wrong) == (None, 0.0, 0)
    assert f"cannot be promised with {n} images: {would} would do" in made.sentences[0]
    assert f"even with no error at all, {least} accepted images are needed" in made.sentences[1]
    assert made.sentences[2] == "so every image is left to look at"
    enough = plan(rows(int(least)), rows(300, seed=1), goal(error), CLASSES)
    assert enough.plan.automated == 1.0


def test_a_model_that_is_wrong_everywhere_is_not_helped_by_images() -> None:
    bad = replace(rows(5_000), right=np.arange(5_000) % 10 > 0)
    made = plan(bad, rows(300, seed=1), goal("2%"), CLASSES)
    assert made.plan.threshold is None
    assert "more images like these would hardly change that, for of the" in made.sentences[0]


def test_minutes_decide_the_share_and_the_error_follows() -> None:
    asked = goal(minutes=60, per_day=5_000, seconds=4)
    assert asked.reviewed == pytest.approx(0.18)
    made = plan(rows(2_000, 0.05), rows(2_000, 0.05, seed=1), asked, CLASSES)
    assert made.plan.automated == pytest.approx(0.82, abs=0.03)
    seen = made.plan.wrong / (made.plan.automated * made.plan.n)
    assert seen < made.plan.max_error < seen + 0.02
    assert "about 5" in made.sentences[2] or "about 6" in made.sentences[2]  # some 60 minutes
    assert "of 5,000 images" in made.sentences[2]


def test_what_is_unlike_is_never_automated() -> None:
    strange = np.arange(2_000) % 20 == 0  # one in twenty

    def with_strange(some: Rows) -> Rows:
        return replace(some, confidence=np.where(strange, -1.0, some.confidence))

    known, tested = (with_strange(rows(2_000, seed=seed)) for seed in (1, 0))
    made = plan(tested, known, goal("2%"), CLASSES)
    assert made.plan.threshold == 0
    assert made.plan.automated == 0.95
    assert made.sentences[3].startswith("100 of the 2,000 look unlike the training data")
    with pytest.raises(DataError, match="5 % of the images look unlike .* about 17 minutes a day"):
        plan(tested, known, goal(minutes=10, per_day=5_000, seconds=4), CLASSES)


def test_minutes_that_promise_nothing_are_said() -> None:
    wrong = replace(rows(30), right=np.zeros(30, bool))
    with pytest.raises(DataError, match="no error can be promised: of 30 images"):
        plan(wrong, rows(100, seed=1), goal(minutes=60, per_day=5_000), CLASSES)
    with pytest.raises(DataError, match="found 30 and 0 that can be read"):
        plan(wrong, rows(0), goal(), CLASSES)


def table(contents: str, labels: str, splits: str, groups: list[int] | None = None) -> Index:
    names = {"t": "train", "v": "validation", "c": "calibration"}
    label = ["ab?".index(letter) for letter in labels]
    return bare_index(("a", "b", "other"), label, [names[s] for s in splits], contents, groups)


def test_rows_are_touched_by_nothing_and_count_once() -> None:
    groups = [ALONE, 5, ALONE, ALONE, 5, ALONE, 7, 7, ALONE]
    index = table("pqrrsttuv", "ababababa", "tvcccccct", groups)
    chosen = np.flatnonzero(index.split == "calibration")  # r r s t t u; s is like q, u like t
    logits = np.array([[2, 0], [2, 0], [0, 2], [0, 2], [0, 2], [2, 0]], np.float32)
    predictions = Predictions(
        ("a", "b"), index.id[chosen], index.label[chosen], logits, index.problem[chosen], 2.0
    )
    found = rows_of(predictions, index, ("train", "validation"))
    assert len(found) == 2  # r, and one of t, t, u
    assert found.said.tolist() == [0, 1]
    np.testing.assert_allclose(found.confidence, 1 / (1 + np.exp(-1)))
    assert found.right.tolist() == [True, True]


def test_an_image_of_an_unknown_class_is_wrong_and_an_unreadable_one_no_row() -> None:
    index = table("pqr", "a?b", "ccc").with_problems({2: "broken: it is"})
    logits = np.array([[9, 0], [9, 0], [np.nan, np.nan]], np.float32)
    predictions = Predictions(("a", "b"), index.id, np.array([0, -1, 1]), logits, index.problem)
    found = rows_of(predictions, index, ("train", "validation"))
    assert found.right.tolist() == [True, False]


def test_the_fingerprint_is_of_contents_and_labels_not_of_order() -> None:
    index = table("pqr", "aba", "ccc")
    logits = np.eye(2, dtype=np.float32)[[0, 1, 0]]
    predictions = Predictions(("a", "b"), index.id, index.label, logits, index.problem)
    first = rows_of(predictions, index, ("train",)).fingerprint
    order = np.array([2, 0, 1])
    assert rows_of(predictions.take(order), index.take(order), ("train",)).fingerprint == first
    other = replace(index, label=np.array([0, 1, 1]))
    assert rows_of(predictions, other, ("train",)).fingerprint != first

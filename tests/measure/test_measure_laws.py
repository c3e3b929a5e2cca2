"""Laws that hold for every score at once; a new score without its row here fails."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from measure_problems import PROBLEMS, predictions, problem

from sureshot import measure
from sureshot.records import Predictions, Scores, strings

# score: its perfect value, its worst possible one (None: no limit)
LAWS = {
    "accuracy": (1, 0),
    "top_3": (1, 0),
    "top_5": (1, 0),
    "precision_macro": (1, 0),
    "recall_macro": (1, 0),
    "f1_macro": (1, 0),
    "precision_weighted": (1, 0),
    "recall_weighted": (1, 0),
    "f1_weighted": (1, 0),
    "log_loss": (0, None),
    "brier": (0, 2),
    "calibration_error": (0, 1),
}


def every(scores: Scores):
    """All scores by name, those of classes too; undefined ones left out."""
    rows = {f"{c}/{k}": s for c, row in scores.per_class.items() for k, s in row.items() if s}
    return dict(scores.overall) | rows


def test_no_score_is_forgotten():
    assert list(measure.score(problem(30, 10)).overall) == list(LAWS)


@pytest.mark.parametrize("classes", [1, 2, 3, 6, 7, 10])
def test_perfect_predictions_have_the_perfect_value(classes):
    labels = np.arange(3 * classes) % classes
    scores = measure.score(predictions(labels, 1000 * np.eye(classes)[labels]))
    for name, score in scores.overall.items():
        assert score.value == LAWS[name][0], name
        assert score.value in (score.low, score.high), name
    for row in scores.per_class.values():
        assert all(score.value == 1 for score in row.values())


def test_perfect_predictions_of_few_images_are_no_proof():
    labels = np.arange(12) % 3
    scores = measure.score(predictions(labels, 1000 * np.eye(3)[labels]))
    shares = [score for name, score in every(scores).items() if LAWS.get(name, (1,))[0] == 1]
    assert len(shares) == 7 + 9
    assert all(score.low < 0.9 for score in shares)


def test_surely_wrong_predictions_have_the_worst_value():
    labels = np.arange(30) % 10
    rank = (labels[:, None] - np.arange(10)) % 10  # 0, the true class, comes last
    scores = measure.score(predictions(labels, 1000 * rank))
    for name, score in scores.overall.items():
        worst = LAWS[name][1]
        assert score.value == (9000 if worst is None else worst), name


@pytest.mark.parametrize("rows", PROBLEMS.values(), ids=PROBLEMS)
def test_every_value_lies_in_its_interval_and_every_interval_in_its_range(rows):
    for name, score in every(measure.score(rows)).items():
        best, worst = LAWS.get(name, (1, 0))
        least, most = min(best, worst or 0), np.inf if worst is None else max(best, worst)
        assert least <= score.low <= score.value <= score.high <= most, name
        assert np.isfinite([score.low, score.high]).all(), name
        assert all(type(part) is float for part in (score.value, score.low, score.high)), name
        assert type(score.n) is int, name
        assert score.n >= 1, name


@pytest.mark.parametrize("rows", PROBLEMS.values(), ids=PROBLEMS)
def test_the_order_of_rows_changes_no_bit(rows):
    order = np.random.default_rng(9).permutation(len(rows))
    assert measure.score(rows.take(order)).to_json() == measure.score(rows).to_json()


def test_the_numbering_of_classes_changes_no_value():
    rows = problem(300, 6)
    order = np.random.default_rng(9).permutation(6)
    renamed = replace(
        rows,
        classes=tuple(rows.classes[k] for k in order),
        label=np.argsort(order)[rows.label],
        logits=rows.logits[:, order],
    )
    ours = {name: score.value for name, score in every(measure.score(renamed)).items()}
    theirs = {name: score.value for name, score in every(measure.score(rows)).items()}
    assert ours == pytest.approx(theirs, rel=1e-12)


def test_a_constant_added_to_the_logits_of_a_row_changes_no_value():
    rows = problem(100, 6)
    rows = replace(rows, logits=np.round(rows.logits * 64) / 64)  # so that sums are exact
    shift = np.arange(100, dtype=np.float32)[:, None] - 50
    ours = measure.score(replace(rows, logits=rows.logits + shift)).to_json()
    assert ours == measure.score(rows).to_json()


def test_more_of_the_same_images_give_the_same_value_and_a_narrower_interval():
    rows = problem(60, 6)
    many = Predictions.concatenate([rows] * 8)
    many = replace(many, id=strings([f"{row:05}" for row in range(len(many))]))
    few, more = every(measure.score(rows)), every(measure.score(many))
    for name, score in few.items():
        assert more[name].value == pytest.approx(score.value, rel=1e-12), name
        assert more[name].n == 8 * score.n
        assert more[name].high - more[name].low < score.high - score.low, name


def test_scores_survive_json():
    scores = measure.score(PROBLEMS["a class in neither"])
    assert Scores.from_json(scores.to_json()).to_json() == scores.to_json()


def test_public_names_are_sorted_and_complete():
    assert measure.__all__ == sorted(measure.__all__)
    assert all(getattr(measure, name).__module__.startswith("sureshot") for name in measure.__all__)


def test_import_stays_light():
    heavy = ("torch", "sklearn", "pandas", "scipy", "pyarrow", "matplotlib")
    code = f"import sys, sureshot.measure; print([n for n in {heavy} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

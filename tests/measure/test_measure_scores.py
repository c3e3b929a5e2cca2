"""Agreement with scikit-learn, and the rules that it has none for."""

import numpy as np
import pytest
from measure_problems import PROBLEMS, predictions, problem
from sklearn import metrics

from sureshot import measure
from sureshot.errors import DataError, UsageError
from sureshot.records import UNKNOWN

CLOSE = {"rel": 1e-12, "abs": 1e-12}
KINDS = ("precision", "recall", "f1")
MEANS = ("macro", "weighted")


def arrays(rows):
    return rows.label, rows.logits, rows.probabilities(), rows.top()


@pytest.mark.parametrize("rows", PROBLEMS.values(), ids=PROBLEMS)
def test_overall_scores_are_those_of_scikit_learn(rows):
    labels, _, probabilities, predicted = arrays(rows)
    every = range(len(rows.classes))
    expected = {
        "accuracy": metrics.accuracy_score(labels, predicted),
        "log_loss": metrics.log_loss(labels, probabilities, labels=every),
        "brier": metrics.brier_score_loss(labels, probabilities, labels=every, scale_by_half=False),
    }
    for mean in ("macro", "weighted"):
        theirs = metrics.precision_recall_fscore_support(
            labels, predicted, average=mean, zero_division=0
        )
        expected |= {f"{k}_{mean}": v for k, v in zip(KINDS, theirs[:3], strict=True)}
    for k in (3, 5):
        if k < len(rows.classes):
            expected[f"top_{k}"] = metrics.top_k_accuracy_score(
                labels, probabilities, k=k, labels=every
            )
    scores = measure.score(rows)
    ours = {name: score.value for name, score in scores.overall.items()}
    assert ours.pop("calibration_error") == measure.calibration_error(labels, probabilities)
    assert ours == pytest.approx(expected, **CLOSE)
    assert scores.n == len(rows)


@pytest.mark.parametrize("rows", PROBLEMS.values(), ids=PROBLEMS)
def test_class_scores_are_those_of_scikit_learn(rows):
    labels, _, _, predicted = arrays(rows)
    every = range(len(rows.classes))
    theirs = metrics.precision_recall_fscore_support(
        labels, predicted, labels=every, average=None, zero_division=np.nan
    )[:3]
    scores = measure.score(rows)
    np.testing.assert_array_equal(
        scores.confusion, metrics.confusion_matrix(labels, predicted, labels=every)
    )
    assert list(scores.per_class) == list(rows.classes)
    for k, name in enumerate(rows.classes):
        for kind, expected in zip(KINDS, theirs, strict=True):
            score = scores.per_class[name][kind]
            if np.isnan(expected[k]):
                assert score is None
            else:
                assert score.value == pytest.approx(expected[k], **CLOSE)


def test_functions_agree_with_the_summary():
    rows = PROBLEMS["ten classes"]
    labels, logits, probabilities, predicted = arrays(rows)
    table = measure.confusion(labels, predicted, 10)
    functions = {
        "accuracy": measure.accuracy(labels, logits),
        "top_3": measure.top_k(labels, logits, 3),
        "top_5": measure.top_k(labels, probabilities, 5),
        "log_loss": measure.log_loss(labels, logits),
        "brier": measure.brier(labels, probabilities),
        "calibration_error": measure.calibration_error(labels, probabilities),
    }
    for kind in KINDS:
        values = getattr(measure, kind)(table)
        functions |= {f"{kind}_{m}": getattr(measure, m)(values, table) for m in MEANS}
    overall = measure.score(rows).overall
    assert functions == pytest.approx({n: s.value for n, s in overall.items()}, **CLOSE)


def test_undefined_scores_are_nan_in_arrays_none_in_scores_and_zero_in_means():
    table = measure.confusion(np.array([0, 0, 1, 1]), np.array([0, 0, 0, 2]), 4)
    np.testing.assert_allclose(measure.precision(table), [2 / 3, np.nan, 0, np.nan])
    np.testing.assert_allclose(measure.recall(table), [1, 0, np.nan, np.nan])
    np.testing.assert_allclose(measure.f1(table), [0.8, 0, 0, np.nan])
    assert measure.macro(measure.precision(table), table) == pytest.approx(2 / 9)  # of 3, not 4
    assert measure.macro(measure.recall(table), table) == pytest.approx(1 / 3)
    assert measure.weighted(measure.precision(table), table) == pytest.approx(1 / 3)

    scores = measure.score(predictions([0, 0, 1, 1], np.eye(4)[[0, 0, 0, 2]]))
    undefined = [[k for k, s in row.items() if s is None] for row in scores.per_class.values()]
    assert undefined == [[], ["precision"], ["recall"], ["precision", "recall", "f1"]]


def test_each_class_score_stands_on_its_own_n():
    scores = measure.score(predictions([0, 0, 1, 1, 1], np.eye(2)[[0, 1, 1, 1, 0]]))
    row = scores.per_class["class 1"]
    assert {kind: s.n for kind, s in row.items()} == {"precision": 3, "recall": 3, "f1": 4}
    assert {kind: s.method for kind, s in row.items()} == {
        "precision": "Wilson",
        "recall": "Wilson",
        "f1": "bootstrap",
    }


def test_top_k_only_where_it_says_something():
    assert "top_3" not in measure.score(problem(20, 3)).overall
    assert "top_3" in measure.score(problem(20, 4)).overall
    assert "top_5" not in measure.score(problem(20, 5)).overall
    assert "top_5" in measure.score(problem(20, 6)).overall


def test_equal_outputs_rank_by_class_number():
    outputs = np.zeros((4, 4))
    labels = np.arange(4)
    assert measure.in_top(labels, outputs, 2).tolist() == [True, True, False, False]
    rows = predictions(labels, outputs)
    assert rows.top().tolist() == measure.top_class(outputs).tolist() == [0, 0, 0, 0]
    assert measure.score(rows).overall["accuracy"].value == 0.25


def test_log_loss_is_exact_where_probabilities_underflow_or_round_to_one():
    losses = measure.image_log_loss(np.array([1, 0, 0]), [[0, -5000], [50, 0], [1e38, -1e38]])
    np.testing.assert_allclose(losses, [5000, np.exp(-50.0), 0], rtol=1e-15)
    assert measure.score(predictions([1], [[0, -5000]])).overall["log_loss"].value == 5000


def test_brier_of_many_classes_is_the_sum_over_them():
    assert measure.brier(np.array([0]), [[1.0, 0, 0]]) == 0
    assert measure.brier(np.array([0]), [[0.0, 1, 0]]) == 2
    assert measure.brier(np.array([0]), [[0.5, 0.25, 0.25]]) == 0.375


def test_unreadable_and_unlabelled_rows_are_left_out_and_counted():
    rows = problem(50, 3)
    rows.logits[4] = np.nan
    rows.problem[4] = "truncated: the file ends early"
    rows.label[7] = UNKNOWN
    scores = measure.score(rows)
    assert (scores.n, scores.unreadable, scores.confusion.sum()) == (48, 1, 48)
    assert scores.to_json() == measure.score(rows.scored()).to_json() | {"unreadable": 1}


def test_nothing_to_score_says_what_was_found():
    rows = problem(3, 2)
    rows.label[:] = UNKNOWN
    with pytest.raises(DataError, match=r"at least 1 readable .* got 3 images, .* 3 without"):
        measure.score(rows)
    with pytest.raises(DataError, match="got 0 images"):
        measure.score(rows.take(np.array([], np.int64)))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_logits_that_are_no_numbers_are_refused_unless_marked(bad):
    rows = problem(6, 3)
    rows.logits[4, 1] = bad
    with pytest.raises(DataError, match=r"NaN or infinity for 1 of 6 images, .*00004\.png"):
        measure.score(rows)
    with pytest.raises(DataError, match="NaN or infinity in 1 of 6 rows"):
        measure.accuracy(rows.label, rows.logits)
    rows.problem[4] = "truncated: the file ends early"
    assert measure.score(rows).n == 5


@pytest.mark.parametrize(
    ("labels", "outputs", "message"),
    [
        ([0, 1], [[1.0, 2.0]], r"shapes \(N,\) and \(N, K\), got \(2,\) and \(1, 2\)"),
        ([0], [1.0], "shapes"),
        ([2], [[1.0, 2.0]], "between 0 and 1, got 2"),
        ([-1], [[1.0, 2.0]], "between 0 and 1, got -1"),
        ([0.5], [[1.0, 2.0]], "whole numbers, got float64"),
        (np.zeros(0, int), np.zeros((0, 2)), "at least 1 image"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(labels, outputs, message):
    with pytest.raises(DataError, match=message):
        measure.log_loss(labels, outputs)


def test_misuse_is_refused():
    with pytest.raises(DataError, match="logits need a softmax first"):
        measure.brier([0], [[3.0, -1.0]])
    with pytest.raises(UsageError, match="k must be between 1 and the number of classes, 2"):
        measure.top_k([0], [[3.0, -1.0]], 3)
    with pytest.raises(DataError, match="labels and predicted"):
        measure.confusion([0, 1], [0], 2)
    rows = problem(5, 3)
    short = type(rows)(rows.classes[:2], rows.id, rows.label, rows.logits, rows.problem)
    with pytest.raises(DataError, match="one column for each of 2 classes"):
        measure.score(short)

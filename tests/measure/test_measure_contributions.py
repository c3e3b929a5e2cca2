"""Contributions against leaving out one image after the other, with scikit-learn as the score."""

import numpy as np
import pytest
from measure_problems import problem
from sklearn import metrics

from sureshot import measure
from sureshot.errors import DataError, UsageError
from sureshot.measure.contributions import contributions, losses, shares
from sureshot.records import softmax

N, CLASSES = 40, 4
ROWS = problem(N, CLASSES)


def by_sklearn(kind, mean):
    function = getattr(metrics, f"{kind}_score")
    classes = np.unique(np.concatenate([ROWS.label, ROWS.top()]))
    which = [mean] if isinstance(mean, int) else classes
    average = "macro" if isinstance(mean, int) else mean
    return lambda labels, z: function(
        labels, z.argmax(axis=1), labels=which, average=average, zero_division=0
    )


SCORES = {
    **{
        f"{kind}_{mean}": by_sklearn(kind, mean)
        for kind in ("precision", "recall", "f1")
        for mean in ("macro", "weighted")
    },
    "accuracy": lambda labels, z: metrics.accuracy_score(labels, z.argmax(axis=1)),
    "top_3": lambda labels, z: metrics.top_k_accuracy_score(labels, z, k=3, labels=range(CLASSES)),
    "log_loss": lambda labels, z: metrics.log_loss(labels, softmax(z), labels=range(CLASSES)),
    "brier": lambda labels, z: metrics.brier_score_loss(
        labels, softmax(z), labels=range(CLASSES), scale_by_half=False
    ),
}


def left_out(score):
    """Pseudo-values by their definition."""
    whole = score(ROWS.label, ROWS.logits)
    rows = [np.delete(np.arange(N), i) for i in range(N)]
    without = np.array([score(ROWS.label[kept], ROWS.logits[kept]) for kept in rows])
    return whole, N * whole - (N - 1) * without


@pytest.mark.parametrize("name", SCORES)
def test_contributions_are_pseudo_values(name):
    whole, pseudo = left_out(SCORES[name])
    found = contributions(name, ROWS.label, [ROWS.logits])
    assert found.score == pytest.approx([whole], rel=1e-9)
    assert found.values[0] == pytest.approx(pseudo, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("kind", ["precision", "f1"])
def test_contributions_to_the_score_of_a_class_are_pseudo_values(kind):
    whole, pseudo = left_out(by_sklearn(kind, 1))
    found = contributions(kind, ROWS.label, [ROWS.logits], of_class=1)
    assert found.score == pytest.approx([whole], rel=1e-9)
    assert found.values[0] == pytest.approx(pseudo, rel=1e-9, abs=1e-9)


def test_every_score_has_contributions_of_its_value():
    scores = measure.score(ROWS)
    for name, score in scores.overall.items():
        found = contributions(name, ROWS.label, [ROWS.logits, ROWS.logits])
        assert found.values.shape == (2, N), name
        assert found.score == pytest.approx([score.value] * 2, rel=1e-12), name
    for k, row in enumerate(scores.per_class.values()):
        for kind, score in row.items():
            value = contributions(kind, ROWS.label, [ROWS.logits], k).score[0]
            assert value == pytest.approx(score.value, rel=1e-12), (k, kind)


def test_contributions_to_the_calibration_error_have_it_as_their_mean():
    rows = problem(200, CLASSES)
    found = contributions("calibration_error", rows.label, [rows.logits])
    assert found.values.mean() == pytest.approx(found.score[0], rel=1e-12)
    assert 0 < found.raised < 0.2


def test_chance_raises_a_calibration_error_by_what_is_said():
    """Of a perfectly calibrated classifier the whole error is luck."""
    random, errors, raised = np.random.default_rng(0), [], []
    for _ in range(200):
        z = random.normal(0, 1.5, (300, 3))
        p = softmax(z)
        labels = (random.random((300, 1)) > p.cumsum(axis=1)).sum(axis=1).clip(0, 2)
        found = contributions("calibration_error", labels, [z])
        errors.append(found.score[0])
        raised.append(found.raised)
    assert 0.8 < np.mean(raised) / np.mean(errors) < 1


def test_recall_is_about_the_images_of_its_class():
    found = contributions("recall", ROWS.label, [ROWS.logits], of_class=2)
    own = ROWS.label == 2
    assert found.values.tolist() == [(ROWS.top()[own] == 2).tolist()]
    assert found.shares


@pytest.mark.parametrize(
    ("score", "of_class", "error", "message"),
    [
        ("accurracy", None, UsageError, "score must be accuracy, top_k, .* got accurracy"),
        ("f1", None, UsageError, "score must be"),
        ("brier", 1, UsageError, "score of a class must be precision, recall or f1, got brier"),
        ("recall", 7, UsageError, "of_class must be between 0 and 4, got 7"),
        ("recall", 4, DataError, "recall of class 4 needs at least 1 image of it, got none"),
    ],
)
def test_what_is_no_score_is_refused(score, of_class, error, message):
    wider = np.pad(ROWS.logits, ((0, 0), (0, 1)), constant_values=-100)
    with pytest.raises(error, match=message):
        contributions(score, ROWS.label, [wider], of_class)


def test_no_model_is_refused():
    with pytest.raises(UsageError, match="at least 1 model, got none"):
        contributions("accuracy", ROWS.label, [])


def test_plain_arrays_become_contributions():
    assert shares(np.array([True, False, True, True])).score == 0.75
    given = losses(np.array([[1.0, 2.0], [3.0, 4.0]]))
    assert given.score.tolist() == [1.5, 3.5]
    assert not given.counted

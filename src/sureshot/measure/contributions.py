"""What each image contributes to a score, so that every score is a mean over images.

Shapes: `S` seeds (models trained alike), `N` images, `K` classes, `B` bins, `C` cells of the
confusion matrix that are not empty.

A share or a loss is a mean over images already. Any other score is turned into one by leaving
out one image after the other: N times the score less N - 1 times the score without the image is
what that image contributes (pseudo-values: Tukey 1958; Efron & Stein 1981, Ann. Statist. 9 (3)).
Images in one cell of the confusion matrix contribute the same, so one look at each cell is enough.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import erfc, exp, inf, pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sureshot.errors import DataError, UsageError
from sureshot.measure.calibration import BINS, bin_of, expected_error
from sureshot.measure.classes import confusion, occurring
from sureshot.measure.scores import (
    Floats,
    Labels,
    checked,
    image_brier,
    image_log_loss,
    in_top,
    top_class,
)
from sureshot.records import softmax

Formula = Callable[[Floats, Floats, Floats], Floats]  # right, own, given, each (…, K) → (…, K)


@dataclass(frozen=True, eq=False)
class Contributions:
    """A score of S models as per-image contributions of mean `score`, up to a bias of 1/N."""

    values: Floats  # (S, N)
    score: Floats  # (S,) as the leaderboard shows it; NaN where it is undefined
    least: float = 0.0  # the range of the score
    most: float = 1.0
    counted: bool = True  # of images right and wrong; a few of a kind then say little
    raised: float = 0.0  # by how much chance may raise the mean of `score`
    shares: bool = False  # whether the values are 0 and 1


def contributions(
    score: str,
    labels: NDArray[Any],
    logits: Sequence[NDArray[Any]] | NDArray[Any],
    of_class: int | None = None,
) -> Contributions:
    """The contributions of `labels` (N,) and the logits of S models, each (N, K), to one score.

    `score` is a name in `Scores.overall`; with `of_class` it is precision, recall or f1. Recall
    of a class is about its own images only. UsageError for another name, DataError where arrays
    do not fit or the class has no image.
    """
    models = [checked(labels, outputs) for outputs in logits]
    if not models:
        raise UsageError("contributions need the logits of at least 1 model, got none")
    if of_class is not None:
        return _of_class(score, models, of_class)
    if score == "accuracy" or score == "recall_weighted":
        return shares(np.stack([in_top(*model, 1) for model in models]))
    if score.startswith("top_") and score[4:].isdigit():
        return shares(np.stack([in_top(*model, int(score[4:])) for model in models]))
    if score == "log_loss":
        return losses(np.stack([image_log_loss(*model) for model in models]))
    if score == "brier":
        return losses(np.stack([image_brier(own, softmax(z)) for own, z in models]), most=2.0)
    if score == "calibration_error":
        return _calibration(models)
    kind, _, mean = score.partition("_")
    if kind in FORMULAS and mean in ("macro", "weighted"):
        return _of_tables(FORMULAS[kind], models, mean == "macro")
    raise UsageError(
        "score must be accuracy, top_k, log_loss, brier, calibration_error, or precision, recall "
        f"or f1 with _macro, _weighted or a class, got {score}"
    )


def shares(right: NDArray[np.bool_]) -> Contributions:
    """The contributions of which images are right, shape (S, N), to the share of them."""
    values = np.atleast_2d(right).astype(np.float64)
    return Contributions(values, values.mean(axis=1), shares=True)


def losses(values: NDArray[Any], most: float = inf) -> Contributions:
    """The contributions of losses of single images, shape (S, N), to their mean."""
    values = np.atleast_2d(values).astype(np.float64)
    return Contributions(values, values.mean(axis=1), most=most, counted=False)


Model = tuple[Labels, NDArray[Any]]


def _of_class(score: str, models: list[Model], of_class: int) -> Contributions:
    labels, outputs = models[0]
    if not 0 <= of_class < outputs.shape[1]:
        raise UsageError(f"of_class must be between 0 and {outputs.shape[1] - 1}, got {of_class}")
    if score == "recall":
        own = labels == of_class
        if not own.any():
            raise DataError(
                f"recall of class {of_class} needs at least 1 image of it, got none; "
                "ask about another class, or test on more images"
            )
        return shares(np.stack([top_class(z[own]) == of_class for _, z in models]))
    if score not in FORMULAS:
        raise UsageError(f"the score of a class must be precision, recall or f1, got {score}")
    return _of_tables(lambda *sums: FORMULAS[score](*sums)[..., of_class], models, None)


FORMULAS: dict[str, Formula] = {
    "precision": lambda right, own, given: _ratio(right, given),
    "recall": lambda right, own, given: _ratio(right, own),
    "f1": lambda right, own, given: _ratio(2 * right, own + given),
}


def _of_tables(formula: Formula, models: list[Model], macro: bool | None) -> Contributions:
    """A mean over classes, macro or weighted, or with None what it gives of one class."""
    pairs = [_left_out(formula, labels, z, macro) for labels, z in models]
    return Contributions(
        np.stack([values for values, _ in pairs]), np.array([score for _, score in pairs])
    )


def _left_out(
    formula: Formula, labels: Labels, z: NDArray[Any], macro: bool | None
) -> tuple[Floats, float]:
    """Pseudo-values, shape (N,), and the score, of one model."""
    n, predicted, classes = len(labels), top_class(z), z.shape[1]
    table = confusion(labels, predicted, classes)
    cells, place = np.unique(labels * classes + predicted, return_inverse=True)
    each = np.eye(classes)
    true, said = each[cells // classes], each[cells % classes]  # (C, K)
    sums = table.diagonal(), table.sum(axis=1), table.sum(axis=0)
    less = true * said, true, said
    occurs = occurring(table).astype(np.float64)

    def score(right: Floats, own: Floats, given: Floats) -> Floats:
        values = formula(right, own, given)
        if macro is None:
            return values
        weights = occurs if macro else own
        return np.asarray((np.nan_to_num(values) * weights).sum(-1) / weights.sum(-1))

    whole = float(score(*(np.asarray(part, np.float64) for part in sums)))
    without = score(*(part - one for part, one in zip(sums, less, strict=True)))  # (C,)
    pseudo = n * whole - (n - 1) * np.nan_to_num(without)
    return pseudo[place], whole


def _calibration(models: list[Model]) -> Contributions:
    """Leaving out an image moves its bin's sum of gaps by its own gap, so it contributes that."""
    values, scores, raised = [], [], []
    for labels, z in models:
        probabilities, top = softmax(z), top_class(z)
        confidence = probabilities[np.arange(len(top)), top]
        gap, place = confidence - (top == labels), bin_of(confidence)
        sums: Floats = np.bincount(place, gap, minlength=BINS).astype(np.float64)
        values.append(np.sign(sums)[place] * gap)
        scores.append(expected_error(place, gap))
        raised.append(_raised(sums, place, gap))
    return Contributions(np.stack(values), np.array(scores), raised=float(np.mean(raised)))


def _raised(sums: Floats, place: NDArray[np.int64], gap: Floats) -> float:
    """By how much the noise of the bins may raise a calibration error.

    The mean of |x + noise| exceeds |x|, most where x is 0. What is taken for |x| is one
    standard error less than was seen, for what was seen has the noise in it.
    """
    noise = np.sqrt(np.bincount(place, gap * gap, minlength=BINS))  # most that it can be
    seen = np.divide(np.abs(sums), noise, out=np.zeros(BINS), where=noise > 0)
    excess = np.array([_folded(max(x - 1, 0.0)) for x in seen])
    return float((noise * excess).sum() / len(gap))


def _folded(x: float) -> float:
    """The mean of |x + z| less x, where z is standard normal and x at least 0."""
    return sqrt(2 / pi) * exp(-x * x / 2) - x * erfc(x / sqrt(2))


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.asarray(np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0))

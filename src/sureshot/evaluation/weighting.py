"""What class weights did: recall by class, beside the same training without them."""

from dataclasses import asdict
from typing import Any

import numpy as np

from sureshot.errors import DataError, RunError, UsageError
from sureshot.measure import balanced_weights, paired_difference
from sureshot.records import Predictions, Split
from sureshot.runs import Run


def weighting(run: Run, split: Split) -> dict[str, Any]:
    """The weights, and the change of each class's recall against a twin without weights.

    A twin is a complete run in the same folder with the same recipe but for the weights, on the
    same data. Without one, "twin" is None and there is no "recall".
    """
    index = run.index
    weights = balanced_weights(index.counts()[:, 0])
    told: dict[str, Any] = {
        "weights": dict(zip(index.classes, map(float, weights), strict=True)),
        "split": split,
        "twin": None,
    }
    twin = _twin(run)
    if twin is not None:
        told["twin"] = twin.name
        told["recall"] = _changes(twin.predictions(split), run.predictions(split))
    return told


def _twin(run: Run) -> Run | None:
    wanted, data = run.recipe.model_copy(update={"class_weights": "none"}), run.index.fingerprint()
    for folder in sorted(run.folder.parent.iterdir()):
        other = Run(folder)
        try:
            if other.complete and other.recipe == wanted and other.index.fingerprint() == data:
                return other
        except (RunError, DataError, UsageError):  # a stranger's folder, or a damaged one
            continue
    return None


def _changes(before: Predictions, after: Predictions) -> dict[str, Any]:
    """Recall without and with weights by class, and the paired difference with its interval."""
    order = {image: row for row, image in enumerate(before.id)}
    after = after.scored()
    before = before.take(np.array([order[image] for image in after.id], np.int64))
    told = {}
    for label, name in enumerate(after.classes):
        rows = np.flatnonzero(after.label == label)
        if not len(rows):
            continue
        without, with_ = (table.top()[rows] == label for table in (before, after))
        told[name] = {
            "without": float(without.mean()),
            "with": float(with_.mean()),
            "difference": asdict(paired_difference(without, with_)),
        }
    return told

"""What class weights did: recall by class, beside the same training without them."""

from dataclasses import asdict, replace
from typing import Any

import numpy as np

from sureshot.errors import DataError, RunError, UsageError
from sureshot.measure import balanced_weights, paired_difference
from sureshot.records import Predictions, Split, strings
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
    found = _twin(run, split)
    if found is not None:
        told["twin"], before = found
        told["recall"] = _changes(before, _by_content(run, split))
    return told


def _twin(run: Run, split: Split) -> tuple[str, Predictions] | None:
    """The name of a twin, and its predictions by content."""
    wanted, data = run.recipe.model_copy(update={"class_weights": "none"}), run.index.fingerprint()
    for folder in sorted(run.folder.parent.iterdir()):
        other = Run(folder)
        try:
            if other.complete and other.recipe == wanted and other.index.fingerprint() == data:
                return other.name, _by_content(other, split)
        except (RunError, DataError, UsageError, OSError):  # a stranger's folder, or a damaged one
            continue
    return None


def _by_content(run: Run, split: Split) -> Predictions:
    """The predictions of a split, each image named by its content: files may be renamed."""
    predictions, index = run.predictions(split), run.index
    content = dict(zip(index.id, index.sha256, strict=True))
    return replace(predictions, id=strings([content[image] for image in predictions.id]))


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

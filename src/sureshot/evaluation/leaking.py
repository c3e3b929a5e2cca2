"""The headline without the images that the network has seen in training as a duplicate."""

from dataclasses import asdict
from typing import Any

import numpy as np

from sureshot.data.families import families
from sureshot.measure import wilson
from sureshot.records import SPLITS, Index, Predictions, Score, Split


def without_leaks(index: Index, predictions: Predictions, split: Split) -> dict[str, Any] | None:
    """The accuracy on those images of a split that have no duplicate in an earlier split.

    Earlier than test are train and validation, earlier than validation is train. "images" says how
    many are left out, "in" where their duplicates stand; "accuracy" is None where nothing is left.
    None where nothing leaks.
    """
    judged = predictions.scored()
    row_of = {image: row for row, image in enumerate(index.id)}
    family = families(index)
    own = family[[row_of[image] for image in judged.id]]
    earlier = SPLITS[: SPLITS.index(split)]
    seen = {name: np.isin(own, family[index.rows(name)]) for name in earlier}
    leaking = np.logical_or.reduce(list(seen.values()))
    if not leaking.any():
        return None
    rest = judged.take(np.flatnonzero(~leaking))
    right, n = int((rest.top() == rest.label).sum()), len(rest)
    accuracy = asdict(Score(right / n, *wilson(right, n), n, "Wilson")) if n else None
    return {
        "images": int(leaking.sum()),
        "in": [name for name, found in seen.items() if found.any()],
        "accuracy": accuracy,
    }

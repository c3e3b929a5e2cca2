"""`scores.json`: the headline, every split's scores, and the speed."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sureshot.measure import score
from sureshot.records import Predictions, Split

SCHEMA = 1


def summarise(predictions: Mapping[Split, Predictions], speed: Mapping[str, Any]) -> dict[str, Any]:
    """Score every split; the headline stands on test, or on validation where there is no test."""
    scores = {split: score(table) for split, table in predictions.items()}
    split: Split = "test" if "test" in scores else "validation"
    accuracy = scores[split].overall["accuracy"]
    return {
        "schema": SCHEMA,
        "headline": {"score": "accuracy", "split": split, **asdict(accuracy)},
        "speed": dict(speed),
        "splits": {name: found.to_json() for name, found in scores.items()},
    }

"""`scores.json`: the headline, every split's scores, the speed, and how often test was opened."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sureshot import files
from sureshot.measure import score
from sureshot.records import Predictions, Split
from sureshot.runs import Run

SCHEMA = 1


def summarise(predictions: Mapping[Split, Predictions], speed: Mapping[str, Any]) -> dict[str, Any]:
    """Score every split; the headline stands on test, or on validation where there is no test."""
    scores = {split: score(table) for split, table in predictions.items()}
    split: Split = "test" if "test" in scores else "validation"
    accuracy = scores[split].overall["accuracy"]
    return {
        "schema": SCHEMA,
        "headline": {"score": "accuracy", "split": split, **asdict(accuracy)},
        "test_openings": int("test" in scores),
        "speed": dict(speed),
        "splits": {name: found.to_json() for name, found in scores.items()},
    }


def count_opening(run: Run) -> int:
    """Note that somebody looked at the test scores once more; returns how often by now."""
    summary = run.summary
    summary["test_openings"] += 1
    files.write_json(run.folder / "scores.json", summary)
    return int(summary["test_openings"])

"""`scores.json`: the headline, every split's scores, and the speed."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sureshot.evaluation.calibrating import calibration
from sureshot.evaluation.leaking import without_leaks
from sureshot.evaluation.weighting import weighting
from sureshot.measure import score
from sureshot.records import Split
from sureshot.runs import Run

SCHEMA = 1


def summarise(run: Run, speed: Mapping[str, Any]) -> dict[str, Any]:
    """Score every split; the headline stands on test, or on validation where there is no test.

    Probabilities are those with the temperature; "calibration" says what they were without it.
    Where the last epoch's weights were kept beside the best, they are scored under "last"; where
    class weights were used, "class_weights" says what they did; where images of the headline have a
    duplicate among those trained or chosen on, "without_leaks" is the accuracy without them.
    """
    predictions = {split: run.predictions(split) for split in run.predicted}
    scores = {split: score(table.settled()) for split, table in predictions.items()}
    split: Split = "test" if "test" in scores else "validation"
    accuracy = scores[split].overall["accuracy"]
    summary = {
        "schema": SCHEMA,
        "headline": {"score": "accuracy", "split": split, **asdict(accuracy)},
        "speed": dict(speed),
        "splits": {name: found.to_json() for name, found in scores.items()},
    }
    calibrated = calibration(predictions)
    if calibrated is not None:
        summary["calibration"] = calibrated
    leaks = without_leaks(run.index, predictions[split], split)
    if leaks is not None:
        summary["without_leaks"] = leaks
    if run.last_path.exists():
        later = {name: run.predictions(name, "last").settled() for name in run.predicted}
        last = {name: score(table).to_json() for name, table in later.items()}
        summary["last"] = {"epoch": len(run.history), "splits": last}
    if run.recipe.class_weights == "balanced":
        summary["class_weights"] = weighting(run, split)
    return summary

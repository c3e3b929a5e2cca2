"""`scores.json`: the headline, every split's scores, and the speed."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sureshot.evaluation.leaking import without_leaks
from sureshot.evaluation.weighting import weighting
from sureshot.measure import score
from sureshot.records import Split
from sureshot.runs import Run

SCHEMA = 1


def summarise(run: Run, speed: Mapping[str, Any]) -> dict[str, Any]:
    """Score every split; the headline stands on test, or on validation where there is no test.

    Where the last epoch's weights were kept beside the best, they are scored under "last"; where
    class weights were used, "class_weights" says what they did; where images of the headline have a
    duplicate among those trained or chosen on, "without_leaks" is the accuracy without them.
    """
    scores = {split: score(run.predictions(split)) for split in run.predicted}
    split: Split = "test" if "test" in scores else "validation"
    accuracy = scores[split].overall["accuracy"]
    summary = {
        "schema": SCHEMA,
        "headline": {"score": "accuracy", "split": split, **asdict(accuracy)},
        "speed": dict(speed),
        "splits": {name: found.to_json() for name, found in scores.items()},
    }
    leaks = without_leaks(run.index, run.predictions(split), split)
    if leaks is not None:
        summary["without_leaks"] = leaks
    if run.last_path.exists():
        last = {name: score(run.predictions(name, "last")).to_json() for name in run.predicted}
        summary["last"] = {"epoch": len(run.history), "splits": last}
    if run.recipe.class_weights == "balanced":
        summary["class_weights"] = weighting(run, split)
    return summary

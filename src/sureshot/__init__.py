"""From a folder of images to a classifier you can be sure of.

    import sureshot
    sureshot.look("photos")
    run = sureshot.train("photos", model="arch_1", name="first")
    sureshot.predict(run.folder, "new/photo.jpg").to_pandas()

Nothing heavy is imported until it is used.
"""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sureshot.automate import Planned
    from sureshot.bundle import Bundle
    from sureshot.data import Source
    from sureshot.errors import SureshotError
    from sureshot.estimator import SureshotClassifier as SureshotClassifier
    from sureshot.progress import Progress, Silent, Terminal
    from sureshot.recipe import Recipe
    from sureshot.records import Finding, Index, Layer, Predictions, Score, Scores
    from sureshot.runs import Run
    from sureshot.sorting import sort
    from sureshot.studies import Compared, Studied, StudyPlan, compare, judge_by_hand, study
    from sureshot.workflow import (
        Look,
        check,
        describe,
        evaluate,
        export_data,
        get,
        load,
        look,
        plan,
        predict,
        predict_to,
        query,
        resume,
        train,
    )

_HOMES = {
    "Bundle": "bundle",
    "Compared": "studies",
    "Finding": "records",
    "Index": "records",
    "Layer": "records",
    "Look": "workflow",
    "Planned": "automate",
    "Predictions": "records",
    "Progress": "progress",
    "Recipe": "recipe",
    "Run": "runs",
    "Score": "records",
    "Scores": "records",
    "Silent": "progress",
    "Source": "data",
    "Studied": "studies",
    "StudyPlan": "studies",
    "SureshotClassifier": "estimator",
    "SureshotError": "errors",
    "Terminal": "progress",
    "check": "workflow",
    "compare": "studies",
    "describe": "workflow",
    "evaluate": "workflow",
    "export_data": "workflow",
    "get": "workflow",
    "judge_by_hand": "studies",
    "load": "workflow",
    "look": "workflow",
    "plan": "workflow",
    "predict": "workflow",
    "predict_to": "workflow",
    "query": "workflow",
    "resume": "workflow",
    "sort": "sorting",
    "study": "studies",
    "train": "workflow",
}

__all__ = [  # but SureshotClassifier, which scikit-learn must be there for
    "Bundle",
    "Compared",
    "Finding",
    "Index",
    "Layer",
    "Look",
    "Planned",
    "Predictions",
    "Progress",
    "Recipe",
    "Run",
    "Score",
    "Scores",
    "Silent",
    "Source",
    "Studied",
    "StudyPlan",
    "SureshotError",
    "Terminal",
    "check",
    "compare",
    "describe",
    "evaluate",
    "export_data",
    "get",
    "judge_by_hand",
    "load",
    "look",
    "plan",
    "predict",
    "predict_to",
    "query",
    "resume",
    "sort",
    "study",
    "train",
]

__version__ = version("sureshot")


def __dir__() -> list[str]:
    return [*_HOMES, "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'sureshot' has no attribute {name!r}")
    return getattr(import_module(f"sureshot.{_HOMES[name]}"), name)

"""From a bundle and images to predictions, and from predictions to `scores.json`."""

from sureshot.evaluation.finishing import write_trained
from sureshot.evaluation.output import require_place, write_predictions, write_submission
from sureshot.evaluation.predicting import answers_of, predict_source, predict_split, speed
from sureshot.evaluation.summary import summarise
from sureshot.evaluation.unlike import unlike_of

__all__ = [
    "answers_of",
    "predict_source",
    "predict_split",
    "require_place",
    "speed",
    "summarise",
    "unlike_of",
    "write_predictions",
    "write_submission",
    "write_trained",
]

"""From a bundle and images to predictions, and from predictions to `scores.json`."""

from sureshot.evaluation.output import FORMATS, require_format, write_predictions
from sureshot.evaluation.predicting import predict_rows, predict_source, speed
from sureshot.evaluation.summary import count_opening, summarise

__all__ = [
    "FORMATS",
    "count_opening",
    "predict_rows",
    "predict_source",
    "require_format",
    "speed",
    "summarise",
    "write_predictions",
]

"""Numbers from plain arrays: scores, calibration, and the interval that each number stands in."""

from sureshot.measure.calibration import Reliability, calibration_error, reliability
from sureshot.measure.classes import (
    balanced_weights,
    confusion,
    f1,
    macro,
    precision,
    recall,
    weighted,
)
from sureshot.measure.exact import clopper_pearson
from sureshot.measure.intervals import bootstrap, paired_difference, wilson
from sureshot.measure.scores import (
    accuracy,
    brier,
    image_brier,
    image_log_loss,
    in_top,
    log_loss,
    top_class,
    top_k,
)
from sureshot.measure.summary import score

__all__ = [
    "Reliability",
    "accuracy",
    "balanced_weights",
    "bootstrap",
    "brier",
    "calibration_error",
    "clopper_pearson",
    "confusion",
    "f1",
    "image_brier",
    "image_log_loss",
    "in_top",
    "log_loss",
    "macro",
    "paired_difference",
    "precision",
    "recall",
    "reliability",
    "score",
    "top_class",
    "top_k",
    "weighted",
    "wilson",
]

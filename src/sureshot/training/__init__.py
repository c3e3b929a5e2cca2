"""The loop, its schedules and augmentation, its checkpoints, and the export to ONNX."""

from sureshot.training.clock import Clock
from sureshot.training.estimating import seconds_an_epoch, transfer_in_words
from sureshot.training.export import export, tried
from sureshot.training.loop import train
from sureshot.training.preview import preview, varied
from sureshot.training.task import Data
from sureshot.training.tracking import Tracker, require_tracker, tracking
from sureshot.training.transfer import settled_transfer

__all__ = [
    "Clock",
    "Data",
    "Tracker",
    "export",
    "preview",
    "require_tracker",
    "seconds_an_epoch",
    "settled_transfer",
    "tracking",
    "train",
    "transfer_in_words",
    "tried",
    "varied",
]

"""The loop, its checkpoints, and the export to ONNX."""

from sureshot.train.checkpoints import leftovers
from sureshot.train.export import export
from sureshot.train.loop import Data, train

__all__ = ["Data", "export", "leftovers", "train"]

"""The loop, its checkpoints, and the export to ONNX."""

from sureshot.training.export import export
from sureshot.training.loop import Data, train

__all__ = ["Data", "export", "train"]

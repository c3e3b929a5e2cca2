"""Networks of one's own: a function in a file that gives an `nn.Module` or a Keras model.

The contract is in docs/own_networks.md. Nothing of it travels: what is written in the end is the
exported graph, and neither prediction nor evaluation ever sees the file again.
"""

from sureshot.own.file import called, complaint, require_resumable
from sureshot.own.whole import Whole, whole

__all__ = ["Whole", "called", "complaint", "require_resumable", "whole"]

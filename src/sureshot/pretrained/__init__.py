"""Networks that others have trained on millions of images, to stand on.

Weights come as safetensors from a folder or the hub, proven by hash; `transformers` builds the
network, and is imported only then.
"""

from sureshot.pretrained.processor import Processor, read_processor
from sureshot.pretrained.weights import (
    Weights,
    lacking,
    located,
    obtain,
    require_transformers,
)

__all__ = [
    "Processor",
    "Weights",
    "lacking",
    "located",
    "obtain",
    "read_processor",
    "require_transformers",
]

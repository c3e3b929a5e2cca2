"""Networks that others have trained on millions of images, to stand on.

Weights come as safetensors from a folder or the hub, proven by hash; `transformers` builds the
network, and is imported only then.
"""

from sureshot.pretrained.processor import Processor, read_processor
from sureshot.pretrained.weights import NETWORK, Weights, located, obtain

__all__ = ["NETWORK", "Processor", "Weights", "located", "obtain", "read_processor"]

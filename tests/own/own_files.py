"""What little files that make networks are put together from."""

from collections.abc import Callable

HEAD = "import torch\nfrom torch import nn\n\n\ndef make_model(classes, size, channels):\n"
FLAT = "nn.Sequential(nn.Flatten(), nn.Linear(channels * size * size, classes))"

Write = Callable[..., str]  # of the body of make_model; gives the name of the network

"""The networks, by the names that their authors use."""

from collections.abc import Callable
from dataclasses import dataclass

import torch

from sureshot.errors import UsageError
from sureshot.models import textbook
from sureshot.models.network import Network, Outputs, initialise
from sureshot.recipe import Preprocessing
from sureshot.seeds import derive

__all__ = ["MODELS", "Model", "Network", "Outputs", "build", "require_size"]


@dataclass(frozen=True)
class Model:
    """How to build a network, and the smallest image that survives its pooling."""

    build: Callable[[int, int, int], Network]
    smallest: int = 1  # pixels


MODELS: dict[str, Model] = {
    "arch_1": Model(textbook.arch_1, smallest=16),
    "dense_l2": Model(textbook.dense_l2),
    "linear": Model(textbook.linear),
}


def require_size(name: str, size: int) -> None:
    """Raise UsageError where images of so many pixels are too small for a network."""
    smallest = MODELS[name].smallest
    if size < smallest:
        raise UsageError(f"image.size must be at least {smallest} for {name}, got {size}")


def build(name: str, image: Preprocessing, classes: int, seed: int) -> Network:
    """A network with its first weights, the same bits for the same seed."""
    require_size(name, image.size)
    with torch.random.fork_rng(devices=[]):  # layers draw weights when made; they are replaced
        network = MODELS[name].build(image.size, image.channels, classes)
    generator = torch.Generator().manual_seed(derive("weights", seed))
    initialise(network, generator)
    return network

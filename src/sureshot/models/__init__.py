"""The networks, by the names that their authors use."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import nn

from sureshot.errors import UsageError
from sureshot.files import readable_size
from sureshot.models import textbook
from sureshot.models.network import Network, Outputs, initialise
from sureshot.models.summary import summary
from sureshot.models.swift import WhitenedPatches, swift
from sureshot.recipe import NetworkSettings, Preprocessing
from sureshot.seeds import derive

__all__ = [
    "MODELS",
    "Model",
    "Network",
    "Outputs",
    "WhitenedPatches",
    "build",
    "outline",
    "require_batch",
    "summary",
]


@dataclass(frozen=True)
class Model:
    """How to build a network, the images that it was made for, the smallest that it can take."""

    build: Callable[..., Network]  # of image size in pixels, channels, classes
    size: int = 28  # pixels
    channels: Literal[1, 3] = 1
    smallest: int = 8  # pixels; less does not survive the pooling, or is no image
    widened: bool = False  # whether `build` takes `widths` as well


MODELS: dict[str, Model] = {
    "arch_1": Model(textbook.arch_1, 128, 3, smallest=16),
    "arch_2": Model(textbook.arch_2, 128, 3, smallest=16),
    "cifar_cnn": Model(textbook.cifar_cnn, 32, 3),
    "cnn": Model(textbook.cnn),
    "dcnn": Model(textbook.dcnn),
    "dense_l2": Model(textbook.dense_l2),
    "dnn": Model(textbook.dnn),
    "dnnd": Model(textbook.dnnd),
    "linear": Model(textbook.linear),
    "mlp_128": Model(textbook.mlp_128),
    "nn": Model(textbook.nn_),
    "swift": Model(swift, 128, 3, smallest=8, widened=True),
}
DROPOUT = (nn.Dropout,)
LARGEST = 1_900_000_000  # bytes of weights; an ONNX file ends at 2 GB, the graph included
BATCH_NORM = (nn.BatchNorm1d, nn.BatchNorm2d)


def _require_size(name: str, size: int) -> None:
    """Raise UsageError where images of so many pixels are too small for a network."""
    smallest = MODELS[name].smallest
    if size < smallest:
        raise UsageError(f"image.size must be at least {smallest} for {name}, got {size}")


def require_batch(name: str, network: Network, batch: int) -> None:
    """Raise UsageError where batch normalisation would have to learn from one image at a time."""
    if batch == 1 and any(isinstance(layer, BATCH_NORM) for layer in network.modules()):
        raise UsageError(
            f"batch must be at least 2 for {name}, whose batch normalisation needs more than one "
            "image, got 1; network.batch_norm = false would do without"
        )


def build(
    name: str,
    image: Preprocessing,
    classes: int,
    seed: int,
    settings: NetworkSettings = NetworkSettings(),  # noqa: B008 (frozen)
) -> Network:
    """A network with its first weights, the same bits for the same seed. Raises as `outline`."""
    outline(name, image, classes, settings)
    with torch.random.fork_rng(devices=[]):  # layers draw weights when made; they are replaced
        network = _made(name, image, classes, settings)
    initialise(network, torch.Generator().manual_seed(derive("weights", seed)))
    return network


def outline(
    name: str,
    image: Preprocessing,
    classes: int,
    settings: NetworkSettings = NetworkSettings(),  # noqa: B008 (frozen)
) -> Network:
    """A network without any weights in memory, to look at.

    Raises UsageError where the image is too small or the network too large, or where a layer is
    switched off that is not there.
    """
    _require_size(name, image.size)
    with torch.device("meta"):
        network = _made(name, image, classes, settings)
    size = 4 * network.parameter_count()
    if size > LARGEST:
        raise UsageError(
            f"{name} must have at most {readable_size(LARGEST)} of weights, the most that an ONNX "
            f"file holds, and for images of {image.size} pixels and {classes:,} classes it has "
            f"{readable_size(size)}; choose a smaller image.size, or a network with pooling"
        )
    return network


def _made(name: str, image: Preprocessing, classes: int, settings: NetworkSettings) -> Network:
    model = MODELS[name]
    if settings.widths and not model.widened:
        raise UsageError(f"network.widths would do nothing: {name} has its author's widths")
    more = {"widths": settings.widths} if model.widened else {}
    network = model.build(image.size, image.channels, classes, **more)
    if not settings.dropout:
        _remove(
            network, DROPOUT, f"network.dropout = false would do nothing: {name} has no dropout"
        )
    if not settings.batch_norm:
        why = f"network.batch_norm = false would do nothing: {name} has no batch normalisation"
        _remove(network, BATCH_NORM, why)
    if settings.standardise:
        network.standardise(image.channels)
    network.mirrored = settings.tta_flip is True
    return network


def _remove(network: Network, kinds: tuple[type[nn.Module], ...], otherwise: str) -> None:
    """Take every layer of some kinds out of trunk and neck; UsageError where there is none."""
    removed = 0
    for part in ("trunk", "neck"):
        layers = getattr(network, part)
        if isinstance(layers, nn.Sequential):
            kept = [layer for layer in layers if not isinstance(layer, kinds)]
            removed += len(layers) - len(kept)
            setattr(network, part, nn.Sequential(*kept))
    if not removed:
        raise UsageError(otherwise)

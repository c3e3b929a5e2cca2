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
from sureshot.models.own import own_network
from sureshot.models.pretrained import SMALLEST, transferred
from sureshot.models.summary import summary as walked
from sureshot.models.swift import WhitenedPatches, swift
from sureshot.own import Whole
from sureshot.pretrained import located, read_processor
from sureshot.pretrained.backbone import Backbone
from sureshot.pretrained.layers import seen_layers
from sureshot.recipe import NetworkSettings, Preprocessing, Recipe, is_own, is_pretrained
from sureshot.records import Layer
from sureshot.seeds import DEFAULT_SEED, derive
from sureshot.views import views

__all__ = [
    "MODELS",
    "Model",
    "Network",
    "Outputs",
    "WhitenedPatches",
    "build",
    "layers_of",
    "made_for",
    "outline",
    "require_batch",
    "smallest",
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


def smallest(name: str) -> int:
    """The smallest images that a network can take, in pixels."""
    if is_pretrained(name):
        return SMALLEST
    return Model.smallest if is_own(name) else MODELS[name].smallest


def made_for(name: str) -> tuple[int, Literal[1, 3]]:
    """The size in pixels and the channels of the images that a network was made for.

    Raises DataError where those are told by weights that are not on this machine.
    """
    if is_pretrained(name):
        return read_processor(located(name).folder).size, 3
    if is_own(name):
        return 128, 3  # nobody says; as the published networks for photographs
    return MODELS[name].size, MODELS[name].channels


def _require_size(name: str, size: int) -> None:
    """Raise UsageError where images of so many pixels are too small for a network."""
    if size < smallest(name):
        raise UsageError(f"image.size must be at least {smallest(name)} for {name}, got {size}")


def summary(network: Network, shape: tuple[int, int, int]) -> list[Layer]:
    """Every layer, in order, for images of shape (H, W, C)."""
    if isinstance(network.trunk, Whole):
        return network.trunk.layers
    pretrained = isinstance(network.trunk, Backbone)
    return seen_layers(network, shape) if pretrained else walked(network, shape)


def layers_of(recipe: Recipe, classes: int) -> list[Layer]:
    """A recipe's network, layer by layer; UsageError where the two do not go together."""
    image = recipe.image.settled()
    network = outline(recipe.model, image, classes, recipe.network)
    require_batch(recipe.model, network, recipe.batch)
    return summary(network, (image.size, image.size, image.channels))


def require_batch(name: str, network: Network, batch: int) -> None:
    """Raise UsageError where batch normalisation would have to learn from one image at a time."""
    learning = not is_pretrained(name)  # there the statistics stay as they are
    if batch == 1 and learning and any(isinstance(la, BATCH_NORM) for la in network.modules()):
        raise UsageError(
            f"batch must be at least 2 for {name}, whose batch normalisation needs more than one "
            "image, got 1"
            + ("" if is_own(name) else "; network.batch_norm = false would do without")
        )


def build(
    name: str,
    image: Preprocessing,
    classes: int,
    seed: int,
    settings: NetworkSettings = NetworkSettings(),  # noqa: B008 (frozen)
) -> Network:
    """A network with its first weights, the same bits for the same seed. Raises as `outline`."""
    if is_pretrained(name):
        return transferred(name, image, classes, seed, settings)
    if is_own(name):
        return own_network(name, image, classes, seed, settings)
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
    """A network without any weights in memory, to look at; a pretrained one has them.

    Raises UsageError where the image is too small or the network too large, or where a layer is
    switched off that is not there.
    """
    _require_size(name, image.size)
    if is_pretrained(name):
        network = transferred(name, image, classes, DEFAULT_SEED, settings)
    elif is_own(name):
        network = own_network(name, image, classes, DEFAULT_SEED, settings)
    else:
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
    network.views = views(settings.tta_flip is True, settings.tta_shift)
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

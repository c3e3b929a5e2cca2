"""A pretrained network below a new last layer, as one of our networks."""

import torch
from torch import nn

from sureshot.errors import UsageError
from sureshot.models.network import Network
from sureshot.pretrained import located, read_processor
from sureshot.pretrained.backbone import read_backbone
from sureshot.recipe import NetworkSettings, Preprocessing
from sureshot.seeds import derive
from sureshot.views import views

SMALLEST = 32  # pixels; the usual trunks halve the side five times


def transferred(
    name: str, image: Preprocessing, classes: int, seed: int, settings: NetworkSettings
) -> Network:
    """Trunk and neck with the weights they came with, a last layer drawn from the seed.

    Pixels are normalised as the processor file says. Raises UsageError where a setting would do
    nothing or the network cannot take such images, DataError where its weights are not here.
    """
    _require_possible(name, image, settings)
    folder = located(name).folder
    processor = read_processor(folder)
    with torch.random.fork_rng(devices=[]):  # layers draw weights when made; they are replaced
        trunk, neck, features = read_backbone(folder, processor.size)
        head = nn.Linear(features, classes)
    draw = torch.Generator().manual_seed(derive("weights", seed))
    nn.init.xavier_uniform_(head.weight, generator=draw)
    nn.init.zeros_(head.bias)
    network = Network(trunk, neck, head)
    network.standardise(image.channels)
    network.learn_scale(torch.tensor(processor.mean), torch.tensor(processor.deviation))
    network.views = views(settings.tta_flip is True, settings.tta_shift)
    if image.size != processor.size:
        _require_size(name, network, image, processor.size)
    return network


def _require_possible(name: str, image: Preprocessing, settings: NetworkSettings) -> None:
    if image.channels != 3:
        raise UsageError(
            f"image.channels must be 3 for {name}, which has learned from colour, got "
            f"{image.channels}; grey images are shown to it as colour"
        )
    plain = NetworkSettings(tta_flip=settings.tta_flip, tta_shift=settings.tta_shift)
    changed = [key for key, value in settings if value != getattr(plain, key)]
    if changed:
        raise UsageError(
            f"network.{changed[0]} would do nothing: {name} is taken as its authors trained it"
        )


def _require_size(name: str, network: Network, image: Preprocessing, own: int) -> None:
    """Raise UsageError where a network takes images of its own size only, as transformers do."""
    try:
        with torch.inference_mode():
            network.eval()(torch.zeros(1, image.size, image.size, 3, dtype=torch.uint8))
    except (RuntimeError, ValueError):
        raise UsageError(
            f"image.size must be {own} for {name}, which takes no other, got {image.size}"
        ) from None
    network.train()

"""Bundles of every kind of network, made in seconds: weights are drawn, not trained."""

from pathlib import Path

import numpy as np
import torch

from fake_run import generated_index
from sureshot.bundle import Session, gather, write_bundle
from sureshot.models import Network, build
from sureshot.recipe import Recipe, assemble
from sureshot.training.export import to_onnx

CLASSES = ("bar", 'disc" + __import__("os").name + "', "衬衫 {0}")
TEMPERATURE = 1.7
CASES = {  # by name: the network, its size in pixels and channels, and other settings
    "mirrored": ("swift", 32, 3, {"network.tta_flip": True, "image.fit": "crop"}),
    "moved and mirrored": ("swift", 32, 3, {"network.tta_shift": True, "network.tta_flip": True}),
    "normalised": ("arch_2", 50, 1, {"network.standardise": True, "network.tta_shift": True}),
    "merged": ("cifar_cnn", 32, 3, {"image.fit": "pad", "image.background": "grey"}),
    "flattened": ("dcnn", 31, 3, {}),
    "linear": ("linear", 9, 3, {}),
}


def recipe_of(case: str) -> Recipe:
    """The settled recipe of a case."""
    model, size, channels, settings = CASES[case]
    settled = assemble(model, settings={**settings, "image.size": size})
    return settled.settle(size, 3 if channels == 3 else 1)


def drawn_network(recipe: Recipe, seed: int = 3) -> Network:
    """A network whose every number is far from its first value, and its answers from one class."""
    image = recipe.image.settled()
    network = build(recipe.model, image, len(CLASSES), recipe.seed, recipe.network)
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in network.state_dict().items():
            gain = tensor.ndim == 1 and name.endswith("weight")  # of a normalisation
            if gain or name.endswith(("running_var", "deviation")):
                tensor.uniform_(0.5, 2.0, generator=draw)
            elif name.endswith(("bias", "running_mean", "mean")):
                tensor.uniform_(-0.2, 0.2, generator=draw)
            elif tensor.is_floating_point():
                tensor.mul_(1.5)
    network.head.weight.data.mul_(12.0 if recipe.model == "swift" else 2.0)  # its head is scaled
    return network.eval()


def write_drawn(path: Path, case: str, network: Network | None = None) -> Path:
    """The bundle of a case, of a network of one's own or of `drawn_network`."""
    recipe = recipe_of(case)
    settings = recipe.image.settled()
    shape = (settings.size, settings.size, settings.channels)
    session = Session(to_onnx(network or drawn_network(recipe), shape))
    index = generated_index(path.parent / "images", CLASSES, (1, 2, 0))
    images = gather(index, settings, "images")
    write_bundle(path, session, recipe, index, images, TEMPERATURE)
    return path


def noise(count: int, size: int, channels: int, seed: int = 7) -> np.ndarray:
    """Pixels (count, size, size, channels) of fields of one colour each, with noise on them."""
    draw = np.random.default_rng(seed)
    fields = draw.integers(16, 256, (count, 4, 4, channels))
    place = np.arange(size) * 4 // size
    return draw.integers(0, fields[:, place][:, :, place]).astype(np.uint8)

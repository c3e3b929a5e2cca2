"""`model.py`: a network written out as plain PyTorch, layer by layer, with what it takes to ask it.

Only numbers and `repr`s of checked values go into the text, so that no name can become code.
"""

from importlib.metadata import version
from typing import TYPE_CHECKING

from sureshot.bundle.about import About
from sureshot.images.modes import BACKGROUNDS
from sureshot.recipe import Preprocessing

if TYPE_CHECKING:
    from torch import nn

    from sureshot.models import Network

_TEXT = '''"""A network for {count} classes in plain PyTorch, with weights that Sureshot trained.

    python model.py photo.jpg

Needs torch, safetensors, numpy and Pillow. Sureshot {version} wrote this file, and compared it with
the model that it came from.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from safetensors.torch import load_file
from torch import Tensor, nn

NETWORK = {model!r}  # as Sureshot calls it
CLASSES = {classes!r}
SIZE, CHANNELS = {size}, {channels}  # pixels a side; 1 is grey, 3 is red, green and blue
TEMPERATURE = {temperature!r}  # logits are divided by it before they become probabilities{pool}


class Network(nn.Module):
    """uint8 pixels (B, SIZE, SIZE, CHANNELS) to logits (B, {count})."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = {trunk}
        self.neck = {neck}
        self.head = {head}{buffers}

    def forward(self, pixels: Tensor) -> Tensor:
{forward}

    def plain(self, pixels: Tensor) -> Tensor:
        images = pixels.permute(0, 3, 1, 2).float() / 255{standardised}
        return {gain}self.head(self.neck(self.trunk(images)))


def load(weights: Path = Path(__file__).with_name("model.safetensors")) -> Network:
    """The network with its weights, ready to be asked."""
    network = Network()
    network.load_state_dict(load_file(weights))
    return network.eval()


@torch.no_grad()
def probabilities(network: Network, pixels: Tensor) -> Tensor:
    """uint8 pixels (B, SIZE, SIZE, CHANNELS) to probabilities (B, {count})."""
    return (network(pixels) / TEMPERATURE).softmax(1)


def pixels_of(path: str) -> Tensor:
    """One image as the network was trained to see it, with B = 1."""
    image = Image.open(path)
{target}
    drafted = image.draft(None, (-(-3 * target[0] // 2), -(-3 * target[1] // 2)))
    width, height = drafted[1][2:] if drafted else image.size
    told = image.info
    if image.mode.startswith("I;16"):
        image = Image.fromarray(np.round(np.asarray(image) / 257).astype(np.uint8))
    if image.has_transparency_data:
        shown = image.convert("RGBA")
        image = Image.new("RGB", image.size, ({shade}, {shade}, {shade}))
        image.paste(shown.convert("RGB"), mask=shown.getchannel("A"))
    image = image.convert({mode!r})
    image = image.resize(target, Image.Resampling.BILINEAR, {box}, 3.0)
    image.info = {{"exif": told.get("exif")}}
    image = ImageOps.exif_transpose(image){padded}
    return torch.from_numpy(np.array(image).reshape(1, SIZE, SIZE, CHANNELS))


if __name__ == "__main__":
    network = load()
    for path in sys.argv[1:]:
        shares, order = probabilities(network, pixels_of(path))[0].sort(descending=True)
        told = [f"{{CLASSES[k]}} {{p:.4f}}" for p, k in zip(shares.tolist(), order.tolist())]
        print(path, ", ".join(told[:3]))
'''
_POOL = '''


class Pool(nn.Module):
    """The {} of all places: (B, C, H, W) to (B, C)."""

    def forward(self, feature_map: Tensor) -> Tensor:
        return feature_map.{}((2, 3))'''
_ONE_VIEW = "        return self.plain(pixels)"
_VIEWS = """        seen = []
        for shift in {shifts!r}:  # pixels, downwards and to the right
            at = (torch.arange(SIZE) - shift).clamp(0, SIZE - 1)
            moved = pixels[:, at][:, :, at]
            seen += {asked}
        return sum(seen) / len(seen)"""
_ASKED = "[self.plain(moved)]"
_ASKED_MIRRORED = "[self.plain(moved), self.plain(moved.flip(2))]"
_BUFFERS = """
        self.register_buffer("mean", torch.zeros(CHANNELS, 1, 1))
        self.register_buffer("deviation", torch.ones(CHANNELS, 1, 1))"""
_PADDED = """
    canvas = Image.new({mode!r}, (SIZE, SIZE), {colour!r})
    canvas.paste(image, ((SIZE - image.width) // 2, (SIZE - image.height) // 2))
    image = canvas"""
_FITTED = """    longest = max(image.size)
    target = tuple(max(round(side * (SIZE / longest)), 1) for side in image.size)"""
_CENTRAL = (
    "((width - min(width, height)) / 2, (height - min(width, height)) / 2, "
    "(width + min(width, height)) / 2, (height + min(width, height)) / 2)"
)


def source_of(network: "Network", model: str, about: About) -> str:
    """The text of `model.py` for a network that `model` names."""
    from sureshot.models.network import GlobalAveragePool, GlobalMaxPool
    from sureshot.models.swift import GAIN, Scaled

    kinds = {type(layer) for layer in network.modules()}
    pooled = {GlobalMaxPool: ("largest", "amax"), GlobalAveragePool: ("mean", "mean")}
    scaled = isinstance(network.head, Scaled)
    return _TEXT.format(
        model=model,
        version=version("sureshot"),
        count=len(about.classes),
        classes=about.classes,
        temperature=about.temperature,
        pool="".join(_POOL.format(*words) for kind, words in pooled.items() if kind in kinds),
        trunk=_written(network.trunk),
        neck=_written(network.neck),
        head=_written(network.head),
        buffers=_BUFFERS if network.standardised else "",
        forward=_forward(network),
        standardised="\n        images = (images - self.mean) / self.deviation"
        if network.standardised
        else "",
        gain=f"{GAIN!r} * " if scaled else "",
        **_preprocessing(about.preprocessing),
    )


def _forward(network: "Network") -> str:
    """How an answer comes about: in one pass, or as the mean over several views."""
    if len(network.views) == 1:
        return _ONE_VIEW
    mirrored = any(view.mirrored for view in network.views)
    shifts = tuple(dict.fromkeys(view.shift for view in network.views))
    return _VIEWS.format(shifts=shifts, asked=_ASKED_MIRRORED if mirrored else _ASKED)


def _preprocessing(settings: Preprocessing) -> dict[str, object]:
    """How a file becomes pixels, as the parts of the text that depend on it."""
    shade = BACKGROUNDS[settings.background]
    mode, colour = ("L", shade) if settings.channels == 1 else ("RGB", (shade, shade, shade))
    return {
        "size": settings.size,
        "channels": settings.channels,
        "shade": shade,
        "mode": mode,
        "target": _FITTED if settings.fit == "pad" else "    target = (SIZE, SIZE)",
        "box": _CENTRAL if settings.fit == "crop" else "(0, 0, width, height)",
        "padded": _PADDED.format(mode=mode, colour=colour) if settings.fit == "pad" else "",
    }


def _written(layer: "nn.Module") -> str:
    """A layer as the words that make it."""
    from torch import nn

    if isinstance(layer, nn.Sequential):
        lines = [f"\n            {_written(one)}," for one in layer]
        return f"nn.Sequential({''.join(lines)}\n        )" if lines else "nn.Sequential()"
    if isinstance(layer, nn.Conv2d):
        return (
            f"nn.Conv2d({layer.in_channels}, {layer.out_channels}, {layer.kernel_size[0]}, "
            f"stride={layer.stride[0]}, padding={layer.padding[0]}, bias={layer.bias is not None})"
        )
    if isinstance(layer, nn.Linear):
        return (
            f"nn.Linear({layer.in_features}, {layer.out_features}, bias={layer.bias is not None})"
        )
    if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
        kind = type(layer).__name__
        return f"nn.{kind}({layer.num_features}, eps={layer.eps}, momentum={layer.momentum})"
    if isinstance(layer, nn.MaxPool2d):
        return f"nn.MaxPool2d({layer.kernel_size})"
    if isinstance(layer, nn.Dropout):
        return f"nn.Dropout({layer.p})"
    if isinstance(layer, nn.ReLU | nn.Flatten | nn.Identity):
        return f"nn.{type(layer).__name__}()"
    return "Pool()"  # of places, the only layer of our own that computes

"""The networks of published student projects, as their authors describe them.

Each function takes the image size in pixels, the number of channels and of classes.
"""

from itertools import pairwise

from torch import nn

from sureshot.models.network import GlobalAveragePool, Network


def linear(size: int, channels: int, classes: int) -> Network:
    """Every pixel straight to every class."""
    pixels = size * size * channels
    return Network(nn.Identity(), nn.Flatten(), nn.Linear(pixels, classes))


def dense_l2(size: int, channels: int, classes: int) -> Network:
    """One dense layer of 256 with L2 0.01 on its kernel."""
    pixels = size * size * channels
    neck = nn.Sequential(nn.Flatten(), nn.Linear(pixels, 256), nn.ReLU())
    return Network(nn.Identity(), neck, nn.Linear(256, classes), l2=0.01)


def arch_1(size: int, channels: int, classes: int) -> Network:
    """Four convolutions with pooling, a fifth without, global average pool, one dense layer."""
    widths = (channels, 16, 32, 64, 128)
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        layers += [nn.Conv2d(before, after, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    trunk = nn.Sequential(*layers, nn.Conv2d(128, 256, 3, padding=1), nn.ReLU())
    neck = nn.Sequential(GlobalAveragePool(), nn.Linear(256, 256), nn.ReLU())
    return Network(trunk, neck, nn.Linear(256, classes))

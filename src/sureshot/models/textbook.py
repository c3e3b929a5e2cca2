"""The networks of published student projects, as their authors describe them.

Each function takes the image size in pixels, the number of channels and of classes. All of them
were written with Keras; what its layers do by default is in `layers.py`.
"""

from itertools import pairwise

from torch import nn

from sureshot.models.layers import Dropout, batch_norm, conv, dense, flat
from sureshot.models.network import GlobalAveragePool, Network

PHOTO_WIDTHS = (16, 32, 64, 128, 256)  # filters of the two clothing networks


def linear(size: int, channels: int, classes: int) -> Network:
    """Every pixel straight to every class."""
    return Network(nn.Identity(), nn.Flatten(), nn.Linear(size * size * channels, classes))


def nn_(size: int, channels: int, classes: int) -> Network:
    """One dense layer of 400."""
    return flat(size * size * channels, (400,), classes)


def dnn(size: int, channels: int, classes: int) -> Network:
    """Dense layers of 400 and 100."""
    return flat(size * size * channels, (400, 100), classes)


def dnnd(size: int, channels: int, classes: int) -> Network:
    """Dense layers of 400 and 100, then dropout."""
    return flat(size * size * channels, (400, 100), classes, dropout=0.25)


def mlp_128(size: int, channels: int, classes: int) -> Network:
    """Two dense layers of 128."""
    return flat(size * size * channels, (128, 128), classes)


def dense_l2(size: int, channels: int, classes: int) -> Network:
    """One dense layer of 256 with L2 0.01 on its kernel; the width is our choice."""
    return flat(size * size * channels, (256,), classes, l2=0.01)


def cnn(size: int, channels: int, classes: int) -> Network:
    """Convolutions of 64 and 32, each pooled, then a dense layer of 400 with dropout."""
    trunk = nn.Sequential(*conv(channels, 64), nn.MaxPool2d(2), *conv(64, 32), nn.MaxPool2d(2))
    return _on_top(trunk, 32 * (size // 4) ** 2, classes)


def dcnn(size: int, channels: int, classes: int) -> Network:
    """Two convolutions of 64, two of 32, pooled with dropout between, a dense layer of 400."""
    trunk = nn.Sequential(
        *conv(channels, 64),
        *conv(64, 64),
        nn.MaxPool2d(2),
        Dropout(0.25),
        *conv(64, 32),
        *conv(32, 32),
        nn.MaxPool2d(2),
    )
    return _on_top(trunk, 32 * (size // 4) ** 2, classes)


def _on_top(trunk: nn.Module, features: int, classes: int) -> Network:
    neck = nn.Sequential(nn.Flatten(), *dense(features, 400), Dropout(0.25))
    return Network(trunk, neck, nn.Linear(400, classes))


def arch_1(size: int, channels: int, classes: int) -> Network:
    """Four convolutions with pooling, a fifth without, global average pool, one dense layer."""
    layers: list[nn.Module] = []
    for before, after in pairwise((channels, *PHOTO_WIDTHS)):
        layers += [*conv(before, after), nn.MaxPool2d(2)]
    neck = nn.Sequential(GlobalAveragePool(), *dense(256, 256))
    return Network(nn.Sequential(*layers[:-1]), neck, nn.Linear(256, classes))


def arch_2(size: int, channels: int, classes: int) -> Network:
    """The widths of `arch_1` with L2 1e-3 and batch normalisation everywhere, and dropout 0.5."""
    layers: list[nn.Module] = []
    for before, after in pairwise((channels, *PHOTO_WIDTHS)):
        layers += [*conv(before, after), batch_norm(nn.BatchNorm2d, after), nn.MaxPool2d(2)]
    neck = nn.Sequential(
        GlobalAveragePool(),
        *dense(256, 256),
        batch_norm(nn.BatchNorm1d, 256),
        Dropout(0.5),
    )
    return Network(nn.Sequential(*layers[:-1]), neck, nn.Linear(256, classes), l2=1e-3)


def cifar_cnn(size: int, channels: int, classes: int) -> Network:
    """Three blocks of two normalised convolutions, pooled with dropout, a dense layer of 128."""
    layers: list[nn.Module] = []
    for before, after in pairwise((channels, 32, 64, 128)):
        for one in (before, after):
            convolution, relu = conv(one, after)
            layers += [convolution, batch_norm(nn.BatchNorm2d, after), relu]
        layers += [nn.MaxPool2d(2), Dropout(0.25)]
    neck = nn.Sequential(nn.Flatten(), *dense(128 * (size // 8) ** 2, 128), Dropout(0.5))
    return Network(nn.Sequential(*layers), neck, nn.Linear(128, classes))

"""A network as a table of layers, named, shaped and counted as Keras's `summary()` does."""

import math
from collections import Counter

from torch import Tensor, nn

from sureshot.models.layers import Dropout
from sureshot.models.network import GlobalAveragePool, GlobalMaxPool, Network
from sureshot.models.swift import Scaled, WhitenedPatches
from sureshot.records import Layer

POOL = 2  # every pooling layer here takes the largest of 2×2

_KINDS: dict[type[nn.Module], tuple[str, str]] = {
    nn.Conv2d: ("Conv2D", "conv2d"),
    WhitenedPatches: ("Conv2D", "whitened_patches"),
    nn.Linear: ("Dense", "dense"),
    Scaled: ("Dense", "dense"),
    nn.BatchNorm1d: ("BatchNormalization", "batch_normalization"),
    nn.BatchNorm2d: ("BatchNormalization", "batch_normalization"),
    nn.MaxPool2d: ("MaxPooling2D", "max_pooling2d"),
    Dropout: ("Dropout", "dropout"),
    nn.Flatten: ("Flatten", "flatten"),
    nn.ReLU: ("Activation", "activation"),
    GlobalAveragePool: ("GlobalAveragePooling2D", "global_average_pooling2d"),
    GlobalMaxPool: ("GlobalMaxPooling2D", "global_max_pooling2d"),
}


def summary(network: Network, shape: tuple[int, int, int]) -> list[Layer]:
    """Every layer in order, for images of shape (H, W, C); nothing is computed.

    A ReLU right behind a kernel is part of that layer's detail. Rescaling is no layer.
    """
    layers: list[Layer] = []
    named: Counter[str] = Counter()
    out = [shape[2], shape[0], shape[1]]  # channels first, as PyTorch has them, without the batch
    for module in _leaves(network):
        out = _shape_after(module, out)
        if isinstance(module, nn.ReLU) and layers and layers[-1].kind in ("Conv2D", "Dense"):
            last = layers[-1]
            layers[-1] = Layer(**{**vars(last), "detail": f"{last.detail}, ReLU"})
            continue
        kind, stem = _KINDS[type(module)]
        number = named[stem]
        named[stem] += 1
        layers.append(
            Layer(
                name=f"{stem}_{number}" if number else stem,
                kind=kind,
                detail=_detail(module),
                output=(*out[1:], out[0]) if len(out) == 3 else tuple(out),
                parameters=sum(t.numel() for t in _numbers(module)),
                trainable=sum(p.numel() for p in module.parameters() if p.requires_grad),
            )
        )
    return layers


def _leaves(network: Network) -> list[nn.Module]:
    parts = (*network.trunk.modules(), *network.neck.modules(), network.head)
    return [part for part in parts if type(part) in _KINDS]


def _shape_after(module: nn.Module, shape: list[int]) -> list[int]:
    """The shape that a layer gives for one image."""
    if isinstance(module, nn.Conv2d):
        return [module.out_channels, *(_side_after(module, side) for side in shape[1:])]
    if isinstance(module, nn.Linear):
        return [module.out_features]
    if isinstance(module, nn.MaxPool2d):
        return [shape[0], *(side // POOL for side in shape[1:])]
    if isinstance(module, nn.Flatten):
        return [math.prod(shape)]
    if isinstance(module, GlobalAveragePool | GlobalMaxPool):
        return shape[:1]
    return shape


def _side_after(module: nn.Conv2d, side: int) -> int:
    padding = module.padding[0]
    assert isinstance(padding, int)
    return (side + 2 * padding - module.kernel_size[0]) // module.stride[0] + 1


def _numbers(module: nn.Module) -> list[Tensor]:
    """Weights and running statistics; the count of batches is no number of the network."""
    buffers = [b for name, b in module.named_buffers() if name != "num_batches_tracked"]
    return [*module.parameters(), *buffers]


def _detail(module: nn.Module) -> str:
    if isinstance(module, nn.Conv2d):
        apart = f", {module.stride[0]} apart" if module.stride[0] > 1 else ""
        side = module.kernel_size[0]
        return f"{module.out_channels} filters {side}×{side}{apart}"
    if isinstance(module, nn.Linear):
        return f"{module.out_features} units"
    if isinstance(module, nn.MaxPool2d):
        return f"{POOL}×{POOL}"
    if isinstance(module, Dropout):
        return f"rate {module.p:g}"
    if isinstance(module, nn.ReLU):
        return "ReLU"
    return ""

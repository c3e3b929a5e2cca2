"""The layers of a pretrained network, seen in one pass: a residual network has no single order."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from sureshot.records import Layer

KINDS: dict[type[nn.Module], tuple[str, str]] = {
    nn.Conv2d: ("Conv2D", "conv2d"),
    nn.Linear: ("Dense", "dense"),
    nn.LayerNorm: ("LayerNormalization", "layer_normalization"),
}


def seen_layers(network: nn.Module, shape: tuple[int, int, int]) -> list[Layer]:
    """Every layer that has parameters, as it is called, for images of shape (H, W, C).

    Batch normalisation is counted with the layer before it, of which it is part in use.
    """
    found: list[Layer] = []
    named: Counter[str] = Counter()
    holders = [m for m in network.modules() if next(m.parameters(recurse=False), None) is not None]
    hooks = [layer.register_forward_hook(_noting(found, named)) for layer in holders]
    was = network.training
    try:
        with torch.inference_mode():
            network.eval()(torch.zeros(1, *shape, dtype=torch.uint8))
    finally:
        network.train(was)
        for hook in hooks:
            hook.remove()
    return found


def _noting(
    found: list[Layer], named: Counter[str]
) -> Callable[[nn.Module, tuple[Any, ...], Any], None]:
    def note(layer: nn.Module, _: tuple[Any, ...], made: Any) -> None:
        numbers = [*layer.parameters(recurse=False)]
        count = sum(number.numel() for number in numbers)
        trainable = sum(number.numel() for number in numbers if number.requires_grad)
        if isinstance(layer, nn.BatchNorm2d) and found:
            statistics = 2 * layer.num_features  # running mean and variance
            found[-1] = _joined(found[-1], count + statistics, trainable)
            return
        kind, stem = KINDS.get(type(layer), (type(layer).__name__, type(layer).__name__.lower()))
        number = named[stem]
        named[stem] += 1
        found.append(
            Layer(
                name=f"{stem}_{number}" if number else stem,
                kind=kind,
                detail=_detail(layer),
                output=_output(made),
                parameters=count,
                trainable=trainable,
            )
        )

    return note


def _joined(layer: Layer, parameters: int, trainable: int) -> Layer:
    """A layer with the batch normalisation behind it."""
    return Layer(
        layer.name,
        layer.kind,
        f"{layer.detail}, normalised",
        layer.output,
        layer.parameters + parameters,
        layer.trainable + trainable,
    )


def _output(made: Any) -> tuple[int, ...]:
    """The shape of what came out for one image: (H, W, C), (T, F) or (F,)."""
    tensor = made if isinstance(made, Tensor) else next(iter(made), torch.zeros(1, 1))
    shape = tuple(tensor.shape[1:]) if isinstance(tensor, Tensor) else (1,)
    return (*shape[1:], shape[0]) if len(shape) == 3 else shape


def _detail(layer: nn.Module) -> str:
    if isinstance(layer, nn.Conv2d):
        apart = f", {layer.stride[0]} apart" if layer.stride[0] > 1 else ""
        alone = ", each channel alone" if layer.groups > 1 else ""
        side = layer.kernel_size[0]
        return f"{layer.out_channels} filters {side}×{side}{apart}{alone}"
    return f"{layer.out_features} units" if isinstance(layer, nn.Linear) else ""

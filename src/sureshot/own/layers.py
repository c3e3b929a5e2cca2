"""The layers of a network of one's own as a table, with the names that Keras has for them."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from torch import nn

from sureshot.own.watching import Call, Shape
from sureshot.records import Layer

KINDS: dict[str, tuple[str, str]] = {  # PyTorch's name: Keras's, and how its layers are numbered
    "Conv2d": ("Conv2D", "conv2d"),
    "Linear": ("Dense", "dense"),
    "BatchNorm1d": ("BatchNormalization", "batch_normalization"),
    "BatchNorm2d": ("BatchNormalization", "batch_normalization"),
    "LayerNorm": ("LayerNormalization", "layer_normalization"),
    "MaxPool2d": ("MaxPooling2D", "max_pooling2d"),
    "AvgPool2d": ("AveragePooling2D", "average_pooling2d"),
    "Dropout": ("Dropout", "dropout"),
    "Flatten": ("Flatten", "flatten"),
    "ReLU": ("Activation", "activation"),
}


def layers_of(body: nn.Module, calls: Sequence[Call], last: bool) -> list[Layer]:
    """Every layer in the order of a pass; a ReLU right behind a kernel is part of its detail.

    `last` where channels come last, as in Keras. What stands outside of all layers is one more row.
    """
    found: list[Layer] = []
    counted: set[int] = set()
    named: Counter[str] = Counter()
    for call in calls:
        kind, stem, name = _names(call.layer)
        if name == "ReLU" and found and found[-1].kind in ("Conv2D", "Dense"):
            found[-1] = Layer(**{**vars(found[-1]), "detail": f"{found[-1].detail}, ReLU"})
            continue
        number, named[stem] = named[stem], named[stem] + 1
        again = id(call.layer) in counted
        counted.add(id(call.layer))
        found.append(
            Layer(
                name=f"{stem}_{number}" if number else stem,
                kind=kind,
                detail=_detail(call.layer),
                output=_output(call.made, last),
                parameters=0 if again else _count(_numbers(call.layer)),
                trainable=0 if again else _count(_trained(call.layer)),
            )
        )
    return found + _rest(body, found)


def _rest(body: nn.Module, found: Sequence[Layer]) -> list[Layer]:
    """What is in no layer of the table, such as a parameter of the whole network."""
    whole, trained = _count(_numbers(body)), _count(_trained(body))
    more = whole - sum(layer.parameters for layer in found)
    if not more:
        return []
    output = found[-1].output if found else (1,)
    left = trained - sum(layer.trainable for layer in found)
    return [Layer("others", "Parameters", "outside of these layers", output, more, left)]


def _names(layer: Any) -> tuple[str, str, str]:
    """Kind, the stem of a name, PyTorch's or Keras's own name for it."""
    own = type(layer).__name__
    stem = re.sub(r"_\d+$", "", getattr(layer, "name", own.lower()))
    kind, stem = KINDS.get(own, (own, stem))
    activation = getattr(layer, "activation", None)
    relu = own == "Activation" and getattr(activation, "__name__", "") == "relu"
    return kind, stem, "ReLU" if relu else own


def _numbers(layer: Any) -> Iterable[Shape]:
    """The shapes of weights and running statistics; counts of batches are no numbers of it."""
    if hasattr(layer, "trainable_weights"):  # as Keras has it
        return [tuple(weight.shape) for weight in layer.weights]
    buffers = [b for n, b in layer.named_buffers() if not n.endswith("num_batches_tracked")]
    return [tuple(number.shape) for number in (*layer.parameters(), *buffers)]


def _trained(layer: Any) -> Iterable[Shape]:
    if hasattr(layer, "trainable_weights"):
        return [tuple(weight.shape) for weight in layer.trainable_weights]
    return [tuple(number.shape) for number in layer.parameters() if number.requires_grad]


def _count(shapes: Iterable[Shape]) -> int:
    return sum(math.prod(shape) for shape in shapes)


def _output(shape: Shape, last: bool) -> Shape:
    """What a layer gives for one image, channels last."""
    if len(shape) == 4 and not last:
        return (*shape[2:], shape[1])
    return shape[1:] or (1,)


def _detail(layer: Any) -> str:
    """What distinguishes a layer from others of its kind: "32 filters 3×3, ReLU"."""

    def asked(*names: str) -> Any:
        return next((getattr(layer, name) for name in names if hasattr(layer, name)), None)

    filters, units = asked("filters", "out_channels"), asked("units", "out_features")
    side = asked("kernel_size", "pool_size")
    words = []
    if side is not None:
        sides = side if isinstance(side, tuple | list) else (side, side)
        words.append((f"{filters} filters " if filters else "") + "×".join(map(str, sides)))
    elif units is not None:
        words.append(f"{units} units")
    elif type(layer).__name__ == "Dropout":
        words.append(f"rate {asked('rate', 'p'):g}")
    activation = getattr(getattr(layer, "activation", None), "__name__", "linear")
    if activation != "linear":
        words.append({"relu": "ReLU"}.get(activation, activation))
    return ", ".join(words)

"""Keras 3: the same layers as Keras's own, with the same weights, as one `model.keras`.

Keras lays images out as (H, W, C) and kernels as (height, width, before, after), and flattens in
that order. It gives probabilities; the temperature is inside.
"""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sureshot.bundle import Bundle
from sureshot.errors import MissingExtra
from sureshot.exporting.proof import Pixels, Proof, require_proved
from sureshot.exporting.rebuilding import rebuilt

if TYPE_CHECKING:
    from torch import nn

    from sureshot.models import Network


def write_keras(folder: Path, bundle: Bundle, proof: Proof) -> None:
    """`model.keras`, proved by loading the very file that was written."""
    keras = _keras()
    settings = bundle.preprocessing
    shape = (settings.size, settings.size, settings.channels)
    made = _model(keras, rebuilt(bundle), shape, bundle.about.temperature)
    path = str(folder / "model.keras")
    made.save(path)
    loaded = keras.saving.load_model(path)

    def answer(pixels: Pixels) -> NDArray[np.floating]:
        return np.asarray(loaded.predict(pixels, batch_size=len(pixels), verbose=0))

    require_proved("Keras export", proof, answer)


def _keras() -> Any:
    """Keras, on the backend that its user chose; where nobody has, on PyTorch, which is here."""
    if find_spec("keras") is None:
        raise MissingExtra("keras", "exporting to Keras")
    if not os.environ.get("KERAS_BACKEND") and find_spec("tensorflow") is None:
        os.environ["KERAS_BACKEND"] = "torch"
    import keras

    return keras


def _model(keras: Any, network: "Network", shape: tuple[int, int, int], divisor: float) -> Any:
    """The whole way from uint8 pixels (N, H, W, C) to probabilities (N, K)."""
    body = keras.Sequential([keras.Input(shape), *_body(keras, network, shape)], name="network")
    pixels = keras.Input(shape, dtype="uint8", name="pixels")
    images = keras.layers.Rescaling(1 / 255)(pixels)
    if network.standardised:
        mean, deviation = network.mean.numpy().ravel(), network.deviation.numpy().ravel()
        images = keras.layers.Normalization(mean=mean, variance=deviation.astype(float) ** 2)(
            images
        )
    logits = body(images)
    if others := network.views[1:]:
        seen = [_seen_as(keras, images, *view.places(*shape[:2])) for view in others]
        logits = keras.layers.Average()([logits, *map(body, seen)])
    if divisor != 1:
        logits = keras.layers.Rescaling(1 / divisor, name="temperature")(logits)
    return keras.Model(pixels, keras.layers.Softmax(name="probabilities")(logits))


def _seen_as(keras: Any, images: Any, rows: list[int], columns: list[int]) -> Any:
    """The images (N, H, W, C) in one view."""
    return keras.ops.take(keras.ops.take(images, rows, axis=1), columns, axis=2)


def _body(keras: Any, network: "Network", shape: tuple[int, int, int]) -> list[Any]:
    """Trunk, neck and head as built layers with their weights, for images of shape (H, W, C)."""
    from torch import nn

    from sureshot.models.swift import GAIN, Scaled

    idle = (nn.Identity, nn.Sequential)  # a sequence without layers is a leaf, too
    leaves = [m for m in network.modules() if not list(m.children()) and not isinstance(m, idle)]
    layers, flattened = [], None  # (H, W, C) that was flattened right before
    for leaf in leaves:
        layer, weights = _layer(keras, leaf)
        layer.build((None, *shape))
        if flattened and isinstance(leaf, nn.Linear):
            height, width, channels = flattened
            first = weights[0].T.reshape(-1, channels, height, width).transpose(0, 2, 3, 1)
            weights[0] = first.reshape(len(first), -1).T
        if isinstance(leaf, Scaled):
            weights[0] = weights[0] * np.float32(GAIN)
        if weights:
            layer.set_weights(weights)
        flattened = shape if isinstance(leaf, nn.Flatten) else None
        shape = tuple(layer.compute_output_shape((None, *shape))[1:])
        layers.append(layer)
    return layers


def _layer(keras: Any, leaf: "nn.Module") -> tuple[Any, list[Any]]:
    """Keras's own layer for one of ours, and its weights in Keras's order."""
    from torch import nn

    from sureshot.models.network import GlobalAveragePool, GlobalMaxPool

    layers = keras.layers
    numbers = {name: tensor.numpy() for name, tensor in leaf.state_dict().items()}
    match leaf:
        case nn.Conv2d():
            kind = {"padding": "same" if leaf.padding[0] else "valid", "strides": leaf.stride}
            made = layers.Conv2D(
                leaf.out_channels, leaf.kernel_size, use_bias="bias" in numbers, **kind
            )
            numbers["weight"] = numbers["weight"].transpose(2, 3, 1, 0)
        case nn.Linear():
            made = layers.Dense(leaf.out_features, use_bias="bias" in numbers)
            numbers["weight"] = numbers["weight"].T
        case nn.BatchNorm1d() | nn.BatchNorm2d():
            made = layers.BatchNormalization(epsilon=leaf.eps, momentum=1 - (leaf.momentum or 0.0))
        case nn.Dropout():
            made = layers.Dropout(leaf.p)
        case nn.MaxPool2d():
            made = layers.MaxPooling2D(leaf.kernel_size)
        case GlobalAveragePool():
            made = layers.GlobalAveragePooling2D()
        case GlobalMaxPool():
            made = layers.GlobalMaxPooling2D()
        case nn.Flatten():
            made = layers.Flatten()
        case _:
            made = layers.ReLU()
    parts = ("weight", "bias", "running_mean", "running_var")
    return made, [numbers[part] for part in parts if part in numbers]

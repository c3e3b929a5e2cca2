"""What Keras makes of given weights and images: its layers, penalties, logits and losses.

    .venv-keras/bin/python benchmarks/keras_answers.py FOLDER

reads FOLDER/cases.json and FOLDER/given.npz, and writes FOLDER/answers.json and FOLDER/logits.npz.
Weights come as PyTorch lays them out, one array for each part of each layer, in order. Runs in the
environment that `make keras` fills; tests/models/test_keras_parity.py asks, and compares.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from math import prod
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras_networks import NETWORKS

Arrays = Mapping[str, np.ndarray]


def fill(model: keras.Model, case: str, given: Arrays) -> None:
    """Give the model the weights, each layer its own."""
    for number, layer in enumerate(with_weights(model)):
        parts = ("weight", "bias", "running_mean", "running_var")
        names = (f"{case}.{number}.{part}" for part in parts)
        first, *others = (given[name] for name in names if name in given)
        layer.set_weights([in_keras(first, layer, model), *others])
    assert f"{case}.{number + 1}.weight" not in given, f"{case}: layers are left over"


def with_weights(model: keras.Model) -> Iterator[keras.Layer]:
    return (layer for layer in model.layers if layer.weights)


def in_keras(weight: np.ndarray, layer: keras.Layer, model: keras.Model) -> np.ndarray:
    """A kernel with its axes, and what was flattened before it, in Keras's order."""
    if isinstance(layer, keras.layers.Conv2D):
        return weight.transpose(2, 3, 1, 0)  # (F, C, 3, 3) → (3, 3, C, F)
    if not isinstance(layer, keras.layers.Dense):
        return weight
    before = model.layers[model.layers.index(layer) - 1]
    if isinstance(before, keras.layers.Flatten):
        _, height, width, channels = before.input.shape
        weight = weight.reshape(-1, channels, height, width).transpose(0, 2, 3, 1)
    return weight.reshape(len(weight), -1).T


def is_dropout(layer: keras.Layer) -> bool:
    return isinstance(layer, keras.layers.Dropout)


def rows(model: keras.Model) -> list[dict[str, Any]]:
    """One for each layer but Rescaling: name, kind, output without the batch, parameters."""
    return [
        {
            "name": layer.name,
            "kind": type(layer).__name__,
            "output": layer.output.shape[1:],
            "parameters": layer.count_params(),
            "trainable": sum(prod(weight.shape) for weight in layer.trainable_weights),
        }
        for layer in model.layers
        if not isinstance(layer, keras.layers.Rescaling)
    ]


def trained(model: keras.Model, pixels: np.ndarray, labels: np.ndarray) -> dict[str, list[float]]:
    """The loss before each of some steps of Adam, one batch each, and all running statistics."""
    for layer in model.layers:
        if is_dropout(layer):
            layer.rate = 0.0  # what is dropped is drawn, and no two libraries draw the same
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(), loss)
    losses = []
    for images, classes in zip(pixels, labels, strict=True):
        model.reset_metrics()  # or else it tells the mean over all steps so far
        losses.append(float(model.train_on_batch(images, classes)))
    norms = [a for a in model.layers if isinstance(a, keras.layers.BatchNormalization)]
    return {
        "losses": losses,
        "running_mean": [float(value) for norm in norms for value in np.asarray(norm.moving_mean)],
        "running_var": [
            float(value) for norm in norms for value in np.asarray(norm.moving_variance)
        ],
    }


def compute_in(kind: str) -> None:
    keras.config.set_floatx(kind)
    keras.config.set_dtype_policy(kind)


def main(folder: Path) -> None:
    """Answer every case."""
    cases: dict[str, dict[str, Any]] = json.loads((folder / "cases.json").read_text("utf-8"))
    answers, logits = {}, {}
    with np.load(folder / "given.npz", allow_pickle=False) as given:
        for case, asked in cases.items():
            keras.utils.clear_session()  # names are counted from the start
            model = NETWORKS[asked["name"]](*asked["shape"], **asked["settings"])
            fill(model, case, given)
            logits[case] = np.asarray(model(given[f"{case}.pixels"], training=False))
            answers[case] = {
                "layers": rows(model),
                "parameters": model.count_params(),
                "trainable": sum(prod(weight.shape) for weight in model.trainable_weights),
                "dropout": [a.rate for a in model.layers if is_dropout(a)],
                "penalty": float(sum(model.losses)),
            }
            if f"{case}.steps" in given:
                compute_in("float64")  # what differs then is more than rounding
                model = NETWORKS[asked["name"]](*asked["shape"], **asked["settings"])
                fill(model, case, given)
                answers[case] |= trained(model, given[f"{case}.steps"], given[f"{case}.labels"])
                compute_in("float32")
    (folder / "answers.json").write_text(json.dumps(answers), "utf-8")
    np.savez(folder / "logits.npz", **logits)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""How many images a second Keras trains on: `fit` on arrays in memory, as most people call it.

    .venv-keras/bin/python benchmarks/keras_training.py '{"name": "arch_2", …}'

Runs in the environment that `make keras` fills; benchmarks/against_keras.py asks. Prints, as JSON,
the rate of every epoch and the versions.
"""

import json
import sys

import keras
import numpy as np
import tensorflow
from keras_networks import NETWORKS
from keras_rates import Rates


def train(
    name: str,
    size: int,
    channels: int,
    classes: int,
    images: int,
    epochs: int,
    batch: int,
    precision: str,
) -> list[float]:
    """images/s of each epoch of one training."""
    if precision == "bf16":
        keras.config.set_dtype_policy("mixed_bfloat16")
    shape = (images, size, size, channels)
    pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    model = NETWORKS[name](size, channels, classes)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"])
    rates = Rates(images)
    labels = np.arange(images) % classes
    model.fit(pixels, labels, batch_size=batch, epochs=epochs, verbose=0, callbacks=[rates])
    return rates.each


if __name__ == "__main__":
    rates = train(**json.loads(sys.argv[1]))
    versions = {"keras": keras.__version__, "tensorflow": tensorflow.__version__}
    print(json.dumps({"rates": rates, "versions": versions}))

"""What Keras itself scores on MNIST with one of the textbook networks, as its author trained it.

    .venv-keras/bin/python benchmarks/keras_mnist.py IDX_FOLDER cnn 111

Runs in the environment that `make keras` fills. The first 50,000 of the training images are
trained on, 20 epochs at batch 32; prints the test accuracy after each epoch, in per cent, as JSON.
"""

import gzip
import json
import sys
from pathlib import Path

import keras
import numpy as np
from keras_networks import NETWORKS
from numpy.typing import NDArray

TRAINED, EPOCHS, BATCH = 50_000, 20, 32


def values(folder: Path, name: str, begin: int) -> NDArray[np.uint8]:
    """The values of one gzipped IDX file, behind its head of `begin` bytes."""
    return np.frombuffer(gzip.decompress((folder / f"{name}-ubyte.gz").read_bytes()), np.uint8)[
        begin:
    ]


def pair(folder: Path, stem: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Images (N, 28, 28, 1) and labels (N,)."""
    images = values(folder, f"{stem}-images-idx3", 16).reshape(-1, 28, 28, 1)
    return images, values(folder, f"{stem}-labels-idx1", 8)


def main() -> None:
    folder, name, seed = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    keras.utils.set_random_seed(seed)
    images, labels = pair(folder, "train")
    model = NETWORKS[name](28, 1, 10)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"])
    told = model.fit(
        images[:TRAINED],
        labels[:TRAINED],
        batch_size=BATCH,
        epochs=EPOCHS,
        validation_data=pair(folder, "t10k"),
        verbose=0,
    )
    accuracies = [round(100 * value, 2) for value in told.history["val_accuracy"]]
    print(json.dumps({"network": name, "seed": seed, "test": accuracies}))


if __name__ == "__main__":
    main()

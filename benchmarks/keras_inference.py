"""Keras's `predict` as most people call it, each time in a process of its own.

    .venv-keras/bin/python benchmarks/keras_inference.py make arch_2 128 3 10 arch_2.keras
    .venv-keras/bin/python benchmarks/keras_inference.py folder arch_2.keras 128 FOLDER out.csv 32
    .venv-keras/bin/python benchmarks/keras_inference.py one arch_2.keras 128 photo.jpg

Runs in the environment that `make keras` fills; benchmarks/inference.py asks. `make` saves a
network with the weights that it starts from, and prints the versions as JSON.
"""

import csv
import json
import sys

import keras
import tensorflow
from keras_networks import NETWORKS


def make(name: str, size: str, channels: str, classes: str, out: str) -> None:
    """Save a network that nobody has trained: it takes as long as any other."""
    NETWORKS[name](int(size), int(channels), int(classes)).save(out)
    print(json.dumps({"keras": keras.__version__, "tensorflow": tensorflow.__version__}))


def folder(model: str, size: str, images: str, out: str, batch: str) -> None:
    """Every image of a folder → CSV: path, class, probabilities."""
    files = keras.utils.image_dataset_from_directory(
        images,
        labels=None,
        image_size=(int(size), int(size)),
        batch_size=int(batch),
        shuffle=False,
    )
    prefetched = files.prefetch(tensorflow.data.AUTOTUNE)
    logits = keras.models.load_model(model).predict(prefetched, verbose=0)
    probabilities = keras.ops.convert_to_numpy(keras.ops.softmax(logits))
    with open(out, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "prediction", *range(probabilities.shape[1])])
        for path, row in zip(files.file_paths, probabilities, strict=True):
            writer.writerow([path, row.argmax(), *row])


def one(model: str, size: str, image: str) -> None:
    """One image → its class."""
    stored = tensorflow.io.decode_image(tensorflow.io.read_file(image), 3, expand_animations=False)
    pixels = tensorflow.image.resize(stored, (int(size), int(size)))[None]
    logits = keras.models.load_model(model).predict(pixels, verbose=0)
    print(image, logits[0].argmax())


if __name__ == "__main__":
    {"make": make, "folder": folder, "one": one}[sys.argv[1]](*sys.argv[2:])

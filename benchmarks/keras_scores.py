"""A peer: what Keras on TensorFlow scores with a textbook network, epoch by epoch, and how long.

    .venv-keras/bin/python benchmarks/keras_scores.py mnist=IDX_FOLDER cnn 20 111
    .venv-keras/bin/python benchmarks/keras_scores.py clothing=FOLDER arch_2 40 111

Runs in the environment that `make keras` fills, and knows nothing of Sureshot: `fit` on arrays in
memory, as Keras comes (fp32, Adam, batch 32), without augmentation. MNIST's first 50,000 training
images are trained on. Photographs come from train/, validation/ and test/, resized by TensorFlow to
128 px with smoothing, which Keras's reader of folders lacks (docs/log.md: seven points of arch_2,
with one seed); a rate that is cut by the plateaus of validation and an early end are part of their
recipe, as in src/sureshot/recipes/arch_2.toml.
Prints, as JSON, for every epoch the seconds of training so far and the accuracy on test in per
cent, with the number of test images and the seconds before the first step.
"""

import gzip
import json
import sys
import time
from pathlib import Path

BEGAN = time.perf_counter()

import keras  # noqa: E402  its import is part of the time
import numpy as np  # noqa: E402
import tensorflow  # noqa: E402
from keras_networks import NETWORKS  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

TRAINED, BATCH, SIZE = 50_000, 32, 128
Labelled = tuple[NDArray[np.uint8], NDArray[np.uint8]]  # (N, H, W, C) and (N,)


def digits(folder: Path, stem: str) -> Labelled:
    """One of MNIST's two sets, out of its gzipped IDX files."""

    def values(name: str, begin: int) -> NDArray[np.uint8]:
        packed = (folder / f"{stem}-{name}-ubyte.gz").read_bytes()
        return np.frombuffer(gzip.decompress(packed), np.uint8)[begin:]

    return values("images-idx3", 16).reshape(-1, 28, 28, 1), values("labels-idx1", 8)


def photographs(folder: Path) -> Labelled:
    """A folder of classes as arrays, each photograph squashed to a smaller square, smoothly."""
    files = sorted(folder.glob("*/*"))
    images = np.empty((len(files), SIZE, SIZE, 3), np.uint8)
    for image, file in zip(images, files, strict=True):
        whole = tensorflow.io.decode_image(file.read_bytes(), 3)
        small = tensorflow.image.resize(whole, (SIZE, SIZE), antialias=True).numpy()
        image[:] = np.rint(small).clip(0, 255)
    _, labels = np.unique([file.parent.name for file in files], return_inverse=True)
    return images, labels.astype(np.uint8)


class Course(keras.callbacks.Callback):
    """Seconds of training and accuracy on test after each epoch; the clock stands meanwhile."""

    def __init__(self, test: Labelled) -> None:
        super().__init__()
        self.test = test
        self.seconds: list[float] = []
        self.accuracy: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        """Start the clock."""
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        """Stop it, and score."""
        before = self.seconds[-1] if self.seconds else 0.0
        self.seconds.append(round(before + time.perf_counter() - self.started, 2))
        answers = self.model.predict(self.test[0], batch_size=256, verbose=0).argmax(1)
        self.accuracy.append(round(100 * float((answers == self.test[1]).mean()), 2))


def main() -> None:
    """Train, and print the course."""
    (data, _, place), name = sys.argv[1].partition("="), sys.argv[2]
    folder, epochs, seed = Path(place), int(sys.argv[3]), int(sys.argv[4])
    keras.utils.set_random_seed(seed)
    if data == "mnist":
        images, labels = digits(folder, "train")
        train, test = (images[:TRAINED], labels[:TRAINED]), digits(folder, "t10k")
        judged, more = None, []
    else:
        train, test = photographs(folder / "train"), photographs(folder / "test")
        judged = photographs(folder / "validation")
        more = [
            keras.callbacks.ReduceLROnPlateau(factor=0.3, patience=5, min_lr=1e-5),
            keras.callbacks.EarlyStopping(patience=10, min_delta=1e-3),
        ]
    model = NETWORKS[name](train[0].shape[1], train[0].shape[3], int(train[1].max()) + 1)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss)
    course = Course(test)
    before = time.perf_counter() - BEGAN
    how = {"batch_size": BATCH, "epochs": epochs, "validation_data": judged, "verbose": 0}
    model.fit(*train, **how, callbacks=[course, *more])
    told = {"n": len(test[1]), "images": len(train[1]), "before": round(before, 2)}
    versions = {"Keras": keras.__version__, "TensorFlow": tensorflow.__version__}
    course_of = {"seconds": course.seconds, "accuracy": course.accuracy}
    print(json.dumps(told | {"versions": versions} | course_of))


if __name__ == "__main__":
    main()

"""What Keras's torch backend costs: arch_2 of ours against the same layers in Keras, on PyTorch.

    python benchmarks/keras_torch.py            # about two minutes on two cores
    python benchmarks/keras_torch.py --quick    # tiny, only to see that it runs; saves nothing

In turn, in one process: our loop on our own `arch_2`; the same loop on `examples/own_keras.py`; and
Keras's own `fit` on that model and the torch backend, in fp32, as most people call it. A training's
rate is the median over its epochs without the first. Our loop comes first and tells the process's
allocator to keep freed memory (`device.keep_memory`), so `fit` has that, too.

Writes benchmarks/results/keras-torch_<processor>_<yyyy-mm>.md. Needs the extra `keras`.
"""

import argparse
import os
import statistics
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
from keras_rates import Rates
from measuring import CLASSES, HEADER, machine, made_up, row, save

from sureshot import device
from sureshot.progress import Silent
from sureshot.recipe import assemble, own_function
from sureshot.runs import Run
from sureshot.training import train

KERAS = f"keras:{Path(__file__).parent.parent / 'examples' / 'own_keras.py'}:make_model"
SIZE, BATCH, EPOCHS, ROUNDS = 128, 32, 3, 3
IMAGES = 192  # so that the slowest training takes about 10 s on two cores


def ours(model: str, images: int, precision: str) -> float:
    """images/s of one training in our loop."""
    settings = {"epochs": EPOCHS, "batch": BATCH, "optimizer.name": "adam"}
    recipe = assemble(model, settings=settings).settle(SIZE, 3)
    with tempfile.TemporaryDirectory() as folder:
        run = Run(Path(folder))
        where = device.choose("cpu", precision)
        train(run, recipe, made_up(images, SIZE, 3), where, Silent())
        return statistics.median(epoch["images_per_second"] for epoch in run.timing[1:])


def fit(images: int) -> float:
    """images/s of one training by Keras's own loop."""
    from sureshot.own.file import made

    model = made(own_function(KERAS), CLASSES, SIZE, 3)
    assert isinstance(model, keras.Model)
    data = made_up(images, SIZE, 3)
    pixels = data.pixels.array[:images].astype(np.float32) / 255
    rates = Rates(images)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(
        pixels, data.labels[:images].numpy(), batch_size=BATCH, epochs=EPOCHS, verbose=0,
        callbacks=[rates],
    )  # fmt: skip
    return statistics.median(rates.each[1:])


def main(quick: bool) -> None:
    """Measure, print and save."""
    images, rounds = (64, 1) if quick else (IMAGES, ROUNDS)
    usual = device.choose("cpu").precision
    rates: dict[str, list[float]] = {}
    for _ in range(rounds):
        for precision in dict.fromkeys([usual, "fp32"]):
            rates.setdefault(f"ours {precision}", []).append(ours("arch_2", images, precision))
            rates.setdefault(f"Keras {precision}", []).append(ours(KERAS, images, precision))
        rates.setdefault("fit", []).append(fit(images))
    table = [
        row(f"arch_2 against Keras, both in our loop in {precision}", rates[f"ours {precision}"],
            rates[f"Keras {precision}"])
        for precision in dict.fromkeys([usual, "fp32"])
    ]  # fmt: skip
    table += [
        row("Keras in our loop against Keras's fit, fp32", rates["Keras fp32"], rates["fit"]),
        row(f"arch_2 in {usual} against Keras's fit, fp32", rates[f"ours {usual}"], rates["fit"]),
    ]
    about = (
        f"Images a second, median of {rounds} trainings on each side, in turn (least to most); the "
        f"rate of a training is the median of its epochs 2 to {EPOCHS}. {images:,} made-up images "
        f"of {SIZE}×{SIZE}×3, batch {BATCH}, Adam, {CLASSES} classes. Validation and checkpoints "
        "stand outside all times. All is one process, whose allocator our loop, which comes first, "
        "tells to keep freed memory: Keras's fit has that, too."
    )
    versions = ", ".join(f"{name} {version(name)}" for name in ("torch", "keras"))
    lines = ["# Keras on its torch backend", "", machine(versions), "", about, "", *HEADER, *table]
    print("\n".join(lines))
    if not quick:
        save("keras-torch", lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true")
    sys.exit(main(**vars(parser.parse_args())))

"""Speed on this machine, each figure as a ratio against a named peer measured in the same run.

    python benchmarks/run.py            # or, with against_keras.py: make bench
    python benchmarks/run.py --quick    # less of it

Pairs, on made-up photographs, in turn, so that a machine that slows down slows both:

decode   `prepare` on all processors      against Pillow's plain open, convert, resize on one
train    our training loop (arch_1)       against a bare PyTorch loop doing the same steps:
         the epochs alone, which is what a long training comes to, and a short one as a whole
predict  the bundle in ONNX Runtime       against PyTorch in fp32, same network and batch

All of it is one process, and our loop tells its allocator to keep freed memory
(`device.keep_memory`), so the peers that come after have that, too.

Writes benchmarks/results/walk_<processor>_<yyyy-mm>.md, --quick walk-quick_….
"""

import argparse
import io
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from measuring import (
    CLASSES,
    HEADER,
    VALIDATED,
    in_turn,
    machine,
    made_up,
    photographs,
    row,
    save,
    seconds,
)
from PIL import Image

from sureshot import device
from sureshot.bundle import Session
from sureshot.images import prepare
from sureshot.models import Network, build
from sureshot.parallel import map_in_order
from sureshot.progress import Silent
from sureshot.recipe import assemble
from sureshot.runs import Run
from sureshot.training import train
from sureshot.training.export import to_onnx
from sureshot.training.optimizers import optimizer

ROUNDS = 5
PHOTOGRAPHS = 256
SIZE = 128
EPOCHS = 4
TRAINED = 2048
TRAINING_ROUNDS = 3

Rates = list[list[float]]  # images/s of ours and of the peer, one for each round


@dataclass(frozen=True)
class Extent:
    """How much to measure."""

    rounds: int = ROUNDS
    photographs: int = PHOTOGRAPHS
    training_rounds: int = TRAINING_ROUNDS
    trained: int = TRAINED
    epochs: int = EPOCHS


QUICK = Extent(rounds=2, photographs=128, training_rounds=1, trained=512, epochs=2)


def decoding(extent: Extent) -> dict[str, Rates]:
    settings = assemble("arch_1").settle(SIZE, 3).image.settled()
    files = photographs(extent.photographs)

    def plain(content: bytes) -> object:
        return np.asarray(Image.open(io.BytesIO(content)).convert("RGB").resize((SIZE, SIZE)))

    works = (
        lambda: list(map_in_order(lambda content: prepare(content, settings), files)),
        lambda: [plain(content) for content in files],
    )
    rates = in_turn(works, len(files), extent.rounds)
    return {"decode, against plain Pillow on one thread": rates}


def training(extent: Extent) -> dict[str, Rates]:
    recipe = assemble("arch_1", settings={"epochs": extent.epochs}).settle(SIZE, 3)
    where = device.choose("cpu")
    data = made_up(extent.trained, SIZE, 3)
    epochs: Rates = [[], []]  # seconds of every epoch

    def ours() -> None:
        with tempfile.TemporaryDirectory() as folder:
            run = Run(Path(folder))
            train(run, recipe, data, where, Silent())
            epochs[0].extend(epoch["seconds"] for epoch in run.timing)

    def bare() -> None:
        network = build("arch_1", recipe.image.settled(), CLASSES, 111)
        network = network.to(memory_format=torch.channels_last).train()
        adam = optimizer(network.parameters(), recipe.optimizer)
        for _ in range(extent.epochs):
            epochs[1].append(seconds(lambda: bare_epoch(network, adam)))

    def bare_epoch(network: Network, adam: torch.optim.Optimizer) -> None:
        for rows in torch.randperm(extent.trained).split(recipe.batch):
            batch = torch.from_numpy(data.pixels.array[rows.numpy()])
            with torch.autocast("cpu", torch.bfloat16, where.precision == "bf16"):
                logits = network(batch).logits
            loss = torch.nn.functional.cross_entropy(logits.float(), data.labels[rows])
            loss.backward()
            adam.step()
            adam.zero_grad()

    images = extent.trained * extent.epochs
    whole = in_turn([ours, bare], images, extent.training_rounds)
    each = [np.reshape(side, (-1, extent.epochs)).sum(axis=1)[1:] for side in epochs]  # warm ones
    alone = [[images / s for s in side] for side in each]
    return {
        "train, the epochs alone, against those of a bare PyTorch loop": alone,
        "train, the whole run, against the whole bare loop": whole,
    }


def predicting(extent: Extent) -> dict[str, Rates]:
    image = assemble("arch_1").settle(SIZE, 3).image.settled()
    network = build("arch_1", image, CLASSES, 111).eval().to(memory_format=torch.channels_last)
    session = Session(to_onnx(network, (SIZE, SIZE, 3)))
    n = extent.photographs
    pixels = np.random.default_rng(0).integers(0, 256, (n, SIZE, SIZE, 3), np.uint8)

    @torch.no_grad()
    def torch_fp32() -> None:
        for start in range(0, n, 64):
            network(torch.from_numpy(pixels[start : start + 64]))

    rates = in_turn([lambda: session.logits(pixels), torch_fp32], n, extent.rounds)
    return {"predict, against PyTorch in fp32": rates}


def main(quick: bool) -> None:
    """Measure, print and save."""
    extent = QUICK if quick else Extent()
    where = device.choose("cpu")
    torch.set_num_threads(where.threads)
    versions = ", ".join(f"{name} {version(name)}" for name in ("torch", "onnxruntime", "pillow"))
    lines = [
        "# decode, train, predict",
        "",
        machine(versions),
        "",
        f"Images a second, median of {extent.rounds} rounds (least to most), {extent.photographs} "
        f"images of {SIZE} px, network arch_1, {CLASSES} classes; training in {where.precision}, "
        f"{extent.training_rounds} rounds of {extent.epochs} epochs of {extent.trained:,} images. "
        f"The whole run includes validation on {VALIDATED} images and a checkpoint an epoch, which "
        "the bare loop does not do; the epochs alone are the same work on both sides. All is one "
        "process, whose allocator our loop tells to keep freed memory: the bare loop, and "
        "PyTorch's predictions after it, have that, too.",
        "",
        *HEADER,
    ]
    for measure in (decoding, training, predicting):
        for name, rates in measure(extent).items():
            lines.append(row(name, *rates))
            print(lines[-1], flush=True)
    save("walk", lines, quick)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true")
    main(parser.parse_args().quick)

"""Speed on this machine, each figure as a ratio against a named peer measured in the same run.

    python benchmarks/run.py            # or: make bench

Pairs, on made-up photographs, in turn, so that a machine that slows down slows both:

decode   `prepare` on all processors      against Pillow's plain open, convert, resize on one
train    our training loop (arch_1)       against a bare PyTorch loop doing the same steps
predict  the bundle in ONNX Runtime       against PyTorch in fp32, same network and batch

Writes benchmarks/results/walk_<processor>_<yyyy-mm>.md.
"""

import io
import platform
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from sureshot import device
from sureshot.bundle import Session
from sureshot.data import Pixels
from sureshot.images import prepare
from sureshot.models import build
from sureshot.parallel import map_in_order
from sureshot.progress import Silent
from sureshot.recipe import assemble
from sureshot.runs import Run
from sureshot.training import Data, train
from sureshot.training.export import to_onnx
from sureshot.training.loop import ADAM_EPSILON

ROUNDS = 5
PHOTOGRAPHS = 256
SIZE = 128
CLASSES = 10
EPOCHS = 4
TRAINED = 2048
TRAINING_ROUNDS = 3
RESULTS = Path(__file__).parent / "results"


def photographs() -> list[bytes]:
    """JPEGs of 400×533 with the spectrum of photographs, about as large as phones make them."""
    draw = np.random.default_rng(0)
    encoded = []
    for _ in range(PHOTOGRAPHS):
        coarse = Image.fromarray(draw.integers(0, 256, (40, 30, 3), np.uint8))
        fine = draw.normal(0, 6, (533, 400, 3))
        picture = np.asarray(coarse.resize((400, 533), Image.Resampling.BICUBIC)) + fine
        out = io.BytesIO()
        Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(out, "JPEG", quality=90)
        encoded.append(out.getvalue())
    return encoded


def seconds(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def paired(
    images: int, ours: Callable[[], object], peer: Callable[[], object], rounds: int = ROUNDS
) -> tuple[list[float], list[float]]:
    """images/s of both, in turn, after one unmeasured round each."""
    ours()
    peer()
    rates: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        rates[0].append(images / seconds(ours))
        rates[1].append(images / seconds(peer))
    return rates


def decoding() -> tuple[list[float], list[float]]:
    settings = assemble("arch_1").settle(SIZE, 3).image.settled()
    files = photographs()

    def plain(content: bytes) -> object:
        return np.asarray(Image.open(io.BytesIO(content)).convert("RGB").resize((SIZE, SIZE)))

    return paired(
        PHOTOGRAPHS,
        lambda: list(map_in_order(lambda content: prepare(content, settings), files)),
        lambda: [plain(content) for content in files],
    )


def training() -> tuple[list[float], list[float]]:
    recipe = assemble("arch_1", settings={"epochs": EPOCHS}).settle(SIZE, 3)
    where = device.choose()
    pixels = np.random.default_rng(0).integers(0, 256, (TRAINED + 32, SIZE, SIZE, 3), np.uint8)
    labels = torch.arange(len(pixels)) % CLASSES
    rows = np.arange(len(pixels))
    data = Data(Pixels(pixels, {}, Path()), labels, "made up", rows[:TRAINED], rows[TRAINED:])

    def ours() -> None:
        with tempfile.TemporaryDirectory() as folder:
            train(Run(Path(folder)), recipe, data, CLASSES, where, Silent())

    def bare() -> None:
        network = build("arch_1", recipe.image.settled(), CLASSES, 111)
        network = network.to(memory_format=torch.channels_last)
        adam = torch.optim.Adam(network.parameters(), 1e-3, eps=ADAM_EPSILON, fused=True)
        for _ in range(EPOCHS):
            order = torch.randperm(TRAINED)
            for start in range(0, TRAINED, recipe.batch):
                chosen = order[start : start + recipe.batch]
                batch = torch.from_numpy(pixels[chosen.numpy()])
                with torch.autocast("cpu", torch.bfloat16, where.precision == "bf16"):
                    logits = network(batch).logits
                loss = torch.nn.functional.cross_entropy(logits.float(), labels[chosen])
                loss.backward()
                adam.step()
                adam.zero_grad()

    return paired(TRAINED * EPOCHS, ours, bare, TRAINING_ROUNDS)


def predicting() -> tuple[list[float], list[float]]:
    image = assemble("arch_1").settle(SIZE, 3).image.settled()
    network = build("arch_1", image, CLASSES, 111).eval().to(memory_format=torch.channels_last)
    session = Session(to_onnx(network, (SIZE, SIZE, 3)))
    pixels = np.random.default_rng(0).integers(0, 256, (PHOTOGRAPHS, SIZE, SIZE, 3), np.uint8)

    @torch.no_grad()
    def torch_fp32() -> None:
        for start in range(0, PHOTOGRAPHS, 64):
            network(torch.from_numpy(pixels[start : start + 64]))

    return paired(PHOTOGRAPHS, lambda: session.logits(pixels), torch_fp32)


def row(name: str, ours: list[float], peer: list[float]) -> str:
    ratios = [a / b for a, b in zip(ours, peer, strict=True)]
    cells = [
        f"{statistics.median(rates):,.0f} ({min(rates):,.0f} to {max(rates):,.0f})"
        for rates in (ours, peer)
    ]
    ratio = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
    return f"| {name} | {cells[0]} | {cells[1]} | {ratio} |"


def main() -> None:
    """Measure, print and save."""
    where = device.choose()
    torch.set_num_threads(where.threads)
    lines = [
        "# decode, train, predict",
        "",
        f"{device.processor()}, {where.threads} threads, {platform.system()}; training in "
        f"{where.precision}. Python {platform.python_version()}, "
        + ", ".join(f"{name} {version(name)}" for name in ("torch", "onnxruntime", "pillow"))
        + f". {time.strftime('%Y-%m-%d')}.",
        "",
        f"Images a second, median of {ROUNDS} rounds (least to most), {PHOTOGRAPHS} images of "
        f"{SIZE} px, network arch_1, {CLASSES} classes; training {TRAINING_ROUNDS} rounds of "
        f"{EPOCHS} epochs of {TRAINED:,} images. Our loop includes the time estimate before the "
        "start, validation on 32 images and a checkpoint an epoch; the bare loop does none of "
        "these.",
        "",
        "| work | ours | peer | ratio |",
        "| --- | --- | --- | --- |",
    ]
    measured = {
        "decode, against plain Pillow on one thread": decoding,
        "train, against a bare PyTorch loop": training,
        "predict, against PyTorch in fp32": predicting,
    }
    for name, measure in measured.items():
        lines.append(row(name, *measure()))
        print(lines[-1])
    hardware = re.sub(r"\W+", "-", device.processor()).strip("-").lower()
    path = RESULTS / f"walk_{hardware}_{time.strftime('%Y-%m')}.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    print(f"written to {path}")


if __name__ == "__main__":
    main()

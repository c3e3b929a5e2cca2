"""Training against Keras on TensorFlow: the same networks, data and batches on the same processor.

    python benchmarks/against_keras.py            # or, with run.py: make bench
    python benchmarks/against_keras.py --quick    # less of it, in one round: each as it comes

In turn, each training in a process of its own: our loop as `sureshot train` runs it, and Keras's
`fit` on arrays in memory with its default settings. A training's rate is the median over its epochs
without the first, in which memory is fetched and graphs are made; validation and checkpoints stand
outside an epoch's time on both sides.

Writes benchmarks/results/keras_<processor>_<yyyy-mm>.md, --quick keras-quick_…. Needs `make keras`.
"""

import argparse
import json
import statistics
import sys
import tempfile
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path

from measuring import (
    CLASSES,
    HEADER,
    KERAS,
    machine,
    made_up,
    require_keras,
    row,
    save,
    told_by,
)

from sureshot import device
from sureshot.models import outline, summary
from sureshot.progress import Silent
from sureshot.recipe import assemble
from sureshot.runs import Run
from sureshot.training import train

HERE = Path(__file__).parent
ROUNDS = 3


@dataclass(frozen=True)
class Work:
    """One training; sized so that the slower side takes about 20 s on two cores."""

    name: str
    size: int
    channels: int
    images: int
    classes: int = CLASSES
    epochs: int = 4
    batch: int = 32
    precision: str = "fp32"


WORKS = (
    Work("arch_2", 128, 3, 768),
    Work("dcnn", 28, 1, 3072),
    Work("cnn", 28, 1, 8192),
    Work("mlp_128", 28, 1, 65_536),
)
QUICK = 4  # times fewer images, one epoch less, one round


def ours(work: Work) -> list[float]:
    """images/s of each epoch of our loop."""
    settings = {"epochs": work.epochs, "batch": work.batch, "optimizer.name": "adam"}
    recipe = assemble(work.name, settings=settings).settle(work.size, work.channels)
    where = place(work, work.precision)
    assert not recipe.augment.wanted, "Keras augments nothing here"
    with tempfile.TemporaryDirectory() as folder:
        run = Run(Path(folder))
        train(run, recipe, made_up(work.images, work.size, work.channels), where, Silent())
        return [epoch["images_per_second"] for epoch in run.timing]


def place(work: Work, precision: str) -> device.Device:
    """Precision and threads as `sureshot train` chooses them for this network and batch."""
    recipe = assemble(work.name).settle(work.size, work.channels)
    network = outline(work.name, recipe.image.settled(), CLASSES)
    layers = summary(network, (work.size, work.size, work.channels))
    return device.choose("cpu", precision, device.Work.of(layers, work.batch))


def measured(python: Path | str, script: str, work: Work) -> tuple[float, dict[str, str]]:
    """images/s of one training in a process of its own, and the versions it tells."""
    told = told_by([python, HERE / script, json.dumps(asdict(work))])
    return statistics.median(told["rates"][1:]), told["versions"]


def compare(work: Work, rounds: int, quick: bool) -> tuple[list[str], dict[str, str]]:
    """Table rows for one network, and the versions on both sides."""
    usual = place(work, "auto").precision
    scripts = {"ours": (sys.executable, "against_keras.py"), "Keras": (KERAS, "keras_training.py")}
    sides = [("ours", usual), ("Keras", "fp32")]
    if not quick:
        sides += [("Keras", usual), ("ours", "fp32")]
    rates: dict[tuple[str, str], list[float]] = {side: [] for side in sides}
    versions: dict[str, str] = {}
    for _ in range(rounds):
        for side in rates:  # each once, though two be the same
            rate, told = measured(*scripts[side[0]], replace(work, precision=side[1]))
            rates[side].append(rate)
            versions |= told
    rows = {f"both in {it}": (it, it) for it in (usual, "fp32")}
    if usual != "fp32":
        rows[f"as each comes: {usual} and fp32"] = (usual, "fp32")
    lines = [
        row(f"{work.name}, {words}", rates["ours", mine], rates["Keras", theirs])
        for words, (mine, theirs) in rows.items()
        if ("ours", mine) in rates and ("Keras", theirs) in rates
    ]
    return lines, versions


def main(quick: bool) -> None:
    """Measure, print and save."""
    require_keras()
    rounds, works = ROUNDS, WORKS
    if quick:
        rounds = 1
        works = tuple(
            replace(work, images=work.images // QUICK, epochs=work.epochs - 1) for work in WORKS
        )
    table, versions = list(HEADER), {"torch": version("torch")}
    for work in works:
        lines, told = compare(work, rounds, quick)
        print(*lines, sep="\n", flush=True)
        table += lines
        versions |= told
    sizes = ", ".join(
        f"{work.name} {work.images:,} of {work.size}×{work.size}×{work.channels}" for work in works
    )
    about = (
        f"Images a second, median of {rounds} trainings on each side, in turn (least to most); the "
        f"rate of a training is the median of its epochs 2 to {works[0].epochs}. Made-up images, "
        f"{sizes}; batch {works[0].batch}, Adam, {CLASSES} classes. The peer is Keras's `fit` on "
        "arrays in memory with default settings, for bf16 with its policy mixed_bfloat16. "
        "Validation and checkpoints stand outside all times."
    )
    lines = ["# train, against Keras", ""]
    lines += [machine(", ".join(f"{a} {b}" for a, b in versions.items())), "", about, "", *table]
    save("keras", lines, quick)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("work", nargs="?", help="one training of ours as JSON, for the process")
    given = parser.parse_args()
    if given.work:
        print(json.dumps({"rates": ours(Work(**json.loads(given.work))), "versions": {}}))
    else:
        main(given.quick)

"""What the benchmarks share: made-up data, work in turn, rows of a table, where that is kept."""

import io
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from sureshot import device
from sureshot.data import Pixels
from sureshot.training import Data

CLASSES = 10
VALIDATED = 32  # images behind those that are trained on
Told = dict[str, Any]  # of one training
Record = defaultdict[str, dict[int, Told]]  # by name and seed
RESULTS = Path(__file__).parent / "results"
KERAS = Path(__file__).parents[1] / ".venv-keras" / "bin" / "python"
MONTH = time.strftime("%Y-%m")  # one for the whole of a benchmark, though it be midnight
ALIKE = {  # for every process that is measured: the processor alone, Keras on TensorFlow
    "CUDA_VISIBLE_DEVICES": "",
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}
HEADER = ["| work | ours | peer | ratio |", "| --- | --- | --- | --- |"]


def made_up(images: int, size: int, channels: int) -> Data:
    """Noise in ten classes, and a few images more for validation."""
    shape = (images + VALIDATED, size, size, channels)
    pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    rows = np.arange(len(pixels))
    labels = torch.from_numpy(rows % CLASSES)
    files = Pixels(pixels, {}, Path())
    return Data(files, labels, CLASSES, "made up", rows[:images], rows[images:])


def photographs(n: int) -> list[bytes]:
    """JPEGs of 400×533 with the spectrum of photographs, about as large as phones make them."""
    draw = np.random.default_rng(0)
    encoded = []
    for _ in range(n):
        coarse = Image.fromarray(draw.integers(0, 256, (40, 30, 3), np.uint8))
        fine = draw.normal(0, 6, (533, 400, 3))
        picture = np.asarray(coarse.resize((400, 533), Image.Resampling.BICUBIC)) + fine
        out = io.BytesIO()
        Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(out, "JPEG", quality=90)
        encoded.append(out.getvalue())
    return encoded


def make_up(folder: Path, n: int) -> None:
    """Photographs in ten classes, as files."""
    for number, content in enumerate(photographs(n)):
        path = folder / str(number % CLASSES) / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def seconds(action: Callable[[], object]) -> float:
    """How long it takes once."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def in_turn(works: Sequence[Callable[[], object]], images: float, rounds: int) -> list[list[float]]:
    """Images a second of each of the works, in turn, after one unmeasured round."""
    turns = [[images / seconds(work) for work in works] for _ in range(rounds + 1)]
    return [list(rates) for rates in zip(*turns[1:], strict=True)]


def row(name: str, ours: Sequence[float], peer: Sequence[float]) -> str:
    """Medians (least to most) of rates measured in turn, and of the ratios within each turn."""
    ratios = [a / b for a, b in zip(ours, peer, strict=True)]
    cells = [
        f"{statistics.median(rates):,.0f} ({min(rates):,.0f} to {max(rates):,.0f})"
        for rates in (ours, peer)
    ]
    ratio = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
    return f"| {name} | {cells[0]} | {cells[1]} | {ratio} |"


def said(command: Sequence[str | Path]) -> str:
    """What a command prints, in a process of its own; where it fails, so do we, and say why."""
    with tempfile.TemporaryDirectory() as home:
        alike = {**os.environ, **ALIKE, "KERAS_HOME": home}
        done = subprocess.run(command, env=alike, capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        sys.exit(f"{Path(command[1]).name} came to no end: {done.stderr}")
    return done.stdout


def told_by(command: Sequence[str | Path]) -> Told:
    """The JSON that a command prints last."""
    told: Told = json.loads(said(command).splitlines()[-1])
    return told


def require_keras() -> None:
    """Where `make keras` has not been, the sentence that says so is the end."""
    if not KERAS.parent.parent.joinpath("ready").exists():
        sys.exit("Keras is not installed; make keras")


def matmul_rate(side: int = 2048, times: int = 10) -> float:
    """What a large product of matrices reaches in bf16, in GFLOP/s: the roof of this machine."""
    torch.set_num_threads(device.threads())
    matrix = torch.randn(side, side).bfloat16()
    matrix @ matrix
    started = time.perf_counter()
    for _ in range(times):
        matrix @ matrix
    return 2e-9 * side**3 * times / (time.perf_counter() - started)


def machine(versions: str) -> str:
    """One line on what was measured where, and when, today."""
    python = f"Python {platform.python_version()}, {versions}"
    return f"{_hardware()} {python}. {time.strftime('%Y-%m-%d')}."


def machine_of(found: Record) -> str:
    """The same of what was put down, maybe over days."""
    lines = [told for each in found.values() for told in each.values()]
    days = sorted({told.get("day", time.strftime("%Y-%m-%d")) for told in lines})
    versions = sorted({f"{a} {b}" for told in lines for a, b in told["versions"].items()})
    return (
        f"{_hardware()} {', '.join(versions)}. {' to '.join(dict.fromkeys(days[:1] + days[-1:]))}."
    )


def _hardware() -> str:
    return f"{device.processor()}, {device.threads()} threads, {platform.system()}."


def save(kind: str, lines: Sequence[str], quick: bool = False) -> None:
    """Write the lines to results/<kind>_<processor>_<yyyy-mm>.md; a quick form, <kind>-quick_…."""
    path = _place(f"{kind}-quick" if quick else kind, "md")
    path.write_text("\n".join(lines) + "\n")
    print(f"written to {path}")


def recorded(kind: str) -> Record:
    """What was measured on this processor this month, as `record` put it down."""
    path = _place(kind, "jsonl")
    lines = path.read_text().splitlines() if path.exists() else []
    found: Record = defaultdict(dict)
    for told in sorted(map(json.loads, lines), key=itemgetter("seed")):
        found[told["name"]][told["seed"]] = told
    return found


def record(kind: str, name: str, seed: int, told: Told) -> None:
    """Put down one long measurement, as a line of results/<kind>_<processor>_<yyyy-mm>.jsonl.

    What it tells must have its `versions` in it: the table may be drawn with others.
    """
    line = json.dumps({"name": name, "seed": seed, "day": time.strftime("%Y-%m-%d"), **told})
    with _place(kind, "jsonl").open("a") as file:
        file.write(line + "\n")


def _place(kind: str, suffix: str) -> Path:
    hardware = re.sub(r"\W+", "-", device.processor()).strip("-").lower()
    RESULTS.mkdir(exist_ok=True)
    return RESULTS / f"{kind}_{hardware}_{MONTH}.{suffix}"

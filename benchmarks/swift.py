"""Accuracy and time of `swift`'s presets as cold commands, several seeds each.

    python benchmarks/swift.py                                   # fetches the data; make swift
    python benchmarks/swift.py clothing=FOLDER cifar10=FOLDER    # make swift DATA="clothing=…"
    python benchmarks/swift.py --only mnist-quick clothing-quick --seeds 111
    python benchmarks/swift.py --quick                           # one short row of each, one seed

Each row is one command, `sureshot train FOLDER --preset …`, in a process of its own with an empty
cache: its wall time has start, decoding, training, choice of the epoch, export, predictions and
report in it. Its peers are in peers.py and against_keras.py. CIFAR-10 means the original arrays, as
`sureshot get cifar10` fetches them from their authors; as JPEG its scores were 3 to 4 points lower.

All of it takes hours. So each training is put down as soon as it ends, in
benchmarks/results/swift_<processor>_<yyyy-mm>.jsonl, and is not done again; a line that is taken
out there is. The table beside it, .md, is written anew from these lines each time. --quick trains
a few of the rows once, on the data that is named or, where none is, on all, and writes only a
table, swift-quick_….
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from measuring import ALIKE, Record, Told, machine_of, matmul_rate, record, recorded, save

import sureshot
from sureshot import Run
from sureshot.errors import SureshotError, UsageError
from sureshot.progress import duration

SEEDS = (111, 112, 113)
SURESHOT = Path(sys.executable).with_name("sureshot")


@dataclass(frozen=True)
class Row:
    """One way of calling `sureshot train`."""

    data: str
    preset: str  # "" for another network
    more: tuple[str, ...] = ()
    called: str = ""

    @property
    def name(self) -> str:
        """What --only calls it."""
        return self.called or f"{self.data}-{self.preset}"

    @property
    def words(self) -> tuple[str, ...]:
        """What follows `sureshot train SOURCE`."""
        return (*(("--preset", self.preset) if self.preset else ()), *self.more)

    @property
    def work(self) -> str:
        """What the record calls it: other words are other work."""
        return " ".join((self.data, *self.words))


def _set(*choices: str) -> tuple[str, ...]:
    return tuple(f"--set={choice}" for choice in choices)


_MLP = (
    *("batch=128", "epochs=1", "validation=true"),
    *("optimizer.name=adam", "optimizer.rate=4e-3", "schedule.name=one_cycle"),
)
ROWS = (
    Row("mnist", "quick"),
    Row("mnist", "good"),
    Row("mnist", "best", _set("validation=false")),
    Row("mnist", "", ("--model", "mlp_128", *_set(*_MLP)), "mnist-mlp_128"),
    Row("cifar10", "quick"),
    Row("cifar10", "good"),
    Row("cifar10", "best", _set("validation=false")),
    Row("cifar10", "good", _set("epochs=5"), "cifar10-5-epochs"),
    Row("cifar10", "quick", _set("epochs=1", "network.widths=[32, 64, 64]"), "cifar10-1-epoch"),
    Row("cifar10", "good", ("--subset", "5000", *_set("validation=false")), "cifar10-5000"),
    Row("clothing", "quick"),
    Row("clothing", "good"),
    Row("clothing", "best"),
)
QUICK = ("mnist-quick", "mnist-mlp_128", "cifar10-1-epoch", "clothing-quick")
HEADER = (
    "| command | accuracy on test | n | epochs | whole command | to the model | training | epoch |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
)


def measured(row: Row, source: str, seed: int) -> Told:
    """One command in a cold process; what it took and what came of it."""
    with tempfile.TemporaryDirectory() as aside:
        words = [*row.words, "--seed", str(seed), "--name", row.name, "--runs", aside]
        cold = {**os.environ, **ALIKE, "SURESHOT_CACHE": str(Path(aside) / "cache")}
        started = time.time()
        subprocess.run([SURESHOT, "train", source, *words], env=cold, check=True)  # noqa: S603
        whole, run = time.time() - started, Run(Path(aside) / row.name)
        score = run.scores.overall["accuracy"]
        return {
            "seconds": whole,
            "model": (run.folder / "model.shot").stat().st_mtime - started,
            "accuracy": 100 * score.value,
            "n": score.n,
            "epochs": len(run.history),
            "training": sum(epoch["seconds"] for epoch in run.timing),
            "each": statistics.median(epoch["seconds"] for epoch in run.timing),
            "versions": {"Python": platform.python_version(), "torch": version("torch")},
        }


def line(row: Row, found: Collection[Told]) -> str:
    """One row of the table."""

    def median(key: str) -> float:
        return statistics.median(one[key] for one in found)

    accuracy = [one["accuracy"] for one in found]
    each = ", ".join(f"{value:.2f}" for value in accuracy)
    spread = f" ± {statistics.stdev(accuracy):.2f}" if len(accuracy) > 1 else ""
    cells = (
        f"{row.data}: `{' '.join(row.words)}`",
        f"{statistics.mean(accuracy):.2f}{spread} ({each})",
        f"{median('n'):,.0f}",
        f"{median('epochs'):.0f}",
        duration(median("seconds")),
        duration(median("model")),
        duration(median("training")),
        f"{median('each'):.1f} s",
    )
    return f"| {' | '.join(cells)} |"


def sources(words: list[str], wanted: set[str]) -> dict[str, str]:
    """["mnist=folder"] → {"mnist": "folder"}; what is wanted and not named is fetched.

    UsageError where a word is not such.
    """
    told = dict(word.partition("=")[::2] for word in words)
    known = sorted({row.data for row in ROWS})
    if set(told) - set(known) or not all(told.values()):
        said = ", ".join(f"{name}=FOLDER" for name in known)
        raise UsageError(f"data must be any of {said}, got {' '.join(words)}")
    for name in sorted(wanted - set(told)):
        told[name] = str(sureshot.get(name))
    return told


def table(found: Record) -> Iterator[str]:
    """All that was measured, row after row."""
    yield from (
        "# swift: accuracy and time",
        "",
        f"{machine_of(found)} A large matrix product in bf16 reaches {matmul_rate():,.0f} GFLOP/s "
        "as this is written.",
        "",
        "Accuracy on the test images in per cent: mean ± standard deviation over the seeds, then "
        f"each, from {SEEDS[0]} on. Times are medians over the seeds. The whole command is a cold "
        "process with an empty cache: start, decoding, the audit, training, export, predictions, "
        "report. To the model: until export is over and the model's file is written.",
        "",
        *HEADER,
    )
    for row in ROWS:
        if found[row.work]:
            yield line(row, found[row.work].values())


def main() -> None:
    """Train what was not measured yet, and write the table."""
    names = [row.name for row in ROWS]
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("data", nargs="*", metavar="NAME=FOLDER")
    parser.add_argument("--only", nargs="*", default=names, choices=names)
    parser.add_argument("--seeds", nargs="+", type=int, default=list(SEEDS))
    parser.add_argument("--quick", action="store_true", help="a few rows, one seed")
    asked = parser.parse_args()
    there: Record = defaultdict(dict) if asked.quick else recorded("swift")
    if asked.quick:
        named = {word.partition("=")[0] for word in asked.data}
        short = [row for row in ROWS if row.name in QUICK]
        to_do = [(row, SEEDS[0]) for row in short if not named or row.data in named]
    else:
        to_do = [
            (row, seed)
            for seed in asked.seeds
            for row in ROWS
            if row.name in asked.only and seed not in there[row.work]
        ]
    known = sources(asked.data, {row.data for row, _ in to_do})
    for row, seed in to_do:
        told = measured(row, known[row.data], seed)
        print(line(row, [told]), flush=True)
        there[row.work][seed] = told
        if not asked.quick:
            record("swift", row.work, seed, told)
    save("swift", list(table(there)), asked.quick)


if __name__ == "__main__":
    try:
        main()
    except SureshotError as error:
        raise SystemExit(str(error)) from None

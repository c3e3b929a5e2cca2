"""The textbook networks on the data that their authors used, each with several seeds.

    python benchmarks/textbook.py clothing=FOLDER mnist=FOLDER cifar=FOLDER --runs runs/textbook
    # or: make textbook DATA="clothing=… mnist=… cifar=…"

Runs that are there already, named <network>-<seed>, are only read; so it can be stopped and
begun again. examples/mnist.py writes the folder for MNIST. Data that is not named is left out.
Writes benchmarks/results/textbook_<processor>_<yyyy-mm>.md.
"""

import argparse
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from measuring import save

import sureshot
from sureshot import Run
from sureshot.errors import SureshotError, UsageError
from sureshot.figures.words import plural
from sureshot.progress import duration

SEEDS = (111, 112, 113)


@dataclass(frozen=True)
class Published:
    """One network on one dataset, and what its author reports."""

    network: str
    data: str
    accuracy: float | None  # per cent, on test; None where nothing is published
    seeds: tuple[int, ...] = SEEDS


TABLE = (
    Published("arch_1", "clothing", 65.0),
    Published("arch_2", "clothing", 75.0),
    Published("dnnd", "mnist", 97.9),
    Published("cnn", "mnist", 99.3),
    Published("dcnn", "mnist", 99.1),
    Published("mlp_128", "mnist", 96.06),
    Published("linear", "mnist", None),
    Published("nn", "mnist", None),
    Published("dnn", "mnist", None),
    Published("dense_l2", "mnist", None),
    Published("cifar_cnn", "cifar", None, seeds=(111,)),
)
HEADER = (
    "| network | data | published | best epoch | last epoch | n | seeds | epochs | "
    "in | seconds an epoch | training |",
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
)


def finished(network: str, source: Path, seed: int, runs: Path) -> Run:
    """The run of one network and seed: the one that is there, gone on with, or trained now."""
    folder = runs / f"{network}-{seed}"
    if not (folder / "recipe.toml").exists():
        settings = {"seed": seed}
        return sureshot.train(source, model=network, settings=settings, name=folder.name, runs=runs)
    return sureshot.resume(folder)


def last_accuracy(run: Run) -> float:
    """Accuracy of the last epoch's weights, in per cent; the best epoch's, where it is the last."""
    scores = run.last_scores("test") or run.scores
    return 100 * scores.overall["accuracy"].value


def spread(values: list[float]) -> str:
    """Mean ± standard deviation, and each value."""
    if len(values) == 1:
        return f"{values[0]:.2f}"
    each = ", ".join(f"{value:.2f}" for value in values)
    return f"{statistics.mean(values):.2f} ± {statistics.stdev(values):.2f} ({each})"


def made_on(runs: list[Run]) -> str:
    """Where, with which versions and when the runs were trained, as they have it themselves."""
    written = [(run.folder / "environment.json").stat().st_mtime for run in runs]
    days = [time.strftime("%Y-%m-%d", time.localtime(one)) for one in (min(written), max(written))]
    where = dict.fromkeys(
        f"{one['processor']}, {one['system'].split()[0]}, Python {one['python']}, "
        f"torch {one['packages']['torch']}"
        for one in (run.environment for run in runs)
    )
    return f"{'; '.join(where)}. Trained {' to '.join(dict.fromkeys(days))}."


def arithmetic(runs: list[Run]) -> str:
    """Precision and threads of the runs."""
    told = [run.environment["device"] for run in runs]
    found = dict.fromkeys((one["precision"], one["threads"]) for one in told)
    return "; ".join(f"{precision}, {plural(n, 'thread')}" for precision, n in found)


def line(row: Published, runs: list[Run]) -> str:
    """One row of the table."""
    best = [100 * run.scores.overall["accuracy"].value for run in runs]
    scored_last = runs[0].recipe.score_last
    seconds = [statistics.median(t["seconds"] for t in run.timing) for run in runs]
    whole = [each * len(run.timing) for each, run in zip(seconds, runs, strict=True)]
    cells = (
        f"`{row.network}`",
        row.data,
        "none" if row.accuracy is None else f"{row.accuracy:g}",
        spread(best),
        spread([last_accuracy(run) for run in runs]) if scored_last else "not scored",
        f"{runs[0].scores.n:,}",
        ", ".join(str(run.recipe.seed) for run in runs),
        ", ".join(str(len(run.history)) for run in runs),
        arithmetic(runs),
        f"{statistics.median(seconds):.1f} ({min(seconds):.1f} to {max(seconds):.1f})",
        duration(statistics.median(whole)),
    )
    return f"| {' | '.join(cells)} |"


def sources(words: list[str]) -> dict[str, Path]:
    """["mnist=folder"] → {"mnist": folder}; UsageError where a word is not such."""
    told = dict(word.partition("=")[::2] for word in words)
    unknown = sorted(set(told) - {row.data for row in TABLE})
    if unknown or not all(told.values()):
        known = ", ".join(sorted({f"{row.data}=FOLDER" for row in TABLE}))
        raise UsageError(f"data must be any of {known}, got {' '.join(words)}")
    return {name: Path(folder) for name, folder in told.items()}


def main() -> None:
    """Train what is not there yet, and write the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("data", nargs="+", metavar="NAME=FOLDER")
    parser.add_argument("--runs", type=Path, default=Path("runs/textbook"))
    parser.add_argument("--there", action="store_true", help="only the runs that are there")
    asked = parser.parse_args()
    known = sources(asked.data)
    lines, seen = [], []
    for row in TABLE:
        if row.data not in known:
            continue
        runs = []
        for seed in row.seeds:
            there = Run(asked.runs / f"{row.network}-{seed}").complete
            if there or not asked.there:
                runs.append(finished(row.network, known[row.data], seed, asked.runs))
        if runs:
            seen += runs
            lines.append(line(row, runs))
            print(lines[-1])
    about = [
        "# textbook networks",
        "",
        made_on(seen),
        "",
        "Accuracy on the test images in per cent: mean ± standard deviation over the seeds, then "
        "each. Seconds an epoch are medians over the epochs of a run, then over the runs (least to "
        "most), for the machine had other work between; training is that times the epochs, the "
        "median of the runs.",
        "",
        *HEADER,
    ]
    if seen:
        save("textbook", [*about, *lines])


if __name__ == "__main__":
    try:
        main()
    except SureshotError as error:
        raise SystemExit(str(error)) from None

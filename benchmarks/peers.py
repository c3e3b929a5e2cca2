"""Accuracy against training time: swift's presets and the peers, in one table and one picture.

    python benchmarks/peers.py                                   # after swift.py; make bench
    python benchmarks/peers.py clothing=FOLDER cifar10=FOLDER mnist=IDX_FOLDER
    python benchmarks/peers.py --only                            # only what was measured already

Each training is a process of its own and is put down as soon as it ends, in
benchmarks/results/peers_<processor>_<yyyy-mm>.jsonl, and is not done again; a line that is taken
out there is. A peer's time is its training alone, without start, decoding and scoring; ours stands
beside it in both ways. A course is one training scored after each epoch: where its line is, the
peer stood then, though a recipe made for fewer epochs might have stood higher.
Ultralytics is not among the peers: it needs torchvision, which these machines lack.
Writes the table beside it, .md, and docs/figures/peers.svg. Needs `make keras`, and what swift.py
put down for our side.
"""

import argparse
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullFormatter, NullLocator
from measuring import (
    KERAS,
    Record,
    Told,
    machine_of,
    record,
    recorded,
    require_keras,
    save,
    told_by,
)
from swift import ROWS, SEEDS, Row, sources

from sureshot import device
from sureshot.errors import SureshotError
from sureshot.figures.learning import TICKS
from sureshot.figures.style import FAINT, INK, SMALL, heading, panel, sheet, styled, svg
from sureshot.progress import duration

HERE = Path(__file__).parent
PICTURE = HERE.parent / "docs" / "figures" / "peers.svg"


@dataclass(frozen=True)
class Peer:
    """Something else to train with, for one or several lengths; its script tells JSON."""

    name: str
    words: str
    data: str
    script: str
    more: tuple[str, ...]  # what stands before the number of epochs
    epochs: tuple[int, ...]
    seed: tuple[str, ...] = ()  # what stands before the seed

    def measured(self, epochs: int, source: str, seed: int) -> Told:
        """What its script tells of one training."""
        python = str(KERAS) if self.script.startswith("keras") else sys.executable
        given = (f"{self.data}={source}", *self.more, str(epochs), *self.seed, str(seed))
        return told_by([python, HERE / self.script, *given])

    def called(self, epochs: int) -> str:
        """What the record calls it."""
        return f"{self.name}-{epochs}"


_EPOCHS = ("--epochs",)
PEERS = (
    Peer("keras-cnn", "Keras, cnn", "mnist", "keras_scores.py", ("cnn",), (20,)),
    Peer("airbench", "airbench", "cifar10", "airbench.py", _EPOCHS, (3, 4, 8), ("--seed",)),
    Peer("keras-arch_2", "Keras, arch_2", "clothing", "keras_scores.py", ("arch_2",), (40,)),
    Peer("resnet", "ResNet-18", "clothing", "resnet.py", _EPOCHS, (5,), ("--seed",)),
)
TITLES = {
    "mnist": "MNIST, n = 10,000",
    "cifar10": "CIFAR-10, n = 10,000",
    "clothing": "clothing, n = 372",
}
LEAST = {"mnist": 98.0, "cifar10": 65.0, "clothing": 55.0}  # per cent; below, a course is cut off
GOALS = (("mnist", 99.3), ("clothing", 75.0), ("cifar10", 90.0))  # per cent, in the mean
BESIDE = 1.5  # so many times less and more seconds are left free beside the points
OURS, THEIRS = "#0072b2", ("#c8500a", "#7a5c00")


@dataclass(frozen=True)
class Points:
    """One contender's way: by training seconds, the mean accuracy, the least and the greatest."""

    words: str
    seconds: tuple[float, ...]
    accuracy: tuple[tuple[float, float, float], ...]
    seeds: tuple[int, ...]
    n: int
    labels: tuple[str, ...]
    ours: bool = False
    course: bool = False


def our_points(data: str, measured: Record) -> Points | None:
    """The presets that were measured, from quick to best."""
    presets = [row for row in ROWS if row.data == data and not row.called]
    each = [(_short(row), [*measured[row.work].values()]) for row in presets]
    found = [(label, runs) for label, runs in each if runs]
    if not found:
        return None
    return Points(
        "swift",
        tuple(statistics.median(one["training"] for one in runs) for _, runs in found),
        tuple(_spread([one["accuracy"] for one in runs]) for _, runs in found),
        tuple(len(runs) for _, runs in found),
        int(found[0][1][0]["n"]),
        tuple(label for label, _ in found),
        ours=True,
    )


def _short(row: Row) -> str:
    return f"{row.preset}*" if row.more else row.preset


def peer_points(peer: Peer, told: Mapping[int, Sequence[Told]]) -> Points:
    """A peer's course, or one point for each number of epochs."""
    some = next(iter(told.values()))
    n = int(some[0]["n"])
    if isinstance(some[0]["seconds"], list):
        epochs = range(1, min(len(one["seconds"]) for one in some) + 1)  # some end early
        return Points(
            peer.words,
            tuple(map(statistics.median, zip(*(one["seconds"] for one in some), strict=False))),
            tuple(map(_spread, zip(*(one["accuracy"] for one in some), strict=False))),
            (len(some),) * len(epochs),
            n,
            tuple(f"after epoch {number}" for number in epochs),
            course=True,
        )
    return Points(
        peer.words,
        tuple(statistics.median(one["seconds"] for one in each) for each in told.values()),
        tuple(_spread([one["accuracy"] for one in each]) for each in told.values()),
        tuple(len(each) for each in told.values()),
        n,
        tuple(f"{epochs} epochs" for epochs in told),
    )


def _spread(values: Sequence[float]) -> tuple[float, float, float]:
    return statistics.mean(values), min(values), max(values)


@styled()
def picture(panels: dict[str, list[Points]]) -> Figure:
    """One panel a data set: accuracy on test against seconds of training."""
    figure, axes = sheet(10.2, 3.5)
    below = (
        "Means over seeds, least to greatest as bars; test images, from nothing; best* learns from "
        f"the validation images, too; {device.processor()}, {device.threads()} threads"
    )
    heading(axes, "Accuracy against training time", below)
    for place, (data, found) in enumerate(panels.items()):
        drawn = panel(figure, 0.62 + 3.25 * place, 0.98, 2.75, 1.95)
        _panel(drawn, TITLES[data], LEAST[data], found)
    return figure


def _panel(axes: Axes, title: str, least: float, found: Sequence[Points]) -> None:
    axes.set_title(title, loc="left", fontsize=SMALL + 1, color=INK)
    axes.set_xscale("log")
    axes.grid(axis="y", color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    others = iter(zip(THEIRS, ("s", "^"), strict=True))
    seconds: list[float] = []
    for one in found:
        colour, mark = (OURS, "o") if one.ours else next(others)
        points = list(zip(one.seconds, one.accuracy, strict=True))
        shown = [point for point in points if point[1][0] >= least] or points[-1:]
        x, y = [s for s, _ in shown], [a[0] for _, a in shown]
        seconds += x
        axes.plot(x, y, color=colour, lw=1.2, marker=mark, ms=2.5 if one.course else 6)
        if not one.course:
            axes.vlines(x, [a[1] for _, a in shown], [a[2] for _, a in shown], color=colour, lw=1.6)
        _name(axes, one, colour, (x[0], y[0]))
    low, high = min(seconds) / BESIDE, max(seconds) * BESIDE
    axes.set_xlim(low, high)
    axes.margins(y=0.16)
    fitting = [t for t in (1, 3, 10, 30, 60, 180, 600, 1800, 3600) if low <= t <= high]
    axes.set_xticks(fitting, [f"{t} s" if t < 60 else f"{t // 60} min" for t in fitting])
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=TICKS))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g} %")


def _name(axes: Axes, one: Points, colour: str, first: tuple[float, float]) -> None:
    """Each name where no line goes, for all of them rise; a course has one name, at its start."""
    here = list(zip(one.seconds, one.accuracy, one.labels, strict=True))
    how: dict[str, Any] = {"textcoords": "offset points", "fontsize": SMALL, "color": colour}
    if one.course:
        axes.annotate(one.words, first, xytext=(0, -7), ha="center", va="top", **how)
    elif one.ours:
        (x, (_, bottom, _), label), *others = here
        axes.annotate(f"{one.words}, {label}", (x, bottom), xytext=(-8, -6), va="top", **how)
        for x, (_, _, top), label in others:
            axes.annotate(label, (x, top), xytext=(0, 6), ha="center", **how)
    elif len(here) == 1:
        ((x, (mean, _, _), label),) = here
        axes.annotate(f"{one.words}, {label}", (x, mean), xytext=(8, 0), va="center", **how)
    else:
        *before, (x, (_, _, top), last) = here
        axes.annotate(f"{one.words}, {last}", (x, top), xytext=(4, 6), ha="right", **how)
        for x, (_, bottom, _), label in before:
            axes.annotate(label, (x, bottom), xytext=(6, -3), va="top", **how)


def lines(panels: dict[str, list[Points]], where: str) -> list[str]:
    """The table: every point, of a course its first, best and last."""
    told = [
        "# swift and its peers: accuracy against training time",
        "",
        where,
        "",
        "Mean accuracy on test in per cent (least to greatest over the seeds), and the median "
        "training over the seeds. Start, decoding, export and scoring are not in it; swift's whole "
        "commands stand in the table of swift.py. A course is one training, scored after each "
        "epoch. best* and airbench learn from all training images, the others keep some of them "
        "for validation. Sureshot tells its allocator to keep freed memory; the PyTorch peers are "
        "plain and do not.",
        "",
        "| data | contender | training | accuracy | seeds | n |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for data, found in panels.items():
        for one in found:
            best = max(range(len(one.accuracy)), key=lambda place: one.accuracy[place][0])
            last = len(one.accuracy) - 1
            for place in sorted({0, best, last}) if one.course else range(last + 1):
                mean, least, most = one.accuracy[place]
                name, took = f"{one.words}, {one.labels[place]}", duration(one.seconds[place])
                told.append(
                    f"| {data} | {name} | {took} | "
                    f"{mean:.2f} ({least:.2f} to {most:.2f}) | {one.seeds[place]} | {one.n:,} |"
                )
    return told


def times(ours: Record, panels: dict[str, list[Points]]) -> list[str]:
    """The other table: how long to an accuracy, by the shortest training that reaches it."""
    told = [
        "",
        "The shortest training whose mean over its seeds reaches an accuracy; times are medians "
        "over them. A peer that never does so stands with its best. Ours to the model: the wall "
        "time of a cold command until the model's file is written, with start, decoding, the audit "
        "and export; a peer's training is held against that too.",
        "",
        "| to reach | ours | seeds | training | to the model | peer | seeds | training | ratios |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for data, goal in GOALS:
        each = [(row, [*ours[row.work].values()]) for row in ROWS if row.data == data]
        there = [
            (
                statistics.median(one["training"] for one in runs),
                statistics.median(one["model"] for one in runs),
                len(runs),
                row,
            )
            for row, runs in each
            if runs and statistics.mean(one["accuracy"] for one in runs) >= goal
        ]
        peers = [one for one in panels.get(data, []) if not one.ours]
        if not there or not peers:
            continue
        training, model, seeds, row = min(there, key=itemgetter(0))
        own = f"{data}, {goal:g} % | `{' '.join(row.words)}` | {seeds}"
        for peer in peers:
            mean = [accuracy[0] for accuracy in peer.accuracy]
            reached = [place for place, value in enumerate(mean) if value >= goal]
            place = reached[0] if reached else mean.index(max(mean))
            took, sign = peer.seconds[place], "" if reached else "> "
            only = "" if reached else f", only {mean[place]:.2f} %"
            told.append(
                f"| {own} | {duration(training)} | {duration(model)} "
                f"| {peer.words}, {peer.labels[place]}{only} | {peer.seeds[place]} "
                f"| {duration(took)} | {sign}{took / training:.1f}, {sign}{took / model:.1f} |"
            )
    return told


def main() -> None:
    """Train what was not measured yet, then table and picture."""
    names = [peer.name for peer in PEERS]
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("data", nargs="*", metavar="NAME=FOLDER")
    parser.add_argument("--only", nargs="*", default=names, choices=names)
    parser.add_argument("--seeds", nargs="+", type=int, default=list(SEEDS))
    asked = parser.parse_args()
    there = recorded("peers")
    to_do = [
        (peer, epochs, seed)
        for seed in asked.seeds
        for peer in PEERS
        for epochs in peer.epochs
        if peer.name in asked.only and seed not in there[peer.called(epochs)]
    ]
    known = sources(asked.data, {peer.data for peer, _, _ in to_do})
    if any(peer.script.startswith("keras") for peer, _, _ in to_do):
        require_keras()
    for peer, epochs, seed in to_do:
        told = peer.measured(epochs, known[peer.data], seed)
        record("peers", peer.called(epochs), seed, told)
    ours, theirs = recorded("swift"), recorded("peers")
    panels: dict[str, list[Points]] = {}
    for data in TITLES:
        own = our_points(data, ours)
        panels[data] = [own] if own else []
    for peer in PEERS:
        each = {epochs: [*theirs[peer.called(epochs)].values()] for epochs in peer.epochs}
        each = {epochs: told for epochs, told in each.items() if told}
        if each:
            panels[peer.data].append(peer_points(peer, each))
    panels = {data: found for data, found in panels.items() if found}
    save("peers", [*lines(panels, machine_of(theirs)), *times(ours, panels)])
    PICTURE.write_bytes(svg(picture(panels)))
    print(f"written to {PICTURE}")


if __name__ == "__main__":
    try:
        main()
    except SureshotError as error:
        raise SystemExit(str(error)) from None

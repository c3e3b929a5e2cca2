"""Whether a plan keeps its promise: against the true error of distributions that are known.

    python benchmarks/promises.py            1,000 trials in each of 24 situations, about 2 minutes
    python benchmarks/promises.py --quick    200 trials in each, nothing is saved

In each trial, validation and calibration images are drawn anew from a world whose chance of being
wrong is known for each probability, and a plan is made as `sureshot plan` makes it. The true error
of what its threshold accepts is an integral, not a test set. It may exceed the promise in at most
5 % of the trials.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sureshot.automate import Goal, Rows, goal
from sureshot.automate.planning import chosen
from sureshot.seeds import generator

Floats = NDArray[np.float64]

TRIALS = 1_000
QUICK = 200
KNOWN = 340  # validation images; as many as clothing-dataset-small has
SIZES = (150, 341, 2_000)  # calibration images
PROMISES = ("2%", "5%")
GRID = 200_000  # points of an integral


@dataclass(frozen=True)
class World:
    """The probability of the top class by its rank, and how often it is wrong at each."""

    confidence: Callable[[Floats], Floats]  # quantile function: uniform (M,) → probability (M,)
    wrong: Callable[[Floats, float], Floats]  # probability (M,), promise → chance (M,)

    def drawn(self, n: int, promise: float, random: np.random.Generator) -> Rows:
        """So many images."""
        confidence = self.confidence(random.random(n))
        right = random.random(n) >= self.wrong(confidence, promise)
        return Rows(confidence, np.zeros(n, np.int64), right, classes=1, fingerprint="")

    def error(self, threshold: float, promise: float) -> float:
        """The true error of what a threshold accepts."""
        confidence = self.confidence((np.arange(GRID) + 0.5) / GRID)
        accepted = confidence[confidence >= threshold]
        return float(self.wrong(accepted, promise).mean()) if len(accepted) else 0.0


WORLDS = {
    "as sure as it is right": World(lambda u: 1 - 0.5 * u**3, lambda p, _: 1 - p),
    "too sure of itself": World(lambda u: 1 - 0.4 * u**4, lambda p, _: 1 - p**4),
    "just above the promise everywhere": World(
        lambda u: 1 - 0.5 * u**2, lambda p, promise: np.full(len(p), promise + 1e-4)
    ),
    "sure and wrong at the very top": World(
        lambda u: 1 - 0.5 * u**2, lambda p, promise: np.where(p > 0.995, 3 * promise, promise / 3)
    ),
}


def trial(world: World, asked: Goal, n: int, random: np.random.Generator) -> tuple[float, float]:
    """The true error of one plan and the share it automates; 0 and 0 where it promises nothing."""
    promise = asked.max_error or 0.0
    known, rows = (world.drawn(size, promise, random) for size in (KNOWN, n))
    curve, _, place, _ = chosen(rows, known, asked)
    if place is None:
        return 0.0, 0.0
    return world.error(float(curve.threshold[place]), promise), float(curve.share[place])


def broken(name: str, promise: str, n: int, trials: int) -> tuple[float, float]:
    """The share of trials whose true error exceeds the promise, and the mean share automated."""
    asked = goal(promise)
    random = generator("promises", name, promise, n)
    found = np.array([trial(WORLDS[name], asked, n, random) for _ in range(trials)])
    return float((found[:, 0] > (asked.max_error or 0.0)).mean()), float(found[:, 1].mean())


def main(quick: bool) -> None:
    """Measure, print and save."""
    trials = QUICK if quick else TRIALS
    lines = [
        "# Promises kept",
        "",
        f"{trials:,} trials each, {KNOWN} validation images; confidence 95 %.",
        "",
        "| world | promise | calibration images | true error above it | automated on average |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name in WORLDS:
        for promise in PROMISES:
            for n in SIZES:
                share, automated = broken(name, promise, n, trials)
                row = f"| {name} | {promise} | {n:,} | {100 * share:.1f} % of trials |"
                lines.append(f"{row} {100 * automated:.0f} % |")
                print(lines[-1], flush=True)
    if not quick:
        from measuring import machine, save

        save("promises", [*lines[:2], machine("numpy " + np.__version__), "", *lines[2:]])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true")
    main(parser.parse_args().quick)

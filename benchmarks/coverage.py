"""How often intervals hold the truth and verdicts are right, where the truth is known.

    python benchmarks/coverage.py            # four minutes on one core
    python benchmarks/coverage.py --quick    # some seconds, only to see that it runs; saves nothing

Made-up classifiers of ten classes, of 25 % to 3 % of the images. An image is ambiguous between
classes for every model alike, more so for one recipe, each seed leans to some classes, and each
model errs in its own way on each image. So models are correlated as trained ones are: of two seeds
of a recipe only one is right on a fifth of the images. Seeds vary "little" (their accuracies have a
standard deviation of 0.6 to 1 point) or "much" (4 points).

Writes benchmarks/results/coverage_<processor>_<yyyy-mm>.md.
"""

import argparse
import time
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from measuring import machine, save
from numpy.typing import NDArray

from sureshot.measure import crossed
from sureshot.measure.contributions import Contributions, contributions, shares
from sureshot.measure.crossed import Over
from sureshot.measure.deciding import Bounds, decide, p_value
from sureshot.measure.estimates import Measured
from sureshot.measure.planning import SEED_DEVIATION, reach_of_difference, reach_of_share
from sureshot.measure.several import holm

Floats = NDArray[np.float64]

PRIORS = np.array([25, 18, 14, 10, 9, 8, 6, 4, 3, 3]) / 100  # a class in each; assumption
STRENGTH = (2.4, 2.0)  # of the two recipes: about 78 % and 58 % right
SHARPNESS = (1.6, 2.4)  # of the logits: the first too modest, the second about right
IMAGE, RECIPE, MODEL = 0.8, 0.35, 0.5  # deviations of logits; assumption, see above
LITTLE, MUCH = 0.1, 0.5  # deviation of a seed's leanings
SCORES = (("accuracy", None), ("f1_macro", None), ("recall", 1), ("f1", 1))
LOSSES = (("log_loss", None), ("brier", None), ("calibration_error", None))
SHARED, PECULIAR = 0.6, 0.1  # of the latent variance: of an image for all, for one recipe
STEEPNESS = 0.318  # points of accuracy by one of the latent scale, at 75 %
QUESTIONS = ("one", "difference", "ratio")
CLAIMS = 8  # for the correction

Score = tuple[str, int | None]
Truth = dict[str, float]
Missed = Counter[tuple[str, str]]  # by question and side


class World:
    """Two recipes, their seeds, and images without end."""

    def __init__(self, vary: float, stream: int) -> None:
        always = np.random.default_rng(0)
        self.classes = always.normal(0, 0.4, (2, len(PRIORS)))  # easy for a recipe, or hard
        self.trained = always.normal(0, vary, (2, 1, len(PRIORS)))  # one model of each
        self.vary, self.random = vary, np.random.default_rng(stream)

    def models(self, count: int) -> Floats:
        """The leanings of `count` seeds of each recipe, shape (2, S, K)."""
        return self.random.normal(0, self.vary, (2, count, len(PRIORS)))

    def images(self, n: int, models: Floats) -> tuple[NDArray[np.int64], list[Floats]]:
        """Labels (N,) of new images, and the logits (S, N, K) of each recipe's models."""
        labels = self.random.choice(len(PRIORS), n, p=PRIORS)
        label, shape = np.eye(len(PRIORS))[labels], (n, len(PRIORS))
        image = self.random.normal(0, IMAGE, shape)
        logits = []
        for strength, sharp, easy, seeds in zip(
            STRENGTH, SHARPNESS, self.classes, models, strict=True
        ):
            seen = label * (strength + easy) + image + self.random.normal(0, RECIPE, shape)
            own = self.random.normal(0, MODEL, (len(seeds), *shape))
            logits.append((seen + seeds[:, None] + own) * sharp)
        return labels, logits


def compared(a: Contributions, b: Contributions, over: Over) -> dict[str, Measured]:
    """The three questions that a claim can ask."""
    return {
        "one": crossed.one(a, over),
        "difference": crossed.difference(a, b, over),
        "ratio": crossed.ratio(a, b, over),
    }


@lru_cache
def truth(scores: tuple[Score, ...], vary: float, trained: bool, batches: int) -> list[Truth]:
    """Each score on very many images, of the trained models or of very many seeds."""
    world, found = World(vary, 1), []
    n = 20_000 if trained else 2_000  # a calibration error needs batches to be large
    for _ in range(1 + batches // 10 if trained else batches):
        labels, logits = world.images(n, world.trained if trained else world.models(10))
        found.append(
            [
                [contributions(score, labels, z, of_class).score.mean() for z in logits]
                for score, of_class in scores
            ]
        )
    means = np.mean(found, axis=0)  # (scores, 2)
    return [{"one": a, "difference": a - b, "ratio": a / b} for a, b in means]


def covered(
    scores: tuple[Score, ...], vary: float, n: int, seeds: int | None, repeats: int, batches: int
) -> list[str]:
    """Rows of a table: how often each interval held the truth, and on which side it missed."""
    world, true = World(vary, 2), truth(scores, vary, seeds is None, batches)
    over: Over = "images and seeds" if seeds else "images"
    missed: list[Missed] = [Counter() for _ in scores]
    for _ in range(repeats):
        models = world.models(seeds) if seeds else world.trained
        labels, logits = world.images(n, models)
        for (score, of_class), known, count in zip(scores, true, missed, strict=True):
            a, b = (contributions(score, labels, z, of_class) for z in logits)
            count.update(missed_by(compared(a, b, over), known))
    rows = []
    for (score, of_class), known, count in zip(scores, true, missed, strict=True):
        name = score if of_class is None else f"{score} of a class of {PRIORS[of_class]:.0%}"
        where = f"{seeds} | {'little' if vary == LITTLE else 'much'} | " if seeds else ""
        rows.append(f"| {name} | {n:,} | {where}{known['one']:.3f} | {held(count, repeats)} |")
    return rows


def missed_by(found: dict[str, Measured], known: Truth) -> list[tuple[str, str]]:
    """Which intervals do not hold the truth, and on which side of them it lies."""
    missed = []
    for question, measured in found.items():
        low, high = measured.interval() or (-np.inf, np.inf)
        if not low <= known[question] <= high:
            missed.append((question, "below" if known[question] < low else "above"))
    return missed


def held(missed: Missed, repeats: int) -> str:
    """Three cells: how often each question's interval held the truth, and missed it each way."""
    cells = []
    for question in QUESTIONS:
        below, above = (missed[question, side] / repeats for side in ("below", "above"))
        cells.append(f"{1 - below - above:.1%} ({below:.1%}, {above:.1%})")
    return " | ".join(cells)


@dataclass(frozen=True)
class Situation:
    """Two recipes of known accuracy, and a claim about the first, or about their difference."""

    says: str
    n: int
    seeds: int | None  # None: one trained model of each
    accuracies: tuple[float, float]
    bounds: Bounds
    of_difference: bool = True

    @property
    def over(self) -> Over:
        """What the claim is about."""
        return "images and seeds" if self.seeds else "images"

    def drawn(self, random: np.random.Generator) -> tuple[Contributions, Contributions]:
        """Which images the models have right, with exactly these accuracies in the long run."""
        seeds, deviation = (self.seeds, SEED_DEVIATION / STEEPNESS) if self.seeds else (1, 0.0)
        image = random.normal(0, np.sqrt(SHARED), self.n)
        both = []
        for accuracy in self.accuracies:
            own = image + random.normal(0, np.sqrt(PECULIAR), self.n)
            rest = random.normal(0, np.sqrt(1 - SHARED - PECULIAR - deviation**2), (seeds, self.n))
            leaning = random.normal(0, deviation, (seeds, 1))
            both.append(shares(own + rest + leaning < NormalDist().inv_cdf(accuracy)))
        return both[0], both[1]

    def measured(self, random: np.random.Generator) -> Measured:
        """What one study finds."""
        a, b = self.drawn(random)
        if self.of_difference:
            return crossed.difference(a, b, self.over)
        return crossed.one(a, self.over)


def extreme(n: int, seeds: int | None, accuracies: tuple[float, float], repeats: int) -> str:
    """A row of a table: intervals of accuracies near 1, or on few images."""
    random, missed = np.random.default_rng(3), Missed()
    situation = Situation("", n, seeds, accuracies, Bounds(0.0))
    a, b = accuracies
    known = {"one": a, "difference": a - b, "ratio": a / b}
    for _ in range(repeats):
        drawn = situation.drawn(random)
        missed.update(missed_by(compared(*drawn, situation.over), known))
    about = f"{seeds} seeds" if seeds else "trained models"
    return f"| {a:.0%}, {b:.0%} | {n:,} | {about} | {held(missed, repeats)} |"


def verdicts(situation: Situation, repeats: int) -> str:
    """A row of a table: how often the claim was supported, undecided and refuted."""
    random = np.random.default_rng(1)
    found = Counter(
        decide(situation.measured(random).interval(), situation.bounds) for _ in range(repeats)
    )
    cells = [f"{found[v] / repeats:.1%}" for v in ("supported", "undecided", "refuted")]
    about = f"{situation.seeds} seeds" if situation.seeds else "trained models"
    return f"| {situation.says} | {situation.n:,} | {about} | {' | '.join(cells)} |"


def situations() -> list[Situation]:
    """False claims, at their bound where they are hardest to tell, and true ones."""
    better, five, equal = Bounds(0.0), Bounds(0.05), Bounds(-0.02, 0.02)
    found = []
    for seeds in (None, 5, 2):
        for n in (100, 1_000):
            found += [
                Situation("false: A is better (equal)", n, seeds, (0.75, 0.75), better),
                Situation("false: A has 5 points more (5.0)", n, seeds, (0.80, 0.75), five),
                Situation("false: A has 75 % (75.0)", n, seeds, (0.75, 0.75), Bounds(0.75), False),
                Situation("false: A is better (worse by 2)", n, seeds, (0.73, 0.75), better),
                Situation("false: within 2 points (2.0)", n, seeds, (0.77, 0.75), equal),
            ]
    for seeds in (None, 5):
        found += [
            Situation("A is better (by 2)", 100, seeds, (0.77, 0.75), better),
            Situation("A has 75 % (77)", 100, seeds, (0.77, 0.75), Bounds(0.75), False),
            *(
                Situation("planted: A is better (by 10)", n, seeds, (0.80, 0.70), better)
                for n in (372, 1_000)
            ),
            *(
                Situation("planted: A has 5 points more (10)", n, seeds, (0.80, 0.70), five)
                for n in (1_000, 5_000)
            ),
            Situation("within 2 points (equal)", 5_000, seeds, (0.75, 0.75), equal),
        ]
    return found


def corrected(repeats: int) -> str:
    """Eight false claims at once: how often any is supported, without and with the correction."""
    random = np.random.default_rng(2)
    claim = Situation("", 500, 5, (0.75, 0.75), Bounds(0.0))
    alone = together = 0
    for _ in range(repeats):
        found = [claim.measured(random) for _ in range(CLAIMS)]
        levels = holm([p_value(one, claim.bounds) for one in found])
        alone += any(decide(one.interval(), claim.bounds) == "supported" for one in found)
        together += any(
            decide(one.interval(told.level), claim.bounds) == "supported"
            for one, told in zip(found, levels, strict=True)
        )
    return (
        f"{CLAIMS} claims that A is better, all false, 500 images, 5 seeds: at least one was "
        f"supported in {alone / repeats:.1%} of {repeats:,} studies without Holm's correction and "
        f"in {together / repeats:.1%} with it."
    )


def foreseen(n: int, seeds: int | None, repeats: int) -> list[str]:
    """Whether scores that should be told from a bound in 80 % of studies were."""
    rows = []
    share, gap = reach_of_share(n, Bounds(0.75), seeds), reach_of_difference(n, Bounds(0.0), seeds)
    if share.supported:
        a = share.supported[0]
        says = f"foreseen: A has 75 % ({a:.1%})"
        rows.append(Situation(says, n, seeds, (a, 0.5), Bounds(0.75), False))
    if gap.supported:
        a = 0.70 + gap.supported[0]
        says = f"foreseen: A is better (by {gap.supported[0]:.1%})"
        rows.append(Situation(says, n, seeds, (a, 0.70), Bounds(0.0)))
    return [verdicts(row, repeats) for row in rows]


def deviation(repeats: int) -> str:
    """Of a coverage of 95 %, so often tried."""
    return f"{np.sqrt(0.05 * 0.95 / repeats):.1%}"


def main(quick: bool) -> None:
    """Simulate, print and save."""
    started, repeats, batches = time.perf_counter(), 40 if quick else 3_000, 2 if quick else 100
    lines = [
        "# How often intervals hold the truth, and verdicts are right",
        "",
        machine(f"NumPy {np.__version__}"),
        "",
        f"Intervals of 95 %; {repeats:,} made-up test sets a row, where nothing else is said: one "
        f"standard error is {deviation(repeats)}. In brackets: truth below the interval, above it.",
        "",
    ]

    def add(*rows: str) -> None:
        lines.extend(rows)
        print(*rows, sep="\n", flush=True)

    ends = "one | A minus B | A over B |", "--- | --- | --- |"
    add("## Two trained models, over images", "", f"| score | images | truth of A | {ends[0]}")
    add(f"| --- | --- | --- | {ends[1]}")
    for n in (100, 300, 1_000):
        add(*covered((*SCORES, *LOSSES), LITTLE, n, None, repeats, batches))
    add("", "## Two recipes, over images and seeds", "")
    add(f"{repeats // 2:,} studies a row with 5 seeds, {repeats // 4:,} otherwise: one standard")
    add(f"error is {deviation(repeats // 2)} or {deviation(repeats // 4)}.", "")
    add(f"| score | images | seeds | they vary | truth of A | {ends[0]}")
    add(f"| --- | --- | --- | --- | --- | {ends[1]}")
    for seeds, some in (
        (5, repeats // 2),
        (2, repeats // 4),
        (3, repeats // 4),
        (10, repeats // 4),
    ):
        for vary in (LITTLE, MUCH):
            for n in (100, 1_000):
                add(*covered((SCORES[0], SCORES[1], LOSSES[0]), vary, n, seeds, some, batches))
    add("", "## Accuracies near 1, and few images", "")
    add(f"| accuracies | images | about | {ends[0]}", f"| --- | --- | --- | {ends[1]}")
    for models in (None, 5):
        for accuracies in ((0.75, 0.70), (0.95, 0.92), (0.99, 0.99)):
            for n in (20, 50, 100, 1_000):
                add(extreme(n, models, accuracies, repeats))
    add("", "## Verdicts", "", "In brackets is the truth.", "")
    add("| claim | images | about | supported | undecided | refuted |")
    add("| --- | --- | --- | --- | --- | --- |")
    for situation in situations():
        add(verdicts(situation, repeats))
    for seeds in (None, 5):
        for n in (372, 5_000):
            add(*foreseen(n, seeds, repeats // 2))
    add("", corrected(repeats // 10))
    print(f"{time.perf_counter() - started:.0f} s")
    if not quick:
        save("coverage", lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--quick", action="store_true")
    main(parser.parse_args().quick)

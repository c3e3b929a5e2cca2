"""How often intervals hold the truth and verdicts are right, where the truth is known.

    python benchmarks/coverage.py                 # 3,000 test sets a row
    python benchmarks/coverage.py --repeats 40    # half a minute; saves nothing below 1,000

Asked for: intervals over images hold the truth in 93 to 97 %, those over images and 5 seeds in at
least 93 %, no side is missed in more than 5 %, and a false claim is supported in at most 5 %. Cells
outside of that are listed at the end of the result.

Writes benchmarks/results/coverage_<processor>_<yyyy-mm>.md.
"""

import argparse
import time
from collections import Counter
from functools import lru_cache

import numpy as np
from made_up import CLAIMS, LITTLE, MUCH, PRIORS, Situation, World, drawn, families, situations
from measuring import machine, save
from scipy.stats import binom, multinomial

from sureshot.measure import crossed
from sureshot.measure.contributions import Contributions, contributions
from sureshot.measure.crossed import Over
from sureshot.measure.deciding import Bounds, decide, p_value
from sureshot.measure.estimates import Measured
from sureshot.measure.exact import clopper_pearson
from sureshot.measure.intervals import paired_difference, wilson
from sureshot.measure.paired import least_lead
from sureshot.measure.planning import reach_of_difference, reach_of_share
from sureshot.measure.several import holm

SCORES = (
    ("accuracy", None),
    ("f1_macro", None),
    ("precision_macro", None),
    ("recall_macro", None),
    ("recall", 1),
    ("f1", 1),
)
LOSSES = (("log_loss", None), ("brier", None), ("calibration_error", None))
QUESTIONS = ("one", "difference", "ratio")
WORDS = dict(zip(QUESTIONS, ("one", "A minus B", "A over B"), strict=True))
LEAST, MOST, SIDE = 0.93, 0.97, 0.05  # asked for: of intervals, and of what is missed on one side
FULL = 3_000  # repeats
SAVED = 1_000  # repeats, below which nothing is saved: 93 % could not be told from 95 %

Score = tuple[str, int | None]
Truth = dict[str, float]
Missed = Counter[tuple[str, str]]  # by question and side
outside: list[str] = []  # cells that are not as was asked for


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
        cells = held(count, repeats, f"{name}, {n:,} images, {about(seeds)}", seeds)
        rows.append(f"| {name} | {n:,} | {where}{known['one']:.3f} | {cells} |")
    return rows


def missed_by(found: dict[str, Measured], known: Truth) -> list[tuple[str, str]]:
    """Which intervals do not hold the truth, and on which side of them it lies."""
    missed = []
    for question, measured in found.items():
        low, high = measured.interval() or (-np.inf, np.inf)
        if not low <= known[question] <= high:
            missed.append((question, "below" if known[question] < low else "above"))
    return missed


def held(missed: Missed, repeats: int, row: str, seeds: int | None) -> str:
    """Three cells: how often each question's interval held the truth, and missed it each way."""
    cells = []
    for question in QUESTIONS:
        below, above = (missed[question, side] / repeats for side in ("below", "above"))
        cells.append(f"{1 - below - above:.1%} ({below:.1%}, {above:.1%})")
        most = 1.0 if seeds else MOST
        if not LEAST <= 1 - below - above <= most or max(below, above) > SIDE:
            outside.append(f"{row}, {WORDS[question]}: {cells[-1]} of {repeats:,}")
    return " | ".join(cells)


def about(seeds: int | None) -> str:
    """What is asked about."""
    return f"{seeds} seeds" if seeds else "trained models"


def extreme(n: int, seeds: int | None, accuracies: tuple[float, float], repeats: int) -> str:
    """A row of a table: intervals of accuracies near 1, or on few images."""
    random, missed = np.random.default_rng(3), Missed()
    situation = Situation("", n, seeds, accuracies, Bounds(0.0))
    a, b = accuracies
    known = {"one": a, "difference": a - b, "ratio": a / b}
    for _ in range(repeats):
        drawn = situation.drawn(random)
        missed.update(missed_by(compared(*drawn, situation.over), known))
    row = f"accuracies of {a:.0%} and {b:.0%}, {n:,} images, {about(seeds)}"
    cells = held(missed, repeats, row, seeds)
    return f"| {a:.0%}, {b:.0%} | {n:,} | {about(seeds)} | {cells} |"


def verdicts(situation: Situation, repeats: int) -> str:
    """A row of a table: how often the claim was supported, undecided and refuted."""
    random = np.random.default_rng(1)
    found = Counter(
        decide(situation.measured(random).interval(), situation.bounds) for _ in range(repeats)
    )
    cells = [f"{found[v] / repeats:.1%}" for v in ("supported", "undecided", "refuted")]
    row = f"{situation.says} | {situation.n:,} | {about(situation.seeds)}"
    if situation.says.startswith("false") and found["supported"] / repeats > SIDE:
        outside.append(f"{row.replace(' |', ',')}: supported in {cells[0]} of {repeats:,}")
    return f"| {row} | {' | '.join(cells)} |"


def corrected(
    says: str, advantages: tuple[float, ...], bounds: Bounds, seeds: int | None, repeats: int
) -> str:
    """A row: several claims about what A has more; how often a false one is supported.

    One recipe B and the same images for all claims, so they depend on one another. A claim is
    false where the advantage lies at its bound, or outside.
    """
    random, alone, together = np.random.default_rng(2), 0, 0
    over: Over = "images and seeds" if seeds else "images"
    least = 1 - 0.05 / len(advantages)
    false = [k for k, gain in enumerate(advantages) if not bounds.low < gain < bounds.high]
    for _ in range(repeats):
        accuracies = (0.75, *(0.75 + gain for gain in advantages))
        other, *first = drawn(random, 500, seeds, accuracies)
        found = [crossed.difference(one, other, over) for one in first]
        alone += any(decide(found[k].interval(), bounds) == "supported" for k in false)
        if all(decide(one.interval(least), bounds) == "undecided" for one in found):
            continue  # Holm's first step decides nothing
        levels = holm([p_value(one, bounds) for one in found])
        together += any(
            decide(found[k].interval(levels[k].level), bounds) == "supported" for k in false
        )
    if together / repeats > SIDE:
        rate = f"{together / repeats:.1%} of {repeats:,}"
        outside.append(f"{says}, {about(seeds)}, with Holm's correction: {rate}")
    cells = f"{about(seeds)} | {repeats:,} | {alone / repeats:.1%} | {together / repeats:.1%}"
    return f"| {says} | {cells} |"


def leaders(recipes: int, seeds: int | None, repeats: int) -> str:
    """A row: recipes that are equal; how often the leader is said to be really better than any."""
    random, n, pairs = np.random.default_rng(4), 600, recipes * (recipes - 1) // 2
    over: Over = "images and seeds" if seeds else "images"
    found = {"over the others": 0, "over all pairs": 0}
    for _ in range(repeats):
        order = sorted(drawn(random, n, seeds, (0.75,) * recipes), key=lambda a: -a.score.mean())
        leads = [crossed.difference(order[0], other, over) for other in order[1:]]
        for words, tests in zip(found, (recipes - 1, pairs), strict=True):
            ends = [lead.interval(1 - 0.05 / tests) for lead in leads]  # Holm's first step
            found[words] += any(end is not None and end[0] > 0 for end in ends)
    cells = " | ".join(f"{count / repeats:.1%}" for count in found.values())
    if found["over all pairs"] / repeats > SIDE:
        outside.append(f"{recipes} equal recipes, {about(seeds)}: {cells} of {repeats:,}")
    return f"| {recipes} | {n} | {about(seeds)} | {cells} |"


def exact(n: int, level: float) -> str:
    """A row: the bound at which a false claim about one trained model is supported most often.

    No simulation: for each count that could be seen, a claim "at least" its interval's lower end.
    """
    count = np.arange(1, n + 1)
    theirs = wilson(count, np.array(n), level)[0]
    ours = np.array([clopper_pearson(int(k), n, level)[0] for k in count])
    worst = [float(binom.sf(count - 1, n, low).max()) for low in (theirs, ours)]
    cells = " | ".join(f"{one:.1%}" for one in worst)
    return f"| {n:,} | {100 * level:.4g} % | {(1 - level) / 2:.2%} | {cells} |"


def foreseen(n: int, seeds: int | None, repeats: int) -> list[str]:
    """Whether scores that should be told from a bound in 80 % of studies were."""
    rows = []
    share, gap = reach_of_share(n, Bounds(0.75), seeds), reach_of_difference(n, Bounds(0.0), seeds)
    if share.supported:
        a = share.supported[0]
        says = f"foreseen: A has 75 % ({a:.1%})"
        rows.append(Situation(says, n, seeds, (a, 0.5), Bounds(0.75), "one"))
    if gap.supported:
        a = 0.70 + gap.supported[0]
        says = f"foreseen: A is better (by {gap.supported[0]:.1%})"
        rows.append(Situation(says, n, seeds, (a, 0.70), Bounds(0.0)))
    return [verdicts(row, repeats) for row in rows]


def deviation(repeats: int) -> str:
    """Of a coverage of 95 %, so often tried."""
    return f"{np.sqrt(0.05 * 0.95 / repeats):.1%}"


def exact_difference(n: int, level: float) -> str:
    """A row: the same of a claim that A is better than B by so much, at 0 and at any other bound.

    Tried are 8 shares of images on which only one of the two is right, and 41 gaps in each.
    """
    counts = [(up, down) for up in range(n + 1) for down in range(n + 1 - up)]
    ours = np.array([least_lead(up, down, n, (1 - level) / 2) for up, down in counts])
    theirs = np.array([_approximate(n, up, down, level) for up, down in counts])
    seen = np.array([(up, down, n - up - down) for up, down in counts])
    at_zero, worst = 0.0, [0.0, 0.0]
    for discordant in (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8):
        for gap in np.linspace(-discordant, discordant, 41):
            chances = [(discordant + gap) / 2, (discordant - gap) / 2, 1 - discordant]
            likely = multinomial.pmf(seen, n, chances)
            missed = [likely[low > gap + 1e-10].sum() for low in (theirs, ours)]
            worst = [max(pair) for pair in zip(worst, missed, strict=True)]
            at_zero = max(at_zero, missed[1]) if abs(gap) < 1e-9 else at_zero
    if worst[1] > (1 - level) / 2:
        outside.append(f"A better than B by a gap, {n} images, the worst gap: {worst[1]:.1%}")
    cells = " | ".join(f"{one:.1%}" for one in (*worst, at_zero))
    return f"| {n:,} | {100 * level:.4g} % | {(1 - level) / 2:.2%} | {cells} |"


def _approximate(n: int, up: int, down: int, level: float) -> float:
    """The lower end where A alone has `up` images right and B alone `down`, as Bonett and Price."""
    place = np.arange(n)
    return paired_difference((up <= place) & (place < up + down), place < up, level).low


def main(repeats: int) -> None:
    """Simulate, print and save."""
    started, batches = time.perf_counter(), max(2, repeats // 30)
    lines = [
        "# How often intervals hold the truth, and verdicts are right",
        "",
        machine(f"NumPy {np.__version__}"),
        "",
        f"Intervals of 95 %; {repeats:,} made-up test sets a row, where nothing else is said: one "
        f"standard error is {deviation(repeats)}. In brackets: truth below the interval, above it.",
    ]

    def add(*rows: str) -> None:
        lines.extend(rows)
        print(*rows, sep="\n", flush=True)

    def head(title: str, *columns: str) -> None:
        add("", f"## {title}", "", f"| {' | '.join(columns)} |", f"|{' --- |' * len(columns)}")

    ends = tuple(WORDS.values())
    head("Two trained models, over images", "score", "images", "truth of A", *ends)
    for n in (100, 300, 1_000):
        add(*covered((*SCORES, *LOSSES), LITTLE, n, None, repeats, batches))
    head(
        "Two recipes, over images and seeds: half as many test sets with 5 seeds, else a quarter",
        *("score", "images", "seeds", "they vary", "truth of A", *ends),
    )
    half, quarter = repeats // 2, repeats // 4
    for seeds, some in ((5, half), (2, quarter), (3, quarter), (10, quarter)):
        for vary in (LITTLE, MUCH):
            for n in (100, 1_000):
                add(*covered((SCORES[0], SCORES[1], LOSSES[0]), vary, n, seeds, some, batches))
    head("Accuracies near 1, and few images", "accuracies", "images", "about", *ends)
    for models in (None, 5):
        for accuracies in ((0.75, 0.70), (0.95, 0.92), (0.99, 0.99)):
            for n in (20, 50, 100, 1_000):
                add(extreme(n, models, accuracies, repeats))
    head(
        "Claims about one trained model: the worst of all bounds, exactly, without simulation",
        *("images", "level", "asked for", "Wilson", "Clopper-Pearson, as verdicts use it"),
    )
    for n in (20, 100, 1_000):
        for level in (0.95, 1 - 0.05 / CLAIMS):
            add(exact(n, level))
    head(
        "Claims about two trained models, likewise: A is better by the worst gap, or better at all",
        *("images", "level", "asked for", "Bonett-Price", "as verdicts use it", "and at 0"),
    )
    for n in (50, 100):
        for level in (0.95, 1 - 0.05 / CLAIMS):
            add(exact_difference(n, level))
    head(
        "Verdicts; in brackets is the truth; what was foreseen on half as many test sets",
        *("claim", "images", "about", "supported", "undecided", "refuted"),
    )
    for situation in situations():
        add(verdicts(situation, repeats))
    for models in (None, 5):
        for n in (372, 5_000):
            add(*foreseen(n, models, half))
    head(
        "Several claims about the same 500 images: a false one is supported",
        *("claims", "about", "studies", "without Holm's correction", "with it"),
    )
    for says, advantages, bounds in families():
        some = half if len(set(advantages)) == 1 else repeats // 10  # p values take their time
        for models in (None, 5):
            add(corrected(says, advantages, bounds, models, some))
    head(
        "Leaderboards of equal recipes, on a quarter as many test sets: the leader is called "
        "really better than another",
        *("recipes", "images", "about", "corrected over the others", "over all pairs, as it is"),
    )
    for count in (3, 5, 8):
        for models in (None, 5):
            add(leaders(count, models, quarter))
    add("", "## Exceptions", "")
    add(
        f"Intervals over images that hold the truth in less than {LEAST:.0%} or more than "
        f"{MOST:.0%}, those over seeds in less than {LEAST:.0%}; a side that is missed in more "
        f"than {SIDE:.0%}; a false claim that is supported in more than {SIDE:.0%}; each with the "
        "number of its test sets:",
        "",
        *(f"- {one}" for one in outside or ["none"]),
        "",
        "Wider than asked costs only power. An accuracy of one trained model is shown with "
        "Wilson's interval (column one), and judged by Clopper and Pearson's, which misses no side "
        "too often. The difference of two has an exact interval, too.",
    )
    print(f"{time.perf_counter() - started:.0f} s")
    if repeats >= SAVED:
        save("coverage", lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--repeats", type=int, default=FULL)
    main(parser.parse_args().repeats)

"""Made-up classifiers and claims about them, for `coverage.py`: the truth of each is known.

Made-up classifiers of ten classes, of 25 % to 3 % of the images. An image is ambiguous between
classes for every model alike, more so for one recipe, each seed leans to some classes, and each
model errs in its own way on each image. So models are correlated as trained ones are: of two seeds
of a recipe only one is right on a fifth of the images. Seeds vary "little" (their accuracies have a
standard deviation of 0.6 to 1 point) or "much" (4 points).

Shapes: `S` seeds, `N` images, `K` classes.
"""

from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sureshot.measure import crossed
from sureshot.measure.contributions import Contributions, shares
from sureshot.measure.crossed import Over
from sureshot.measure.deciding import Bounds
from sureshot.measure.estimates import Measured, Share
from sureshot.measure.planning import SEED_DEVIATION

Floats = NDArray[np.float64]

PRIORS = np.array([25, 18, 14, 10, 9, 8, 6, 4, 3, 3]) / 100  # a class in each; assumption
STRENGTH = (2.4, 2.0)  # of the two recipes: about 78 % and 58 % right
SHARPNESS = (1.6, 2.4)  # of the logits: the first too modest, the second about right
IMAGE, RECIPE, MODEL = 0.8, 0.35, 0.5  # deviations of logits; assumption, see above
LITTLE, MUCH = 0.1, 0.5  # deviation of a seed's leanings
SHARED, PECULIAR = 0.6, 0.1  # of the latent variance: of an image for all, for one recipe
CLAIMS = 8  # that are corrected together
STEEPNESS = 0.318  # points of accuracy by one of the latent scale, at 75 %


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


def drawn(
    random: np.random.Generator, n: int, seeds: int | None, accuracies: tuple[float, ...]
) -> list[Contributions]:
    """Which images recipes have right, all on the same images, in the long run this often."""
    deviation = SEED_DEVIATION / STEEPNESS if seeds else 0.0
    image, shape = random.normal(0, np.sqrt(SHARED), n), (seeds or 1, n)
    both = []
    for accuracy in accuracies:
        own = image + random.normal(0, np.sqrt(PECULIAR), n)
        rest = random.normal(0, np.sqrt(1 - SHARED - PECULIAR - deviation**2), shape)
        leaning = random.normal(0, deviation, (shape[0], 1))
        both.append(shares(own + rest + leaning < NormalDist().inv_cdf(accuracy)))
    return both


@dataclass(frozen=True)
class Situation:
    """Two recipes of known accuracy, and a claim about the first, or about their difference."""

    says: str
    n: int
    seeds: int | None  # None: one trained model of each
    accuracies: tuple[float, float]
    bounds: Bounds
    question: Literal["one", "difference", "ratio"] = "difference"

    @property
    def over(self) -> Over:
        """What the claim is about."""
        return "images and seeds" if self.seeds else "images"

    def drawn(self, random: np.random.Generator) -> tuple[Contributions, Contributions]:
        """Which images the models have right, with exactly these accuracies in the long run."""
        a, b = drawn(random, self.n, self.seeds, self.accuracies)
        return a, b

    def measured(self, random: np.random.Generator) -> Measured:
        """What one study finds."""
        a, b = self.drawn(random)
        if self.question == "one":
            found = crossed.one(a, self.over)
            return replace(found, decides=True) if isinstance(found, Share) else found
        both = crossed.difference if self.question == "difference" else crossed.ratio
        return both(a, b, self.over)


def situations() -> list[Situation]:
    """False claims, at their bound where they are hardest to tell, and true ones."""
    better, five, equal = Bounds(0.0), Bounds(0.05), Bounds(-0.02, 0.02)
    found = []
    for seeds in (None, 5, 2):
        for n in (100, 1_000):
            found += [
                Situation("false: A is better (equal)", n, seeds, (0.75, 0.75), better),
                Situation("false: A has 5 points more (5.0)", n, seeds, (0.80, 0.75), five),
                Situation("false: A has 75 % (75.0)", n, seeds, (0.75, 0.75), Bounds(0.75), "one"),
                Situation("false: A is better (worse by 2)", n, seeds, (0.73, 0.75), better),
                Situation("false: within 2 points (2.0)", n, seeds, (0.77, 0.75), equal),
                Situation(
                    "false: A over B at least 1.1 (1.1)",
                    n, seeds, (0.825, 0.75), Bounds(1.1), "ratio",
                ),
                Situation(
                    "false: A over B at most 1 (1)",
                    n, seeds, (0.75, 0.75), Bounds(at_most=1.0), "ratio",
                ),
            ]  # fmt: skip
    for seeds in (None, 5):
        for share in (0.95, 0.99):
            for n in (50, 100, 1_000):
                words, both = f"{100 * share:.0f} % ({100 * share:.1f})", (share, share)
                most = Bounds(at_most=share)
                found += [
                    Situation(f"false: A has {words}", n, seeds, both, Bounds(share), "one"),
                    Situation(f"false: A has at most {words}", n, seeds, both, most, "one"),
                ]
    for seeds in (None, 5):
        found += [
            Situation("A is better (by 2)", 100, seeds, (0.77, 0.75), better),
            Situation("A has 75 % (77)", 100, seeds, (0.77, 0.75), Bounds(0.75), "one"),
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


def families() -> list[tuple[str, tuple[float, ...], Bounds]]:
    """Several claims at once: what is claimed, by how much A is truly better, and the bounds."""
    none, true = (0.0,) * CLAIMS, CLAIMS // 2
    five = (0.05,) * CLAIMS
    return [
        (f"{CLAIMS} false ones: A is better (equal)", none, Bounds(0.0)),
        (f"{true} true ones (by 8), {true} false", (0.08,) * true + none[true:], Bounds(0.0)),
        (f"{CLAIMS} false ones: A has 5 points more (5.0)", five, Bounds(0.05)),
        (f"{CLAIMS} false ones: A has at most 5 points more (5.0)", five, Bounds(at_most=0.05)),
        (f"{true} true ones (by 13), {true} false", (0.13,) * true + five[true:], Bounds(0.05)),
    ]

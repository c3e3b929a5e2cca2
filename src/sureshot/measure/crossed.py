"""One score, a difference or a ratio of two, of these trained models or of the recipes behind them.

Shapes: `S` seeds (models of one recipe), `N` images.

Over images: the same models on other images; they are taken as they are. The share that one of them
has right, and the difference of two such shares, have exact intervals. Over images and seeds:
the recipes, trained again with other seeds and tried on other images of the same kind. Neither is
about other training images. Two recipes see the same images, so these are paired; their seeds
are not.

A contribution is the sum of what the image, the seed and both together bring, each drawn at random
and crossed: every model sees every image (crossed random effects, as in Gallas, Pennello & Myers
2007, J. Opt. Soc. Am. A 24 (12), for readers and cases). With V the variance between image means
over N, between seed means over S, and of the rest over NS, that of the score is
V_images + V_seeds - V_rest. For two recipes V_images is of the paired differences, and the seeds'
degrees of freedom are joined by Satterthwaite's (1946, Biometrics Bull. 2 (6)) approximation.

Counted images (right or wrong): a few of a kind are added before all other intervals are made, so
that they hold also where all are right. For a single score they are two right and two wrong ones
(Agresti & Coull 1998, Am. Stat. 52 (2)), for two scores one image that only the first has right and
one that only the second has (as in `intervals.paired_difference`). Losses have no such limits;
their skewness is taken out instead.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import inf, log, log1p
from typing import Literal

import numpy as np

from sureshot.errors import UsageError
from sureshot.measure.contributions import Contributions
from sureshot.measure.estimates import Estimate, Gap, Limits, Measured, Part, Share, Unknown
from sureshot.measure.scores import Floats

Over = Literal["images", "images and seeds"]

FEW_SEEDS = 5  # measured: with fewer the interval is honest, but wide; a page should say so
ONE_SEED = "one seed cannot show how much seeds vary; train each recipe with two seeds or more"
ONE_IMAGE = "one image cannot show how much images vary; judge on two images or more"
ALIKE = ", which cannot show how much images vary; judge on other images"
ADDED_TO_ONE = (0.0, 0.0, 1.0, 1.0)  # cited: Agresti & Coull
ADDED_TO_TWO = ((1.0, 0.0), (0.0, 1.0))  # cited: Bonett & Price 2012, as `paired_difference`
BY_LUCK = "luck alone may explain one of the two errors, so nothing is known of their ratio; "


def one(a: Contributions, over: Over = "images and seeds") -> Measured:
    """A score of one recipe, or of its trained models."""
    if over == "images" and a.shares and len(a.values) == 1:
        return Share(int(a.values.sum()), a.values.shape[1])
    added = np.array(ADDED_TO_ONE if a.counted else ())
    limits = Limits(a.least, a.most, raised=a.raised)
    return _measured(float(a.score.mean()), [a.values], added, over, limits)


def difference(a: Contributions, b: Contributions, over: Over = "images and seeds") -> Measured:
    """The score of `a` minus that of `b`, on the same images. UsageError where they are not."""
    _same_images(a, b)
    if over == "images" and a.shares and len(a.values) == len(b.values) == 1:
        gained, lost = int((a.values > b.values).sum()), int((a.values < b.values).sum())
        return Gap(gained, lost, a.values.shape[1])
    added = _added_to_two(a) @ (1, -1)
    limits = Limits(a.least - b.most, a.most - b.least, a.raised, b.raised)
    value = float(a.score.mean() - b.score.mean())
    return _measured(value, [a.values, -b.values], added, over, limits)


def ratio(a: Contributions, b: Contributions, over: Over = "images and seeds") -> Measured:
    """The score of `a` over that of `b`, on the same images; the interval is even in logarithms.

    Source: the delta method for the logarithm, as Katz, Baptista, Azen & Pike 1978, Biometrics
    34 (3). Unknown where one of the two is not above 0, or may be so by luck alone.
    """
    _same_images(a, b)
    added, scores = _added_to_two(a), (float(a.score.mean()), float(b.score.mean()))
    up, down = (
        float(np.append(part.values.mean(axis=0), added[:, k]).mean())
        for k, part in enumerate((a, b))
    )
    if not min(up, down, *scores) > 0:
        return Unknown(np.nan, f"a ratio needs two scores above 0, got {scores[0]} and {scores[1]}")
    value, centre = scores[0] / scores[1], log(up / down)
    if a.raised >= up or b.raised >= down:
        return Unknown(value, f"{BY_LUCK}judge on more images")
    limits = Limits(0.0, inf, -log1p(-a.raised / up), -log1p(-b.raised / down))  # as logarithms
    scaled = [a.values / up, -b.values / down]
    return _measured(value, scaled, added @ (1 / up, -1 / down), over, limits, centre)


def over_seeds(
    a: Sequence[float], *, minus: Sequence[float] = (), over: Sequence[float] = ()
) -> Measured:
    """A number without images (minutes, images/s), one a seed, of one recipe or against another.

    Alone it is given Student's interval, `minus` another recipe's Welch's (1947, Biometrika 34),
    and `over` another's the same for the logarithms of the means. A number that cannot vary, such
    as parameters, is `Exact` instead. UsageError where there is none, or another in both ways.
    """
    both = [np.asarray(part, np.float64) for part in (a, minus, over) if len(part)]
    if not len(a) or (len(minus) and len(over)):
        raise UsageError("seeds need at least 1 number, and another recipe's in one way at most")
    means, ratio = [float(part.mean()) for part in both], len(over) > 0
    if ratio and min(means) <= 0:
        return Unknown(np.nan, f"a ratio needs two numbers above 0, got {means[0]} and {means[1]}")
    value = means[0] / means[1] if ratio else means[0] - sum(means[1:])
    if min(len(part) for part in both) < 2:
        return Unknown(value, ONE_SEED)
    scaled = [part / mean for part, mean in zip(both, means, strict=True)] if ratio else both
    seeds = _between_seeds([part[:, None] for part in scaled])
    if not seeds.variance:
        return Unknown(value, "all seeds gave the same number, so it cannot be seen how they vary")
    counts = tuple(len(part) for part in both)
    centre = log(value) if ratio else value
    limits = Limits(least=0.0) if len(both) == 1 else Limits()  # times and speeds are above 0
    return Estimate(value, centre, 0, counts, between_seeds=seeds, limits=limits, ratio=ratio)


def _measured(
    value: float,
    signed: list[Floats],
    added: Floats,
    over: Over,
    limits: Limits,
    centre: float | None = None,
) -> Measured:
    """The estimate from the matrices (S, N) of each recipe, the second with its sign turned."""
    n, counts = signed[0].shape[1], tuple(len(part) for part in signed)
    if not np.isfinite(value):
        return Unknown(np.nan, "the score is undefined for these predictions")
    if over == "images and seeds" and min(counts) < 2:
        return Unknown(value, ONE_SEED)
    means = np.append(np.sum([part.mean(axis=0) for part in signed], axis=0), added)
    if n < 2 or not np.ptp(means):
        return Unknown(value, ONE_IMAGE if n < 2 else f"all {n:,} images have the same loss{ALIKE}")
    found = Estimate(
        value=value,
        centre=float(means.mean()) if centre is None else centre,
        n=n,
        seeds=counts if over == "images and seeds" else (),
        images=_between_images(means, counted=len(added) > 0),
        between_seeds=_between_seeds(signed) if over == "images and seeds" else Part(),
        shared=_rest(signed) if over == "images and seeds" else Part(),
        limits=limits,
        ratio=centre is not None,
    )
    return found if len(added) else replace(found, skew=_skew(means, found.error))


def _between_images(means: Floats, counted: bool) -> Part:
    """The variance of the mean of (N,) image means; a normal one where images were counted."""
    if counted:
        return Part(float(means.var() / len(means)))
    return Part(float(means.var(ddof=1) / len(means)), len(means) - 1)


def _between_seeds(matrices: list[Floats]) -> Part:
    """The variance of the sum of the recipes' means, each over the seeds of its (S, N)."""
    variances = [part.mean(axis=1).var(ddof=1) / len(part) for part in matrices]
    return _joined(variances, [len(part) - 1 for part in matrices])


def _rest(matrices: list[Floats]) -> Part:
    """What is left of the variance in each (S, N) when images and seeds are taken out."""
    variances, freedoms = [], []
    for part in matrices:
        left = part - part.mean(axis=0) - part.mean(axis=1)[:, None] + part.mean()
        freedoms.append((part.shape[0] - 1) * (part.shape[1] - 1))
        variances.append(float((left * left).sum() / freedoms[-1] / part.size))
    return _joined(variances, freedoms)


def _joined(variances: Sequence[float], freedoms: Sequence[int]) -> Part:
    """A sum of independent variances with Satterthwaite's degrees of freedom."""
    total = float(sum(variances))
    squares = sum(v * v / f for v, f in zip(variances, freedoms, strict=True))
    return Part(total, float(total * total / squares)) if total else Part()


def _skew(means: Floats, error: float) -> float:
    """The skewness of an estimate with this standard error, from that of the images, (N,)."""
    third = float(((means - means.mean()) ** 3).mean())
    return third / len(means) ** 2 / error**3


def _added_to_two(a: Contributions) -> Floats:
    return np.array(ADDED_TO_TWO) if a.counted else np.empty((0, 2))


def _same_images(a: Contributions, b: Contributions) -> None:
    if a.values.shape[1] != b.values.shape[1] or a.counted != b.counted:
        raise UsageError(
            "two scores must be the same one on the same images, got "
            f"{a.values.shape[1]:,} and {b.values.shape[1]:,} images; predict both on one test set"
        )

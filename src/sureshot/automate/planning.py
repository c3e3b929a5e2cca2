"""A promise on images that nobody will look at: which ones, and how many of them may be wrong.

Shapes: `N` rows to plan on, `K` classes. The rows are images that no other choice has touched, each
picture once; thresholds and the order of testing come from the validation images. How the promise
is proved stands in `measure.risk`.
"""

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sureshot.automate.goals import Goal, goal
from sureshot.automate.telling import percents, told
from sureshot.bundle import Plan, PlanOfClass
from sureshot.data.families import families
from sureshot.errors import DataError
from sureshot.measure import risk
from sureshot.measure.risk import Curve
from sureshot.records import Index, Predictions, Split

METHOD = "Learn then Test: exact binomial, fixed sequence"


@dataclass(frozen=True, eq=False)
class Rows:
    """What a model says of labelled images, one row an image."""

    confidence: NDArray[np.float64]  # (N,) of the most probable class; below 0: never automated
    said: NDArray[np.int64]  # (N,) that class
    right: NDArray[np.bool_]  # (N,) whether it is the label
    classes: int
    fingerprint: str  # of contents and labels

    def __len__(self) -> int:
        return len(self.said)


@dataclass(frozen=True, eq=False)
class Planned:
    """A plan, what it was chosen from, and what to tell of it."""

    plan: Plan
    curve: Curve
    goal: Goal
    classes: tuple[str, ...]
    sentences: tuple[str, ...]
    model: Path | None = None  # the bundle that carries it, once it is written

    def __str__(self) -> str:
        return "\n".join(self.sentences)


def rows_of(predictions: Predictions, index: Index, earlier: tuple[Split, ...]) -> Rows:
    """Predictions of readable images as rows to plan on; of copies and their like the first alone.

    Those whose like stands in one of the `earlier` splits of the index are left out. An image of a
    class that the model does not know is one that it gets wrong; one that is unlike the training
    data is never automated.
    """
    place = {image: row for row, image in enumerate(index.id)}
    kept = predictions.take(np.flatnonzero(predictions.readable))
    rows = np.array([place[image] for image in kept.id], np.int64)
    family, split = families(index), index.split.astype(str)
    first = np.sort(np.unique(family[rows], return_index=True)[1])
    first = first[~np.isin(family[rows[first]], family[np.isin(split, earlier)])]
    kept, rows = kept.take(first), rows[first]
    lines = sorted(f"{index.sha256[row]} {index.classes[index.label[row]]}" for row in rows)
    confidence = kept.probabilities().max(axis=1, initial=0.0)
    return Rows(
        confidence=confidence if kept.unlike is None else np.where(kept.unlike, -1.0, confidence),
        said=kept.top(),
        right=kept.top() == kept.label,
        classes=len(kept.classes),
        fingerprint=hashlib.sha256("\n".join(lines).encode()).hexdigest(),
    )


def plan(rows: Rows, known: Rows, asked: Goal, classes: tuple[str, ...]) -> Planned:
    """Choose by `chosen`, and say in words what that means."""
    if not len(rows) or not len(known):
        raise DataError(
            f"a plan needs images to promise on and others to order the thresholds by, found "
            f"{len(rows):,} and {len(known):,} that can be read; set more aside with --calibrate"
        )
    tested, start, place, max_error = chosen(rows, known, asked)
    made = _plan(rows, tested, place, max_error, asked.confidence)
    return _told(made, tested, start, asked, classes, rows)


def recalled(made: Plan, rows: Rows, known: Rows, classes: tuple[str, ...]) -> Planned | None:
    """A plan that was made before, with its curve; None where it stands on other rows."""
    if made.rows != rows.fingerprint or not len(known):
        return None
    asked = goal(made.max_error, confidence=made.confidence)
    tested, start, _, _ = chosen(rows, known, asked)
    return _told(made, tested, start, asked, classes, rows)


def chosen(rows: Rows, known: Rows, asked: Goal) -> tuple[Curve, int, int | None, float]:
    """All thresholds on `rows`, the first tested, the one that is kept, and what it promises.

    `known` are other images, the validation images: they say which thresholds there are, and in
    which order they are tested.
    """
    levels = risk.thresholds(known.confidence)
    before = risk.curve(known.confidence, known.right, levels)
    tested = risk.curve(rows.confidence, rows.right, levels)
    if asked.max_error is None:
        place, max_error = _by_time(before, tested, asked)
        return tested, place, place, max_error
    start = risk.start_of(before, asked.max_error)
    kept = risk.promised(tested, start, asked.max_error, asked.confidence)
    return tested, start, kept, asked.max_error


def _told(
    made: Plan, tested: Curve, start: int, asked: Goal, classes: tuple[str, ...], rows: Rows
) -> Planned:
    unlike = int((rows.confidence < 0).sum())
    return Planned(made, tested, asked, classes, tuple(told(made, tested, start, asked, unlike)))


def _by_time(before: Curve, tested: Curve, asked: Goal) -> tuple[int, float]:
    """The strictest threshold that leaves no more to look at than there is time for, by `before`.

    And the error that can be promised there: its place does not depend on the rows tested.
    """
    enough = np.flatnonzero(before.share >= 1 - asked.reviewed)
    if not len(enough):
        unlike = 1 - before.share[-1]
        raise DataError(
            f"{percents(unlike)} of the images look unlike the training data, and all of those are "
            f"left to look at: about {asked.minutes_at(1 - unlike):.0f} minutes a day are needed, "
            f"got {asked.minutes or 0:g}"
        )
    place = int(enough[0])
    wrong, accepted = int(tested.wrong[place]), int(tested.accepted[place])
    bound = math.ceil(1000 * risk.upper_bound(wrong, accepted, asked.confidence)) / 1000
    if bound >= 1:
        raise DataError(
            f"no error can be promised: of {tested.n:,} images {accepted:,} would be sorted "
            f"automatically, {wrong:,} of them wrongly; take more images, or a better model"
        )
    return place, bound


def _plan(
    rows: Rows, tested: Curve, place: int | None, max_error: float, confidence: float
) -> Plan:
    threshold = None if place is None else float(tested.threshold[place])
    auto = rows.confidence >= (2.0 if threshold is None else threshold)
    counts = [
        np.bincount(rows.said[some], minlength=rows.classes)
        for some in (np.ones(len(rows), bool), auto, auto & ~rows.right)
    ]
    return Plan(
        kind="threshold",
        max_error=max_error,
        confidence=confidence,
        threshold=threshold,
        automated=float(auto.mean()),
        wrong=int((auto & ~rows.right).sum()),
        n=len(rows),
        method=METHOD,
        rows=rows.fingerprint,
        per_class=tuple(
            PlanOfClass(said=int(said), automated=int(automated), wrong=int(wrong))
            for said, automated, wrong in zip(*counts, strict=True)
        ),
    )

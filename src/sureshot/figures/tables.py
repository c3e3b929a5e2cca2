"""What the figures show, computed apart from drawing: plain tables out of records.

Shapes: `N` images, `K` classes, `S` splits, `E` epochs. Which images are shown is decided by the
run's seed, so the same run always shows the same ones.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sureshot import measure, seeds
from sureshot.records import SPLITS, UNKNOWN, Index, Predictions
from sureshot.runs import chosen_epoch

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class ClassCounts:
    """How many readable images each class has in each split."""

    classes: tuple[str, ...]
    columns: tuple[str, ...]  # splits that hold images; ("images",) where nothing is split
    counts: Counts  # (K, S)
    unreadable: int
    unlabelled: int


@dataclass(frozen=True)
class Sample:
    """One image of one class; `row` is None where the class has none."""

    name: str
    row: int | None
    id: str = ""
    width: int = 0  # pixels
    height: int = 0


@dataclass(frozen=True, eq=False)
class Curves:
    """Losses and accuracies by epoch, each of shape (E,); NaN where there was no validation."""

    epoch: Counts
    rate: Floats  # the learning rate at the end of the epoch
    train_loss: Floats
    train_accuracy: Floats
    validation_loss: Floats
    validation_accuracy: Floats
    chosen: int  # an epoch
    validated: bool = True


@dataclass(frozen=True)
class Confused:
    """How often one class was taken for another."""

    true: str
    predicted: str
    count: int
    share: float  # of the true class


@dataclass(frozen=True, eq=False)
class Confusion:
    """Rows are true classes, columns predicted ones."""

    classes: tuple[str, ...]
    counts: Counts  # (K, K)

    @property
    def n(self) -> int:
        """The images counted."""
        return int(self.counts.sum())

    def shares(self) -> Floats:
        """Each row divided by its sum, shape (K, K); NaN where a class has no image."""
        sums = self.counts.sum(axis=1, keepdims=True)
        with np.errstate(invalid="ignore"):
            return np.asarray(self.counts / sums, np.float64)

    def most_confused(self, limit: int) -> list[Confused]:
        """The most frequent mistakes, the most frequent first."""
        wrong = self.counts.copy()
        np.fill_diagonal(wrong, 0)
        shares = self.shares()
        order = np.argsort(-wrong, axis=None, kind="stable")[:limit]
        pairs = [divmod(int(place), len(self.classes)) for place in order]
        return [
            Confused(self.classes[i], self.classes[j], int(wrong[i, j]), float(shares[i, j]))
            for i, j in pairs
            if wrong[i, j]
        ]


@dataclass(frozen=True, eq=False)
class Reliability:
    """How often answers were right, by the probability that the model gave to them."""

    bins: measure.Reliability
    error: float  # the calibration error; NaN where no image can be scored
    n: int  # images scored


@dataclass(frozen=True)
class Guess:
    """What the model said of one image: its most probable classes, the best first."""

    id: str
    true: str  # "" where nobody has said
    names: tuple[str, ...]  # up to 3
    probabilities: tuple[float, ...]
    right: bool | None  # None where nobody has said
    of_true: float  # the probability of the true class; NaN where nobody has said


@dataclass(frozen=True)
class Mistakes:
    """The mistakes that the model was surest of, out of how many."""

    surest: list[Guess]
    wrong: int
    n: int  # images scored


def class_counts(index: Index) -> ClassCounts:
    """Readable images by class and split."""
    counts = index.counts()
    columns: list[str] = [*SPLITS]
    kept = np.flatnonzero(counts.sum(axis=0))
    known = index.readable & (index.label != UNKNOWN)
    if not len(kept):
        counts = np.bincount(index.label[known], minlength=len(index.classes))[:, None]
        columns, kept = ["images"], np.array([0])
    return ClassCounts(
        index.classes,
        tuple(columns[column] for column in kept),
        counts[:, kept],
        unreadable=int((~index.readable).sum()),
        unlabelled=int((index.readable & (index.label == UNKNOWN)).sum()),
    )


def samples(index: Index, seed: int) -> list[Sample]:
    """One readable image of each class, by chance; out of training, where it has one there."""
    train = np.flatnonzero(index.readable & (index.split == "train"))
    every = np.flatnonzero(index.readable)
    found = []
    for k, name in enumerate(index.classes):
        rows = train[index.label[train] == k]
        rows = rows if len(rows) else every[index.label[every] == k]
        if not len(rows):
            found.append(Sample(name, None))
            continue
        row = int(seeds.generator("figures", seed, "sample", name).choice(rows))
        width, height = int(index.width[row]), int(index.height[row])
        found.append(Sample(name, row, str(index.id[row]), width, height))
    return found


def curves(history: Sequence[Mapping[str, float]]) -> Curves:
    """The columns of `history.csv`, and the epoch that was chosen."""

    def column(name: str) -> Floats:
        return np.array([row[name] for row in history], np.float64)

    validated = "validation_loss" in history[-1]
    none = np.full(len(history), np.nan)
    return Curves(
        column("epoch").astype(np.int64),
        column("rate"),
        column("train_loss"),
        column("train_accuracy"),
        column("validation_loss") if validated else none,
        column("validation_accuracy") if validated else none,
        chosen_epoch(history),
        validated,
    )


def confusion(predictions: Predictions) -> Confusion:
    """How often each class was taken for each, over the rows that can be scored."""
    scored = predictions.scored()
    counts = np.zeros((len(scored.classes),) * 2, np.int64)
    np.add.at(counts, (scored.label, scored.top()), 1)
    return Confusion(scored.classes, counts)


def random_guesses(predictions: Predictions, seed: int, count: int = 15) -> list[Guess]:
    """Readable images drawn by chance, in the order in which they were drawn."""
    rows = np.flatnonzero(predictions.readable)
    drawn = seeds.generator("figures", seed, "guesses").permutation(rows)[:count]
    return _guesses(predictions.take(drawn))


def mistakes(predictions: Predictions, count: int = 12) -> Mistakes:
    """Images whose prediction is wrong, the most confident first."""
    scored = predictions.scored()
    wrong = np.flatnonzero(scored.top() != scored.label)
    confidence = scored.take(wrong).probabilities().max(axis=1, initial=0)
    surest = wrong[np.argsort(-confidence, kind="stable")[:count]]
    return Mistakes(_guesses(scored.take(surest)), wrong=len(wrong), n=len(scored))


def reliability(predictions: Predictions, bins: int = 15) -> Reliability:
    """The reliability diagram over the rows that can be scored."""
    scored = predictions.scored()
    if not len(scored):
        edges, none = np.linspace(0, 1, bins + 1), np.full(bins, np.nan)
        empty = np.zeros(bins, np.int64)
        table = measure.Reliability(edges[:-1], edges[1:], empty, none, none, none, none)
        return Reliability(table, float("nan"), 0)
    told = scored.label, scored.probabilities(), bins
    return Reliability(measure.reliability(*told), measure.calibration_error(*told), len(scored))


def _guesses(chosen: Predictions) -> list[Guess]:
    names = (*chosen.classes, "")
    table = chosen.probabilities()
    guesses = []
    for image, label, row, top in zip(chosen.id, chosen.label, table, chosen.top(), strict=True):
        best = np.argsort(-row, kind="stable")[:3]
        known = label != UNKNOWN
        guesses.append(
            Guess(
                str(image),
                names[label],
                tuple(names[k] for k in best),
                tuple(float(row[k]) for k in best),
                right=bool(top == label) if known else None,
                of_true=float(row[label]) if known else float("nan"),
            )
        )
    return guesses

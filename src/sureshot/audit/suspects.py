"""Label suspects: images whose label a quick model doubts, and how far that is to be trusted.

Shapes: `M` images of the sample, `F` features, `K` classes, `P` suspects.

How far to trust it is found by a trial: a share of the labels is changed on purpose, in a copy,
and the same search has to find them. That such a change is blunt, and a real mistake is mostly
between classes that are alike, makes the trial the easier of the two.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sureshot import seeds
from sureshot.audit.quick import Floats, Rows, Sample, folds, quick_probabilities, units
from sureshot.audit.words import count
from sureshot.errors import MissingExtra
from sureshot.measure import wilson
from sureshot.records import Finding, Index

MOST = 0.05  # of the sample; assumed: what a person will look through
PLANTED = 0.03  # of the labels; cited: Northcutt et al. 2021 estimate 3.3 % over ten test sets
TRUSTED = 0.5  # assumed: where less than half of what is named is wrong, a warning misleads


@dataclass(frozen=True, eq=False)
class Suspects:
    """Images whose label is in doubt, the most doubtful first."""

    row: Rows  # (P,) of the features, or of the index where they come from one
    probability: Floats  # (P,) of the label that they have, out of fold
    suggested: Rows  # (P,) the most probable class
    accuracy: float  # share of all M images whose label the model gives too, out of fold


@dataclass(frozen=True)
class Trial:
    """What the search finds of labels that were changed on purpose."""

    changed: int
    named: int  # suspects
    found: int  # changed ones among the suspects

    @property
    def recall(self) -> float:
        """The share of the changed labels that was named."""
        return self.found / self.changed

    @property
    def precision(self) -> float:
        """The share of those named that had been changed; what was wrong before counts against."""
        return self.found / max(self.named, 1)


def suspects(
    features: NDArray[np.float32], label: Rows, seed: int, group: Rows | None = None
) -> Suspects:
    """Suspects among M images by features (M, F) of any kind and labels 0 … K - 1.

    `group` (M,) has the same number for duplicates, which are never asked of a model that knows
    one of them. Raises MissingExtra without cleanlab or scikit-learn.
    """
    unit = np.arange(len(label)) if group is None else units(group)
    classes = tuple(str(k) for k in range(int(label.max()) + 1))
    rows = np.arange(len(label))
    return _ranked(Sample(rows, label, classes, folds(label, unit, seed), features, seed), label)


def trial(sample: Sample) -> Trial:
    """Change PLANTED of the labels in a copy, search, and count what is found."""
    random = seeds.generator("audit trial", sample.seed)
    n, k = len(sample.label), len(sample.classes)
    changed = random.choice(n, max(round(PLANTED * n), 1), replace=False)
    label = sample.label.copy()
    label[changed] = (label[changed] + random.integers(1, k, len(changed))) % k
    named = _ranked(sample, label).row
    return Trial(len(changed), len(named), int(np.isin(changed, named).sum()))


def label_suspects(sample: Sample, index: Index) -> Suspects:
    """The suspects of a sample, in rows and classes of the index."""
    found = _ranked(sample, sample.label)
    number = np.array([index.classes.index(name) for name in sample.classes])
    return replace(found, row=sample.rows[found.row], suggested=number[found.suggested])


def suspect_findings(index: Index, sample: Sample) -> Iterator[Finding]:
    """The suspects as one finding, with what the trial says of it."""
    found = label_suspects(sample, index)
    if len(found.row):
        sentence = _sentence(found, trial(sample), len(sample.rows))
        likelier = tuple(f"rather {index.classes[k]}?" for k in found.suggested)
        yield Finding("label_suspects", "note", sentence, tuple(index.id[found.row]), likelier)


def _ranked(sample: Sample, label: Rows) -> Suspects:
    """Those whose own label is less probable than chance mistakes explain, at most MOST of all."""
    try:
        from cleanlab.filter import find_label_issues
    except ImportError:
        raise MissingExtra("audit", "finding label suspects") from None
    told = quick_probabilities(sample, label)
    issues = find_label_issues(
        label,
        told,
        filter_by="low_self_confidence",
        return_indices_ranked_by="self_confidence",
        n_jobs=1,
    )
    best = told.argmax(axis=1)
    row = np.array([i for i in issues if best[i] != label[i]], np.int64)
    row = row[: round(MOST * len(label))]
    own = told[np.arange(len(label)), label]
    return Suspects(row, own[row], best[row], float((best == label).mean()))


def _sentence(found: Suspects, tried: Trial, n: int) -> str:
    low, high = wilson(tried.found, tried.changed)
    trust = (
        ""
        if tried.precision >= TRUSTED
        else ", so the quick model is weak here and most of these labels may well be right"
    )
    return (
        f"{count(len(found.row), 'image')} of {n:,} looked at may have a wrong label, the most "
        f"doubtful first: a quick model, right for {found.accuracy:.0%} of them, finds another "
        f"class likelier. Of {count(tried.changed, 'label')} changed on purpose, "
        f"{tried.recall:.0%} ({100 * low:.0f} to {high:.0%}) were among {tried.named:,} suspects, "
        f"of which they were {tried.precision:.0%}{trust}"
    ).replace("%", " %")

"""The images that every model gets wrong, with every seed: hard ones, and wrong labels.

Shapes: `N` images of a contest, `R` runs of all its contenders, `W` images that all get wrong.
"""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sureshot import files
from sureshot.comparison.contest import Contest, Labels
from sureshot.progress import cell, unicode
from sureshot.records import softmax

NAME = "all_wrong.csv"  # beside the page of a study


@dataclass(frozen=True)
class Missed:
    """One image that no run gets right."""

    row: int  # in the contest's index
    label: str  # what it is said to be
    said: str  # what most runs say, the first of equals
    times: int  # by so many runs


@dataclass(frozen=True, eq=False)
class AllWrong:
    """What all models get wrong, those first on which most runs agree, then the surest."""

    images: list[Missed]
    said: Labels  # (W, R) the class that each run says
    runs: tuple[str, ...]  # (R,) "arch_1, seed 111"
    n: int  # images of the contest

    @property
    def agreed(self) -> int:
        """The images that all runs call the same."""
        return sum(one.times == len(self.runs) for one in self.images)


def all_wrong(contest: Contest) -> AllWrong:
    """The images that no run of any contender gets right."""
    said = np.concatenate([one.top for one in contest.contenders])  # (R, N)
    places = np.flatnonzero((said != contest.label).all(axis=0))
    votes = np.zeros((len(places), len(contest.classes)), np.int64)
    np.add.at(votes, (np.arange(len(places)), said[:, places]), 1)
    most = votes.argmax(axis=1)
    order = np.lexsort((-_sure(contest, places, most), -votes.max(axis=1, initial=0)))
    return AllWrong(
        images=[
            Missed(
                row=int(contest.rows[places[at]]),
                label=contest.classes[contest.label[places[at]]],
                said=contest.classes[most[at]],
                times=int(votes[at].max()),
            )
            for at in order
        ],
        said=said[:, places[order]].T,
        runs=tuple(f"{one.name}, seed {s}" for one in contest.contenders for s in one.seeds),
        n=contest.n,
    )


def write_all_wrong(path: Path, contest: Contest, found: AllWrong) -> None:
    """Write them as CSV: the image, its label, and what each run says; a header where none is."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["id", "true", *map(cell, found.runs)])
    for image, answers in zip(found.images, found.said, strict=True):
        names = (image.label, *(contest.classes[k] for k in answers))
        writer.writerow([cell(unicode(contest.index.id[image.row])), *map(cell, names)])
    files.write_text(path, out.getvalue())


def _sure(contest: Contest, places: Labels, answer: Labels) -> np.ndarray:
    """The mean probability that the runs give to an answer, (W,) for places and answers (W,)."""
    told = [
        softmax(logits[places])[np.arange(len(places)), answer]
        for one in contest.contenders
        for logits in one.logits
    ]
    return np.asarray(np.mean(told, axis=0))

"""Which images two contenders disagree about: what one gets right and the other wrong."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sureshot.comparison.contest import Contender, Contest, Labels


@dataclass(frozen=True)
class Flip:
    """One image that one contender always gets right and the other never."""

    row: int  # in the contest's index
    true: str
    right: str  # what the first says: the truth
    wrong: str  # what the other says most often


@dataclass(frozen=True, eq=False)
class Flips:
    """The images that turned from right to wrong on the way from one contender to another."""

    of: str
    against: str
    gained: list[Flip]  # right by `of`, wrong by `against`
    lost: list[Flip]  # wrong by `of`, right by `against`
    both_right: int
    both_wrong: int
    unsteady: int  # images where the seeds of one of them do not agree
    n: int


def flips(contest: Contest, of: str, against: str) -> Flips:
    """Compare two contenders image by image; with several seeds only what all of them agree on."""
    one, other = contest[of], contest[against]
    first, second = _always(contest, one), _always(contest, other)
    steady = (first >= 0) & (second >= 0)
    gained = np.flatnonzero(steady & (first == 1) & (second == 0))
    lost = np.flatnonzero(steady & (first == 0) & (second == 1))
    return Flips(
        of=of,
        against=against,
        gained=[_flip(contest, int(row), other) for row in gained],
        lost=[_flip(contest, int(row), one) for row in lost],
        both_right=int((steady & (first == 1) & (second == 1)).sum()),
        both_wrong=int((steady & (first == 0) & (second == 0)).sum()),
        unsteady=int((~steady).sum()),
        n=contest.n,
    )


def _always(contest: Contest, one: Contender) -> NDArray[np.int64]:
    """1 where all seeds are right, 0 where none is, -1 where they do not agree, shape (N,)."""
    right = (one.top == contest.label).mean(axis=0)
    return np.where(right == 1, 1, np.where(right == 0, 0, -1))


def _flip(contest: Contest, place: int, wrong: Contender) -> Flip:
    true = contest.classes[contest.label[place]]
    said: Labels = wrong.top[:, place]
    most = int(np.bincount(said, minlength=len(contest.classes)).argmax())
    return Flip(int(contest.rows[place]), true, true, contest.classes[most])

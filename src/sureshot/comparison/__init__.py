"""Models against models and against claims: who is better, by how much, and is that sure?

kinds        every score by name
contest      runs on the same images
numbers      a score, a difference or a ratio, with its interval
leaderboard  every contender in order
duels        every pair of contenders
flips        images that one has right and another wrong
verdicts     what became of a claim
"""

from sureshot.comparison.contest import Contender, Contest, meet
from sureshot.comparison.duels import Duel, duel_table, duels
from sureshot.comparison.flips import Flip, Flips, flips
from sureshot.comparison.kinds import KINDS, Kind, Way
from sureshot.comparison.leaderboard import (
    Standing,
    leaderboard,
    one_seed_in_words,
    table,
    tries_in_words,
)
from sureshot.comparison.numbers import OTHERS, Asked, Number, measured, number
from sureshot.comparison.verdicts import OUTCOMES, About, Verdict

__all__ = [
    "KINDS",
    "OTHERS",
    "OUTCOMES",
    "About",
    "Asked",
    "Contender",
    "Contest",
    "Duel",
    "Flip",
    "Flips",
    "Kind",
    "Number",
    "Standing",
    "Verdict",
    "Way",
    "duel_table",
    "duels",
    "flips",
    "leaderboard",
    "measured",
    "meet",
    "number",
    "one_seed_in_words",
    "table",
    "tries_in_words",
]

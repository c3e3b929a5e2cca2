"""What need not be looked at any more, and how wrong that will be.

goals      what is wanted: a largest error, or a time for review
planning   rows that no choice has touched → the threshold that keeps the promise
telling    the same in words
"""

from sureshot.automate.goals import Goal, goal, share_of
from sureshot.automate.planning import Planned, Rows, plan, recalled, rows_of

__all__ = ["Goal", "Planned", "Rows", "goal", "plan", "recalled", "rows_of", "share_of"]

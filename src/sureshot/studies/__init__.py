"""Studies: claims written first, then the trainings that they need, then what is really known.

reading    a study file as an object; claims, lines and words belong to it
dividing   one division of the data for all runs
planning   what will run, and how long it takes
running    the trainings, gone on with wherever they were stopped
folder     what a study leaves on disk
judging    claims against what was found
results    leaderboard, verdicts and page
shipped    the studies that come along, in `ready/`
comparing  runs that exist
verbs      `study`, as the command line and Python call it
"""

from sureshot.studies.comparing import Compared, compare
from sureshot.studies.planning import StudyPlan
from sureshot.studies.reading import Study
from sureshot.studies.results import Studied, judge_by_hand
from sureshot.studies.verbs import study

__all__ = ["Compared", "Studied", "Study", "StudyPlan", "compare", "judge_by_hand", "study"]

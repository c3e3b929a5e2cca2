"""Studies: claims written first, then the trainings that they need, then what is really known.

reading    a study file as an object; claims, recipes, tables, lines and words belong to it,
           what is `asked` of a curve and `wanted` of a search
searching  the recipe that does best on the validation images, among many `tries`
curve      one recipe on more and more images
dividing   one division of the data for all runs
planning   what will run
costs      how long it takes
running    the trainings, gone on with wherever they were stopped
folder     what a study leaves on disk
changes    what was changed after it was put on record
foreseeing what the images can decide, before anything is trained
judging    claims against what was found, or what people have `judged`
results    leaderboard, verdicts and page
shipped    the studies that come along, in `ready/`
comparing  runs that exist
telling    all of it in words, for a terminal
verbs      `study`, as the command line and Python call it
"""

from sureshot.studies.comparing import Compared, compare
from sureshot.studies.planning import StudyPlan
from sureshot.studies.reading import Study
from sureshot.studies.results import Studied, judge_by_hand
from sureshot.studies.verbs import study

__all__ = ["Compared", "Studied", "Study", "StudyPlan", "compare", "judge_by_hand", "study"]

"""A folder of images sorted by a model's plan, taken back, and made into training data.

verbs       `sort`: batch after batch
finding     the images of the inbox, and what is left alone
judging     what each shows, and what becomes of it
naming      folders for classes, names for files
manifest    what was done, and what is under way
settling    a batch as a whole, also after a kill
placing     one file to another place, whole in one of the two at every moment
telling     what is promised, and what was done, in words
undoing     `undo`: all of it back
reviewing   `review`: what waits for a person, and their answers as moved files
correcting  `corrections`: what a person moved since, as labels
"""

from sureshot.sorting.correcting import corrections
from sureshot.sorting.reviewing import Aside, Review, review
from sureshot.sorting.telling import Sorted
from sureshot.sorting.undoing import Undone, undo
from sureshot.sorting.verbs import sort

__all__ = ["Aside", "Review", "Sorted", "Undone", "corrections", "review", "sort", "undo"]

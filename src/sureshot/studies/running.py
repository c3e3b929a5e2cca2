"""Training a study: one run after the other, each an ordinary run folder, to be gone on with.

A run that is complete is passed over, one that was stopped is resumed; so the same command goes on
wherever the study stood when it was stopped or killed.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sureshot import workflow
from sureshot.comparison import meet
from sureshot.errors import Interrupted
from sureshot.progress import Progress, Track
from sureshot.records import Index
from sureshot.runs import Run, holding
from sureshot.studies import curve, dividing, planning, searching
from sureshot.studies.costs import DIVIDING, Left, costs, note, noted
from sureshot.studies.folder import Images, StudyFolder
from sureshot.studies.foreseeing import deciding
from sureshot.studies.planning import PlannedRun, StudyPlan
from sureshot.studies.reading import Study


class Place:
    """Progress of one run inside of many: every bar says which run it is, and what is left."""

    def __init__(self, outer: Progress, words: str) -> None:
        self._outer = outer
        self._words = words

    def say(self, sentence: str) -> None:
        """Pass a sentence on."""
        self._outer.say(sentence)

    def track(self, what: str, total: int) -> AbstractContextManager[Track]:
        """A bar that begins with where the study stands."""
        return self._outer.track(f"{self._words}: {what}", total)


@dataclass(frozen=True, eq=False)
class _Known:
    """The images of a study as they are divided, or would be."""

    index: Index
    images: Images
    seconds: float  # that it took to know them


def begin(study: Study, folder: StudyFolder, said: Progress) -> None:
    """Divide the data and put the study on record; where that is done, take in what changed."""
    folder.require_free(dividing.place_of(study))
    known = _known(study, folder, folder.path / "data" / dividing.COPIED, said)
    _require_possible(study, folder, known.index)
    if folder.begun:
        folder.follow(study)
    else:
        dividing.keep(folder.path, known.index)
        folder.begin(study, known.images)
        note(folder, DIVIDING, known.seconds)


def plan(study: Study, folder: StudyFolder, said: Progress) -> StudyPlan:
    """What there is to do, and what the images can decide; nothing is written."""
    winner = searching.winner_of(folder.path)
    if study.search is not None and winner is not None:
        study = study.with_winner(winner)
    with TemporaryDirectory(prefix="sureshot-") as aside:
        known = _known(study, folder, Path(aside) / dividing.COPIED, said)
        _require_possible(study, folder, known.index)
        return _planned(study, folder, known, said)


def _planned(study: Study, folder: StudyFolder, known: _Known, said: Progress) -> StudyPlan:
    index, runs = known.index, planning.planned_runs(study, folder.path)
    seconds = noted(folder) if folder.begun else {DIVIDING: known.seconds}
    each = costs(study, planning.trainable(study), runs, index, seconds, said)
    finished = folder.groups() if folder.begun else {}
    return StudyPlan(
        study=study,
        folder=folder.path,
        runs=runs,
        images=planning.images_of(index),
        parameters=planning.parameters_of(study, index),
        seconds={name: cost.whole for name, cost in each.items()},
        search=searching.foreseen(study, folder.path, each),
        curve=curve.foreseen(study, folder.path, index, each),
        deciding={} if study.quick else _deciding(study, index, finished),
    )


def _deciding(study: Study, index: Index, finished: Mapping[str, Sequence[Run]]) -> dict[str, str]:
    contest = meet(finished) if finished else None
    return deciding(study, planning.judges_of(index), contest, planning.left_out(study))


def _known(study: Study, folder: StudyFolder, copied: Path, said: Progress) -> _Known:
    """The images as they are divided, or would be; UsageError where the study cannot go with it."""
    started = time.monotonic()
    if folder.begun:
        index, images = dividing.kept(folder.path), dividing.images_of(study, said)
        folder.require_same(study, images)
        if str(images.place) != folder.record["images"]["place"]:
            said.say(f"the images lie in {images.place} now, and are the same")
    else:
        index, images = dividing.survey(study, copied, said)
    dividing.require_classes(study, index)
    return _Known(index, images, time.monotonic() - started)


def _require_possible(study: Study, folder: StudyFolder, index: Index) -> None:
    """UsageError or DataError for all that could not be trained, while nothing is on record yet."""
    planning.parameters_of(study, index)  # says what could not be built
    searching.require_possible(study, index)
    curve.require_possible(study, index)
    planning.planned_runs(study, folder.path)  # and what has become another recipe


def train_all(study: Study, folder: StudyFolder, said: Progress, again: str) -> dict[str, str]:
    """Train what is not trained yet; `again` is the command that goes on after Ctrl-C.

    Returns why, for each run that came to no end.
    """
    runs = planning.planned_runs(study, folder.path)
    to_do = [one for one in runs if one.state != "done"]
    if len(to_do) < len(runs):
        said.say(f"{len(runs) - len(to_do)} of {len(runs)} runs are complete and passed over")
    with goes_on("the planning", again):
        left = _left(study, folder, runs, said)
    for one in to_do:
        words = f"run {runs.index(one) + 1} of {len(runs)}"
        said.say(f"{words}: {one.name}{left.words}")
        with left.trying(one.name, said), goes_on(f"{words}, {one.name}", again):
            _train(study, folder, one, Place(said, words + left.words))
        if one.state == "to train" and one.name in left.taken:
            note(folder, one.name, left.taken[one.name])
    return left.failed


def _left(study: Study, folder: StudyFolder, runs: Sequence[PlannedRun], said: Progress) -> Left:
    """How long the runs that are not done take, and the curve after them."""
    needed = {one.recipe for one in runs if one.state != "done"}
    needed |= set() if study.curve is None else {study.curve.recipe}
    names = [name for name in study.recipes if name in needed]
    index = dividing.kept(folder.path)
    each = costs(study, names, runs, index, noted(folder), said)
    waiting = {one.name: each[one.recipe].whole for one in runs if one.state != "done"}
    return Left(waiting, curve.foreseen(study, folder.path, index, each).seconds)


def _train(study: Study, folder: StudyFolder, one: PlannedRun, said: Progress) -> None:
    if one.state == "to finish":
        workflow.resume(one.run.folder, progress=said)
        return
    data = dividing.divided(study, folder.path)
    workflow.train(
        data.source,
        recipe=study.table(one.recipe, one.seed),
        name=one.name,
        runs=folder.path / "runs",
        split_from=data.split_from,
        progress=said,
    )


@contextmanager
def goes_on(where: str, again: str) -> Iterator[None]:
    """Say how to go on with the study, where Ctrl-C stops one of its steps."""
    try:
        yield
    except Interrupted as error:
        number = error.exit_code - 128
        raise Interrupted(f"stopped in {where}; go on with: {again}", number) from None
    except KeyboardInterrupt:
        raise Interrupted(f"stopped in {where}; go on with: {again}") from None


@contextmanager
def held(folder: StudyFolder) -> Iterator[None]:
    """One process at a time works on a study."""
    with holding(Run(folder.path), "studying"):
        folder.remove_leftovers()
        yield


def folder_of(study: Study, studies: Path) -> StudyFolder:
    """Where a study is kept; its quick form stands apart, so that it never counts as the study."""
    return StudyFolder(studies / (f"{study.name}-quick" if study.quick else study.name))

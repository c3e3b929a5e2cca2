"""Training a study: one run after the other, each an ordinary run folder, to be gone on with.

A run that is complete is passed over, one that was stopped is resumed; so the same command goes on
wherever the study stood when it was stopped or killed.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from sureshot import workflow
from sureshot.comparison import meet
from sureshot.errors import Interrupted
from sureshot.progress import Progress, Track, duration
from sureshot.records import Index
from sureshot.runs import Run, holding
from sureshot.studies import dividing, planning
from sureshot.studies.curve import require_possible
from sureshot.studies.folder import StudyFolder
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


def begin(study: Study, folder: StudyFolder, said: Progress) -> None:
    """Divide the data and put the study on record; where that is done, take in what changed."""
    place = dividing.place_of(study)
    folder.require_free(place)
    index = _known(study, folder, place, said)
    planning.parameters_of(study, index)  # says now what could not be built
    require_possible(study, index)
    planning.planned_runs(study, folder.path)  # and what has become another recipe
    if folder.begun:
        folder.follow(study)
    else:
        dividing.keep(folder.path, index)
        folder.begin(study, dividing.identity(place, index))


def plan(study: Study, folder: StudyFolder, said: Progress) -> StudyPlan:
    """What there is to do, and what the images can decide; nothing is written."""
    index = _known(study, folder, dividing.place_of(study), said)
    runs = planning.planned_runs(study, folder.path)
    finished = folder.groups() if folder.begun else {}
    return StudyPlan(
        study=study,
        folder=folder.path,
        runs=runs,
        images=planning.images_of(index),
        parameters=planning.parameters_of(study, index),
        seconds=planning.measured(study, runs, index, said),
        deciding=deciding(study, planning.judges_of(index), meet(finished) if finished else None),
    )


def _known(study: Study, folder: StudyFolder, place: Path, said: Progress) -> Index:
    """The images as they are divided, or would be; UsageError where the study cannot go with it."""
    if folder.begun:
        images = dividing.images_in(place, said)
        folder.require_same(study, images)
        if str(images.place) != folder.record["images"]["place"]:
            said.say(f"the images lie in {images.place} now, and are the same")
    index = dividing.kept(folder.path) if folder.begun else dividing.survey(study, said)
    dividing.require_classes(study, index)
    return index


def train_all(study: Study, folder: StudyFolder, said: Progress, again: str) -> None:
    """Train what is not trained yet; `again` is the command that goes on after Ctrl-C."""
    runs = planning.planned_runs(study, folder.path)
    to_do = [one for one in runs if one.state != "done"]
    if len(to_do) < len(runs):
        said.say(f"{len(runs) - len(to_do)} of {len(runs)} runs are complete and passed over")
    with goes_on("the planning", again):
        left = Left(to_do, planning.measured(study, runs, dividing.kept(folder.path), said))
    for one in to_do:
        words = f"run {runs.index(one) + 1} of {len(runs)}"
        said.say(f"{words}: {one.name}{left.words}")
        started = time.monotonic()
        with goes_on(f"{words}, {one.name}", again):
            _train(study, folder, one, Place(said, words + left.words))
        left.count(one, time.monotonic() - started)


class Left:
    """How long the rest will take: as planned for each recipe, corrected by what was seen."""

    def __init__(self, runs: Sequence[PlannedRun], planned: Mapping[str, float]) -> None:
        self._waiting = list(runs)
        self._planned = planned  # seconds of one run of each recipe
        self._foreseen = self._taken = 0.0  # of the runs that are over, in seconds

    def count(self, run: PlannedRun, seconds: float) -> None:
        """One more is done."""
        self._waiting.remove(run)
        self._foreseen += self._planned[run.recipe]
        self._taken += seconds

    @property
    def words(self) -> str:
        """ ", about 12 min left"."""
        times = self._taken / self._foreseen if self._foreseen else 1.0
        seconds = times * sum(self._planned[one.recipe] for one in self._waiting)
        return f", about {duration(seconds)} left"


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

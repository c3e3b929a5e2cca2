"""Training a study: one run after the other, each an ordinary run folder, to be gone on with.

A run that is complete is passed over, one that was stopped is resumed; so the same command goes on
wherever the study stood when it was stopped or killed.
"""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from sureshot import workflow
from sureshot.errors import Interrupted
from sureshot.progress import Progress, Track, duration
from sureshot.records import Index
from sureshot.runs import Run, holding
from sureshot.studies import dividing, planning
from sureshot.studies.folder import StudyFolder
from sureshot.studies.judging import deciding
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
    index = _known(study, folder, said)
    planning.parameters_of(study, index)  # says now what could not be built
    if folder.begun:
        folder.follow(study)
    else:
        dividing.keep(folder.path, index)
        folder.begin(study)


def plan(study: Study, folder: StudyFolder, said: Progress) -> StudyPlan:
    """What there is to do, and what the images can decide; nothing is written."""
    index = _known(study, folder, said)
    runs = planning.planned_runs(study, folder.path)
    parameters = planning.parameters_of(study, index)
    return StudyPlan(
        study=study,
        folder=folder.path,
        runs=runs,
        images=planning.images_of(index),
        parameters=parameters,
        seconds=planning.measured(study, runs, index, said),
        deciding=deciding(study.claims, planning.images_to_judge(index), len(study.seeds)),
    )


def _known(study: Study, folder: StudyFolder, said: Progress) -> Index:
    """The images as they are divided, or would be; UsageError where the study cannot go with it."""
    if folder.begun:
        folder.require_same(study)
    index = dividing.kept(folder.path) if folder.begun else dividing.survey(study, said)
    dividing.require_classes(study, index)
    return index


def train_all(study: Study, folder: StudyFolder, said: Progress, again: str) -> None:
    """Train what is not trained yet; `again` is the command that goes on after Ctrl-C."""
    runs = planning.planned_runs(study, folder.path)
    to_do = [one for one in runs if one.state != "done"]
    if len(to_do) < len(runs):
        said.say(f"{len(runs) - len(to_do)} of {len(runs)} runs are complete and passed over")
    left = _Left(len(to_do))
    for one in to_do:
        number = runs.index(one) + 1
        words = f"run {number} of {len(runs)}"
        said.say(f"{words}: {one.name}{left.words}")
        with _goes_on(f"{words}, {one.name}", again):
            _train(study, folder, one, Place(said, words + left.words))
        left.count()


class _Left:
    """How long the rest will take, as the runs so far have taken."""

    def __init__(self, runs: int) -> None:
        self._runs = runs
        self._done = 0
        self._began = time.monotonic()

    def count(self) -> None:
        """One more is done."""
        self._done += 1

    @property
    def words(self) -> str:
        """ ", about 12 min left"; nothing before the first has shown how long one takes."""
        if not self._done:
            return ""
        each = (time.monotonic() - self._began) / self._done
        return f", about {duration(each * (self._runs - self._done))} left"


def _train(study: Study, folder: StudyFolder, one: PlannedRun, said: Progress) -> None:
    if one.state == "to finish":
        workflow.resume(one.run.folder, progress=said)
        return
    data = dividing.divided(study, folder.path)
    workflow.train(
        data.source,
        recipe=study.recipe(one.recipe, one.seed).model_dump(),
        name=one.name,
        runs=folder.path / "runs",
        split_from=data.split_from,
        progress=said,
    )


@contextmanager
def _goes_on(where: str, again: str) -> Iterator[None]:
    """Say how to go on with the study, where Ctrl-C stops one of its runs."""
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
        yield


def folder_of(study: Study, studies: Path) -> StudyFolder:
    """Where a study is kept; its quick form stands apart, so that it never counts as the study."""
    return StudyFolder(studies / (f"{study.name}-quick" if study.quick else study.name))

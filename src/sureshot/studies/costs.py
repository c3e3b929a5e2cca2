"""How long what is left of a study takes: as its finished runs took, or at most, by a probe.

seconds.json   what dividing the images took, and each run that nobody interrupted, in all
"""

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sureshot import device, files
from sureshot.data import decoded, without_validation
from sureshot.errors import TrainingError
from sureshot.progress import Progress, duration
from sureshot.records import Index
from sureshot.runs import Run
from sureshot.studies.folder import SECONDS, StudyFolder
from sureshot.studies.planning import PlannedRun, settled
from sureshot.studies.reading import Study
from sureshot.workflow import ENDING

DIVIDING = "dividing"  # beside the names of runs, which end in a number


@dataclass(frozen=True)
class Cost:
    """Seconds of one run of a recipe."""

    training: float  # all epochs
    around: float  # reading and grouping the images before, export and report after

    @property
    def whole(self) -> float:
        """Both."""
        return self.training + self.around


def noted(folder: StudyFolder) -> dict[str, float]:
    """The seconds that were written down so far, by what took them."""
    if not (folder.path / SECONDS).exists():
        return {}
    return {name: float(told) for name, told in folder.read_json(SECONDS).items()}


def note(folder: StudyFolder, name: str, seconds: float) -> None:
    """Write down what something took."""
    files.write_json(folder.path / SECONDS, {**noted(folder), name: round(seconds, 3)})


def costs(
    study: Study,
    names: Collection[str],
    runs: Sequence[PlannedRun],
    index: Index,
    known: Mapping[str, float],
    said: Progress,
) -> dict[str, Cost]:
    """What one run of each of some recipes takes; `known` is what was noted."""
    done = [one for one in runs if one.state == "done"]
    around = _around(done, known)
    found = {}
    for name in names:
        taken = [_trained(one.run) for one in done if one.recipe == name]
        training = sum(taken) / len(taken) if taken else _probed(study, name, index, said)
        found[name] = Cost(training, around)
    return found


def _around(done: Sequence[PlannedRun], known: Mapping[str, float]) -> float:
    """What a run does beside training: as in those that are done, else as dividing took."""
    seen = [known[one.name] - _trained(one.run) for one in done if one.name in known]
    return sum(seen) / len(seen) if seen else known.get(DIVIDING, 0.0) + ENDING


def _trained(run: Run) -> float:
    return sum(row["seconds"] for row in run.timing)


def _probed(study: Study, name: str, index: Index, said: Progress) -> float:
    """All epochs by the time of a few steps."""
    from sureshot.models import layers_of
    from sureshot.training import Data, seconds_an_epoch

    said.say(f"measuring how long {name} takes")
    recipe = settled(study, name, index)
    seen, pixels = decoded(index, recipe.image.settled(), said)
    seen = seen if recipe.validation else without_validation(seen)
    work = device.Work.of(layers_of(recipe, len(index.classes)), recipe.batch)
    where = device.choose(recipe.device, recipe.precision, work)
    recipe = recipe.on(where.name, where.precision)
    return recipe.epochs * seconds_an_epoch(recipe, Data.of(seen, pixels), where)


class Left:
    """The runs that are to go: how long they take, as planned and as was seen, and which failed."""

    def __init__(self, planned: Mapping[str, float], after: float = 0.0) -> None:
        self._planned = planned  # seconds by run
        self._after = after  # seconds of what comes when all of them are over
        self.taken: dict[str, float] = {}  # seconds by run that came to its end
        self.failed: dict[str, str] = {}  # why, by run that did not

    @contextmanager
    def trying(self, run: str, said: Progress) -> Iterator[None]:
        """One of them; where it comes to no end that is said, and the others go on."""
        started = time.monotonic()
        try:
            yield
        except TrainingError as error:
            self.failed[run] = str(error)
            said.say(f"{run} came to no end, and the others go on: {error}")
        else:
            self.taken[run] = time.monotonic() - started

    @property
    def words(self) -> str:
        """ ", about 12 min left"."""
        foreseen = sum(self._planned[run] for run in self.taken)
        times = sum(self.taken.values()) / foreseen if foreseen else 1.0
        over = self.taken.keys() | self.failed.keys()
        waiting = sum(seconds for run, seconds in self._planned.items() if run not in over)
        return f", about {duration(times * (waiting + self._after))} left"

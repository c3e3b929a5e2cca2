"""The tries of a search as Optuna keeps them, and how the next one is drawn.

Values come from a tree-structured Parzen estimator (Bergstra et al. 2011, NIPS 24). A try is
stopped where its best validation log loss is worse than the median of the earlier tries' at the
same epoch (median rule, Golovin et al. 2017, KDD). What is drawn is a function of the seed, the
number of the try and the tries before it; so a search that was killed goes on to the same tries as
one that was not. On another machine, or with other versions, last digits of a loss differ, and the
tries after it may.
"""

import json
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sureshot.errors import MissingExtra, RunError, TrainingError, UsageError
from sureshot.progress import cell
from sureshot.runs import Run, chosen_epoch
from sureshot.seeds import derive
from sureshot.studies.wanted import Range

if TYPE_CHECKING:
    from sureshot.training import Tracker

State = Literal["complete", "pruned", "failed"]

SPARED = 1  # epochs after which no try is stopped yet; assumed: the first says little
FINISHED: Mapping[str, State] = {"COMPLETE": "complete", "PRUNED": "pruned", "FAIL": "failed"}
KILLED = "it was killed"


@dataclass(frozen=True)
class Asked:
    """A try that is to be made."""

    number: int  # from 1; a try that was killed and its repetition share one
    values: Mapping[str, Any]  # by dotted field
    trial: Any  # Optuna's


@dataclass(frozen=True)
class Row:
    """A try that was made."""

    number: int
    state: State
    values: Mapping[str, Any]
    log_loss: float | None  # validation, of the epoch that would be kept; None before the first
    accuracy: float | None  # validation, of the same epoch
    epochs: int
    seconds: float
    why: str  # it failed

    @property
    def sentence(self) -> str:
        """What was tried, and what came of it."""
        tried = ", ".join(f"{key} = {shown(value)}" for key, value in self.values.items())
        if self.log_loss is None or self.accuracy is None or self.why:
            return f"{tried}: failed, because {self.why}"
        found = f"log loss {self.log_loss:.3f}, accuracy {100 * self.accuracy:.1f} %"
        stopped = f", stopped after epoch {self.epochs}" if self.state == "pruned" else ""
        return f"{tried}: {found} on validation images{stopped}"


@dataclass(frozen=True)
class Record:
    """All tries there are."""

    study: Any  # Optuna's
    over: Mapping[str, Any]

    @property
    def count(self) -> int:
        """How many tries were made; those that were killed do not count."""
        return sum(row.why != KILLED for row in self.rows())

    def rows(self) -> list[Row]:
        """Every try that has ended, in the order in which they began."""
        found = []
        for trial in self.study.get_trials(deepcopy=False):
            told = trial.user_attrs
            if trial.state.name in FINISHED and "number" in told:
                state = FINISHED[trial.state.name]
                why = KILLED if state == "failed" else ""  # what failed by itself says why
                facts: dict[str, Any] = {"log_loss": None, "accuracy": None, "epochs": 0}
                found.append(Row(state=state, **{**facts, "seconds": 0.0, "why": why, **told}))
        return found

    def table(self) -> list[dict[str, Any]]:
        """The same as plain cells."""
        return [
            {
                "number": row.number,
                "state": row.state,
                "log_loss": row.log_loss,
                "accuracy": row.accuracy,
                "epochs_trained": row.epochs,
                "seconds": row.seconds,
                **{key: json.dumps(row.values[key]) for key in self.over},
                "why": cell(row.why),
            }
            for row in self.rows()
        ]

    def ask(self, seed: int) -> Asked:
        """The next try."""
        from optuna.samplers import TPESampler

        number = self.count + 1
        with quietly():
            self.study.sampler = TPESampler(seed=derive("search", seed, number) % 2**32)
            trial = self.study.ask()
            values = {key: _drawn(trial, key, wanted) for key, wanted in self.over.items()}
            trial.set_user_attr("values", values)
            trial.set_user_attr("number", number)
        return Asked(number, values, trial)

    def tell(self, asked: Asked, run: Run, train: Callable[["Tracker"], object]) -> Row:
        """Train a try, stopped where it is worse than the others, and put it on record."""
        from optuna import TrialPruned
        from optuna.trial import TrialState

        state, facts = TrialState.COMPLETE, {}
        try:
            train(_watching(asked.trial, run))
        except TrialPruned:
            state = TrialState.PRUNED
        except (UsageError, TrainingError) as error:
            state, facts = TrialState.FAIL, {"why": str(error)}
        facts |= _facts(run)
        complete = state == TrialState.COMPLETE
        with quietly():
            for name, fact in facts.items():
                asked.trial.set_user_attr(name, fact)
            value = facts["log_loss"] if complete else None
            self.study.tell(asked.trial.number, value, state=state)
        return self.rows()[-1]

    def give_up(self) -> None:
        """Mark what was running when a search was killed."""
        from optuna.trial import TrialState

        with quietly():
            for trial in self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
                self.study.tell(trial.number, state=TrialState.FAIL)


def require_optuna() -> None:
    """Raise MissingExtra where Optuna is not installed."""
    if find_spec("optuna") is None:
        raise MissingExtra("tune", "searching for a recipe")


@contextmanager
def opened(folder: Path, over: Mapping[str, Any]) -> Iterator[Record]:
    """The tries of a search, to be gone on with."""
    folder.mkdir(parents=True, exist_ok=True)
    with quietly():
        import optuna

        place = str(folder.absolute() / "trials.sqlite")
        quoted = place.translate({ord(letter): f"%{ord(letter):X}" for letter in "%?#"})
        try:
            storage = optuna.storages.RDBStorage(f"sqlite:///{quoted}")
            study = optuna.create_study(
                study_name="search",
                storage=storage,
                load_if_exists=True,
                pruner=optuna.pruners.MedianPruner(n_warmup_steps=SPARED + 1),
            )
        except Exception as error:  # of Optuna, of SQLAlchemy, of SQLite: each has its own
            why = str(error).partition("\n")[0]
            raise RunError(
                f"{place} cannot be gone on with: {why}; remove it to begin the search anew"
            ) from None
    record = Record(study, over)
    try:
        record.give_up()
        yield record
    finally:
        storage.remove_session()
        storage.engine.dispose()


def shown(value: Any) -> str:
    """A value as a recipe's file has it; a real number with the digits that matter."""
    return f"{value:.4g}" if isinstance(value, float) else json.dumps(value)


def _drawn(trial: Any, key: str, wanted: Any) -> Any:
    if not isinstance(wanted, Range):
        words = [json.dumps(value) for value in wanted]  # Optuna keeps no lists
        return json.loads(trial.suggest_categorical(key, words))
    suggest = trial.suggest_int if wanted.whole else trial.suggest_float
    return suggest(key, wanted.low, wanted.high, log=wanted.log)


def _watching(trial: Any, run: Run) -> "Tracker":
    """Tells Optuna of each epoch, and ends the training where that is enough."""
    from optuna import TrialPruned

    from sureshot.training import Tracker

    class Watching(Tracker):
        def tell(self, ended: str = "") -> None:
            last = run.history[-1]
            with quietly():
                trial.report(last["validation_loss"], int(last["epoch"]))
                stop = trial.should_prune()
            if stop and last["epoch"] < run.recipe.epochs:
                raise TrialPruned

    return Watching()


def _facts(run: Run) -> dict[str, Any]:
    """What came of a training, as far as it went."""
    if not (run.folder / "timing.csv").exists():
        return {}
    history, timing = run.history, run.timing
    kept = history[chosen_epoch(history) - 1]
    return {
        "log_loss": kept["validation_loss"],
        "accuracy": kept["validation_accuracy"],
        "epochs": len(history),
        "seconds": sum(row["seconds"] for row in timing),
    }


@contextmanager
def quietly() -> Iterator[None]:
    """No word of Optuna's own, but its exceptions."""
    with warnings.catch_warnings(action="ignore"):
        import optuna

        before = optuna.logging.get_verbosity()
        optuna.logging.set_verbosity(optuna.logging.CRITICAL)
        try:
            yield
        finally:
            optuna.logging.set_verbosity(before)

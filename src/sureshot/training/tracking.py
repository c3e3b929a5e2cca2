"""A training told to TensorBoard or MLflow as it goes, by their own clients.

Told are the recipe as flat parameters, every number of `history.csv` and `timing.csv` with the
epoch as step, and the headline with its interval. Where, for a run in the folder `runs`:

    tensorboard   event files in runs/tensorboard/<run>, not in the run: a complete run is sealed
    mlflow        the experiment "sureshot" where MLFLOW_TRACKING_URI says, else in runs/mlflow.db

The run's own files are the truth: whenever a training begins or goes on, what a service holds of it
is replaced. A service that fails stops nothing; it is told no more until the training is resumed.
"""

import json
import logging
import os
import re
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib import util
from textwrap import shorten
from typing import Any

from sureshot.errors import MissingExtra, RunError, UsageError
from sureshot.progress import Progress, Silent, printable
from sureshot.runs import Run

Points = list[tuple[int, dict[str, float]]]  # epoch, numbers by name
Service = tuple[Callable[[int, dict[str, float]], None], Callable[[str], None]]  # log, close

_SETTINGS = {  # of the MLflow client, while we call it; what the user has set wins
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "5",  # seconds; assumed: a dead server must not hold a training
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER": "false",
}


class Tracker:
    """Tells nobody."""

    def tell(self, ended: str = "") -> None:
        """Tell what is new in the run's files; with a word, that this was all, and how it ended."""


def require_tracker(kind: str | None) -> None:
    """Raise UsageError for a service we do not know, MissingExtra for a client not installed."""
    if kind is None:
        return
    if kind not in _SERVICES:
        allowed = " or ".join(f'"{name}"' for name in _SERVICES)
        raise UsageError(f"log must be {allowed}, got {kind!r}")
    label, needed, _ = _SERVICES[kind]
    if any(util.find_spec(name) is None for name in needed):
        raise MissingExtra(kind, f"telling a training to {label}")


@contextmanager
def tracking(kind: str | None, run: Run, said: Progress | None = None) -> Iterator[Tracker]:
    """A tracker for the block, by the name of its service; None tells nobody."""
    tracker = Tracker() if kind is None else _Teller(kind, run, said or Silent())
    try:
        yield tracker
    except BaseException:
        tracker.tell("KILLED")
        raise
    tracker.tell("FINISHED")


class _Teller(Tracker):
    def __init__(self, kind: str, run: Run, said: Progress) -> None:
        self._kind, self._run, self._said = kind, run, said
        self._service: Service | None = None
        self._told: Points = []
        self._failed = False
        self.tell()

    def tell(self, ended: str = "") -> None:
        """Tell what is new; an error becomes one sentence, and the last."""
        if self._failed:
            return
        label, _, begin = _SERVICES[self._kind]
        try:
            with _discreetly():
                points, known = _points(self._run), len(self._told)
                if not self._service or points[:known] != self._told:  # or epochs trained again
                    require_tracker(self._kind)
                    self._service, known = begin(self._run), 0
                log, close = self._service
                for epoch, numbers in points[known:]:
                    log(epoch, numbers)
                self._told = points
                if ended:
                    close(ended)
        except Exception as error:
            self._failed = True
            words = str(error).rpartition("Caused by ")[2]  # as requests says it
            words = re.sub(r"//[^/@\s]*@", "//", words)  # without the password of an address
            why = printable(shorten(words, 200, placeholder=" …")) or type(error).__name__
            self._said.say(f"{label} could not be told: {why}; training goes on without it")


def _tensorboard(run: Run) -> Service:
    from torch.utils.tensorboard import SummaryWriter, summary

    folder = run.folder.resolve()
    home = folder.parent / "tensorboard"
    if (home / "recipe.toml").exists():
        raise RunError(f"{home} is a run itself, and event files would damage it")
    for old in (home / folder.name).glob("events.out.tfevents.*"):
        old.unlink()
    writer: Any = SummaryWriter(str(home / folder.name))
    about = _parameters(run), {"headline_test_accuracy": 0.0}
    for part in summary.hparams(*about)[:2]:  # type: ignore[no-untyped-call]
        writer.file_writer.add_summary(part)

    def log(epoch: int, numbers: dict[str, float]) -> None:
        for name, value in numbers.items():
            writer.add_scalar(name, value, epoch)
        writer.flush()

    return log, lambda _: writer.close()


def _mlflow(run: Run) -> Service:
    from mlflow import MlflowClient
    from mlflow.entities import Metric, Param
    from sqlalchemy import NullPool, create_engine

    folder, parameters = run.folder.resolve(), _parameters(run)
    quoted = str(folder.parent / "mlflow.db").translate({ord(c): f"%{ord(c):X}" for c in "%?#"})
    address = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{quoted}"
    if re.match("sqlite|postgresql|mysql|mssql", address):  # MLflow would try for 100 seconds
        create_engine(address, poolclass=NullPool).connect().close()
    client = MlflowClient(address)
    found = client.get_experiment_by_name("sureshot")
    place = found.experiment_id if found else client.create_experiment("sureshot")
    # the folder alone may be another machine's too; as an address it holds no quotation mark
    tag = f"{folder.as_uri()} {run.recipe.hash()} {parameters['data.fingerprint']}"
    for old in client.search_runs([place], f"tags.`sureshot.run` = '{tag}'"):
        client.delete_run(old.info.run_id)  # into MLflow's own trash
    key = client.create_run(place, run_name=folder.name, tags={"sureshot.run": tag}).info.run_id
    client.log_batch(key, params=[Param(name, str(value)) for name, value in parameters.items()])

    def log(epoch: int, numbers: dict[str, float]) -> None:
        now = int(1000 * time.time())  # ms
        client.log_batch(key, [Metric(name, value, now, epoch) for name, value in numbers.items()])

    return log, lambda ended: client.set_terminated(key, ended)


_SERVICES: dict[str, tuple[str, tuple[str, ...], Callable[[Run], Service]]] = {
    "tensorboard": ("TensorBoard", ("tensorboard",), _tensorboard),
    "mlflow": ("MLflow", ("mlflow", "sqlalchemy", "alembic"), _mlflow),
}


def _points(run: Run) -> Points:
    """All there is to tell yet, in order: the epochs that are in both tables, then the headline."""
    points: Points = []
    with suppress(RunError):  # for what is not written yet
        for history, timing in zip(run.history, run.timing, strict=False):
            numbers = history | timing
            points.append((int(numbers.pop("epoch")), numbers))
        told = run.summary["headline"]
        name = f"headline_{told['split']}_{told['score']}"
        interval = {f"{name}_low": told["low"], f"{name}_high": told["high"]}
        points.append((len(points), {name: told["value"]} | interval))
    return points


def _parameters(run: Run) -> dict[str, Any]:
    """The recipe, flat, with the run's name and the fingerprint of its data."""
    import pandas as pd

    about = {"run.name": run.folder.resolve().name, "data.fingerprint": run.index.fingerprint()}
    flat: Any = pd.json_normalize(run.recipe.model_dump() | about).to_dict("records")[0]
    return {k: v if isinstance(v, str | int | float) else json.dumps(v) for k, v in flat.items()}


@contextmanager
def _discreetly() -> Iterator[None]:
    """Our settings for the MLflow client, and no word from any client beside its exceptions."""
    with warnings.catch_warnings(action="ignore"), ExitStack() as after:
        for key in _SETTINGS.keys() - os.environ.keys():
            os.environ[key] = _SETTINGS[key]
            after.callback(os.environ.pop, key, None)
        after.callback(logging.disable, logging.root.manager.disable)
        logging.disable()
        yield

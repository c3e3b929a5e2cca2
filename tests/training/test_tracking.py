"""What a tracking service is told: once, whole, and never in the way of a training."""

import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import pytest

import sureshot
from fake_run import generated_index
from sureshot import files
from sureshot.errors import Interrupted, MissingExtra, UsageError
from sureshot.progress import Silent
from sureshot.recipe import assemble
from sureshot.runs import Run
from sureshot.training import require_tracker, tracking
from sureshot.training.loop import write_tables

KINDS = ("tensorboard", "mlflow")
HEADLINE = {"score": "accuracy", "split": "test", "value": 0.75, "low": 0.5, "high": 0.9}
Told = dict[str, list[tuple[int, float]]]  # name → (epoch, value), doubles and all


class Said(Silent):
    """Keeps the sentences."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def say(self, sentence: str) -> None:
        self.sentences.append(sentence)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Saves the second or two in which MLflow makes the tables of a new file."""
    path = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    client(path).search_experiments()
    return path


@pytest.fixture
def run(tmp_path: Path, empty_database: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    begun = begin(tmp_path / "runs" / "a")
    shutil.copy(empty_database, begun.folder.parent)
    return begun


def begin(folder: Path, epochs: int = 4) -> Run:
    """A run as it is before its first epoch."""
    folder.mkdir(parents=True)
    index = generated_index(folder.parent.parent / "images", ("bar", "disc"), (1, 1, 1))
    index.save(folder / "index.parquet")
    settled = assemble("arch_1", settings={"epochs": epochs, "image.also": ["tiff"]}).settle(32, 3)
    (folder / "recipe.toml").write_text(settled.to_toml())
    return Run(folder)


def train(run: Run, tracker: Any, first: int, last: int, seconds: float = 1.5) -> Told:
    """Write the epochs into the run's tables as training does, and call; what is to be told."""
    history = run.history[: first - 1] if first > 1 else []
    timing = run.timing[: first - 1] if first > 1 else []
    for epoch in range(first, last + 1):
        history.append({"epoch": epoch, "train_loss": 1 / (epoch + 2)})
        timing.append({"epoch": epoch, "seconds": seconds})
        write_tables(run, history, timing)
        if tracker:
            tracker.tell()
    return written(run)


def judge(run: Run, tracker: Any) -> None:
    files.write_json(run.folder / "scores.json", {"headline": HEADLINE})
    tracker.tell()


def written(run: Run) -> Told:
    """All that a service is to be told of a run, to the last digits, which event files lack."""
    rows = [h | t for h, t in zip(run.history, run.timing, strict=True)]
    points = {
        name: [(int(row["epoch"]), pytest.approx(row[name], rel=1e-6)) for row in rows]
        for name in rows[0]
        if name != "epoch"
    }
    if (run.folder / "scores.json").exists():
        head = run.summary["headline"]
        for end, key in (("", "value"), ("_low", "low"), ("_high", "high")):
            value = pytest.approx(head[key], rel=1e-6)
            points[f"headline_{head['split']}_accuracy{end}"] = [(len(rows), value)]
    return points


def told(kind: str, run: Run) -> Told:
    """What the service shows of the only run that it has."""
    if kind == "tensorboard":
        shown = accumulated(run)
        return {
            name: [(event.step, event.value) for event in shown.Scalars(name)]
            for name in shown.Tags()["scalars"]
        }
    (found,) = mlflow_runs(run)
    asked = client(run.folder.parent / "mlflow.db")
    return {
        name: [(m.step, m.value) for m in asked.get_metric_history(found.info.run_id, name)]
        for name in found.data.metrics
    }


def accumulated(run: Run) -> Any:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    folder = run.folder.parent / "tensorboard" / run.name
    return EventAccumulator(str(folder), size_guidance={"scalars": 0}).Reload()


def client(database: Path) -> Any:
    with warnings.catch_warnings(action="ignore"):
        from mlflow import MlflowClient

        return MlflowClient(f"sqlite:///{database}")


def mlflow_runs(run: Run) -> list[Any]:
    asked = client(run.folder.parent / "mlflow.db")
    return list(asked.search_runs([asked.get_experiment_by_name("sureshot").experiment_id]))


def parameters(kind: str, run: Run) -> dict[str, str]:
    if kind == "mlflow":
        return dict(mlflow_runs(run)[0].data.params)
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    content = accumulated(run).summary_metadata["_hparams_/session_start_info"]
    begun = HParamsPluginData.FromString(content.plugin_data.content).session_start_info.hparams
    return {name: str(getattr(value, value.WhichOneof("kind"))) for name, value in begun.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_a_training_is_told_whole(
    kind: str, run: Run, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(run.folder.parent)  # where what goes astray would be seen
    said, before = Said(), (dict(os.environ), logging.root.manager.disable)
    with tracking(kind, run, said) as tracker:
        train(run, tracker, 1, 4)
        judge(run, tracker)
    assert (dict(os.environ), logging.root.manager.disable) == before
    assert (said.sentences, *capfd.readouterr()) == ([], "", "")
    assert told(kind, run) == written(run)
    assert len(written(run)) == 5
    shown = parameters(kind, run)
    assert shown["run.name"] == "a"
    assert shown["data.fingerprint"] == run.index.fingerprint()
    assert shown["model"] == "arch_1"
    assert shown["image.also"] == '["tiff"]'
    assert float(shown["optimizer.rate"]) == run.recipe.optimizer.rate
    there = {path.name for path in run.folder.parent.iterdir()}
    assert there == {"a", "mlflow.db"} | ({kind} - {"mlflow"})
    if kind == "mlflow":
        assert mlflow_runs(run)[0].info.status == "FINISHED"


@pytest.mark.parametrize("kind", KINDS)
def test_a_real_training_stopped_and_resumed_is_told_and_stays_whole(
    kind: Any,
    shapes: Path,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    from sureshot.training import stepping

    real, steps, runs = stepping.step, 0, run.folder.parent

    def pressing(*given: Any) -> None:
        nonlocal steps
        real(*given)
        steps += 1
        if steps == 3:  # the first of the second epoch
            signal.raise_signal(signal.SIGINT)

    settings = {"epochs": 3, "batch": 8, "image.size": 16}
    with monkeypatch.context() as patch, pytest.raises(Interrupted):
        patch.setattr(stepping, "step", pressing)
        sureshot.train(shapes, settings=settings, name="b", runs=runs, log=kind, progress=Silent())
    resumed = sureshot.resume(runs / "b", progress=Silent())
    assert capfd.readouterr() == ("", "")
    assert told(kind, resumed) == written(resumed)
    assert resumed.damage() == []


KILLED = """
import os, signal, sys
sys.path[:0] = {path!r}
from pathlib import Path
from sureshot.runs import Run
from sureshot.training import tracking
from test_tracking import train
run = Run(Path({folder!r}))
with tracking({kind!r}, run) as tracker:
    train(run, tracker, 1, 2)
    if {kind!r} == "mlflow":
        from mlflow.telemetry import get_telemetry_client
        assert get_telemetry_client() is None
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("kind", KINDS)
def test_killed_and_resumed_every_epoch_is_there_once(kind: str, run: Run) -> None:
    """Killed with epoch 3 written but not told, and with epoch 4 in the checkpoint alone."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "CI"))}
    code = KILLED.format(path=sys.path, folder=str(run.folder), kind=kind)
    killed = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )
    assert (killed.returncode, killed.stdout, killed.stderr) == (-signal.SIGKILL, "", "")
    train(run, None, 3, 3)
    with tracking(kind, run) as tracker:
        assert told(kind, run) == written(run)
        train(run, None, 4, 4)
        train(run, tracker, 5, 5)
        assert told(kind, run) == written(run)
        train(run, tracker, 3, 4, seconds=2.5)  # as where the newest checkpoints were damaged
        assert told(kind, run) == written(run)
    with pytest.raises(ZeroDivisionError), tracking(kind, run):
        raise ZeroDivisionError
    assert told(kind, run) == written(run)
    if kind == "mlflow":
        assert mlflow_runs(run)[0].info.status == "KILLED"


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_training_under_an_old_name_replaces_the_old_one(kind: str, run: Run) -> None:
    with tracking(kind, run) as tracker:
        train(run, tracker, 1, 3, seconds=9.0)
        judge(run, tracker)
    own = run.folder.parent / "tensorboard" / "a" / "notes.txt"
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text("not ours")
    shutil.rmtree(run.folder)
    begin(run.folder)
    with tracking(kind, run) as tracker:
        assert told(kind, run) == {}
        train(run, tracker, 1, 1)
    assert told(kind, run) == written(run)
    assert own.exists()


def test_mlflow_keeps_what_another_recipe_gave(run: Run) -> None:
    with tracking("mlflow", run) as tracker:
        train(run, tracker, 1, 1)
    shutil.rmtree(run.folder)
    begin(run.folder, epochs=5)
    with tracking("mlflow", run):
        pass
    assert sorted(found.data.params["epochs"] for found in mlflow_runs(run)) == ["4", "5"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_service_that_fails_is_told_no_more(
    kind: str,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: object, **__: object) -> None:
        warnings.warn("a client's own words", stacklevel=1)
        logging.getLogger("mlflow").error("a client's own words")
        raise OSError("http://name:secret@here/\nis gone")

    said = Said()
    with tracking(kind, run, said) as tracker:
        before = train(run, tracker, 1, 1)
        with monkeypatch.context() as patch:
            patch.setattr("torch.utils.tensorboard.SummaryWriter.add_scalar", fail)
            patch.setattr("mlflow.MlflowClient.log_batch", fail)
            train(run, tracker, 2, 3)
        train(run, tracker, 4, 4)
        judge(run, tracker)
    label = {"tensorboard": "TensorBoard", "mlflow": "MLflow"}[kind]
    assert said.sentences == [
        f"{label} could not be told: http://here/ is gone; training goes on without it"
    ]
    assert capfd.readouterr() == ("", "")
    assert told(kind, run) == before
    with tracking(kind, run):  # as on resuming
        pass
    assert told(kind, run) == written(run)


@pytest.mark.parametrize(
    "address",
    [
        "http://name:secret@127.0.0.1:{free}",
        "http://127.0.0.1:{silent}",
        "postgresql://name:secret@127.0.0.1:{free}/mlflow",
        "sqlite:////no/such/folder/mlflow.db",
        "file:///no/such/folder",
        "rubbish",
    ],
)
def test_an_address_that_leads_nowhere_is_one_sentence_soon(
    address: str, run: Run, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = server.getsockname()[1]  # nobody's, once it is closed
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")  # the user's own wins
    said, started = Said(), time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes calls and never answers
        there = address.format(free=free, silent=silent.getsockname()[1])
        monkeypatch.setenv("MLFLOW_TRACKING_URI", there)
        with tracking("mlflow", run, said) as tracker:
            train(run, tracker, 1, 4)
            judge(run, tracker)
    assert time.monotonic() - started < 10
    (sentence,) = said.sentences
    assert sentence.startswith("MLflow could not be told: ")
    assert "secret" not in sentence
    assert len(sentence) < 300
    assert capfd.readouterr() == ("", "")


def test_a_folder_of_odd_letters(run: Run) -> None:
    odd, said = begin(run.folder.parent / "ü %20#?'\"" / "a"), Said()
    with tracking("mlflow", odd, said) as tracker:
        train(odd, tracker, 1, 1)
    assert said.sentences == []
    assert (odd.folder.parent / "mlflow.db").stat().st_size > 1000


def test_a_run_called_tensorboard_is_not_written_into(run: Run) -> None:
    other, said = begin(run.folder.parent / "tensorboard"), Said()
    with tracking("tensorboard", run, said), tracking("tensorboard", other, said):
        pass
    assert len(said.sentences) == 2
    assert all("is a run itself" in sentence for sentence in said.sentences)
    assert sorted(p.name for p in other.folder.iterdir()) == ["index.parquet", "recipe.toml"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_client_that_is_not_installed(
    kind: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_tracker(None)
    require_tracker(kind)
    monkeypatch.setattr("importlib.util.find_spec", lambda name, *rest: None)
    with pytest.raises(MissingExtra, match=rf'pip install "sureshot\[{kind}\]"'):
        require_tracker(kind)
    said = Said()
    with tracking(kind, run, said):  # as where a run is resumed on another machine
        pass
    assert f"needs the extra '{kind}', which is not installed" in said.sentences[0]


def test_an_unknown_service_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match='log must be "tensorboard" or "mlflow", got \'wandb\''):
        require_tracker("wandb")


def test_without_a_service_nothing_is_written_or_imported(run: Run) -> None:
    before = sorted(run.folder.parent.rglob("*"))
    with tracking(None, run) as tracker:
        tracker.tell()
    assert sorted(run.folder.parent.rglob("*")) == before
    code = (
        "import sys, sureshot.training; "
        "print([n for n in ('mlflow', 'tensorboard', 'sqlalchemy') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

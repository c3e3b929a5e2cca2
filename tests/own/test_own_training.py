"""A network of one's own goes the whole way, and its file goes no further than training."""

import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sureshot
from own_files import HEAD, Write
from shapes import write_shapes
from sureshot import Silent, files
from sureshot.errors import MissingExtra, RunError
from sureshot.runs import Run

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
FAST = {"epochs": 3, "batch": 8, "image.size": 16}
SECRET = "a_word_that_stands_in_the_file_alone"


@pytest.fixture(params=["torch", "keras"])
def model(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A file of each kind, with dropout and batch normalisation, where nobody else has it."""
    if request.param == "keras":
        request.getfixturevalue("keras")
    file = tmp_path / "mine.py"
    text = (EXAMPLES / f"own_{request.param}.py").read_text()
    file.write_text(f"{text}\n{SECRET} = 1\n")
    return f"{request.param}:{file}:make_model"


def train(shapes: Path, model: str, name: str, place: Path) -> Run:
    return sureshot.train(
        shapes, model=model, settings=FAST, name=name, runs=place, progress=Silent()
    )


def test_killed_and_resumed_ends_in_the_same_bits_and_a_changed_file_does_not_go_on(
    shapes: Path, model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sureshot.training import loop

    whole = train(shapes, model, "a", tmp_path)
    real = loop._step

    def pressing(state: loop.State, *rest: Any) -> None:
        real(state, *rest)
        if state.epoch == 1 and state.step == 0:
            signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(loop, "_step", pressing)
        with pytest.raises(sureshot.SureshotError, match="stopped after epoch 1, step 1, and sav"):
            train(shapes, model, "b", tmp_path)
    file = tmp_path / "mine.py"
    text = file.read_text()
    file.write_text(text.replace("0.3", "0.4").replace("0.5", "0.4"))
    with pytest.raises(RunError, match="mine.py must be the file that the recipe names, with SHA-"):
        sureshot.resume(tmp_path / "b", progress=Silent())
    file.write_text(text)
    run = sureshot.resume(tmp_path / "b", progress=Silent())
    for name in ("history.csv", "model.shot", "network.json", "predictions/test.parquet"):
        assert files.sha256_of(run.folder / name) == files.sha256_of(whole.folder / name), name
    assert files.sha256_of(file) in (run.folder / "recipe.toml").read_text()


def test_the_file_is_needed_for_training_alone(shapes: Path, model: str, tmp_path: Path) -> None:
    run = train(shapes, model, "a", tmp_path)
    (tmp_path / "mine.py").unlink()
    pictures = sorted(str(path) for path in (shapes / "bar").iterdir())
    code = (
        "import sys, sureshot\n"
        f"run = sureshot.load({str(run.folder)!r})\n"
        "assert len(sureshot.check(run.folder)) == 2\n"
        "sureshot.evaluate(run.folder, progress=sureshot.Silent())\n"
        f"found = sureshot.predict(run.folder, *{pictures!r}, progress=sureshot.Silent())\n"
        "assert found.readable.all()\n"
        "heavy = {'torch', 'keras', 'sureshot.own'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    with zipfile.ZipFile(run.model_path) as bundle:
        held = b"".join(bundle.read(name) for name in bundle.namelist())
    assert SECRET.encode() not in held
    assert str(tmp_path).encode() not in held


def test_the_bundle_gives_features_to_whoever_asks(
    shapes: Path, model: str, tmp_path: Path
) -> None:
    run = train(shapes, model, "a", tmp_path)
    given = sureshot.load(run.model_path).session.outputs(np.zeros((2, 16, 16, 3), np.uint8))
    width = given["features"].shape[1]
    assert given["features"].shape == (2, width)
    assert given["feature_map"].shape[:2] == (2, width)
    assert [layer.kind for layer in run.layers].count("Conv2D") >= 5


def test_a_network_of_ones_own_is_described(model: str) -> None:
    layers = sureshot.workflow.describe(model, size=32, classes=7)
    assert layers[-1].output == (7,)


def test_probabilities_are_told_right_in_the_scores(
    shapes: Path, tmp_path: Path, write: Write
) -> None:
    """What the history says of validation in probabilities is what the bundle scores."""
    net = "nn.Sequential(nn.Flatten(), nn.Linear(channels * size * size, classes), nn.Softmax(1))"
    settings = FAST | {"precision": "fp32"}
    run = sureshot.train(
        shapes, model=write(f"return {net}", HEAD), settings=settings, name="p", runs=tmp_path,
        progress=Silent(),
    )  # fmt: skip
    best = min(run.history, key=lambda row: row["validation_loss"])
    found = run.split_scores("validation").overall["log_loss"].value
    assert found == pytest.approx(best["validation_loss"], abs=1e-5)


def test_without_keras_the_extra_is_named(
    shapes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sureshot.own import on_keras

    monkeypatch.setattr(on_keras, "find_spec", lambda name: None)
    file = shutil.copy(EXAMPLES / "own_keras.py", tmp_path / "mine.py")
    with pytest.raises(MissingExtra, match=r'pip install "sureshot\[keras\]"'):
        train(shapes, f"keras:{file}:make_model", "a", tmp_path)


def test_the_examples_learn(tmp_path: Path) -> None:
    data = write_shapes(tmp_path / "shapes", each=60)
    settings = {"epochs": 8, "image.size": 32, "batch": 16}
    run = sureshot.train(
        data, model=f"torch:{EXAMPLES / 'own_torch.py'}:make_model", settings=settings,
        runs=tmp_path / "runs", progress=Silent(),
    )  # fmt: skip
    assert run.name == "own_torch-1"
    assert max(row["validation_accuracy"] for row in run.history) > 0.9

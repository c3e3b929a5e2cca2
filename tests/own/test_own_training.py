"""A network of one's own goes the whole way, and its file goes no further than training."""

import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

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


class Whole(NamedTuple):
    """An unbroken run, and what it came from."""

    run: Run
    data: Path
    file: Path
    model: str


@pytest.fixture(scope="module", params=["torch", "keras"])
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """A run of a network of each kind, with dropout and batch normalisation."""
    if request.param == "keras":
        request.getfixturevalue("keras")
    place = tmp_path_factory.mktemp("own")
    file = place / "mine.py"
    text = (EXAMPLES / f"own_{request.param}.py").read_text()
    file.write_text(f"{text}\n{SECRET} = 1\n")
    data = write_shapes(place / "shapes")
    model = f"{request.param}:{file}:make_model"
    return Whole(train(data, model, "a", place), data, file, model)


def train(data: Path, model: str, name: str, place: Path) -> Run:
    return sureshot.train(
        data, model=model, settings=FAST, name=name, runs=place, progress=Silent()
    )


def test_killed_and_resumed_ends_in_the_same_bits_and_a_changed_file_does_not_go_on(
    whole: Whole, monkeypatch: pytest.MonkeyPatch, said: Any
) -> None:
    from sureshot.training import stepping

    real, place = stepping.step, whole.file.parent

    def pressing(state: stepping.State, *rest: Any) -> None:
        real(state, *rest)
        if state.epoch == 1 and state.step == 0:
            signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(stepping, "step", pressing)
        with pytest.raises(sureshot.SureshotError, match="stopped after epoch 1, step 1, and sav"):
            train(whole.data, whole.model, "b", place)
    text = whole.file.read_text()
    whole.file.write_text(text.replace("0.3", "0.4").replace("0.5", "0.4"))
    with pytest.raises(RunError, match="mine.py must be the file that the recipe names, with SHA-"):
        sureshot.resume(place / "b", progress=Silent())
    whole.file.write_text(text)
    run = sureshot.resume(place / "b", progress=said)
    assert said.sentences[0] == f"running {whole.file}, which the run's recipe names"
    for name in ("history.csv", "model.shot", "network.json", "predictions/test.parquet"):
        found, wanted = (files.sha256_of(one.folder / name) for one in (run, whole.run))
        assert found == wanted, name
    assert files.sha256_of(whole.file) in (run.folder / "recipe.toml").read_text()


def test_a_run_folder_runs_no_file_that_nobody_named(whole: Whole, tmp_path: Path) -> None:
    """Its recipe may be a stranger's: the file lies elsewhere, has its hash, and is said."""
    folder = tmp_path / "run"
    shutil.copytree(whole.run.folder, folder)
    (folder / "manifest.json").unlink()  # so that it is not complete
    text, (net, mark) = (folder / "recipe.toml").read_text(), (folder / "net.py", tmp_path / "ran")
    net.write_text(f"open({str(mark)!r}, 'w')\n")
    sha256 = files.sha256_of(whole.file)
    inside = text.replace(str(whole.file), str(net)).replace(sha256, files.sha256_of(net))
    for changed, sentence in (
        (inside, "must lie outside of the run folder"),
        (text.replace(f"@{sha256}", ""), "with its SHA-256, and does not"),
    ):
        (folder / "recipe.toml").write_text(changed)
        with pytest.raises(RunError, match=sentence):
            sureshot.resume(folder, progress=Silent())
    assert not mark.exists()


def test_the_file_is_needed_for_training_alone(whole: Whole) -> None:
    pictures = sorted(str(path) for path in (whole.data / "bar").iterdir())
    code = (
        "import sys, sureshot\n"
        f"run = sureshot.load({str(whole.run.folder)!r})\n"
        "assert len(sureshot.check(run.folder)) == 2\n"
        "sureshot.evaluate(run.folder, progress=sureshot.Silent())\n"
        f"found = sureshot.predict(run.folder, *{pictures!r}, progress=sureshot.Silent())\n"
        "assert found.readable.all()\n"
        "heavy = {'torch', 'keras', 'sureshot.own'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    hidden = whole.file.rename(whole.file.with_suffix(".hidden"))
    subprocess.run([sys.executable, "-c", code], check=True)
    hidden.rename(whole.file)
    with zipfile.ZipFile(whole.run.model_path) as bundle:
        held = b"".join(bundle.read(name) for name in bundle.namelist())
    assert SECRET.encode() not in held
    assert str(whole.file.parent).encode() not in held


def test_the_bundle_gives_features_to_whoever_asks(whole: Whole) -> None:
    session = sureshot.load(whole.run.model_path).session
    given = session.outputs(np.zeros((2, 16, 16, 3), np.uint8))
    width = given["features"].shape[1]
    assert given["features"].shape == (2, width)
    assert given["feature_map"].ndim == 4
    assert [layer.kind for layer in whole.run.layers].count("Conv2D") >= 5


def test_a_network_of_ones_own_is_described(whole: Whole) -> None:
    layers = sureshot.workflow.describe(whole.model, size=32, classes=7)
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

"""What is unlike the training data, on handwritten digits: the benchmark's quick form."""

import sys
from pathlib import Path

import numpy as np
import pytest

import sureshot
from sureshot import Silent
from sureshot.bundle import Bundle, open_bundle
from sureshot.data import prepare_pixels
from sureshot.evaluation import unlike_of
from sureshot.evaluation.unlike import LEAST, seen
from sureshot.images import prepare
from sureshot.runs import Run

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

import unlike

SETTINGS = {"epochs": 3, "image.size": 16}


@pytest.fixture(scope="module")
def run(digits: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("unlike")
    return sureshot.train(
        digits, model="cnn", settings=SETTINGS, name="a", runs=folder, progress=Silent()
    )


@pytest.fixture(scope="module")
def bundle(run: Run) -> Bundle:
    return open_bundle(run.model_path)


def own(run: Run, bundle: Bundle) -> np.ndarray:
    paths = [run.index.path(row) for row in run.index.rows("test")]
    return np.stack([prepare(path.read_bytes(), bundle.preprocessing) for path in paths])


def test_few_of_ones_own_images_are_called_unlike(run: Run, bundle: Bundle) -> None:
    flags = run.predictions("test").unlike
    assert flags is not None
    assert len(flags) > 250
    assert flags.mean() < 0.05 + 3 * (0.05 * 0.95 / len(flags)) ** 0.5
    np.testing.assert_array_equal(bundle.judge(own(run, bundle))[1], flags)


@pytest.mark.parametrize("kind", ["noise", "8 × 8 blocks", "one colour", "inverted", "upside down"])
def test_strange_images_are_told_from_ones_own(kind: str, run: Run, bundle: Bundle) -> None:
    mine = own(run, bundle)
    made = unlike.noises(*mine.shape[2:]) | {"inverted": 255 - mine, "upside down": mine[:, ::-1]}
    own_far, strange_far = (unlike.judged(bundle, pixels)[0] for pixels in (mine, made[kind]))
    found = unlike.auroc(own_far, strange_far)
    assert found > (0.7 if kind == "upside down" else 0.98)


def test_too_few_validation_images_say_nothing(run: Run, bundle: Bundle) -> None:
    index = run.index
    pixels = prepare_pixels(index, bundle.preprocessing, Silent()).array
    judges = index.rows("validation")
    told = []
    for n in (LEAST - 1, LEAST):
        _, looked = seen(bundle.session, pixels, judges[:n])
        told.append(unlike_of(bundle.session, index, pixels, seed=1, judges=looked))
    assert told[0] is None
    assert told[1] is not None
    assert told[1][0].n == LEAST

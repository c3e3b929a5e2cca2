"""The classifier among scikit-learn's tools, on its own handwritten digits."""

import pickle
import tempfile
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from PIL import Image
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import sureshot
from sureshot import SureshotClassifier, training
from sureshot.errors import Interrupted, TrainingError
from sureshot.estimator.given import hold_out, images_of, labels_of

DIGITS = load_digits()


def levels(images: Any) -> Any:
    return np.rint(images * (255 / 16)).astype(np.uint8)


X, Y = levels(DIGITS.images), DIGITS.target  # (1797, 8, 8)
SOME = slice(0, 300)


@pytest.fixture(scope="module")
def fitted() -> SureshotClassifier:
    return SureshotClassifier("dnn", epochs=3, random_state=5).fit(X[SOME], Y[SOME])


def test_cross_validation_on_all_digits() -> None:
    scores = cross_val_score(SureshotClassifier("cnn", epochs=4), X, Y, cv=3)
    assert len(scores) == 3
    assert scores.min() > 0.85


def test_a_pipeline_scales_first_and_a_grid_chooses() -> None:
    pipeline = make_pipeline(FunctionTransformer(levels), SureshotClassifier())
    grid = {
        "sureshotclassifier__model": ["linear", "dnn"],
        "sureshotclassifier__epochs": np.array([3]),
        "sureshotclassifier__settings": [{"optimizer.rate": np.float64(3e-3)}],
    }
    search = GridSearchCV(pipeline, grid, cv=2).fit(DIGITS.images[SOME], Y[SOME])
    assert search.best_params_["sureshotclassifier__model"] == "dnn"
    assert search.best_score_ > 0.7
    assert len(search.best_estimator_[-1].history_) == 3


def test_a_refit_gives_the_same_bits_and_another_seed_gives_others(
    fitted: SureshotClassifier, tmp_path: Path
) -> None:
    again, other = clone(fitted), clone(fitted).set_params(random_state=6)
    assert not hasattr(again, "classes_")
    bits = []
    for number, classifier in enumerate((fitted, again.fit(X[SOME], Y[SOME]))):
        classifier.save(tmp_path / f"{number}.shot")
        bits.append((tmp_path / f"{number}.shot").read_bytes())
    assert bits[0] == bits[1]
    assert again.history_ == fitted.history_
    probabilities = other.fit(X[SOME], Y[SOME]).predict_proba(X[:9])
    assert (probabilities != fitted.predict_proba(X[:9])).any()


def test_a_random_state_moves_on_and_none_is_the_recipes_seed() -> None:
    def first_row(random_state: Any) -> dict[str, float]:
        made = SureshotClassifier("linear", epochs=1, random_state=random_state)
        return dict(made.fit(X[:40], Y[:40]).history_[0])

    state, drawn = np.random.RandomState(0), np.random.RandomState(0).randint(2**31 - 1)
    assert first_row(state) == first_row(np.int64(drawn)) != first_row(state)
    assert first_row(None) == first_row(111)


def test_a_fitted_classifier_travels_as_its_bundle(
    fitted: SureshotClassifier, tmp_path: Path
) -> None:
    before, packed = fitted.predict_proba(X), pickle.dumps(fitted)
    fitted.save(tmp_path / "model.shot")
    assert len(packed) < (tmp_path / "model.shot").stat().st_size + 2000
    joblib.dump(fitted, tmp_path / "fitted.joblib")
    for copy in (pickle.loads(packed), joblib.load(tmp_path / "fitted.joblib")):
        assert (copy.predict_proba(X) == before).all()


def test_what_is_saved_is_what_sureshot_predicts_with(
    fitted: SureshotClassifier, tmp_path: Path
) -> None:
    fitted.save(tmp_path / "model.shot")
    for number, image in enumerate(X[:20]):
        Image.fromarray(image).save(tmp_path / f"{number:02}.png")
    paths = sorted(tmp_path.glob("*.png"))
    told = sureshot.predict(tmp_path / "model.shot", *paths, progress=sureshot.Silent())
    assert np.abs(told.probabilities() - fitted.predict_proba(X[:20])).max() < 1e-6
    assert list(told.to_pandas()["prediction"]) == [str(k) for k in fitted.predict(X[:20])]
    about = sureshot.load(tmp_path / "model.shot").about
    assert (about.reference_kind, len(about.references)) == ("synthetic", 16)  # X stays private
    assert sureshot.check(tmp_path / "model.shot")


def test_what_is_saved_knows_how_sure_it_is_and_what_is_unlike(
    fitted: SureshotClassifier, tmp_path: Path
) -> None:
    fitted.save(tmp_path / "model.shot")
    bundle = sureshot.load(tmp_path / "model.shot")
    held = round(0.15 * len(X[SOME]))
    assert bundle.about.temperature != 1.0
    assert bundle.about.unlike is not None
    assert abs(bundle.about.unlike.n - held) <= len(np.unique(Y))  # of each class its share
    pixels = np.stack(list(images_of(X[300:600]).pixels(bundle.preprocessing)))
    far = bundle.judge(pixels)[1]
    assert far is not None
    assert far.mean() < 0.2
    assert bundle.judge(255 - pixels)[1].mean() > far.mean()
    without = SureshotClassifier("linear", epochs=1, settings={"validation": False})
    without.fit(X[:40], Y[:40]).save(tmp_path / "without.shot")
    about = sureshot.load(tmp_path / "without.shot").about
    assert (about.temperature, about.unlike) == (1.0, None)


def test_history_tells_each_epoch_and_the_best_is_kept(fitted: SureshotClassifier) -> None:
    losses = [row["validation_loss"] for row in fitted.history_]
    assert len(losses) == 3
    assert fitted.best_epoch_ == 1 + int(np.argmin(losses))


@pytest.mark.parametrize("named", [False, True], ids=["numbers", "text"])
def test_labels_come_back_as_they_were_given(named: bool) -> None:
    """Text order and the order of numbers differ here: "10" comes before "5"."""
    labels = np.array([f"digit {k}" for k in Y]) if named else Y + 5
    classifier = SureshotClassifier("dnn", epochs=5).fit(X[SOME], labels[SOME])
    assert (classifier.classes_ == np.unique(labels)).all()
    assert classifier.predict(X[SOME]).dtype == labels.dtype
    assert classifier.score(X[300:600], labels[300:600]) > 0.7
    column = list(classifier.classes_).index(labels[0])
    assert classifier.predict_proba(X[:1])[0].argmax() == column


def test_paths_are_images_too(digits: Path) -> None:
    paths = [path for k in "01" for path in sorted((digits / k).iterdir())[:40]]
    classifier = SureshotClassifier("dnn", epochs=8, settings={"references": "images"})
    scores = cross_val_score(classifier, paths, [path.parent.name for path in paths], cv=2)
    assert scores.min() > 0.9


def test_without_validation_all_images_are_trained_on() -> None:
    classifier = SureshotClassifier("mlp_128", epochs=2).fit(X[:40], Y[:40])  # as its recipe has it
    assert "validation_loss" not in classifier.history_[0]
    assert classifier.best_epoch_ == 2


def test_copies_stay_on_one_side_and_each_class_gives_its_share() -> None:
    twice = np.concatenate([X[SOME], X[SOME][::-1]])
    labels = np.concatenate([Y[SOME], Y[SOME][::-1]])
    classes, numbers = labels_of(labels, len(twice))
    names = [str(k) for k in classes]
    index = images_of(twice).index(names, numbers, sureshot.Recipe(model="dnn").image)
    split = hold_out(index, 111, 0.15).split
    assert (split[:300] == split[300:][::-1]).all()
    shares = [(split[labels == k] == "validation").mean() for k in classes]
    assert 0.1 < min(shares) <= max(shares) < 0.2
    assert (hold_out(index, 111, 0.15).split == split).all()
    assert (hold_out(index, 112, 0.15).split != split).any()


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("SURESHOT_CACHE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    SureshotClassifier("linear", epochs=1).fit(X[:40], Y[:40]).predict(X[:2])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("raised", "expected"), [(2, KeyboardInterrupt), (15, SystemExit)], ids=["Ctrl-C", "the system"]
)
def test_a_stopped_fit_promises_nothing_to_go_on_with(
    raised: int, expected: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: Any) -> int:
        raise Interrupted("go on with: sureshot resume", raised)

    monkeypatch.setattr(training, "train", stopped)
    with pytest.raises(expected):
        SureshotClassifier("linear").fit(X[:40], Y[:40])


def test_a_failed_fit_names_no_file_that_is_gone() -> None:
    settings = {"optimizer.name": "sgd", "optimizer.rate": 10, "optimizer.weight_decay": 1}
    classifier = SureshotClassifier("linear", epochs=50, settings=settings)
    with pytest.raises(TrainingError, match="no longer a number") as failed:
        classifier.fit(X[:200], Y[:200])
    assert "checkpoint" not in str(failed.value)
    with pytest.raises(NotFittedError):
        classifier.save("never.shot")


def test_verbose_tells_the_epochs(capsys: pytest.CaptureFixture[str]) -> None:
    SureshotClassifier("linear", epochs=2, verbose=True).fit(X[:40], Y[:40])
    assert "1/2" in capsys.readouterr().err

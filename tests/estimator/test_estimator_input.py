"""What is taken for X and y, what is refused, and in which words."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import sureshot
from sureshot import SureshotClassifier
from sureshot.errors import DataError, UsageError
from sureshot.estimator import InputError
from sureshot.estimator.given import hold_out, images_of
from sureshot.images import prepare
from sureshot.recipe import Preprocessing, assemble

DRAW = np.random.default_rng(7)
TWELVE = np.arange(12) % 2
GREY = DRAW.integers(0, 256, (12, 9, 14), np.uint8)
COLOUR = DRAW.integers(0, 256, (12, 9, 14, 3), np.uint8)


@pytest.fixture(scope="module")
def fitted() -> SureshotClassifier:
    return SureshotClassifier("linear", epochs=1).fit(COLOUR, TWELVE)


def written(folder: Path, images: Any) -> list[Path]:
    """Images as PNG files."""
    paths = [folder / f"{number}.png" for number in range(len(images))]
    for path, image in zip(paths, images, strict=True):
        Image.fromarray(image).save(path)
    return paths


@pytest.mark.parametrize("images", [GREY, COLOUR], ids=["grey", "colour"])
def test_an_array_gives_the_very_pixels_of_a_file(
    fitted: SureshotClassifier, images: Any, tmp_path: Path
) -> None:
    paths = written(tmp_path, images)
    from_files = fitted.predict_proba(paths)
    assert (fitted.predict_proba(images) == from_files).all()
    assert (fitted.predict_proba(images.astype(np.int64).tolist()) == from_files).all()
    assert (fitted.predict_proba(np.array([str(path) for path in paths])) == from_files).all()


@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 1), (9, 9, 3), (31, 31), (31, 31, 3)])
def test_an_array_of_the_networks_size_is_left_as_it_is(shape: tuple[int, ...]) -> None:
    images = DRAW.integers(0, 256, (3, *shape), np.uint8)
    channels = 3 if shape[2:] == (3,) else 1
    settings = assemble(settings={"image.size": shape[0], "image.channels": channels})
    pixels = np.stack(list(images_of(images).pixels(settings.image.settled())))
    assert (pixels == images.reshape(pixels.shape)).all()


def test_arrays_are_resized_by_the_one_preprocessing(tmp_path: Path) -> None:
    settings: Preprocessing = assemble(
        settings={"image.size": 16, "image.channels": 3, "image.fit": "pad"}
    ).image.settled()
    ours = list(images_of(COLOUR).pixels(settings))
    files = [prepare(path.read_bytes(), settings) for path in written(tmp_path, COLOUR)]
    assert (np.stack(ours) == np.stack(files)).all()


UNIT = GREY / 255


@pytest.mark.parametrize(
    ("X", "sentence"),
    [
        (UNIT, r"got float64 from 0.0 to 1.0; if 1 means white, give np.rint\(X \* \(255 / 1\)\)"),
        (np.rint(UNIT * 16), r"got float64 from 0.0 to 16.0; if 16.0 means white"),
        (GREY.astype(np.float32), "got float32 from 0.0 to 255.0; if 255.0 means white"),
        (UNIT * 2 - 1, "got float64 from -1.0 to 1.0; scale it to 0..255"),
        (GREY.astype(np.uint16) * 257, "got uint16 from 0 to 65535; if 65535 means white"),
        (GREY > 99, "got bool from False to True; if 1 means white"),
        (np.where(GREY > 99, np.nan, 1.0), "found NaN or inf"),
        (GREY.astype(complex), "Complex data not supported"),
        (GREY.reshape(12, -1)[:, :64], r"shape \(12, 64\). Reshape your data: X.reshape\(-1, 8, 8"),
        (GREY.reshape(12, -1), r"X.reshape\(-1, H, W\) where a row is an image, X\[None\]"),
        (COLOUR.transpose(0, 3, 1, 2), r"channels last: X.transpose\(0, 2, 3, 1\)"),
        (COLOUR[0], r"X\[None\] for a single image in colour"),
        (COLOUR[..., :2], r"got shape \(12, 9, 14, 2\)"),
        (GREY[:0], r"got none: shape \(0, 9, 14\)"),
        ([], r"got none: shape \(0,\)"),
        ([GREY[0], GREY[0, :5]] * 6, "got arrays of several shapes; bring them to one shape"),
        ("photo.jpg", r"got one path; put it in a list: \['photo.jpg'\]"),
        ([b"photo.jpg"], r"got \|S9 of shape \(1,\)"),
        ([{"image": 1}], r"got object of shape \(1,\)"),
        (["no/photo.jpg"] * 12, "no/photo.jpg cannot be used: missing: there is no such file"),
    ],
)
def test_what_is_no_image_is_refused_with_what_to_do(
    fitted: SureshotClassifier, X: Any, sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence) as refused:
        SureshotClassifier("linear", epochs=1).fit(X, TWELVE)
    assert isinstance(refused.value, ValueError)
    assert isinstance(refused.value, DataError)
    assert "\n" not in str(refused.value)
    with pytest.raises(InputError, match=sentence):
        fitted.predict(X)


@pytest.mark.parametrize(
    ("y", "sentence"),
    [
        (None, "fit requires y to be passed"),
        (np.zeros(12), "at least two classes, got one class: 0.0"),
        (TWELVE[:-1], "one label for each image, got 11 for 12"),
        (np.arange(12) / 7, "Unknown label type: continuous"),
        (np.where(TWELVE, np.nan, 1.0), "Input y contains NaN"),
        (np.eye(12), "y should be a 1d array"),
        (["", "dress"] * 6, "one label in y is empty"),
        (np.array([1, "dress"] * 6, dtype=object), "Unknown label type|must all be of one kind"),
        (np.arange(12), "needs validation images: give a class at least two different ones"),
    ],
)
def test_labels_that_cannot_be_learnt_are_refused(y: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        SureshotClassifier("linear", epochs=1).fit(GREY, y)


def test_an_image_under_two_labels_is_trained_on_and_never_validates() -> None:
    twice = np.concatenate([GREY[:4], GREY[:4], GREY[4:]])
    label = np.array([0] * 4 + [1] * 4 + [0, 1] * 4)
    index = images_of(twice).index(["a", "b"], label, assemble().image)
    split = hold_out(index, 111, 0.9).split
    assert list(split[:8]) == ["train"] * 8
    assert sorted(split[8:]) == ["train"] * 2 + ["validation"] * 6
    with pytest.raises(InputError, match="needs validation images"):
        SureshotClassifier("linear", epochs=1).fit(twice[:8], label[:8])


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"model": "arch_11"}, "there is no network called 'arch_11'"),
        ({"epochs": 0}, "epochs must be a whole number between 1 and 10000, got 0"),
        ({"random_state": -1}, "seed must be a whole number between 0 and 2147483647, got -1"),
        ({"settings": ["epochs=3"]}, "settings must be a mapping of the recipe's keys"),
        ({"settings": {"rate": 1}}, "unknown key 'rate'"),
        ({"settings": {"references": "images"}}, 'must be "synthetic" or "none" where X is an'),
        ({"settings": {"score_last": True}}, "score_last = true belongs to `sureshot train`"),
        ({"validation_fraction": 0}, "must be above 0 and below 1, got 0; to do without"),
        ({"validation_fraction": "half"}, "must be above 0 and below 1, got 'half'"),
        ({"model": "arch_2", "settings": {"batch": 1}}, "batch must be at least 2 for arch_2"),
    ],
)
def test_settings_that_are_not_allowed_are_refused_when_fitting(
    parameters: dict[str, Any], sentence: str
) -> None:
    classifier = SureshotClassifier(**{"model": "linear", **parameters})
    with pytest.raises(UsageError, match=sentence):
        classifier.fit(GREY, TWELVE)


def test_nearly_black_images_are_taken_with_a_warning() -> None:
    with pytest.warns(UserWarning, match="the brightest level in X is 16 of 255") as told:
        SureshotClassifier("linear", epochs=1).fit(np.rint(UNIT * 16).astype(int), TWELVE)
    assert told[0].filename == __file__


def test_without_scikit_learn_the_sentence_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['sklearn'] = None\n"
        "import sureshot\n"
        "try: sureshot.SureshotClassifier\n"
        "except sureshot.SureshotError as error: print(type(error).__name__, error)"
    )
    assert printed(code) == (
        "MissingExtra SureshotClassifier needs the extra 'sklearn', which is not installed: "
        'pip install "sureshot[sklearn]"'
    )


def test_touching_the_class_imports_neither_torch_nor_onnxruntime() -> None:
    code = (
        "import sys, sureshot; print('sklearn' in sys.modules); sureshot.SureshotClassifier()\n"
        "print([name for name in ('torch', 'onnxruntime') if name in sys.modules])"
    )
    assert printed(code) == "False\n[]"
    assert "SureshotClassifier" in dir(sureshot)


def printed(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()

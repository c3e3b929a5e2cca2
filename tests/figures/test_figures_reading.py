"""What the curves say, on made-up curves whose shape is known."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from sureshot.figures import Curves, read_curves
from sureshot.figures.trends import Trend

Floats = NDArray[np.float64]
SEEDS = range(12)
QUIET, NOISY = 0.005, 0.02  # noise of a loss
SAYS = {
    "by heart": "learned its training images by heart",
    "alone": "only the training images gained",
    "improving": "still improving at the end",
    "bumpy": "is bumpy",
    "standing": "Nothing has moved since",
    "hardly": "learned hardly anything",
    "astray": "Training went astray",
    "calm": "nothing here asks for a change",
}


def made(
    train: Floats,
    validation: Floats | None,
    noise: float = 0.0,
    seed: int = 0,
    accuracy: Floats | None = None,
    rate: Floats | None = None,
) -> Curves:
    """Curves with noise; accuracies go with the losses unless they are given."""
    draw, epochs = np.random.default_rng(seed), len(train)
    train = train + draw.normal(0, noise / 2, epochs)
    watched = train if validation is None else validation + draw.normal(0, noise, epochs)
    none = np.full(epochs, np.nan)
    return Curves(
        epoch=np.arange(1, epochs + 1),
        rate=np.full(epochs, 1e-3) if rate is None else rate,
        train_loss=train,
        train_accuracy=np.exp(-train) if accuracy is None else accuracy,
        validation_loss=none if validation is None else watched,
        validation_accuracy=none if validation is None else np.exp(-watched),
        chosen=int(watched.argmin()) + 1 if validation is not None else epochs,
        validated=validation is not None,
    )


def place(epochs: int) -> Floats:
    return np.linspace(0, 1, epochs)


def found(curves: Curves) -> set[str]:
    said = read_curves(curves)
    assert said
    assert all(sentence.endswith(".") for sentence in said)
    return {kind for kind, words in SAYS.items() if any(words in sentence for sentence in said)}


HEALTHY = [
    lambda u: (0.02 + 1.9 * np.exp(-5 * u), 0.04 + 1.8 * np.exp(-5 * u)),
    lambda u: (0.05 + 2.2 * np.exp(-6 * u), 0.06 + 2.1 * np.exp(-5.5 * u)),
    lambda u: (0.30 + 1.0 * np.exp(-5 * u), 0.03 + 1.2 * np.exp(-5 * u)),  # dropout in training
    lambda u: (0.02 + 1.5 / (1 + 25 * u), 0.03 + 1.4 / (1 + 25 * u)),
]
BY_HEART = [
    lambda u: (
        2 * np.exp(-5 * u) + 0.02,
        0.5 + 1.6 * np.exp(-20 * u) + 0.9 * np.maximum(0, u - 0.15),
    ),
    lambda u: (2 * np.exp(-4 * u), 0.6 + 1.6 * np.exp(-8 * u) + 1.2 * np.maximum(0, u - 0.4)),
    lambda u: (1.5 * np.exp(-6 * u), 0.3 + 1.2 * np.exp(-12 * u) + 0.5 * u**2),
    lambda u: (
        1.0 - 0.9 * u,
        0.9 - 0.5 * np.sin(np.minimum(u, 0.5) * np.pi) + np.maximum(0, u - 0.5),
    ),
]
ALONE = [
    lambda u: (2 * np.exp(-3 * u), 0.6 + 1.4 * np.exp(-12 * u)),
    lambda u: (1.2 - 1.1 * u, 0.7 + 0.6 * np.exp(-15 * u)),
    lambda u: (0.02 + 1.8 * np.exp(-3.5 * u), 0.8 + 1.0 * np.maximum(0, 0.5 - u)),
]
IMPROVING = [
    lambda u: (2.3 - 1.4 * u, 2.35 - 1.2 * u),
    lambda u: (0.2 + 2 * np.exp(-1.5 * u), 0.3 + 2 * np.exp(-1.5 * u)),
    lambda u: (1.8 - u**2, 1.9 - 0.9 * u**2),
]
STANDING = [
    lambda u: (0.8 + 1.5 * np.exp(-15 * u), 0.85 + 1.4 * np.exp(-15 * u)),
    lambda u: (0.5 + 1.8 * np.exp(-20 * u), 0.55 + 1.7 * np.exp(-20 * u)),
    lambda u: (1.2 + np.maximum(0, 0.4 - u) * 3, 1.25 + np.maximum(0, 0.4 - u) * 3),
]
Shape = Callable[[Floats], tuple[Floats, Floats]]


@pytest.mark.parametrize("epochs", [12, 20, 60])
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("shape", HEALTHY)
def test_nothing_is_found_where_nothing_is_wrong(shape: Shape, seed: int, epochs: int) -> None:
    clean = found(made(*shape(place(epochs))))
    assert clean <= {"calm", "improving"}
    assert found(made(*shape(place(epochs)), QUIET, seed)) <= {"calm", "improving"}
    noisy = found(made(*shape(place(epochs)), NOISY, seed))
    assert not noisy & {"by heart", "bumpy", "hardly", "astray", "standing"}


@pytest.mark.parametrize("epochs", [20, 60])
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("kind", "shape"),
    [
        *(("by heart", shape) for shape in BY_HEART),
        *(("alone", shape) for shape in ALONE),
        *(("improving", shape) for shape in IMPROVING),
    ],
)
def test_each_shape_is_found(kind: str, shape: Shape, seed: int, epochs: int) -> None:
    assert found(made(*shape(place(epochs)))) == {kind}
    assert found(made(*shape(place(epochs)), QUIET, seed)) == {kind}


@pytest.mark.parametrize("epochs", [20, 60])
@pytest.mark.parametrize("shape", STANDING)
def test_curves_that_stand_are_found_in_most_noise(shape: Shape, epochs: int) -> None:
    assert found(made(*shape(place(epochs)))) == {"standing"}
    hits = [found(made(*shape(place(epochs)), QUIET, seed)) for seed in SEEDS]
    assert sum(hit == {"standing"} for hit in hits) >= 0.7 * len(hits)
    assert not set().union(*hits) & {"by heart", "bumpy", "improving", "hardly", "astray"}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    "shape",
    [
        lambda u: (0.1 + 2 * np.exp(-4 * u), 0.4 + 1.5 * np.exp(-5 * u)),
        lambda u: (2.0 - 1.2 * u, 2.0 - 1.0 * u),
        lambda u: (0.5 + 1.0 * np.exp(-8 * u), 0.6 + 1.0 * np.exp(-8 * u)),
    ],
)
def test_losses_that_jump_are_bumpy(shape: Shape, seed: int) -> None:
    jumps = np.where(np.arange(24) % 4 == 3, 0.5, 0.0)
    train, validation = shape(place(24))
    assert "bumpy" in found(made(train, validation + jumps, QUIET, seed))
    assert "bumpy" not in found(made(train, validation, QUIET, seed))
    assert "bumpy" in found(made(train + jumps, None, QUIET, seed))


def test_jumps_that_have_ceased_are_not_told() -> None:
    u = place(24)
    jumps = np.where((np.arange(24) % 3 == 2) & (u < 0.5), 0.5, 0.0)
    assert "bumpy" not in found(made(2 * np.exp(-5 * u), 0.1 + 2 * np.exp(-5 * u) + jumps))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("loss", "accuracy"),
    [
        (np.full(20, 2.303), np.full(20, 0.1)),
        (2.3 - 0.02 * place(20), 0.11 + 0.01 * place(20)),
        (2.3 + 4 * np.exp(-5 * place(20)), np.full(20, 0.1)),  # L2 falls, and nothing is learned
        (np.full(6, 0.693), np.full(6, 0.51)),
    ],
)
def test_a_network_that_learns_hardly_anything(loss: Floats, accuracy: Floats, seed: int) -> None:
    chance = np.random.default_rng(seed).normal(0, 0.003, len(loss))
    assert found(made(loss, loss, 0.002, seed, accuracy + chance)) == {"hardly"}
    assert found(made(loss, None, 0.002, seed, accuracy + chance)) == {"hardly"}


def test_a_network_that_knew_it_all_after_one_epoch_has_learned() -> None:
    loss = 0.1 + 0.01 * np.exp(-8 * place(12))
    assert "hardly" not in found(made(loss, loss, accuracy=np.full(12, 0.97)))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("epochs", [9, 20, 60])
@pytest.mark.parametrize(
    "astray",
    [
        lambda u: np.where(u > 0.6, 1.8, 0.0),
        lambda u: 4 * np.maximum(0, u - 0.5),
        lambda u: np.maximum(0, u - 0.5) ** 2 * 12,
    ],
)
def test_training_that_goes_astray(
    astray: Callable[[Floats], Floats], epochs: int, seed: int
) -> None:
    u = place(epochs)
    loss = 0.4 + 1.5 * np.exp(-6 * u) + astray(u)
    assert found(made(loss, loss + 0.1, QUIET, seed)) == {"astray"}


@pytest.mark.parametrize("epochs", [1, 2, 3])
def test_few_epochs_are_not_read(epochs: int) -> None:
    said = read_curves(made(2 - place(epochs), 2 - place(epochs)))
    assert said == ["These are too few epochs to read the curves: it takes 4."]


@pytest.mark.parametrize("epochs", [4, 5, 6, 7])
@pytest.mark.parametrize("shape", [*HEALTHY, *BY_HEART, *ALONE, *IMPROVING, *STANDING])
def test_short_trainings_are_read_without_failing(shape: Shape, epochs: int) -> None:
    for seed in SEEDS:
        assert read_curves(made(*shape(place(epochs)), NOISY, seed))
    assert read_curves(made(np.ones(epochs), np.ones(epochs)))


def test_losses_that_are_no_numbers_are_not_read() -> None:
    loss = np.array([1.0, 0.9, np.nan, 0.8, 0.7])
    assert read_curves(made(loss, np.ones(5))) == [
        "The losses are not all numbers, so the curves cannot be read."
    ]


@pytest.mark.parametrize("shape", [*HEALTHY, *BY_HEART, *ALONE])
def test_without_validation_nothing_is_said_about_it(shape: Shape) -> None:
    curves = made(shape(place(20))[0], None)
    first, *others = read_curves(curves)
    assert first.startswith("There were no validation images")
    assert others
    assert not any("validation loss" in sentence for sentence in others)
    assert not found(curves) & {"by heart", "alone"}


def test_epochs_are_named() -> None:
    u = place(20)
    (said,) = read_curves(made(2 * np.exp(-4 * u), 0.5 + 3 * np.abs(u - u[7])))
    assert re.match("From about epoch [789] on", said)
    assert "epoch 8 was kept" in said
    for key in ("augment.flip", "augment.rotation", "early_stop.patience"):
        assert key in said


def test_a_lowered_rate_is_told() -> None:
    u = place(20)
    rate = np.where(np.arange(20) < 9, 1e-3, np.where(np.arange(20) < 15, 3e-4, 9e-5))
    loss = 0.8 + 1.5 * np.exp(-15 * u)
    told, standing = read_curves(made(loss, loss, rate=rate))
    assert told == "The learning rate was lowered before epochs 10, 16, to 9e-05 at last."
    assert "schedule.name" not in standing  # that has been done
    cosine = 1e-3 * (1 + np.cos(np.pi * u)) / 2
    assert not any("lowered" in s for s in read_curves(made(loss, loss, rate=cosine)))


def test_trends_by_hand() -> None:
    trend = Trend("loss", np.array([9.0, 4.0, 3.0, 5.0, 2.0, 1.0]))
    assert trend.smooth.tolist() == [4.0, 4.0, 4.0, 3.0, 2.0, 2.0]
    assert trend.fallen == 2.0
    assert trend.median(-3) == 2.0
    assert trend.peaks(1.5) == [3]
    assert trend.peaks(2.5) == []
    assert Trend("loss", np.arange(8.0)[::-1]).moved(4) == -3.0
    assert Trend("loss", np.arange(8.0)).noise == 0.0


@pytest.mark.parametrize("sigma", [0.01, 0.1])
def test_noise_is_measured_apart_from_the_trend(sigma: float) -> None:
    u = place(200)
    draw = np.random.default_rng(4)
    trend = Trend("loss", 2 * np.exp(-4 * u) + draw.normal(0, sigma, 200))
    assert trend.noise == pytest.approx(sigma, rel=0.25)
    moves = [Trend("loss", draw.normal(0, sigma, 200)).moved(10) for _ in range(300)]
    assert np.std(moves) == pytest.approx(trend.chance(10), rel=0.3)

"""A Keras model on PyTorch: the answers, losses and gradients of our network of the same layers."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn.functional import cross_entropy

from own_files import Write
from sureshot.errors import UsageError
from sureshot.models import Network, build, summary
from sureshot.recipe import NetworkSettings, assemble
from sureshot.training import tried

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "own_keras.py"
HEAD = (
    "import keras\nfrom keras import layers, ops\n\n\ndef make_model(classes, size, channels):\n"
    "    images = keras.Input((size, size, channels))\n"
)
SIZE, CLASSES = 32, 4

pytestmark = pytest.mark.usefixtures("keras")


def network(model: str, seed: int = 111) -> Network:
    recipe = assemble(model).settle(SIZE, 3)
    return build(recipe.model, recipe.image.settled(), CLASSES, seed)


@pytest.fixture(scope="module")
def pair(keras: Any) -> tuple[Network, Network]:
    """Our arch_2 and the example's, with our first weights."""
    ours, theirs = network("arch_2"), network(f"keras:{EXAMPLE}:make_model")
    kernels = list(ours.parameters())
    assert len(kernels) == len(theirs.trained())
    with torch.no_grad():
        for one, other in zip(kernels, theirs.trained(), strict=True):
            other.copy_(one.T if one.ndim == 2 else one)
    return ours, theirs


def images(count: int = 6) -> torch.Tensor:
    draw = torch.Generator().manual_seed(1)
    return torch.randint(0, 256, (count, SIZE, SIZE, 3), dtype=torch.uint8, generator=draw)


def test_the_example_answers_and_weighs_as_our_arch_2(pair: tuple[Network, Network]) -> None:
    """Logits up to a constant an image: probabilities say no more."""
    found = []
    for one in pair:
        seen = one.eval()(images())
        found.append((seen.logits.softmax(1), seen.features, seen.feature_map, one.penalty()))
    for ours, theirs in zip(*found, strict=True):
        assert torch.allclose(ours, theirs, atol=1e-5)
    assert found[0][3] > 0.1


def test_a_step_of_training_has_the_same_gradient(
    pair: tuple[Network, Network], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Batch normalisation by the batch, the network's own L2; without dropout, drawn otherwise.

    Ours computes in float64: in fp32 PyTorch's batch normalisation of channels_last is off by 1e-4.
    """
    image = assemble("arch_2").settle(SIZE, 3).image.settled()
    ours = build("arch_2", image, CLASSES, 111, NetworkSettings(dropout=False))
    ours.load_state_dict(pair[0].state_dict())
    ours.double()
    ours.images = lambda pixels: pixels.permute(0, 3, 1, 2).double() / 255
    monkeypatch.setattr(torch.nn.functional, "dropout", lambda x, **_: x)
    grads = []
    for one in (ours, pair[1]):
        logits = one.train()(images()).logits
        loss = cross_entropy(logits, torch.arange(6) % CLASSES) + one.penalty()
        loss.backward()
        grads.append([p.grad.clone() for p in one.trained()])
        one.zero_grad()
    for mine, other in zip(*grads, strict=True):
        same = (other.T if other.ndim == 2 else other).double()
        assert float((mine - same).norm() / mine.norm()) < 1e-4


def test_layers_are_named_and_counted_as_ours(pair: tuple[Network, Network]) -> None:
    ours, theirs = (summary(one, (SIZE, SIZE, 3)) for one in pair)
    assert [vars(row) for row in theirs[:-1]] == [vars(row) for row in ours[:-1]]
    assert theirs[-1].detail == "4 units, softmax"
    again = summary(network(f"keras:{EXAMPLE}:make_model"), (SIZE, SIZE, 3))
    assert [row.name for row in again] == [row.name for row in theirs]  # Keras counts on


def test_dropout_and_statistics_belong_to_training_alone(write: Write) -> None:
    found = network(write(
        "x = layers.BatchNormalization()(images)\n"
        "x = layers.GaussianNoise(0.1)(layers.Dropout(0.5, seed=3)(layers.Flatten()(x)))\n"
        "return keras.Model(images, layers.Dense(classes)(x))", HEAD, "keras",
    ))  # fmt: skip
    buffers = {name: value.clone() for name, value in found.named_buffers()}
    assert not torch.equal(found(images()).logits, found(images()).logits)
    assert all(not torch.equal(buffers[name], value) for name, value in found.named_buffers())
    torch.manual_seed(7)
    first = found(images()).logits
    torch.manual_seed(7)
    assert torch.equal(found(images()).logits, first)  # a function of the step's seed alone
    buffers = {name: value.clone() for name, value in found.named_buffers()}
    found.eval()
    assert torch.equal(found(images()).logits, found(images()).logits)
    assert all(torch.equal(buffers[name], value) for name, value in found.named_buffers())


def test_all_losses_of_a_model_are_added(write: Write) -> None:
    found = network(write(
        "x = layers.Flatten(activity_regularizer=keras.regularizers.L1(1.0))(images)\n"
        "return keras.Model(images, layers.Dense(classes, kernel_regularizer='l2')(x))",
        HEAD, "keras",
    )).eval()  # fmt: skip
    pixels = images()
    found(pixels)
    kernel = found.trained()[0]
    wanted = (pixels / 255).sum() / len(pixels) + 0.01 * kernel.square().sum()
    assert float(found.penalty().detach()) == pytest.approx(float(wanted.detach()), rel=1e-5)


@pytest.mark.parametrize(
    "body",
    [
        "x = layers.Dense(8, activation='relu')(layers.Flatten()(images))\n"
        "return keras.Model(images, layers.Dense(classes)(x))",
        "return keras.Sequential([layers.Conv2D(4, 3, strides=2, padding='same'), "
        "layers.ReLU(), layers.GlobalMaxPooling2D(), layers.Dense(classes, 'softmax')])",
        "x = layers.SeparableConv2D(8, 3)(images)\nx = layers.add([x, layers.Conv2D(8, 1)(x)])\n"
        "x = layers.LayerNormalization()(layers.Flatten()(layers.AveragePooling2D(2)(x)))\n"
        "return keras.Model(images, layers.Activation('softmax')(layers.Dense(classes)(x)))",
        "class Net(keras.Model):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.one, self.two = layers.Conv2D(4, 3), layers.Dense(classes)\n"
        "        self.dropout, self.flat = layers.Dropout(0.5), layers.Flatten()\n"
        "    def call(self, x):\n"
        "        return self.two(self.dropout(self.flat(ops.relu(self.one(x)))))\n"
        "return Net()",
    ],
    ids=["dense", "sequential", "separable", "subclass"],
)
def test_models_of_every_make_are_exported_with_the_same_answers(write: Write, body: str) -> None:
    recipe = assemble(write(body, HEAD, "keras")).settle(SIZE, 3)
    assert "and exports to ONNX with the same answers" in tried(recipe, CLASSES)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("return layers.Dense(classes)", r"must give a keras.Model, got Dense$"),
        (
            "return keras.Sequential([layers.Conv2D(4, 99), layers.Dense(classes)])",
            r"images of shape \(B, 32, 32, 3\), and fails: ValueError: Computed output size would",
        ),
        (
            "x = layers.Flatten()(layers.Rescaling(1 / 255)(images))\n"
            "return keras.Model(images, layers.Dense(classes)(x))",
            r"pixels between 0 and 1, and has a Rescaling by 0.00392 for pixels up to 255; leave",
        ),
        (
            "x = layers.Dense(1, 'sigmoid')(layers.Flatten()(images))\n"
            "return keras.Model(images, x)",
            r"shape \(3, 4\) for 3 images of 4 classes, got float32 of shape \(3, 1\)",
        ),
        (
            "return keras.Model(images, layers.Flatten()(images)[:, :classes])",
            "something to train, and has none",
        ),
    ],
)
def test_a_broken_contract_is_one_sentence(write: Write, body: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence) as raised:
        network(write(body, HEAD, "keras"))
    assert "\n" not in str(raised.value)
    assert "\x1b" not in str(raised.value)


OTHER = "class backend:\n    backend = staticmethod(lambda: 'tensorflow')\n"


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ("", "torch"),
        (
            OTHER,
            "Keras must run on PyTorch here, and was imported on tensorflow before; set KERAS_",
        ),
    ],
)
def test_the_backend_is_set_before_keras_is_imported(tmp_path: Path, other: str, said: str) -> None:
    """In a process of its own; no other backend is installed here, so one is made up."""
    if other:
        (tmp_path / "keras.py").write_text(other)
    code = (
        f"import sys\nsys.path.insert(0, {str(tmp_path)!r})\n"
        + ("import keras\n" if other else "")
        + "from sureshot.own.on_keras import require_torch_backend\n"
        "try:\n    require_torch_backend()\n    import keras\n    print(keras.backend.backend())\n"
        "except Exception as error:\n    print(error)\n"
    )
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(said)

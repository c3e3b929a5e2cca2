"""Our networks are the published ones: Keras, asked itself, has the same layers and says the same.

Keras runs in an environment and a process of its own (benchmarks/keras_answers.py), from our
weights, on our pixels.
"""

import json
import os
import subprocess
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from sureshot.models import MODELS, Network, build, summary
from sureshot.recipe import NetworkSettings, OptimizerSettings, assemble
from sureshot.training.optimizers import optimizer, set_step

ROOT = Path(__file__).parent.parent.parent
KERAS = ROOT / ".venv-keras" / "bin" / "python"
READY = ROOT / ".venv-keras" / "ready"
CLASSES = 10
BATCH = 8
STEPS = 3
SCALE = float(np.float32(1 / 255))  # Keras rounds it, whatever it computes in
STEP_TOLERANCE = 2e-5
PARTS = ("weight", "bias", "running_mean", "running_var")
KERNELS, NORMS = (nn.Conv2d, nn.Linear), (nn.BatchNorm1d, nn.BatchNorm2d)


@dataclass(frozen=True)
class Case:
    """One network for images of one shape."""

    name: str
    size: int
    channels: int
    settings: dict[str, bool] = field(default_factory=dict)
    parameters: int = 0  # as published, running statistics too; 0 where nobody has said

    def network(self) -> Network:
        image = assemble("linear").settle(self.size, self.channels).image.settled()
        return build(self.name, image, CLASSES, 111, NetworkSettings(**self.settings))


CASES = {
    "linear": Case("linear", 28, 1, parameters=7_850),
    "nn": Case("nn", 28, 1, parameters=318_010),
    "dnn": Case("dnn", 28, 1, parameters=355_110),
    "dnnd": Case("dnnd", 28, 1, parameters=355_110),
    "cnn": Case("cnn", 28, 1, parameters=650_714),
    "dcnn": Case("dcnn", 28, 1, parameters=696_890),
    "mlp_128": Case("mlp_128", 28, 1, parameters=118_282),
    "dense_l2": Case("dense_l2", 28, 1),
    "arch_1": Case("arch_1", 128, 3, parameters=460_970),
    "arch_2": Case("arch_2", 128, 3, parameters=463_978),
    "cifar_cnn": Case("cifar_cnn", 32, 3),
    "cifar_cnn_plain": Case("cifar_cnn", 32, 3, {"dropout": False, "batch_norm": False}),
    "cifar_cnn_without_dropout": Case("cifar_cnn", 32, 3, {"dropout": False}),
    "cifar_cnn_without_batch_norm": Case("cifar_cnn", 32, 3, {"batch_norm": False}),
    "linear_in_colour": Case("linear", 9, 3),  # flattening in another order would show here …
    "dcnn_of_odd_size": Case("dcnn", 31, 3),  # … and rounding the other way while pooling here
    "arch_2_of_odd_size": Case("arch_2", 50, 1),
}
TRAINED = ("dnn", "dense_l2", "arch_2", "cifar_cnn")  # and these for a few steps


@dataclass(frozen=True)
class Asked:
    """What Keras said, and what it was given."""

    answers: dict[str, dict[str, Any]]
    logits: dict[str, np.ndarray]
    given: dict[str, np.ndarray]

    def network(self, case: str) -> Network:
        """Our network, with the weights that Keras was given."""
        network = CASES[case].network()
        with torch.no_grad():
            for name, numbers in numbers_of(network, case).items():
                numbers.copy_(torch.from_numpy(self.given[name]))
        return network.eval()


def numbers_of(network: Network, case: str) -> dict[str, torch.Tensor]:
    """Every tensor of the network, named as Keras is to find it: case, layer with weights, part."""
    layers = [layer for layer in network.modules() if isinstance(layer, (*KERNELS, *NORMS))]
    return {
        f"{case}.{number}.{part}": getattr(layer, part)
        for number, layer in enumerate(layers)
        for part in PARTS
        if hasattr(layer, part)
    }


def questions(case: str, draw: np.random.Generator) -> dict[str, np.ndarray]:
    """Images, and weights: kernels half as large again as at first, so that what the images differ
    by does not fade from layer to layer, and all else far from its first value."""
    asked, given = CASES[case], {}
    for name, numbers in numbers_of(asked.network(), case).items():
        if name.endswith("weight") and numbers.ndim > 1:
            given[name] = 1.5 * numbers.detach().numpy()
        else:
            low, high = (0.5, 2.0) if name.endswith(("weight", "running_var")) else (-0.05, 0.05)
            given[name] = draw.uniform(low, high, numbers.shape).astype(np.float32)
    given[f"{case}.pixels"] = images(draw, BATCH, asked)
    if case in TRAINED:
        given[f"{case}.steps"] = np.stack([images(draw, BATCH, asked) for _ in range(STEPS)])
        given[f"{case}.labels"] = draw.integers(0, CLASSES, (STEPS, BATCH))
    return given


def images(draw: np.random.Generator, n: int, case: Case) -> np.ndarray:
    """Noise of its own range in each of 4×4 fields: pooled over all places it still differs."""
    fields = draw.integers(16, 256, (n, 4, 4, case.channels))
    place = np.arange(case.size) * 4 // case.size
    return draw.integers(0, fields[:, place][:, :, place]).astype(np.uint8)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    """All cases in one process, for TensorFlow takes seconds to start."""
    if not READY.exists():
        pytest.skip("Keras is not installed; make keras")
    folder = tmp_path_factory.mktemp("keras")
    draw = np.random.default_rng(5)
    given = {key: value for case in CASES for key, value in questions(case, draw).items()}
    cases = {
        key: {"name": case.name, "shape": (case.size, case.channels, CLASSES)}
        | {"settings": case.settings}
        for key, case in CASES.items()
    }
    np.savez(folder / "given.npz", **given)
    (folder / "cases.json").write_text(json.dumps(cases), "utf-8")
    own = {"KERAS_HOME": str(folder), "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [KERAS, ROOT / "benchmarks" / "keras_answers.py", folder],
        env={**os.environ, **own},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    answers = json.loads((folder / "answers.json").read_text("utf-8"))
    with np.load(folder / "logits.npz", allow_pickle=False) as logits:
        return Asked(answers, dict(logits), given)


def test_every_network_is_compared() -> None:
    assert {case.name for case in CASES.values()} == set(MODELS) - {
        "swift"
    }  # ours, which Keras does not have


@pytest.mark.parametrize("case", CASES)
def test_layers_and_counts_are_those_of_keras(case: str, asked: Asked) -> None:
    said, network = asked.answers[case], CASES[case].network()
    shape = (CASES[case].size, CASES[case].size, CASES[case].channels)
    rows = [asdict(layer) for layer in summary(network, shape)]
    ours = [{**row, "output": list(row["output"])} for row in rows]
    assert [{key: row[key] for key in said["layers"][0]} for row in ours] == said["layers"]
    assert [a.p for a in network.modules() if isinstance(a, nn.Dropout)] == said["dropout"]
    assert sum(row["parameters"] for row in ours) == said["parameters"]
    assert network.parameter_count() == said["trainable"]
    assert said["parameters"] == (CASES[case].parameters or said["parameters"])


@pytest.mark.parametrize("case", CASES)
@torch.no_grad()
def test_probabilities_are_those_of_keras(case: str, asked: Asked) -> None:
    logits = asked.network(case)(torch.from_numpy(asked.given[f"{case}.pixels"])).logits
    ours = logits.softmax(1).numpy()
    theirs = torch.from_numpy(asked.logits[case]).softmax(1).numpy()
    assert ours.max() < 0.99  # or else it would be easy
    assert np.ptp(ours, axis=0).max() > 0.001
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5)


@pytest.mark.parametrize("case", CASES)
@torch.no_grad()
def test_penalties_are_those_of_keras(case: str, asked: Asked) -> None:
    ours = float(asked.network(case).penalty())
    assert ours == pytest.approx(asked.answers[case]["penalty"], rel=1e-5)
    assert (ours > 0) == (CASES[case].name in ("dense_l2", "arch_2"))


@pytest.mark.parametrize("case", TRAINED)
def test_the_first_steps_of_adam_are_those_of_keras(case: str, asked: Asked) -> None:
    """In float64, where rounding hides nothing."""
    network = asked.network(case).double().train()
    for layer in network.modules():
        if isinstance(layer, nn.Dropout):
            layer.p = 0.0  # as Keras is told there
    adam = optimizer(network.parameters(), OptimizerSettings())
    losses: list[float] = []
    batches = zip(asked.given[f"{case}.steps"], asked.given[f"{case}.labels"], strict=True)
    for step, (pixels, labels) in enumerate(batches):
        scaled = torch.from_numpy(pixels).permute(0, 3, 1, 2).double() * SCALE
        logits = network.head(network.neck(network.trunk(scaled)))
        loss = cross_entropy(logits, torch.from_numpy(labels)) + network.penalty()
        loss.backward()
        set_step(adam, OptimizerSettings().rate, step)
        adam.step()
        adam.zero_grad()
        losses.append(float(loss.detach()))
    said = asked.answers[case]
    assert np.ptp(losses) > 0.1
    np.testing.assert_allclose(losses, said["losses"], rtol=STEP_TOLERANCE)
    norms = [layer for layer in network.modules() if isinstance(layer, NORMS)]
    ours = {
        part: [value for norm in norms for value in getattr(norm, part).tolist()]
        for part in ("running_mean", "running_var")
    }
    means = ours["running_mean"], said["running_mean"]
    np.testing.assert_allclose(*means, rtol=0, atol=STEP_TOLERANCE)
    # a batch's variance is divided by n - 1 here, by n there
    np.testing.assert_allclose(ours["running_var"], said["running_var"], rtol=2e-3)

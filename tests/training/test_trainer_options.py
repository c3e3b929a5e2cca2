"""Everything that a recipe can ask of the trainer, through a whole training on small shapes."""

import json
import re
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import sureshot
from interrupting import interrupted
from shapes import write_shapes
from sureshot import files
from sureshot.errors import DataError, UsageError
from sureshot.progress import Silent, seconds_of
from sureshot.recipe import assemble
from sureshot.training import Data, estimating, stepping
from sureshot.training.starting import start
from sureshot.training.state import State
from sureshot.training.task import Task

SAME = {".shot", ".safetensors", ".npy"}  # kinds of files that must have the same bytes
FAST = {"epochs": 3, "batch": 8, "image.size": 16}
MANY = {
    "adamw": {
        "optimizer.name": "adamw",
        "optimizer.weight_decay": 0.01,
        "optimizer.clip": 1.0,
        "schedule.name": "cosine",
        "schedule.warmup": 1,
        "label_smoothing": 0.1,
        "class_weights": "balanced",
        "augment.flip": True,
        "augment.rotation": 10,
        "augment.erasing": 0.5,
    },
    "sgd": {
        "optimizer.name": "sgd",
        "optimizer.rate": 0.05,
        "optimizer.momentum": 0.9,
        "schedule.name": "one_cycle",
    },
    "muon": {
        "optimizer.name": "muon",
        "optimizer.rate": 0.05,
        "optimizer.momentum": 0.6,
        "schedule.name": "triangle",
        "augment.flip": "alternating",
        "augment.resized_crop": 0.4,
        "augment.cutmix": 0.5,
    },
    "plain sgd": {"optimizer.name": "sgd", "network.standardise": True},
}


def train(source: Path, runs: Path, model: str = "arch_1", **how: Any) -> sureshot.Run:
    settings = {**FAST, **how.pop("settings", {})}
    return sureshot.train(
        source, model=model, settings=settings, runs=runs, progress=Silent(), **how
    )


@pytest.mark.parametrize(
    ("model", "settings"),
    [
        ("dcnn", MANY["adamw"]),
        ("arch_1", MANY["sgd"]),
        ("swift", MANY["muon"]),
        ("arch_1", MANY["plain sgd"]),
        ("arch_2", {"schedule.patience": 1, "early_stop.patience": 2}),
    ],
    ids=[*MANY, "plateau"],
)
def test_interrupted_and_resumed_ends_in_the_same_bits(
    model: str, settings: dict[str, Any], shapes: Path, tmp_path: Path
) -> None:
    """Moments, running statistics, schedules, augmentation, dropout: all go on as if never cut."""
    whole = train(shapes, tmp_path, model, settings=settings, name="whole")
    with interrupted((0, 0), (1, 0)):
        with pytest.raises(sureshot.SureshotError, match="stopped after epoch 0, step 1"):
            train(shapes, tmp_path, model, settings=settings, name="cut")
        with pytest.raises(sureshot.SureshotError, match="stopped after epoch 1, step 1"):
            sureshot.resume(tmp_path / "cut", progress=Silent())
    cut = sureshot.resume(tmp_path / "cut", progress=Silent())
    names = ["history.csv", "network.json", "predictions/test.parquet"]
    names += [str(p.relative_to(whole.folder)) for p in whole.folder.rglob("*") if p.suffix in SAME]
    assert len(names) >= 3 + 1 + 2  # with the bundle and two checkpoints at least
    for name in names:
        assert files.sha256_of(cut.folder / name) == files.sha256_of(whole.folder / name), name


def test_without_validation_everything_else_is_trained_on_and_the_last_epoch_kept(
    shapes: Path, tmp_path: Path
) -> None:
    run = train(shapes, tmp_path, "mlp_128", name="all")
    assert not len(run.index.rows("validation"))
    assert len(run.index.rows("train")) + len(run.index.rows("test")) == len(run.index)
    (made,) = (f.sentence for f in run.findings if f.code == "splits_made")
    assert made.startswith("the folder does not say which images are for what, so these were made")
    assert "validation_loss" not in run.history[0]
    assert run.predicted == ("test",)
    assert sureshot.check(run.folder)
    page = re.sub(r"base64,[^\"]*", "", run.report_path.read_text())
    assert not re.search(r"\bnan\b", page, re.I)
    assert sureshot.evaluate(run.folder, progress=Silent()).n == len(run.index.rows("test"))


def test_without_validation_and_test_nothing_could_judge(tmp_path: Path) -> None:
    write_shapes(tmp_path / "shapes" / "validation", each=4)
    write_shapes(tmp_path / "shapes" / "train", each=8)
    with pytest.raises(DataError, match="the test images alone can judge the network, found none"):
        train(tmp_path / "shapes", tmp_path, "mlp_128", name="x")


def test_the_scale_is_that_of_the_training_images(shapes: Path, tmp_path: Path) -> None:
    run = train(shapes, tmp_path, "mlp_128", settings={"image.size": 8, "epochs": 1}, name="s")
    from sureshot.data import prepare_pixels

    index = run.index
    pixels = prepare_pixels(index, run.recipe.image.settled(), Silent())
    mean, deviation = Data.of(index, pixels).scale()
    seen = pixels.array[index.rows("train")].astype(np.float64) / 255
    np.testing.assert_allclose(mean, seen.mean((0, 1, 2)), rtol=1e-12)
    np.testing.assert_allclose(deviation, seen.std((0, 1, 2)), rtol=1e-9)


def test_the_last_weights_are_scored_beside_the_best(shapes: Path, tmp_path: Path) -> None:
    settings = {"epochs": 8, "optimizer.rate": 0.03, "precision": "fp32"}
    run = train(shapes, tmp_path, "dnn", settings=settings, name="two")
    best = min(run.history, key=lambda row: row["validation_loss"])["epoch"]
    assert best < 8, "the rate is high enough for the last epoch not to be the best"
    last = run.summary["last"]
    assert last["epoch"] == 8
    found = last["splits"]["validation"]["overall"]
    assert found["accuracy"]["value"] == run.history[-1]["validation_accuracy"]
    assert run.split_scores("validation").overall["accuracy"].value == pytest.approx(
        run.history[int(best) - 1]["validation_accuracy"], abs=0.03
    )
    assert sureshot.check(run.last_path)
    assert sureshot.check(run.folder)
    assert sureshot.load(run.last_path).classes == run.index.classes


def test_training_stops_early_where_nothing_is_gained(shapes: Path, tmp_path: Path) -> None:
    settings = {"epochs": 50, "early_stop.patience": 2, "early_stop.min_delta": 100}
    run = train(shapes, tmp_path, "linear", settings={**settings, "score_last": False}, name="e")
    assert len(run.history) == 3
    assert run.recipe.epochs == 50
    assert run.complete


def test_class_weights_multiply_what_an_image_costs() -> None:
    logits, labels = torch.randn(6, 3), torch.tensor([0, 1, 2, 0, 0, 1])
    recipe = assemble("linear", settings={"label_smoothing": 0.2})
    weights = torch.tensor([0.5, 1.0, 3.0])
    state = State(None, None, None, None, "", class_weights=weights)  # type: ignore[arg-type]
    shares = logits.log_softmax(1)
    smooth = 0.8 * torch.nn.functional.one_hot(labels, 3) + 0.2 / 3
    by_hand = (weights[labels] * -(smooth * shares).sum(1)).sum() / 6
    assert float(stepping._loss(recipe, state, logits, labels)) == pytest.approx(float(by_hand))


def test_class_weights_are_told_beside_the_same_training_without(tmp_path: Path) -> None:
    write_shapes(tmp_path / "shapes", each=40)
    rare = sorted((tmp_path / "shapes").iterdir())[0]
    for path in sorted(rare.iterdir())[12:]:
        path.unlink()
    alone = train(
        tmp_path / "shapes", tmp_path / "other", "linear",
        settings={"class_weights": "balanced"}, name="alone",
    )  # fmt: skip
    assert alone.summary["class_weights"]["twin"] is None
    assert "recall" not in alone.summary["class_weights"]
    train(tmp_path / "shapes", tmp_path / "runs", "linear", name="plain")
    run = train(
        tmp_path / "shapes", tmp_path / "runs", "linear",
        settings={"class_weights": "balanced"}, name="weighted",
    )  # fmt: skip
    told = run.summary["class_weights"]
    assert told["twin"] == "plain"
    assert max(told["weights"], key=told["weights"].get) == rare.name
    counts = run.index.counts()[:, 0]
    expected = counts.sum() / (len(counts) * counts)
    assert list(told["weights"].values()) == pytest.approx(list(expected))
    for change in told["recall"].values():
        gain = change["with"] - change["without"]
        assert change["difference"]["value"] == pytest.approx(gain)
        assert change["difference"]["low"] <= gain <= change["difference"]["high"]


def test_clipping_bounds_how_far_one_step_goes(shapes: Path, tmp_path: Path) -> None:
    """With plain SGD a step moves the weights by rate × norm of the gradient."""
    moved = {}
    for clip in (0.0, 0.01):
        settings = {"optimizer.name": "sgd", "optimizer.rate": 1.0, "optimizer.clip": clip}
        settings |= {"epochs": 1, "batch": 4000, "precision": "fp32", "score_last": False}
        run = train(shapes, tmp_path, "linear", settings=settings, name=f"clip{clip}")
        from sureshot.models import build
        from sureshot.training import checkpoints

        first = build("linear", run.recipe.image.settled(), len(run.index.classes), 111)
        after = checkpoints.at_end_of(run, 1).tensors
        steps = [after[f"network.{n}"] - t for n, t in first.state_dict().items()]
        moved[clip] = float(sum(step.square().sum() for step in steps) ** 0.5)
    assert moved[0.01] == pytest.approx(0.01, rel=1e-3)
    assert moved[0.0] > 0.02


def test_a_budget_becomes_epochs_before_the_start(
    shapes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sureshot.training.seconds_an_epoch", lambda *_: 10.0)
    run = train(shapes, tmp_path, "linear", name="b", budget="40s")
    assert run.recipe.epochs == 2  # 40 s less some, less 15 s for the ending, at 10 s an epoch
    monkeypatch.setattr("sureshot.training.seconds_an_epoch", lambda *_: 0.001)
    assert train(shapes, tmp_path, "linear", name="c", budget="1h").recipe.epochs == 3
    with pytest.raises(UsageError, match=r"budget is too short: .* left of it, one epoch takes"):
        train(shapes, tmp_path, "linear", name="d", budget=5)
    assert not (tmp_path / "d").exists()


def test_a_budget_leaves_the_heads_on_features_all_their_strengths(
    shapes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One look at the images, of 16 s here, is for the heads of all eight strengths."""
    from sureshot.data import Pixels
    from sureshot.device import choose
    from sureshot.workflow.settling import Settled, within

    index = sureshot.look(shapes, progress=Silent()).index
    pixels = Pixels(np.zeros((len(index), 8, 8, 3), np.uint8), {}, Path())
    monkeypatch.setattr("sureshot.training.seconds_an_epoch", lambda *_: 2.0)
    for way, epochs in (("features", 8), ("finetune", 2)):
        recipe = assemble("mobilenet_v2", settings={"transfer.way": way}).settle(8, 3)
        settled = Settled(recipe, [], choose("cpu"), [])
        for left, wanted in ((15 + 18, 8), (15 + 5, epochs)):
            until = time.monotonic() + left
            if left < 33 and way == "features":
                with pytest.raises(UsageError, match=r"too short: .* a look at all images, and th"):
                    within(until, settled, index, pixels)
            else:
                assert within(until, settled, index, pixels)[0] == wanted


@pytest.mark.parametrize("model", ["linear", "mlp_128"])
def test_a_budget_is_measured_in_real_steps(
    model: str, shapes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Steps that take 50 ms each, 3 or 2 of them an epoch: a minute is for some hundred epochs."""
    real = stepping.step

    def slow(*place: Any) -> None:
        time.sleep(0.05)
        real(*place)

    told: list[float] = []
    known = estimating.seconds_an_epoch
    monkeypatch.setattr(stepping, "step", slow)
    monkeypatch.setattr(
        "sureshot.training.seconds_an_epoch", lambda *how: told.append(known(*how)) or told[-1]
    )
    run = train(shapes, tmp_path, model, name="b", budget="5m")
    steps = -(-len(run.index.rows("train")) // 8)
    assert 0.05 * steps < told[0] < 0.05 * steps + 2
    assert run.recipe.epochs == 3


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("10m", 600), ("10 min", 600), ("1h30m", 5400), ("1.5h", 5400), (45, 45),
     ("45", 45), ("2m30s", 150), ("1h 30m", 5400), (" 2 H", 7200)],
)  # fmt: skip
def test_times_are_read(text: str | float, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-5m", "0s", "10 parsecs", "nan", "1..5h", 0, -3,
    "1h30", "9" * 400, "inf"])  # fmt: skip
def test_what_is_no_time_is_a_sentence(text: str | float) -> None:
    with pytest.raises(UsageError, match="a time must be such as 90s, 10m or 1h30m"):
        seconds_of(text)


@pytest.mark.parametrize(
    ("model", "settings", "sentence"),
    [
        ("arch_2", {"batch": 1}, "batch must be at least 2 for arch_2"),
        ("arch_1", {"network.dropout": False}, "arch_1 has no dropout"),
        ("arch_2", {"image.size": 8}, "image.size must be at least 16 for arch_2"),
    ],
)
def test_what_does_not_go_together_is_said_before_anything_is_written(
    model: str, settings: dict[str, Any], sentence: str, shapes: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=sentence):
        train(shapes, tmp_path / "runs", model, settings=settings, name="x")
    assert not (tmp_path / "runs").exists()


def test_the_run_tells_its_network_and_shows_its_augmentation(shapes: Path, tmp_path: Path) -> None:
    settings = {"augment.flip": True, "augment.contrast": 0.3}
    run = train(shapes, tmp_path, "arch_2", settings=settings, name="aug")
    assert [layer.kind for layer in run.layers][-1] == "Dense"
    shown = np.load(run.augmentation_path, allow_pickle=False)
    assert shown.shape == (4, 7, 16, 16, 3)
    assert (shown[:, 0] != shown[:, 1]).any()
    assert json.loads((run.folder / "manifest.json").read_text())["files"]["augmentation.npy"]


def test_a_single_last_image_joins_the_batch_before(tmp_path: Path) -> None:
    """Batch normalisation of dense features cannot learn from one image."""
    write_shapes(tmp_path / "shapes", each=20)
    run = train(tmp_path / "shapes", tmp_path, "arch_2", settings={"epochs": 1}, name="one")
    batch = len(run.index.rows("train")) - 1
    again = train(
        tmp_path / "shapes", tmp_path, "arch_2", settings={"epochs": 1, "batch": batch}, name="two"
    )
    assert again.complete


def test_validation_loss_has_l2_in_it_and_neither_smoothing_nor_weights(shapes: Path) -> None:
    from sureshot.data import Pixels
    from sureshot.device import choose

    pixels = np.random.default_rng(0).integers(0, 256, (40, 8, 8, 1), np.uint8)
    rows = np.arange(40)
    data = Data(Pixels(pixels, {}, Path()), torch.arange(40) % 4, 4, "x", rows[:24], rows[24:])
    settings = {"label_smoothing": 0.3, "class_weights": "balanced", "precision": "fp32"}
    recipe = assemble("dense_l2", settings=settings).settle(8, 1)
    where = choose("cpu", "fp32")
    task = Task(recipe, data, where)
    state = start(task)
    loss, _ = stepping.validated(data.validation, task, state)
    logits = state.network(torch.from_numpy(pixels[24:])).logits
    plain = torch.nn.functional.cross_entropy(logits, data.labels[24:]).detach()
    kernel = state.network.neck[1].weight.detach()
    assert loss == pytest.approx(float(plain + 0.01 * (kernel**2).sum()), rel=1e-5)
    assert float(0.01 * (kernel**2).sum()) > 0.1


def test_adam_adds_its_epsilon_as_keras_does() -> None:
    """A first step with gradient 1e-6: 0.24 of the rate in Keras's form, 0.91 in PyTorch's."""
    from sureshot.recipe import OptimizerSettings
    from sureshot.training.optimizers import optimizer, set_step

    weight = torch.nn.Parameter(torch.zeros(1))
    adam = optimizer([weight], OptimizerSettings(rate=0.1))
    set_step(adam, 0.1, 0)
    weight.grad = torch.tensor([1e-6])
    adam.step()
    g, first, second = 1e-6, 0.1, 0.001  # what is left of a first gradient in the moments
    by_keras = 0.1 * second**0.5 / first * (first * g) / ((second * g * g) ** 0.5 + 1e-7)
    assert float(weight.detach()) == pytest.approx(-by_keras, rel=1e-4)
    assert by_keras == pytest.approx(0.1 * 0.24, rel=0.01)


def test_a_twin_is_found_by_content_whatever_its_files_are_called(tmp_path: Path) -> None:
    write_shapes(tmp_path / "shapes", each=20)
    train(tmp_path / "shapes", tmp_path / "runs", "linear", name="plain")
    (tmp_path / "runs" / "broken").mkdir()
    (tmp_path / "runs" / "broken" / "manifest.json").write_text("{")
    for path in sorted((tmp_path / "shapes").rglob("*.png")):
        path.rename(path.with_name(f"new-{path.name}"))
    run = train(
        tmp_path / "shapes", tmp_path / "runs", "linear",
        settings={"class_weights": "balanced"}, name="weighted",
    )  # fmt: skip
    told = run.summary["class_weights"]
    assert told["twin"] == "plain"
    assert sum(change["difference"]["n"] for change in told["recall"].values()) == run.scores.n


def test_without_validation_unreadable_test_images_are_not_enough(tmp_path: Path) -> None:
    write_shapes(tmp_path / "shapes" / "train", each=8)
    write_shapes(tmp_path / "shapes" / "test", each=2)
    for path in (tmp_path / "shapes" / "test").rglob("*.png"):
        path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(DataError, match="found none that are readable"):
        train(tmp_path / "shapes", tmp_path / "runs", "mlp_128", name="x", allow_bad="50%")
    assert not (tmp_path / "runs").exists()

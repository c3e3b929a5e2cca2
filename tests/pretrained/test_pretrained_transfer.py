"""Transfer from recipe to bundle, by both ways, with a small random network."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("transformers", reason="the extra 'pretrained' is missing")

import torch

import sureshot
from shapes import write_shapes
from small_models import DEVIATION, MEAN, SIDE
from sureshot.bundle import Bundle, Session, gather, open_bundle, write_bundle
from sureshot.data import Source, list_source, prepare_pixels, scan, settle_splits
from sureshot.device import Device
from sureshot.errors import BundleError, RunError, UsageError
from sureshot.evaluation.unlike import LEAST
from sureshot.models import build
from sureshot.progress import Silent
from sureshot.recipe import Recipe, assemble
from sureshot.records import Index
from sureshot.runs import Run, holding, new_run
from sureshot.training import (
    Data,
    checkpoints,
    export,
    seconds_an_epoch,
    settled_transfer,
    train,
    transfer_in_words,
)
from sureshot.training.state import network_weights
from sureshot.training.transfer import groups, side_at, unfreeze

HERE = Device("cpu", "fp32", 1, ())


@dataclass
class Work:
    """Everything that a training is made of."""

    run: Run
    recipe: Recipe
    index: Index
    data: Data


def settled(index: Index, model: str, said: Any, harm: str = "", **settings: Any) -> Any:
    given = (model, None, {key.replace("__", "."): value for key, value in settings.items()})
    return settled_transfer(given, assemble(*given), index, harm, said)


def listed(folder: Path) -> Index:
    index = scan(list_source(Source(folder)), assemble("arch_1").image, Silent())
    return settle_splits(index, 111)


@pytest.fixture
def shapes(tmp_path: Path) -> Path:
    return write_shapes(tmp_path / "shapes", each=30, classes=("bar", "disc", "pole"))


def prepared(shapes: Path, model: Path, place: Path, name: str, **settings: Any) -> Work:
    """A run as the workflow begins one."""
    index = listed(shapes)
    recipe, _ = settled(index, f"hf:{model}", Silent(), **settings)
    recipe = recipe.on("cpu", "fp32")
    pixels = prepare_pixels(index, recipe.image.settled(), Silent())
    run = new_run(place, name, "small")
    run.folder.mkdir(parents=True)
    return Work(run, recipe, index, Data.of(index, pixels))


def trained(work: Work, said: Any = None) -> int:
    with holding(work.run, "training"):
        return train(work.run, work.recipe, work.data, HERE, said or Silent())


def bundled(work: Work, best: int) -> Bundle:
    graph = export(work.run, work.recipe, work.data, best)
    images = gather(work.index, work.recipe.image.settled(), "images")
    path = work.run.folder / "model.shot"
    write_bundle(path, Session(graph), work.recipe, work.index, images)
    return open_bundle(path)


@pytest.mark.parametrize(
    ("name", "head", "least"),
    [("resnet", "logistic", 0.8), ("resnet", "nearest_mean", 0.6), ("vit", "logistic", 0.5)],
)
def test_a_head_on_features_becomes_a_bundle(
    request: pytest.FixtureRequest, shapes: Path, tmp_path: Path, name: str, head: str, least: float
) -> None:
    settings = {"transfer__way": "features", "transfer__head": head, "epochs": 6}
    settings["transfer__views"] = 0
    work = prepared(shapes, request.getfixturevalue(name), tmp_path, "f", **settings)
    best = trained(work)
    history = work.run.history
    assert [row["epoch"] for row in history] == [1, 2, 3, 4, 5, 6]
    assert [row["rate"] for row in history] == sorted((r["rate"] for r in history), reverse=True)
    bundle = bundled(work, best)
    assert bundle.preprocessing.size == SIDE
    rows = work.data.validation
    right = bundle.logits(work.data.pixels.array[rows]).argmax(1) == work.index.label[rows]
    assert right.mean() == pytest.approx(history[best - 1]["validation_accuracy"])
    assert right.mean() > least  # of three classes; random kernels see enough for shapes


@pytest.mark.parametrize("name", ["vit", "wide"])
def test_a_whole_training_ends_in_a_bundle_that_knows_what_is_unlike(
    request: pytest.FixtureRequest, tmp_path: Path, name: str
) -> None:
    data = write_shapes(tmp_path / "shapes", each=70, classes=("bar", "disc", "pole"))
    settings = {"transfer.way": "features", "transfer.views": 0, "epochs": 2}
    model = f"hf:{request.getfixturevalue(name)}"
    run = sureshot.train(
        data, model=model, settings=settings, name="a", runs=tmp_path, progress=Silent()
    )
    bundle = open_bundle(run.model_path)
    assert bundle.about.unlike is not None
    assert bundle.about.unlike.n >= LEAST
    flags = run.predictions("test").unlike
    assert flags is not None
    assert flags.mean() < 0.5


def test_the_weights_are_in_the_run_and_their_scale_in_the_bundle(
    resnet: Path, shapes: Path, tmp_path: Path
) -> None:
    work = prepared(shapes, resnet, tmp_path, "f", transfer__way="features", epochs=2)
    bundle = bundled(work, trained(work))
    told = json.loads((work.run.folder / "pretrained.json").read_text())
    assert set(told["files"]) == {"config.json", "preprocessor_config.json", "model.safetensors"}
    assert told["image"] == {"size": SIDE, "fit": "squash", "mean": MEAN, "deviation": DEVIATION}
    network = build(work.recipe.model, work.recipe.image.settled(), 3, 111)
    saved = checkpoints.at_end_of(work.run, 1).tensors
    network.load_state_dict(network_weights(saved))
    assert network.mean.flatten().tolist() == pytest.approx(MEAN)
    path = Path(bundle.origin)
    for change in (np.float32(MEAN[2]), np.float32(DEVIATION[1])):
        content = path.read_bytes()
        assert content.count(change.tobytes()) >= 1
        path.write_bytes(content.replace(change.tobytes(), np.float32(0.7).tobytes()))
        with pytest.raises(BundleError):
            open_bundle(path)
        path.write_bytes(content)


def test_fine_tuning_starts_from_the_best_head_and_changes_the_trunk(
    resnet: Path, shapes: Path, tmp_path: Path, said: Any
) -> None:
    settings = {"transfer__way": "finetune", "epochs": 4, "batch": 8}
    work = prepared(shapes, resnet, tmp_path, "t", **settings)
    best = trained(work, said)
    assert "the head first: validation loss" in said.text
    network = build(work.recipe.model, work.recipe.image.settled(), 3, 111)
    before = network.state_dict()
    after = network_weights(checkpoints.at_end_of(work.run, best).tensors)
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert any(name.startswith("trunk.") for name in changed)
    assert not [name for name in changed if "running" in name]
    bundled(work, best)  # compares ONNX Runtime with PyTorch image by image


@pytest.mark.parametrize(("way", "epochs"), [("features", 5), ("finetune", 3)])
def test_a_training_that_was_stopped_goes_on_to_the_same_bits(
    resnet: Path, shapes: Path, tmp_path: Path, way: str, epochs: int
) -> None:
    settings = {"transfer__way": way, "epochs": epochs}
    if way == "finetune":
        settings["batch"] = 8
    whole, parted = (prepared(shapes, resnet, tmp_path, n, **settings) for n in ("a", "b"))
    trained(whole)
    trained(parted)
    newest = checkpoints.newest(parted.run)
    assert newest is not None
    for file in newest.iterdir():
        file.unlink()
    newest.rmdir()  # as if it had been killed before the last epoch was saved
    trained(parted)
    assert parted.run.history == whole.run.history
    ends = [checkpoints.at_end_of(work.run, epochs).tensors for work in (whole, parted)]
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in ends[0])


def test_other_weights_than_the_run_began_with_are_refused(
    resnet: Path, shapes: Path, tmp_path: Path
) -> None:
    work = prepared(shapes, resnet, tmp_path, "f", transfer__way="features", epochs=2)
    trained(work)
    path = work.run.folder / "pretrained.json"
    told = json.loads(path.read_text())
    path.write_text(json.dumps(told | {"commit": "another"}))
    with pytest.raises(RunError, match="must go on with the weights that it began with"):
        trained(work)


def test_the_trunk_is_unfrozen_from_the_top_at_falling_rates(resnet: Path, shapes: Path) -> None:
    recipe, _ = settled(
        listed(shapes), f"hf:{resnet}", Silent(),
        transfer__way="finetune", transfer__unfreeze=2.0, transfer__falloff=0.5,
    )  # fmt: skip
    network = build(recipe.model, recipe.image.settled(), 3, 111)
    given: Any = groups(network, recipe)
    assert [group["share"] for group in given] == [0.0625, 0.125, 0.25, 0.5, 1.0]
    joined = [id(parameter) for group in given for parameter in group["params"]]
    assert joined == [id(parameter) for parameter in network.trained()]
    for epoch, free in ((0, 1), (1, 1), (2, 2), (5, 3), (99, 3)):
        unfreeze(network, recipe, epoch)
        state = [all(p.requires_grad for p in part) for part in network.trunk.parts()]
        assert state == [False] * (4 - free) + [True] * free
        assert network.head.weight.requires_grad


def test_images_grow(resnet: Path, shapes: Path) -> None:
    recipe, _ = settled(listed(shapes), f"hf:{resnet}", Silent(), transfer__way="finetune")
    recipe = recipe.model_copy(update={"epochs": 10})
    sides = [side_at(recipe, epoch, 224) for epoch in range(10)]
    assert sides == [160] * 4 + [192] * 3 + [224] * 3
    fixed = recipe.transfer.model_copy(update={"progressive": False})
    assert side_at(recipe.model_copy(update={"transfer": fixed}), 0, 224) == 224


def test_a_transformer_s_images_do_not_grow(vit: Path, shapes: Path) -> None:
    recipe, reasons = settled(listed(shapes), f"hf:{vit}", Silent(), transfer__way="finetune")
    assert not recipe.transfer.progressive
    assert "takes images of one size" in " ".join(reasons)


@pytest.mark.parametrize(
    ("settings", "way", "why"),
    [
        ({}, "features", "22 images a class are few"),
        ({"transfer__way": "finetune"}, "finetune", "as asked"),
    ],
)
def test_a_way_is_proposed_with_its_reason_and_time(
    resnet: Path, shapes: Path, tmp_path: Path, settings: Any, way: str, why: str
) -> None:
    index = listed(shapes)
    recipe, reasons = settled(index, f"hf:{resnet}", Silent(), **settings)
    assert recipe.transfer.way == way
    assert why in " ".join(reasons)
    assert recipe.image.size == SIDE
    data = Data.of(index, prepare_pixels(index, recipe.image.settled(), Silent()))
    assert "until the report; " in transfer_in_words(recipe, data, HERE)
    assert 0 < seconds_an_epoch(recipe, data, HERE) < 60


def test_many_images_are_fine_tuned_on(resnet: Path, shapes: Path) -> None:
    index = listed(shapes)
    many = index.take(np.tile(np.arange(len(index)), 6))
    assert settled(many, f"hf:{resnet}", Silent())[0].transfer.way == "finetune"


def test_nothing_is_mirrored_where_that_does_harm(resnet: Path, shapes: Path) -> None:
    index = listed(shapes)
    for harm, flip, views in (("", True, 1), ("left becomes right", False, 0)):
        recipe, _ = settled(index, f"hf:{resnet}", Silent(), harm, transfer__way="finetune")
        assert recipe.augment.flip is flip
        recipe, _ = settled(index, f"hf:{resnet}", Silent(), harm, transfer__way="features")
        assert (recipe.augment.flip, recipe.transfer.views) == (flip, views)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"optimizer__name": "muon", "transfer__way": "finetune"}, "must be .adam., .adamw. or"),
        ({"transfer__views": 2, "transfer__way": "finetune"}, "transfer.views = 2 would do"),
        ({"transfer__falloff": 0.1, "transfer__way": "features"}, "transfer.falloff = 0.1 would"),
        ({"optimizer__rate": 0.1, "transfer__way": "features"}, "optimizer.rate = 0.1 would do"),
        ({"batch": 8, "transfer__way": "features"}, "batch = 8 would do nothing"),
        (
            {"augment__zoom": 0.1, "transfer__views": 0, "transfer__way": "features"},
            "only changed for transfer.views",
        ),
        (
            {"augment__flip": False, "transfer__views": 2, "transfer__way": "features"},
            r"transfer.views = 2 would do nothing: .* nothing is switched on there",
        ),
        ({"transfer__way": "both"}, 'must be "auto", "features" or "finetune", got .both.'),
    ],
)
def test_what_would_do_nothing_is_an_error(
    resnet: Path, shapes: Path, settings: Any, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        settled(listed(shapes), f"hf:{resnet}", Silent(), **settings)


def test_other_networks_know_nothing_of_transfer() -> None:
    with pytest.raises(UsageError, match=r"transfer\.way = .features. would do nothing"):
        assemble("arch_1", settings={"transfer.way": "features"})
    assert "transfer" not in assemble("arch_1").to_toml()
    recipe = assemble("mobilenet_v2", settings={"transfer.views": 3})
    assert "[transfer]" in recipe.to_toml()
    assert recipe.hash() != assemble("mobilenet_v2").hash()


def test_without_validation_one_strength_is_taken(
    resnet: Path, shapes: Path, tmp_path: Path
) -> None:
    settings = {"transfer__way": "features", "validation": False}
    work = prepared(shapes, resnet, tmp_path, "n", **settings)
    assert work.recipe.epochs == 1
    assert trained(work) == 1


@pytest.mark.parametrize(("each", "least"), [(1, 0.25), (20, 0.45)])
def test_real_weights_tell_clothes_apart_from_few_photographs(
    clothing: Path, mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    each: int, least: float,
) -> None:  # fmt: skip
    """The first images of each class to train on, the first ten to test; chance is 0.1."""
    monkeypatch.setenv("SURESHOT_MIRROR", str(mirror))
    folder = tmp_path / "few"
    for split, count in (("train", each), ("validation", 5), ("test", 10)):
        for kind in sorted((clothing / split).iterdir()):
            (folder / split / kind.name).mkdir(parents=True)
            for file in sorted(kind.iterdir())[:count]:
                shutil.copy(file, folder / split / kind.name)
    index = listed(folder)
    settings = {"image__size": 96, "transfer__way": "features"}
    recipe, _ = settled(index, "mobilenet_v2", Silent(), **settings)
    recipe = recipe.on("cpu", "fp32")
    pixels = prepare_pixels(index, recipe.image.settled(), Silent())
    run = new_run(tmp_path, "few-run", "mobilenet_v2")
    run.folder.mkdir()
    work = Work(run, recipe, index, Data.of(index, pixels))
    bundle = bundled(work, trained(work))
    rows = index.rows("test")
    right = bundle.logits(pixels.array[rows]).argmax(1) == index.label[rows]
    assert right.mean() > least

"""A network of transformers as one of ours: the same answers, frozen statistics, every layer."""

import shutil
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("transformers", reason="the extra 'pretrained' is missing")

import torch
from torch import nn

from small_models import DEVIATION, MEAN, SIDE, write_processor
from sureshot.errors import DataError, UsageError
from sureshot.models import Network, build, made_for, outline, require_batch, smallest, summary
from sureshot.pretrained.backbone import PARTS, Backbone, read_backbone
from sureshot.recipe import NetworkSettings, Preprocessing, assemble


def image(size: int = SIDE, channels: Any = 3) -> Preprocessing:
    settings = {"image.size": size, "image.channels": channels}
    return assemble("arch_1", settings=settings).image.settled()


def made(folder: Path, classes: int = 4, seed: int = 111, size: int = SIDE) -> Network:
    return build(f"hf:{folder}", image(size), classes, seed)


def pixels(count: int, size: int = SIDE) -> torch.Tensor:
    draw = torch.Generator().manual_seed(3)
    return torch.randint(0, 256, (count, size, size, 3), dtype=torch.uint8, generator=draw)


def theirs(folder: Path, shown: torch.Tensor) -> torch.Tensor:
    """Logits of the model itself, on images normalised as its processor file says."""
    import transformers

    model = transformers.AutoModelForImageClassification.from_pretrained(folder).eval()
    images = shown.permute(0, 3, 1, 2) / 255
    mean, deviation = (torch.tensor(three)[:, None, None] for three in (MEAN, DEVIATION))
    with torch.inference_mode():
        return model((images - mean) / deviation).logits, model


@pytest.mark.parametrize("name", ["resnet", "vit"])
def test_the_answers_are_the_model_s_own(name: str, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(name)
    wanted, model = theirs(folder, pixels(5))
    network = made(folder, classes=wanted.shape[1]).eval()
    last = [layer for layer in model.modules() if isinstance(layer, nn.Linear)][-1]
    network.head.load_state_dict(last.state_dict())
    with torch.inference_mode():
        found = network(pixels(5))
    assert torch.allclose(found.logits, wanted, atol=1e-5)
    assert found.features.shape == (5, last.in_features)


def test_only_the_last_layer_follows_the_seed(resnet: Path) -> None:
    first, again, other = (made(resnet, seed=seed).state_dict() for seed in (111, 111, 112))
    same = {name for name, tensor in first.items() if torch.equal(tensor, other[name])}
    assert set(first) - same == {"head.weight"}
    assert all(torch.equal(tensor, again[name]) for name, tensor in first.items())


def test_training_never_changes_the_statistics(resnet: Path) -> None:
    network = made(resnet).train()
    before = {name: buffer.clone() for name, buffer in network.named_buffers()}
    loss = network(pixels(8)).logits.square().mean()
    loss.backward()
    assert all(torch.equal(before[name], buffer) for name, buffer in network.named_buffers())
    assert network.head.training
    norms = [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)]
    assert norms
    assert all(norm.weight.grad is not None for norm in norms)


def test_the_parts_are_all_parameters_in_order(resnet: Path) -> None:
    network = made(resnet)
    assert isinstance(network.trunk, Backbone)
    parts = network.trunk.parts()
    assert len(parts) == PARTS
    joined = [id(parameter) for part in parts for parameter in part]
    assert joined == [id(parameter) for parameter in network.trunk.parameters()]


@pytest.mark.parametrize("name", ["resnet", "vit"])
def test_every_number_is_in_a_layer(name: str, request: pytest.FixtureRequest) -> None:
    network = made(request.getfixturevalue(name))
    layers = summary(network, (SIDE, SIDE, 3))
    numbers = sum(
        buffer.numel()
        for name, buffer in network.trunk.named_buffers()
        if name.endswith(("running_mean", "running_var"))
    )
    assert sum(layer.parameters for layer in layers) == network.parameter_count() + numbers
    assert sum(layer.trainable for layer in layers) == network.parameter_count()
    assert len({layer.name for layer in layers}) == len(layers)
    assert layers[-1].output == (4,)


def test_a_convolutional_network_takes_other_sizes_and_a_transformer_does_not(
    resnet: Path, vit: Path
) -> None:
    assert made_for(f"hf:{vit}") == (SIDE, 3)
    assert smallest(f"hf:{vit}") == 32
    assert made(resnet, size=64)(pixels(2, 64)).logits.shape == (2, 4)
    with pytest.raises(UsageError, match=r"image\.size must be 32 for hf:.*no other, got 64"):
        made(vit, size=64)


@pytest.mark.parametrize(
    ("size", "channels", "settings", "message"),
    [
        (31, 3, {}, r"image\.size must be at least 32"),
        (32, 1, {}, r"image\.channels must be 3 .* got 1"),
        (32, 3, {"batch_norm": False}, r"network\.batch_norm would do nothing"),
        (32, 3, {"standardise": True}, r"network\.standardise would do nothing"),
        (32, 3, {"widths": (16,)}, r"network\.widths would do nothing"),
    ],
)
def test_settings_that_do_not_fit_are_refused(
    resnet: Path, size: int, channels: int, settings: Any, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        outline(f"hf:{resnet}", image(size, channels), 4, NetworkSettings(**settings))


def test_a_batch_of_one_is_enough_for_frozen_statistics(resnet: Path) -> None:
    require_batch(f"hf:{resnet}", made(resnet), 1)


def spoilt(resnet: Path, folder: Path, how: str) -> Path:
    """A copy of the model with one fault."""
    import safetensors.torch
    import transformers

    shutil.copytree(resnet, folder)
    weights = folder / "model.safetensors"
    if how == "cut":
        weights.write_bytes(weights.read_bytes()[:-100])
    elif how == "config":
        (folder / "config.json").write_text('{"model_type": "no such model"}')
    elif how == "lacking":
        tensors = safetensors.torch.load_file(weights)
        del tensors["resnet.embedder.embedder.convolution.weight"]
        safetensors.torch.save_file(tensors, weights, {"format": "pt"})
    elif how == "code":
        (folder / "config.json").write_text(
            '{"model_type": "mine", "auto_map": {"AutoConfig": "mine.C",'
            ' "AutoModelForImageClassification": "mine.M"}}'
        )
        (folder / "mine.py").write_text("raise SystemExit('run')")
    elif how == "kind":
        config = transformers.BertConfig(hidden_size=8, num_attention_heads=2, num_hidden_layers=1)
        transformers.BertModel(config).save_pretrained(folder)
    return folder


@pytest.mark.parametrize("how", ["cut", "config", "lacking", "code", "kind"])
def test_a_model_that_cannot_be_used_ends_in_a_sentence(
    resnet: Path, tmp_path: Path, how: str
) -> None:
    folder = spoilt(resnet, tmp_path / how, how)
    with pytest.raises(DataError, match="must hold an image classification model") as error:
        read_backbone(folder, SIDE)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 700


def test_two_answers_at_once_are_refused(tmp_path: Path) -> None:
    """A distilled transformer's logits are the mean of two last layers; no one layer gives them."""
    import transformers

    config = transformers.DeiTConfig(
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        image_size=SIDE,
        patch_size=8,
        num_labels=5,
    )
    transformers.DeiTForImageClassificationWithTeacher(config).save_pretrained(tmp_path)
    write_processor(tmp_path)
    with pytest.raises(DataError, match="whose last layer sees|cannot be read"):
        read_backbone(tmp_path, SIDE)

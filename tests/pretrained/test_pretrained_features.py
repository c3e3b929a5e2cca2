"""Features: what a frozen network sees, folded, kept with the pixels, and seen in several views."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

pytest.importorskip("transformers", reason="the extra 'pretrained' is missing")

import torch

from small_models import SIDE
from sureshot.data import Pixels
from sureshot.device import Device
from sureshot.errors import DataError
from sureshot.models import Network, build
from sureshot.recipe import Recipe, assemble, of_way
from sureshot.training.features import Features, features_of, frozen, seconds_an_image

PLAIN, FAST = (Device("cpu", precision, 1, ()) for precision in ("fp32", "bf16"))
ROWS = np.arange(40), np.arange(40, 50)


def recipe(resnet: Path, more: Mapping[str, Any] = MappingProxyType({}), **settings: Any) -> Recipe:
    model = f"hf:{resnet}"
    chosen = {"views": 0} | settings
    given = {"image.size": SIDE, **{f"transfer.{key}": value for key, value in chosen.items()}}
    given |= more
    return assemble(model, settings=given, preset=of_way(model, "features"))


@pytest.fixture
def network(resnet: Path) -> Network:
    return build(f"hf:{resnet}", recipe(resnet).image.settled(), 2, 111)


@pytest.fixture
def pixels(tmp_path: Path) -> Pixels:
    array = np.random.default_rng(5).integers(0, 256, (50, SIDE, SIDE, 3), np.uint8)
    np.save(tmp_path / "pixels.npy", array)
    return Pixels(array, {}, tmp_path)


def look(network: Network, recipe: Recipe, pixels: Pixels, said: Any, **other: Any) -> Features:
    given = {"device": PLAIN, "weights": "w", "rows": ROWS} | other
    labels = torch.arange(50) % 2
    return features_of(network, recipe, pixels, labels, progress=said, **given)


def test_the_folded_network_sees_the_same(network: Network, pixels: Pixels) -> None:
    shown = torch.from_numpy(pixels.array[:8])
    with torch.inference_mode():
        wanted = network.eval()(shown).features
    spread = wanted.std(0).mean()
    assert torch.allclose(frozen(network, PLAIN)(shown), wanted, atol=1e-4 * float(spread) + 1e-5)
    fast = frozen(network, FAST)(shown)
    assert fast.dtype == torch.float32
    assert float((fast - wanted).abs().mean()) < 0.05 * float(wanted.abs().mean())
    assert any(isinstance(layer, torch.nn.BatchNorm2d) for layer in network.modules())


def test_features_are_computed_once(
    resnet: Path, network: Network, pixels: Pixels, said: Any
) -> None:
    first = look(network, recipe(resnet), pixels, said)
    assert (len(first.train), len(first.validation), first.images) == (40, 10, 40)
    assert "50 images seen in" in said.text
    files = list(pixels.folder.glob("features-*.npy"))
    again = look(network, recipe(resnet), pixels, said)
    assert "were seen before" in said.text
    assert torch.equal(first.train, again.train)
    assert list(pixels.folder.glob("features-*.npy")) == files


@pytest.mark.parametrize(
    "other", [{"weights": "v"}, {"device": FAST}, {"rows": (ROWS[0][:-1], ROWS[1])}]
)
def test_what_decides_them_is_in_the_key(
    resnet: Path, network: Network, pixels: Pixels, said: Any, other: Any
) -> None:
    look(network, recipe(resnet), pixels, said)
    look(network, recipe(resnet), pixels, said, **other)
    assert len(list(pixels.folder.glob("features-*.npy"))) == 2


def test_views_are_other_pictures_of_the_same_classes(
    resnet: Path, network: Network, pixels: Pixels, said: Any
) -> None:
    hardly = {"augment.brightness": 1e-9}  # flips alone would repeat themselves, and are refused
    found = look(network, recipe(resnet, hardly, views=2), pixels, said)
    assert found.train.shape[0] == 120
    assert torch.equal(found.train_labels, (torch.arange(40) % 2).repeat(3))
    plain, first, second = found.train.split(40)
    turned = Pixels(pixels.array[:, :, ::-1], {}, pixels.folder / "turned")
    assert torch.allclose(first, look(network, recipe(resnet), turned, said).train, atol=1e-5)
    assert torch.allclose(second, plain, atol=1e-5)  # every other view is mirrored
    said.sentences.clear()
    again = look(network, recipe(resnet, hardly, views=2), pixels, said)
    assert torch.equal(again.train, found.train)
    assert said.text.count("seen before") == 3


def test_damaged_features_are_said(
    resnet: Path, network: Network, pixels: Pixels, said: Any
) -> None:
    look(network, recipe(resnet), pixels, said)
    (file,) = pixels.folder.glob("features-*.npy")
    file.write_bytes(file.read_bytes()[:200])
    with pytest.raises(DataError, match="are damaged .*cache --clear"):
        look(network, recipe(resnet), pixels, said)


def test_an_estimate_is_a_time(network: Network, pixels: Pixels) -> None:
    assert 0 < seconds_an_image(network, pixels, ROWS[0], PLAIN) < 1

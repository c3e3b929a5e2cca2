"""Our own network: its whitened patches, its maps at any size, its answers for mirror images."""

import numpy as np
import pytest
import torch

from sureshot.errors import UsageError
from sureshot.models import WhitenedPatches, build
from sureshot.recipe import NetworkSettings, Preprocessing, assemble


def image(size: int, channels: int) -> Preprocessing:
    return assemble("linear").settle(size, channels).image.settled()


@pytest.mark.parametrize(("channels", "side", "stride"), [(1, 2, 1), (3, 2, 1), (3, 4, 4)])
def test_patches_come_out_white(channels: int, side: int, stride: int) -> None:
    """Every direction equally strong, no two of them alike; and each has its opposite."""
    smooth = torch.nn.functional.avg_pool2d(torch.randn(200, channels, 36, 36), 5, stride=1)
    layer = WhitenedPatches(channels, side, stride)
    layer.learn(20 * smooth)
    torch.nn.init.zeros_(layer.bias)
    seen = layer(20 * smooth).permute(0, 2, 3, 1).flatten(0, 2)
    half = seen.shape[1] // 2
    alike = seen[:, :half].T @ seen[:, :half] / len(seen)
    assert half == min(channels * side * side, 24)
    assert torch.allclose(alike, torch.eye(half), atol=0.02)
    assert torch.equal(seen[:, :half], -seen[:, half:])


def test_patches_without_any_detail_stay_finite() -> None:
    layer = WhitenedPatches(3, 2, 1)
    layer.learn(torch.zeros(4, 3, 16, 16))
    assert bool(torch.isfinite(layer.weight).all())


@pytest.mark.parametrize("size", [8, 9, 28, 32, 64, 65, 96, 128, 160, 200])
@pytest.mark.parametrize("widths", [(), (16,), (8, 16, 16, 32, 32, 32)])
def test_it_takes_images_of_any_size(size: int, widths: tuple[int, ...]) -> None:
    network = build("swift", image(size, 3), 5, 111, NetworkSettings(widths=widths)).eval()
    seen = network(torch.zeros(2, size, size, 3, dtype=torch.uint8))
    assert seen.logits.shape == (2, 5)
    assert seen.feature_map.shape[2] >= 1


def test_an_answer_is_the_mean_over_an_image_and_its_mirror_image() -> None:
    network = build("swift", image(32, 3), 5, 111, NetworkSettings(tta_flip=True)).eval()
    pixels = torch.randint(0, 256, (4, 32, 32, 3), dtype=torch.uint8)
    both = network(pixels).logits
    apart = (network.plain(pixels).logits + network.plain(pixels.flip(2)).logits) / 2
    assert torch.equal(both, apart)
    assert torch.allclose(both, network(pixels.flip(2)).logits, atol=1e-6)
    assert not torch.equal(both, network.plain(pixels).logits)
    assert torch.equal(network.train().plain(pixels).logits, network(pixels).logits)


@pytest.mark.parametrize("flip", [False, True])
def test_an_answer_is_the_mean_over_an_image_and_what_it_is_when_moved(flip: bool) -> None:
    settings = NetworkSettings(tta_flip=flip, tta_shift=True)
    network = build("swift", image(32, 3), 5, 111, settings).eval()
    pixels = torch.randint(0, 256, (4, 32, 32, 3), dtype=torch.uint8)
    framed = np.pad(pixels, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    seen = [pixels, torch.from_numpy(framed[:, :-2, :-2]), torch.from_numpy(framed[:, 2:, 2:])]
    seen += [one.flip(2) for one in seen] if flip else []
    wanted = torch.stack([network.plain(one).logits for one in seen]).mean(0)
    assert torch.allclose(network(pixels).logits, wanted, atol=1e-6)
    assert not torch.allclose(wanted, network.plain(pixels).logits, atol=1e-6)


def test_widths_are_for_networks_without_an_author() -> None:
    with pytest.raises(UsageError, match="widths would do nothing: arch_2 has its author's widths"):
        build("arch_2", image(32, 3), 5, 111, NetworkSettings(widths=(16, 32)))


def test_the_patches_are_not_trained() -> None:
    network = build("swift", image(32, 3), 5, 111)
    first = next(layer for layer in network.modules() if isinstance(layer, WhitenedPatches))
    assert all(parameter is not first.weight for parameter in network.trained())
    assert any(parameter is first.bias for parameter in network.trained())

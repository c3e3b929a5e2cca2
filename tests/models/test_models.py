"""The networks: switches, standardisation, dropout, and the table of layers against a real pass."""

import pytest
import torch
from torch import nn

from sureshot.errors import UsageError
from sureshot.models import MODELS, build, require_batch, summary
from sureshot.models.layers import Dropout
from sureshot.models.network import GlobalAveragePool, GlobalMaxPool
from sureshot.recipe import NetworkSettings, assemble, model_names


def image(size: int, channels: int):  # type: ignore[no-untyped-def]
    return assemble("linear").settle(size, channels).image.settled()


def test_every_network_has_a_recipe() -> None:
    assert sorted(MODELS) == list(model_names())


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("arch_1", 460_970),
        ("arch_2", 463_978),
        ("cnn", 650_714),
        ("dcnn", 696_890),
        ("dnnd", 355_110),
        ("mlp_128", 118_282),
    ],
)
def test_sizes_are_those_that_were_published(name: str, numbers: int) -> None:
    """Running statistics counted too, as Keras does."""
    plain = MODELS[name]
    network = build(name, image(plain.size, plain.channels), 10, 111)
    layers = summary(network, (plain.size, plain.size, plain.channels))
    assert sum(layer.parameters for layer in layers) == numbers


@pytest.mark.parametrize("name", sorted(MODELS))
def test_the_summary_tells_what_a_real_pass_gives(name: str) -> None:
    plain = MODELS[name]
    network = build(name, image(plain.size, plain.channels), 7, 111).eval()
    told = summary(network, (plain.size, plain.size, plain.channels))
    seen: list[tuple[int, ...]] = []

    def note(_: nn.Module, __: object, output: torch.Tensor) -> None:
        shape = tuple(output.shape[1:])
        seen.append((*shape[1:], shape[0]) if len(shape) == 3 else shape)

    leaves = (nn.Conv2d, nn.Linear, nn.BatchNorm1d, nn.BatchNorm2d, nn.MaxPool2d, Dropout,
              nn.Flatten, GlobalAveragePool, GlobalMaxPool)  # fmt: skip
    for module in network.modules():
        if isinstance(module, leaves):
            module.register_forward_hook(note)
    outputs = network(torch.zeros(2, plain.size, plain.size, plain.channels, dtype=torch.uint8))
    assert outputs.logits.shape == (2, 7)
    assert [layer.output for layer in told if layer.kind != "Activation"] == seen
    assert sum(layer.trainable for layer in told) == sum(p.numel() for p in network.trained())


@pytest.mark.parametrize("name", sorted(MODELS))
def test_the_smallest_image_passes_and_a_smaller_one_is_refused(name: str) -> None:
    smallest = max(MODELS[name].smallest, 8)
    network = build(name, image(smallest, 3), 2, 111).eval()
    pixels = torch.zeros(2, smallest, smallest, 3, dtype=torch.uint8)
    assert network(pixels).logits.shape == (2, 2)
    if smallest > 8:
        with pytest.raises(UsageError, match=f"image.size must be at least {smallest} for {name}"):
            build(name, image(smallest - 1, 3), 2, 111)


def test_a_network_too_large_for_its_file_is_refused_without_taking_memory() -> None:
    with pytest.raises(UsageError, match=r"dnn must have at most 1.9 GB .* and for images of 1024"):
        build("dnn", image(1024, 3), 10, 111)
    with pytest.raises(UsageError, match=r"100,000 classes it has 1.3 TB"):
        build("linear", image(1024, 3), 100_000, 111)


def test_dropout_and_batch_norm_can_be_switched_off_where_they_are() -> None:
    plain = build("cifar_cnn", image(32, 3), 10, 111)
    bare = build("cifar_cnn", image(32, 3), 10, 111, NetworkSettings(dropout=False))
    assert sum(isinstance(m, Dropout) for m in plain.modules()) == 4
    assert not any(isinstance(m, Dropout) for m in bare.modules())
    assert torch.equal(plain.head.weight, bare.head.weight)  # the same first weights
    without = build("cifar_cnn", image(32, 3), 10, 111, NetworkSettings(batch_norm=False))
    assert not any(isinstance(m, nn.BatchNorm2d) for m in without.modules())
    for switch, what in (("dropout", "no dropout"), ("batch_norm", "no batch normalisation")):
        with pytest.raises(UsageError, match=f"network.{switch} = false would do nothing.*{what}"):
            build("arch_1", image(32, 3), 10, 111, NetworkSettings(**{switch: False}))


def test_one_image_at_a_time_is_refused_where_batches_are_normalised() -> None:
    network = build("arch_2", image(32, 3), 3, 111)
    with pytest.raises(UsageError, match="batch must be at least 2 for arch_2"):
        require_batch("arch_2", network, 1)
    require_batch("arch_2", network, 2)
    require_batch("linear", build("linear", image(8, 1), 3, 111), 1)


def test_standardised_pixels_have_mean_0_and_deviation_1() -> None:
    network = build("linear", image(16, 3), 2, 111, NetworkSettings(standardise=True))
    pixels = torch.randint(0, 256, (50, 16, 16, 3), dtype=torch.uint8)
    shares = pixels.double() / 255
    network.learn_scale(shares.mean((0, 1, 2)), shares.std((0, 1, 2), correction=0))
    seen = network(pixels).feature_map
    assert seen.mean((0, 2, 3)).abs().max() < 1e-5
    assert (seen.std((0, 2, 3)) - 1).abs().max() < 1e-3


@pytest.mark.parametrize("rate", [0.25, 0.5])
def test_dropout_drops_its_share_and_keeps_the_mean(rate: float) -> None:
    layer = Dropout(rate).train()
    torch.manual_seed(3)
    outputs = layer(torch.ones(64, 100, 10, 10))
    assert float((outputs == 0).float().mean()) == pytest.approx(rate, abs=0.003)
    assert float(outputs.mean()) == pytest.approx(1, abs=0.006)
    assert sorted(outputs.unique().tolist()) == pytest.approx([0, 1 / (1 - rate)])
    per_place = (outputs == 0).float().mean(0)  # no place is dropped more often than others
    assert float(per_place.std()) < 1.3 * (rate * (1 - rate) / 64) ** 0.5
    torch.manual_seed(3)
    assert torch.equal(outputs, layer(torch.ones(64, 100, 10, 10)))
    assert not torch.equal(outputs, layer(torch.ones(64, 100, 10, 10)))
    assert torch.equal(layer.eval()(outputs), outputs)


def test_dropout_means_the_same_in_any_memory_order_and_learns_through_what_is_kept() -> None:
    layer = Dropout(0.5).train()
    images = torch.rand(4, 6, 5, 5).to(memory_format=torch.channels_last).requires_grad_()
    outputs = layer(images)
    assert outputs.is_contiguous(memory_format=torch.channels_last)
    outputs.sum().backward()
    assert images.grad is not None
    assert torch.equal(images.grad == 0, outputs == 0)
    assert set(images.grad.unique().tolist()) == {0.0, 2.0}

"""Small random networks of real architectures, as files, and a place of its own for each test."""

from pathlib import Path

import pytest

from downloads.conftest import _own_place, certificate, said, site  # noqa: F401  (fixtures)
from small_models import SIDE, write_processor


@pytest.fixture(scope="session")
def resnet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """ResNet50's architecture, narrow and shallow, with random weights and real statistics."""
    transformers = pytest.importorskip("transformers", reason="the extra 'pretrained' is missing")
    import torch

    torch.manual_seed(1)
    config = transformers.ResNetConfig(
        embedding_size=8,
        hidden_sizes=[16, 16, 24, 32],
        depths=[1, 1, 1, 2],
        layer_type="bottleneck",
        num_labels=7,
    )
    model = transformers.ResNetForImageClassification(config).train()
    for _ in range(20):  # statistics of its own, which are neither 0 nor 1
        model(torch.randn(16, 3, SIDE, SIDE))
    folder = tmp_path_factory.mktemp("resnet")
    model.eval().save_pretrained(folder)
    write_processor(folder)
    return folder


@pytest.fixture(scope="session")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One block of a ResNet with as many channels as ResNet50 has in the end, 2,048."""
    transformers = pytest.importorskip("transformers", reason="the extra 'pretrained' is missing")
    config = transformers.ResNetConfig(
        embedding_size=8, hidden_sizes=[2048], depths=[1], layer_type="bottleneck", num_labels=7
    )
    folder = tmp_path_factory.mktemp("wide")
    transformers.ResNetForImageClassification(config).eval().save_pretrained(folder)
    write_processor(folder)
    return folder


@pytest.fixture(scope="session")
def vit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small vision transformer with random weights."""
    transformers = pytest.importorskip("transformers", reason="the extra 'pretrained' is missing")
    config = transformers.ViTConfig(
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        image_size=SIDE,
        patch_size=8,
        num_labels=5,
    )
    folder = tmp_path_factory.mktemp("vit")
    transformers.ViTForImageClassification(config).save_pretrained(folder)
    write_processor(folder)
    return folder

"""Muon: steps that are orthogonal, kernels that keep their norm, and what is no kernel."""

import pytest
import torch
from torch import nn

from sureshot.recipe import OptimizerSettings
from sureshot.training.muon import BIASES, HEAD, orthogonal
from sureshot.training.optimizers import optimizer

SETTINGS = OptimizerSettings(name="muon", rate=0.1, momentum=0.6)


@pytest.mark.parametrize("shape", [(16, 8, 3, 3), (64, 4, 3, 3), (8, 32, 1, 1)])
def test_all_directions_of_a_step_are_about_equally_strong(shape: tuple[int, ...]) -> None:
    kernel = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    kernel *= torch.logspace(0, -1, shape[0])[:, None, None, None]  # far from it before
    step = orthogonal(kernel.to(memory_format=torch.channels_last))
    assert step.shape == kernel.shape
    strength = torch.linalg.svdvals(step.flatten(1))
    assert float(strength.min()) > 0.3
    assert float(strength.max()) < 1.3
    before = torch.linalg.svdvals(kernel.flatten(1))
    assert strength.max() / strength.min() < before.max() / before.min()
    assert float((step * kernel).sum()) > 0  # still downhill


def test_the_layout_in_memory_changes_nothing() -> None:
    kernel = torch.randn(16, 8, 3, 3)
    other = kernel.to(memory_format=torch.channels_last)
    assert torch.equal(orthogonal(kernel), orthogonal(other))


def test_kernels_keep_one_norm_and_the_rest_has_rates_of_its_own() -> None:
    kernel, bias, dense = (
        nn.Parameter(torch.randn(16, 4, 3, 3)),
        nn.Parameter(torch.zeros(5)),
        nn.Parameter(torch.zeros(3, 5)),
    )
    muon = optimizer([kernel, bias, dense], SETTINGS)
    for parameter in (kernel, bias, dense):
        parameter.grad = torch.ones_like(parameter)
    muon.step()
    moved = 0.1 * 1.85  # Nesterov's first step: the gradient and 0.85 of it
    assert torch.allclose(bias.detach(), torch.full((5,), -moved * BIASES))
    assert torch.allclose(dense.detach(), torch.full((3, 5), -moved * HEAD))
    step = float(orthogonal(torch.ones(16, 4, 3, 3)).norm())
    assert float(kernel.detach().norm()) == pytest.approx(4, abs=0.1 * step + 0.01)  # √16


def test_it_finds_the_least_of_a_simple_problem() -> None:
    torch.manual_seed(0)
    images, target = torch.randn(256, 3, 8, 8), nn.Conv2d(3, 8, 3, bias=False)
    layer = nn.Conv2d(3, 8, 3, bias=False)
    muon = optimizer(layer.parameters(), SETTINGS)
    losses = []
    for step in range(60):
        muon.param_groups[0]["lr"] = 0.3 * (1 - step / 60)
        scale = 8**0.5 / layer.weight.detach().norm()  # the norm that a step gives it
        wanted = target(images).detach() / target.weight.detach().norm() * 8**0.5
        loss = (scale * layer(images) - wanted).square().mean()
        loss.backward()
        muon.step()
        muon.zero_grad()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.05 * losses[0]

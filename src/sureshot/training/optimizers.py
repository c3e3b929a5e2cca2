"""The optimizers, by the names that everybody uses."""

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import nn

from sureshot.recipe import OptimizerSettings
from sureshot.training.muon import Muon

ADAM_EPSILON = 1e-7  # Keras's default; PyTorch's is 1e-8


def optimizer(
    parameters: Iterable[nn.Parameter] | Sequence[dict[str, Any]], settings: OptimizerSettings
) -> torch.optim.Optimizer:
    """Adam, AdamW (decay apart from the gradient), SGD (with momentum), all fused, or Muon.

    Groups, as PyTorch has them, may each have a "share" of the rate.
    """
    rate, decay, momentum = settings.rate, settings.weight_decay, settings.momentum
    match settings.name:
        case "muon":
            kernels = [one for one in parameters if isinstance(one, nn.Parameter)]  # no groups
            return Muon(kernels, rate, momentum, decay)
        case "sgd":
            return torch.optim.SGD(
                parameters, rate, momentum=momentum, weight_decay=decay, fused=True
            )
        case "adamw":
            return torch.optim.AdamW(
                parameters, rate, eps=ADAM_EPSILON, weight_decay=decay, fused=True
            )
        case "adam":
            return torch.optim.Adam(parameters, rate, eps=ADAM_EPSILON, fused=True)


def set_step(optimizer: torch.optim.Optimizer, rate: float, steps: int) -> None:
    """Set the rate of the next step, and Adam's epsilon, after so many steps.

    Keras adds epsilon before it corrects the second moment for its start at zero, PyTorch after:
    the same is reached by an epsilon that begins 30 times as large, and is 1e-7 in the end.
    """
    for group in optimizer.param_groups:
        group["lr"] = rate * group.get("share", 1.0)
        if "betas" in group:
            group["eps"] = ADAM_EPSILON / (1 - group["betas"][1] ** (steps + 1)) ** 0.5

"""Muon: momentum made orthogonal before it is applied to a kernel.

Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024. Every kernel is kept
at one norm, which stands in for weight decay (as in airbench's Muon variant); what is no kernel of
a convolution follows plain momentum at a rate of its own.
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from sureshot.errors import UsageError

COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # of the Newton–Schulz iteration; cited
ITERATIONS = 3  # cited
TINY = 1e-7  # added to a norm before dividing
BIASES = 0.21  # the rate of biases, as a share of the kernels'; chosen here, near airbench's 0.22
HEAD = 2.8  # the rate of a dense layer, likewise; as airbench's 0.67 to 0.24
HEAVY = 0.85  # momentum of what is no kernel; cited


class Muon(torch.optim.Optimizer):
    """Orthogonal momentum for 4-d kernels, Nesterov momentum for everything else."""

    def __init__(
        self, parameters: Iterable[nn.Parameter], rate: float, momentum: float, weight_decay: float
    ) -> None:
        several = list(parameters)
        if all(parameter.ndim != 4 for parameter in several):
            raise UsageError(
                'optimizer.name = "muon" is for kernels of convolutions, and this network has '
                'none; choose "adam", "adamw" or "sgd"'
            )
        super().__init__(several, {"lr": rate, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Change every parameter that has a gradient."""
        assert closure is None
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    moment = self._moment(parameter)
                    apply = _turn if parameter.ndim == 4 else _push
                    apply(parameter, parameter.grad, moment, group)

    def _moment(self, parameter: nn.Parameter) -> Tensor:
        state = self.state[parameter]
        if not state:
            state["momentum_buffer"] = torch.zeros_like(parameter)
        moment: Tensor = state["momentum_buffer"]
        return moment


def _turn(kernel: Tensor, gradient: Tensor, moment: Tensor, group: dict[str, Any]) -> None:
    """One step of a kernel (O, I, H, W)."""
    moment.mul_(group["momentum"]).add_(gradient)
    ahead = gradient.add(moment, alpha=group["momentum"])
    kernel.mul_(len(kernel) ** 0.5 / (kernel.norm() + TINY))
    kernel.add_(orthogonal(ahead), alpha=-group["lr"])


def _push(numbers: Tensor, gradient: Tensor, moment: Tensor, group: dict[str, Any]) -> None:
    """One step of a bias, of normalisation, or of a dense layer."""
    gradient = gradient.add(numbers, alpha=group["weight_decay"])
    moment.mul_(HEAVY).add_(gradient)
    rate = group["lr"] * (HEAD if numbers.ndim == 2 else BIASES)
    numbers.add_(gradient.add(moment, alpha=HEAVY), alpha=-rate)


def orthogonal(kernel: Tensor) -> Tensor:
    """The nearest orthogonal matrix, roughly, of a kernel seen as (O, I·H·W); the same layout."""
    a, b, c = COEFFICIENTS
    flat = kernel.permute(0, 2, 3, 1).reshape(len(kernel), -1)  # the order of channels_last
    matrix = flat.to(torch.bfloat16)
    matrix = matrix / (matrix.norm() + TINY)
    tall = matrix.shape[0] > matrix.shape[1]
    matrix = matrix.T if tall else matrix
    for _ in range(ITERATIONS):
        square = matrix @ matrix.T
        matrix = a * matrix + (b * square + c * (square @ square)) @ matrix
    matrix = matrix.T if tall else matrix
    o, i, h, w = kernel.shape
    turned: Tensor = matrix.to(kernel.dtype).reshape(o, h, w, i).permute(0, 3, 1, 2)
    return turned

"""A last layer solved for on features: logistic regression, or the nearest mean of a class.

Shapes: `N` rows, `F` features, `K` classes. Both kinds are one dense layer in the end, so that
nothing behind them knows the difference. Features are standardised while a head is solved for;
the layer then takes them as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, one_hot

STRONGEST, WEAKEST = 1.0, 1e-3  # of λ in mean cross-entropy + λ/2·Σw²; assumed
USUAL = 0.02  # where there is no validation to choose by; assumed
ITERATIONS = 200  # of L-BFGS at most, for one strength; assumed: far more than it takes
NO_SPREAD = 1e-6  # a feature that varies less is left as it is


@dataclass(frozen=True)
class Scale:
    """How features are standardised."""

    mean: Tensor  # (F,)
    deviation: Tensor  # (F,)

    @classmethod
    def of(cls, features: Tensor) -> "Scale":
        """Of training features (N, F)."""
        deviation = features.std(0, correction=0)
        return cls(features.mean(0), torch.where(deviation > NO_SPREAD, deviation, 1.0))

    def applied(self, features: Tensor) -> Tensor:
        """Standardised features (N, F)."""
        return (features - self.mean) / self.deviation

    def unscaled(self, weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
        """A layer for standardised features as one for features as they are: (K, F) and (K,)."""
        plain = weight / self.deviation
        return plain, bias - plain @ self.mean

    def scaled(self, weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
        """The reverse."""
        return weight * self.deviation, bias + weight @ self.mean


def strengths(count: int) -> Sequence[float]:
    """So many strengths of regularisation, from the strongest on; the usual one where one is."""
    if count == 1:
        return (USUAL,)
    return tuple(float(strength) for strength in np.geomspace(STRONGEST, WEAKEST, count))


def logistic(
    features: Tensor,
    labels: Tensor,
    strength: float,
    start: tuple[Tensor, Tensor],
    class_weights: Tensor | None = None,
    smoothing: float = 0.0,
) -> tuple[Tensor, Tensor]:
    """Weights (K, F) and biases (K,) that minimise mean cross-entropy + λ/2·Σw², by L-BFGS."""
    weight, bias = (tensor.detach().clone().requires_grad_() for tensor in start)
    solver = torch.optim.LBFGS(
        [weight, bias],
        max_iter=ITERATIONS,
        tolerance_grad=1e-5,  # per number; assumed: far below what changes an answer
        tolerance_change=1e-9,
        history_size=10,
        line_search_fn="strong_wolfe",
    )

    def loss() -> Tensor:
        solver.zero_grad()
        each = cross_entropy(
            features @ weight.T + bias, labels, reduction="none", label_smoothing=smoothing
        )
        weighted = each if class_weights is None else each * class_weights[labels]
        total = weighted.mean() + strength / 2 * weight.square().sum()
        total.backward()  # type: ignore[no-untyped-call]
        return total

    solver.step(loss)  # type: ignore[no-untyped-call]
    return weight.detach(), bias.detach()


def nearest_mean(
    features: Tensor, labels: Tensor, classes: int, sharpness: float
) -> tuple[Tensor, Tensor]:
    """The layer whose logits are -s/2·|x - mean|², what all classes share left out.

    A class without an image is as far away as the mean of all, and is never the nearest alone.
    """
    members = one_hot(labels, classes).to(features.dtype)  # (N, K)
    counts = members.sum(0).clamp(min=1)
    means = members.T @ features / counts[:, None]  # (K, F)
    return sharpness * means, -sharpness / 2 * means.square().sum(1)

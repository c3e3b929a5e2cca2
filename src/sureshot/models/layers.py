"""The layers that the networks are built from, with what Keras does by default."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn

from sureshot.models.network import Network

MOMENTUM = 0.01  # of the batch's own statistics: Keras counts the other way and says 0.99
EPSILON = 1e-3  # Keras's default; PyTorch's is 1e-5


class Dropout(nn.Dropout):
    """Dropout that draws a byte a number, five times as fast on a processor as PyTorch's own.

    The rate is therefore rounded to a 256th; 0.25 and 0.5 are exact.
    """

    def forward(self, outputs: Tensor) -> Tensor:
        """Zero a share of the numbers, and raise the others so that their sum stays as it was."""
        if not self.training or outputs.is_cuda:
            return super().forward(outputs)
        below = round(self.p * 256)
        seed = int(torch.randint(2**62, ()))  # from the generator that each step seeds
        drawn = np.random.Generator(np.random.SFC64(seed)).bytes(outputs.numel())
        kept = torch.from_numpy(np.frombuffer(drawn, np.uint8) >= below)
        kept = kept.as_strided(outputs.shape, outputs.stride())  # in the order of memory
        return outputs * kept.to(outputs.dtype) * (256 / (256 - below))


def conv(before: int, after: int) -> tuple[nn.Module, nn.Module]:
    """A 3×3 convolution that keeps the size, then ReLU."""
    return nn.Conv2d(before, after, 3, padding=1), nn.ReLU(inplace=True)


def dense(before: int, after: int) -> tuple[nn.Module, nn.Module]:
    """A dense layer, then ReLU."""
    return nn.Linear(before, after), nn.ReLU(inplace=True)


def batch_norm(kind: type[nn.BatchNorm1d] | type[nn.BatchNorm2d], width: int) -> nn.Module:
    """Batch normalisation with Keras's momentum and epsilon."""
    return kind(width, eps=EPSILON, momentum=MOMENTUM)


def flat(
    pixels: int, widths: Sequence[int], classes: int, dropout: float = 0.0, l2: float = 0.0
) -> Network:
    """Dense layers on the plain pixels, dropout before the last."""
    neck: list[nn.Module] = [nn.Flatten()]
    for before, after in pairwise((pixels, *widths)):
        neck += dense(before, after)
    if dropout:
        neck.append(Dropout(dropout))
    return Network(nn.Identity(), nn.Sequential(*neck), nn.Linear(widths[-1], classes), l2)

"""Our own network: the strongest that we know from nothing, on a processor without a GPU.

A first layer that whitens patches (Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU",
2024; arXiv 2404.00498): its filters are the patches' principal directions, scaled to the same
strength, learned from the training images by linear algebra before the first step and never
trained but for their bias. Then stages of two 3×3 convolutions, each of which halves the side and
widens. Channels should be multiples of 16, with which the processor's bf16 kernels run near their
peak. The largest response anywhere, not the mean, is what the last layer sees.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import unfold

from sureshot.models.network import GlobalMaxPool, Network
from sureshot.presets import SMALL

WIDTHS = (32, 64, 128)  # filters of each stage where nobody chose; above SMALL one stage more
LEAST = 4  # pixels: the side of the smallest map that is still halved
FLOOR = 5e-4  # added to the strength of every direction, so that noise is not made loud; cited
MOMENTUM = 0.4  # of each batch's own statistics: trainings are short; cited
DIRECTIONS = 24  # of patches at most, the strongest; 48 are slower and no better (docs/log.md)
GAIN = 1 / 9  # of the last layer, so that first answers are cautious; as airbench before Muon


def swift(size: int, channels: int, classes: int, widths: tuple[int, ...] = ()) -> Network:
    """Whitened patches, stages that halve the side, the largest response, one dense layer."""
    small = size <= SMALL  # patches of 2×2 overlap, of 4×4 lie side by side
    first = WhitenedPatches(channels, side=2 if small else 4, stride=1 if small else 4)
    wanted = widths or (WIDTHS if small else (*WIDTHS, 2 * WIDTHS[-1]))
    layers: list[nn.Module] = [first, nn.ReLU(inplace=True)]
    side = first.places(size)
    for before, after in pairwise((first.out_channels, *wanted)):
        halved = [nn.MaxPool2d(2)] if side >= LEAST else []
        layers += [*_conv(before, after, *halved), *_conv(after, after)]
        side //= 2 if halved else 1
    return Network(nn.Sequential(*layers), GlobalMaxPool(), Scaled(wanted[-1], classes))


def _conv(before: int, after: int, *pooled: nn.Module) -> list[nn.Module]:
    convolution = nn.Conv2d(before, after, 3, padding=1, bias=False)
    norm = nn.BatchNorm2d(after, momentum=MOMENTUM)
    norm.weight.requires_grad_(False)  # a gain before a ReLU says nothing that a kernel cannot
    return [convolution, *pooled, norm, nn.ReLU(inplace=True)]


class WhitenedPatches(nn.Conv2d):
    """Each principal direction of the patches and its opposite; set by `learn`, not trained."""

    def __init__(self, channels: int, side: int, stride: int) -> None:
        directions = min(channels * side * side, DIRECTIONS)
        super().__init__(channels, 2 * directions, side, stride)
        self.weight.requires_grad_(False)  # the bias is trained: docs/log.md

    def images_for(self, places: int, size: int) -> int:
        """How many images of `size` pixels have about so many places."""
        return max(1, places // self.places(size) ** 2)

    def places(self, size: int) -> int:
        """How many patches there are along a side of so many pixels."""
        return (size - self.kernel_size[0]) // self.stride[0] + 1

    def learn(self, images: Tensor) -> None:
        """Take the directions from images (B, C, H, W), standardised as the layer sees them."""
        side = self.kernel_size[0]
        patches = unfold(images, side, stride=self.stride).permute(0, 2, 1).flatten(0, 1).double()
        strength, directions = torch.linalg.eigh(patches.T @ patches / len(patches))
        white = (directions / (strength.clamp(min=0) + FLOOR).sqrt()).T.flip(0)
        filters = white[:DIRECTIONS].reshape(-1, *self.weight.shape[1:]).float()
        with torch.no_grad():
            self.weight.copy_(torch.cat([filters, -filters]))


class Scaled(nn.Linear):
    """A dense layer without bias whose answers are GAIN times as strong."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__(before, after, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """(B, F) → (B, K)."""
        return GAIN * super().forward(features)

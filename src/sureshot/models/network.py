"""What every network here is: pixels → feature map → features → logits.

Shapes: `B` images in a batch, `H` × `W` pixels, `C` channels, `K` classes, `F` features.
The network takes pixels just as they were decoded, uint8 (B, H, W, C), and rescales them itself,
so that the exported graph needs no preprocessing beside it. Seen as (B, C, H, W) this memory is
PyTorch's channels_last, and nothing is copied.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from sureshot.own import Whole
from sureshot.views import View

KERNELS = (nn.Linear, nn.Conv2d)  # the layers whose weights are drawn, and may bear L2


class Outputs(NamedTuple):
    """What one pass gives, in the order of the exported graph's outputs."""

    logits: Tensor  # (B, K)
    features: Tensor  # (B, F) what the last layer sees
    feature_map: Tensor  # (B, F', H', W') the last thing that still has a place


class Network(nn.Module):
    """A trunk (keeps the place), a neck (gives it up) and a head (names the class)."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, trunk: nn.Module, neck: nn.Module, head: nn.Linear, l2: float = 0.0) -> None:
        super().__init__()
        self.trunk = trunk
        self.neck = neck
        self.head = head
        self.l2 = l2  # λ of λ·Σw² over the kernels of trunk and neck, as Keras counts it
        self.standardised = False
        self.views: tuple[View, ...] = (View(),)  # an answer is the mean over them; first as it is

    def standardise(self, channels: int) -> None:
        """Take a mean and a deviation off the pixels of each channel; `learn_scale` sets them."""
        self.standardised = True
        self.register_buffer("mean", torch.zeros(channels, 1, 1))
        self.register_buffer("deviation", torch.ones(channels, 1, 1))

    def learn_scale(self, mean: Tensor, deviation: Tensor) -> None:
        """Set the mean and deviation of pixels in 0..1, each of shape (C,)."""
        self.mean.copy_(mean[:, None, None])
        self.deviation.copy_(deviation[:, None, None])

    def forward(self, pixels: Tensor) -> Outputs:
        """Take pixels in 0..255, uint8 or float, of shape (B, H, W, C)."""
        seen = self.plain(pixels)
        if len(self.views) == 1 or self.training:
            return seen
        others = [self.plain(seen_as(pixels, view)).logits for view in self.views[1:]]
        return seen._replace(logits=sum(others, seen.logits) / len(self.views))

    def plain(self, pixels: Tensor) -> Outputs:
        """One pass over the pixels as they are, never over other views of them."""
        feature_map = self.trunk(self.images(pixels))
        if isinstance(self.trunk, Whole):
            return Outputs(*feature_map)
        features = self.neck(feature_map)
        return Outputs(self.head(features), features, feature_map)

    def images(self, pixels: Tensor) -> Tensor:
        """(B, H, W, C) in 0..255 → what the trunk sees, (B, C, H, W), channels_last in memory."""
        images = pixels.permute(0, 3, 1, 2).float() / 255
        return (images - self.mean) / self.deviation if self.standardised else images

    def penalty(self) -> Tensor | float:
        """λ·Σw², to be added to the loss; 0 where the network has no L2."""
        if isinstance(self.trunk, Whole):
            return self.trunk.penalty()
        if not self.l2:
            return 0.0
        layers = (*self.trunk.modules(), *self.neck.modules())
        kernels = [layer.weight for layer in layers if isinstance(layer, KERNELS)]
        return self.l2 * torch.stack([kernel.float().square().sum() for kernel in kernels]).sum()

    def lie_as_images_do(self) -> None:
        """Lay kernels out channels_last, as images lie in memory, where the network takes both."""
        if not (isinstance(self.trunk, Whole) and self.trunk.plain):
            self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def trained(self) -> list[nn.Parameter]:
        """What training changes, in order."""
        return [parameter for parameter in self.parameters() if parameter.requires_grad]

    def parameter_count(self) -> int:
        """How many numbers there are, those included that training does not change."""
        return sum(parameter.numel() for parameter in self.parameters())


def seen_as(pixels: Tensor, view: View) -> Tensor:
    """(B, H, W, C) → the same images in one view."""
    rows, columns = view.places(*pixels.shape[1:3])
    for axis, places in ((1, rows), (2, columns)):
        pixels = pixels.index_select(axis, torch.tensor(places, device=pixels.device))
    return pixels


class GlobalMaxPool(nn.Module):
    """The largest of all places: (B, C, H, W) → (B, C)."""

    def forward(self, feature_map: Tensor) -> Tensor:
        """As one node in the exported graph."""
        return feature_map.amax((2, 3))


class GlobalAveragePool(nn.Module):
    """The mean over all places: (B, C, H, W) → (B, C)."""

    def forward(self, feature_map: Tensor) -> Tensor:
        """A plain mean, which exports as one node where nn.AdaptiveAvgPool2d gives a dozen."""
        return feature_map.mean((2, 3))


def initialise(network: Network, generator: torch.Generator) -> None:
    """Keras's defaults: Glorot-uniform kernels, zero biases, drawn from `generator` in order."""
    for layer in network.modules():
        if isinstance(layer, KERNELS):
            nn.init.xavier_uniform_(layer.weight, generator=generator)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)

"""A network of one's own in PyTorch.

    sureshot train SOURCE --model torch:examples/own_torch.py:make_model

`make_model` gives an `nn.Module` that takes images (B, channels, size, size) with numbers from 0
to 1 and answers with logits (B, classes).
"""

from torch import Tensor, nn


class Residual(nn.Module):
    """Two convolutions whose result is added to what they were given."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.change = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
        )
        self.activation = nn.ReLU()

    def forward(self, maps: Tensor) -> Tensor:
        """(B, C, H, W) → the same shape."""
        result: Tensor = self.activation(maps + self.change(maps))
        return result


def make_model(classes: int, size: int, channels: int) -> nn.Module:
    """A little residual network for images of any size."""
    layers: list[nn.Module] = []
    for before, after in ((channels, 32), (32, 64), (64, 128)):
        layers += [nn.Conv2d(before, after, 3, stride=2, padding=1), nn.BatchNorm2d(after)]
        layers += [nn.ReLU(), Residual(after)]
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.3), nn.Linear(128, classes)]
    return nn.Sequential(*layers, *head)

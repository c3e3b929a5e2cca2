"""What is to be trained: the recipe, what it reads, and where it computes.

Shapes: `N` images, `B` of a batch, `H` × `W` pixels, `C` channels, `K` classes.
"""

from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from sureshot.data import Pixels, Rows, batches
from sureshot.device import Device
from sureshot.measure import balanced_weights
from sureshot.recipe import Recipe
from sureshot.records import Index
from sureshot.seeds import generator
from sureshot.training.clock import Clock

AT_ONCE = 256  # images without a way back; assumed: enough for full speed, few for any memory


@dataclass(frozen=True, eq=False)
class Data:
    """What one training reads: all pixels, all labels, and which rows are for what."""

    pixels: Pixels
    labels: Tensor  # (N,) int64
    classes: int  # K
    fingerprint: str  # of the index
    train: Rows
    validation: Rows  # may be empty
    resident: Tensor | None = None  # all pixels on a GPU, where they fit

    @classmethod
    def of(cls, index: Index, pixels: Pixels) -> "Data":
        """The training view of an index."""
        return cls(
            pixels,
            torch.tensor(index.label),
            len(index.classes),
            index.fingerprint(),
            index.rows("train"),
            index.rows("validation"),
        )

    def on(self, device: str) -> "Data":
        """The same data, their pixels carried to a GPU once where they fill at most half of it."""
        if device != "cuda":
            return self
        torch.cuda.empty_cache()  # what an estimate has freed counts as taken until then
        if self.pixels.array.nbytes > torch.cuda.mem_get_info()[0] / 2:
            return self
        return replace(self, resident=torch.tensor(self.pixels.array, device=device))

    def batch(self, rows: Rows, device: str) -> tuple[Tensor, Tensor]:
        """uint8 pixels (B, H, W, C) and labels (B,) of some rows."""
        if self.resident is not None:
            pixels = self.resident[torch.from_numpy(rows).to(device)]
        else:
            pixels = torch.from_numpy(self.pixels.array[rows]).to(device)
        return pixels, self.labels[rows].to(device)

    def sample(self, count: int, seed: int) -> Tensor:
        """uint8 pixels (B, H, W, C) of some training images."""
        rows = generator("sample", seed).permutation(self.train)[:count]
        return torch.from_numpy(self.pixels.array[np.sort(rows)])

    def scale(self) -> tuple[Tensor, Tensor]:
        """Mean and deviation of each channel of the training images, in 0..1, shape (C,)."""
        levels = np.arange(256) / 255
        counts = np.zeros((self.pixels.array.shape[-1], 256), np.int64)
        for _, rows in batches(self.train, AT_ONCE):
            for channel, count in enumerate(counts):
                count += np.bincount(self.pixels.array[rows, ..., channel].ravel(), minlength=256)
        shares = counts / counts.sum(axis=1, keepdims=True)
        mean = shares @ levels
        deviation = np.sqrt((shares * (levels - mean[:, None]) ** 2).sum(axis=1))
        return torch.tensor(mean), torch.tensor(np.where(deviation > 0, deviation, 1.0))

    def class_weights(self) -> Tensor:
        """What an image of each class costs where classes are balanced, shape (K,)."""
        counts = torch.bincount(self.labels[self.train], minlength=self.classes).numpy()
        return torch.tensor(balanced_weights(counts), dtype=torch.float32)


@dataclass(frozen=True)
class Task:
    """What is done with what, where; and where its time goes."""

    recipe: Recipe
    data: Data
    device: Device
    clock: Clock = field(default_factory=Clock)

    def autocast(self) -> torch.autocast:
        """The precision of every pass through the network."""
        return torch.autocast(
            self.device.name, torch.bfloat16, enabled=self.device.precision == "bf16"
        )

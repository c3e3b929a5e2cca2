"""A peer on CIFAR-10: airbench's network and training in plain PyTorch, on the same processor.

    python benchmarks/airbench.py cifar10=FOLDER --epochs 2

The network and the numbers of Jordan's airbench94 with Muon (2024; arXiv 2404.00498), written anew:
whitened 2×2 patches, widths 64, 256, 256, GELU, batch 2000, label smoothing 0.2, mirror images in
every other epoch, answers over mirror images and shifts; all 50,000 training images. Plain means:
PyTorch's own modules in channels_last and, where the processor has it, bf16 autocast, its default
memory allocation, no Sureshot but for reading the pixels. Its own GPU tricks (half precision
throughout, compiled steps) have no counterpart on a processor.
Prints, as JSON, the seconds of training and the accuracy on test, in per cent.
"""

import argparse
import json
import time

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

import sureshot
from sureshot import device
from sureshot.data import prepare_pixels
from sureshot.progress import Silent
from sureshot.recipe import assemble

BATCH, SMOOTHING, PAD = 2000, 0.2, 2
RATE, MOMENTUM, BIAS_RATE, HEAD_RATE, DECAY = 0.24, 0.6, 0.053, 0.67, 2e-6 * 2000
WIDTHS = (64, 256, 256)
WHITENED = 3  # epochs in which the bias of the whitened patches is trained


class Group(nn.Module):
    """Two convolutions, the first pooled."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(before, after, 3, padding="same", bias=False)
        self.second = nn.Conv2d(after, after, 3, padding="same", bias=False)
        self.norms = nn.ModuleList(nn.BatchNorm2d(after, 1e-12, 0.4) for _ in range(2))
        for norm in self.norms:
            norm.weight.requires_grad_(False)
        for conv in (self.first, self.second):
            nn.init.dirac_(conv.weight[: conv.in_channels])

    def forward(self, maps: Tensor) -> Tensor:
        """(B, C, H, W) → (B, C', H/2, W/2)."""
        maps = functional.gelu(self.norms[0](functional.max_pool2d(self.first(maps), 2)))
        return functional.gelu(self.norms[1](self.second(maps)))


class Airbench(nn.Module):
    """Whitened patches, three groups, the largest response, one dense layer."""

    def __init__(self, images: Tensor) -> None:
        super().__init__()
        self.white = nn.Conv2d(3, 24, 2)
        self.white.weight.requires_grad_(False)
        patches = functional.unfold(images, 2).permute(0, 2, 1).flatten(0, 1).double()
        strength, directions = torch.linalg.eigh(patches.T @ patches / len(patches))
        filters = (directions / (strength + 5e-4).sqrt()).T.flip(0).reshape(12, 3, 2, 2).float()
        self.white.weight.data = torch.cat([filters, -filters])
        nn.init.zeros_(self.white.bias)
        self.groups = nn.Sequential(
            *(Group(a, b) for a, b in zip((24, *WIDTHS), WIDTHS, strict=False))
        )
        self.head = nn.Linear(WIDTHS[-1], 10, bias=False)
        self.head.weight.data /= self.head.weight.data.std()

    def forward(self, images: Tensor, bias_learns: bool = True) -> Tensor:
        """(B, 3, H, W), standardised → (B, 10)."""
        bias = self.white.bias if bias_learns else self.white.bias.detach()
        maps = self.groups(functional.gelu(functional.conv2d(images, self.white.weight, bias)))
        return self.head(functional.max_pool2d(maps, 3).flatten(1)) / WIDTHS[-1]

    def answers(self, images: Tensor) -> Tensor:
        """Half over the image and its mirror image, half over both shifted by a pixel, twice."""
        around = functional.pad(images, (1,) * 4, mode="reflect")
        shifted = [around[:, :, :32, :32], around[:, :, 2:, 2:]]
        views = [images, *shifted]
        both = [self(view).float() + self(view.flip(3)).float() for view in views]
        return both[0] / 2 + (both[1] + both[2]) / 4


def orthogonal(matrix: Tensor) -> Tensor:
    turned = matrix.bfloat16()
    turned = turned / (turned.norm() + 1e-7)
    tall = turned.shape[0] > turned.shape[1]
    turned = turned.T if tall else turned
    for _ in range(3):
        square = turned @ turned.T
        turned = 3.4445 * turned + (-4.7750 * square + 2.0315 * square @ square) @ turned
    return turned.T if tall else turned


def main() -> None:
    """Train, then score."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("data", metavar="cifar10=FOLDER")
    parser.add_argument("--epochs", type=float, default=8.0)
    parser.add_argument("--seed", type=int, default=111)
    asked = parser.parse_args()
    torch.manual_seed(asked.seed)
    index = sureshot.look(asked.data.partition("=")[2], progress=Silent()).index
    settings = assemble("linear").settle(32, 3).image.settled()
    pixels = np.array(prepare_pixels(index, settings, Silent()).array)
    labels = torch.tensor(index.label)
    train = np.concatenate([index.rows("train"), index.rows("validation")])
    test, bf16 = index.rows("test"), device.choose("cpu").precision == "bf16"
    mean = torch.from_numpy(pixels[train]).float().mean((0, 1, 2)) / 255
    deviation = torch.from_numpy(pixels[train]).float().std((0, 1, 2)) / 255

    def images(rows: np.ndarray) -> Tensor:  # type: ignore[type-arg]
        plain = torch.from_numpy(pixels[rows]).permute(0, 3, 1, 2).float() / 255
        return (plain - mean[:, None, None]) / deviation[:, None, None]

    network = Airbench(images(train[:5000])).to(memory_format=torch.channels_last)
    kernels = [p for p in network.groups.parameters() if p.ndim == 4]
    biases = [p for p in network.groups.parameters() if p.requires_grad and p.ndim == 1]
    groups = (
        ([network.white.bias], BIAS_RATE),
        (biases, BIAS_RATE),
        ([network.head.weight], HEAD_RATE),
    )
    sgd = torch.optim.SGD(
        [{"params": p, "lr": rate, "weight_decay": DECAY / rate} for p, rate in groups],
        momentum=0.85,
        nesterov=True,
    )
    first = [group["lr"] for group in sgd.param_groups]
    moments = [torch.zeros_like(kernel) for kernel in kernels]
    draw = np.random.default_rng(asked.seed)
    steps = int(asked.epochs * (len(train) // BATCH))
    mirrored = draw.random(len(train)) < 0.5
    started = time.perf_counter()
    for step in range(steps):
        epoch, place = divmod(step, len(train) // BATCH)
        if place == 0:
            order = draw.permutation(len(train))
        chosen = order[place * BATCH : (place + 1) * BATCH]
        batch = functional.pad(images(train[chosen]), (PAD,) * 4, mode="reflect")
        y, x = draw.integers(0, 2 * PAD + 1, (2, len(chosen)))
        batch = torch.stack(
            [one[:, a : a + 32, b : b + 32] for one, a, b in zip(batch, y, x, strict=True)]
        )
        flip = torch.from_numpy((mirrored[chosen] + epoch) % 2 == 1)[:, None, None, None]
        batch = torch.where(flip, batch.flip(3), batch).contiguous(
            memory_format=torch.channels_last
        )
        with torch.autocast("cpu", torch.bfloat16, bf16):
            answers = network(batch, epoch < WHITENED)
        loss = functional.cross_entropy(
            answers.float(), labels[train[chosen]], label_smoothing=SMOOTHING, reduction="sum"
        )
        loss.backward()
        left = 1 - step / steps
        with torch.no_grad():
            for kernel, moment in zip(kernels, moments, strict=True):
                moment.mul_(MOMENTUM).add_(kernel.grad)
                ahead = kernel.grad.add(moment, alpha=MOMENTUM).reshape(len(kernel), -1)
                kernel.mul_(len(kernel) ** 0.5 / kernel.norm())
                kernel.add_(orthogonal(ahead).view(kernel.shape), alpha=-RATE * left)
                kernel.grad = None
        for group, rate in zip(sgd.param_groups, first, strict=True):
            group["lr"] = rate * left
        whitened = WHITENED * (len(train) // BATCH)
        sgd.param_groups[0]["lr"] = first[0] * max(1 - step / whitened, 0)
        sgd.step()
        sgd.zero_grad()
    seconds = time.perf_counter() - started
    network.eval()
    hits = 0
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, bf16):
        for rows in np.array_split(test, 20):
            batch = images(rows)
            hits += int((network.answers(batch).argmax(1) == labels[rows]).sum())
    told = {"epochs": asked.epochs, "seconds": seconds, "accuracy": 100 * hits / len(test)}
    told |= {"n": len(test), "images": len(train), "versions": {"torch": torch.__version__}}
    print(json.dumps(told))


if __name__ == "__main__":
    main()

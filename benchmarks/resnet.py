"""A peer on photographs: ResNet-18 from nothing in plain PyTorch, on the same processor.

    python benchmarks/resnet.py clothing=FOLDER --epochs 5

The network of He et al. (2015; arXiv 1512.03385), as fastai and others train it by default: fp32,
Adam, one cycle up to a rate of 1e-3, batch 64, half of the images mirrored. fastai itself cannot be
imported here, for it needs torchvision, of which there is no build for processors alone; the
arithmetic is the same, its own decoding and augmentation of every image anew are left out, which
favours it. Sureshot only reads the pixels. Prints, as JSON, the seconds of training and the
accuracy on test, in per cent.
"""

import argparse
import json
import time

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

import sureshot
from sureshot.data import prepare_pixels
from sureshot.progress import Silent
from sureshot.recipe import assemble

SIZE, BATCH, RATE = 128, 64, 1e-3
WIDTHS = (64, 128, 256, 512)


class Block(nn.Module):
    """Two normalised convolutions and what goes past them."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(before, after, 3, stride, 1, bias=False),
            nn.BatchNorm2d(after),
            nn.ReLU(inplace=True),
            nn.Conv2d(after, after, 3, 1, 1, bias=False),
            nn.BatchNorm2d(after),
        )
        other = nn.Sequential(
            nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after)
        )
        self.past = nn.Identity() if stride == 1 and before == after else other

    def forward(self, maps: Tensor) -> Tensor:
        """(B, C, H, W) → (B, C', H', W')."""
        return torch.relu(self.body(maps) + self.past(maps))


def resnet18(classes: int) -> nn.Module:
    """11.2 million parameters at ten classes."""
    blocks = []
    for before, after in zip((64, *WIDTHS), WIDTHS, strict=False):
        blocks += [Block(before, after, 1 if before == after else 2), Block(after, after, 1)]
    stem = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True)]
    ending = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, classes)]
    return nn.Sequential(*stem, nn.MaxPool2d(3, 2, 1), *blocks, *ending)


def main() -> None:
    """Train, then score."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("data", metavar="clothing=FOLDER")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=111)
    asked = parser.parse_args()
    torch.manual_seed(asked.seed)
    index = sureshot.look(asked.data.partition("=")[2], progress=Silent()).index
    settings = assemble("linear").settle(SIZE, 3).image.settled()
    pixels = np.array(prepare_pixels(index, settings, Silent()).array)
    labels = torch.tensor(index.label)
    train, test = index.rows("train"), index.rows("test")
    network = resnet18(len(index.classes))
    adam = torch.optim.Adam(network.parameters(), RATE)
    steps = len(train) // BATCH
    cycle = torch.optim.lr_scheduler.OneCycleLR(adam, RATE, asked.epochs * steps)
    draw = np.random.default_rng(asked.seed)

    def images(rows: np.ndarray) -> Tensor:  # type: ignore[type-arg]
        return torch.from_numpy(pixels[rows]).permute(0, 3, 1, 2).float() / 127.5 - 1

    started = time.perf_counter()
    for _ in range(asked.epochs):
        order = draw.permutation(train)
        for step in range(steps):
            rows = order[step * BATCH : (step + 1) * BATCH]
            flip = torch.from_numpy(draw.random(BATCH) < 0.5)[:, None, None, None]
            batch = images(rows)
            loss = cross_entropy(network(torch.where(flip, batch.flip(3), batch)), labels[rows])
            loss.backward()
            adam.step()
            adam.zero_grad()
            cycle.step()
    seconds = time.perf_counter() - started
    network.eval()
    with torch.no_grad():
        parts = np.array_split(test, 8)
        hits = sum(int((network(images(rows)).argmax(1) == labels[rows]).sum()) for rows in parts)
    told = {"epochs": asked.epochs, "seconds": seconds}
    told |= {"n": len(test), "images": len(train), "versions": {"torch": torch.__version__}}
    print(json.dumps(told | {"accuracy": 100 * hits / len(test)}))


if __name__ == "__main__":
    main()

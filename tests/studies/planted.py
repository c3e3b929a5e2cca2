"""Contenders whose accuracy is known because it was planted: no training, no folders of runs.

Every image has its own difficulty, every seed its own luck, and what a seed makes of an image is
drawn anew; so images and seeds are crossed as they are in life.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from made_indexes import bare_index
from sureshot.comparison import Contender, Contest
from sureshot.runs import Run

CLASSES = ("bar", "disc", "ring")
SEED_SPREAD = 0.004  # of the accuracy between seeds, as of the small networks on MNIST


def contest(rates: Mapping[str, float], n: int = 2000, seeds: int = 5, chance: int = 0) -> Contest:
    """Contenders of the given accuracies on n images of three classes."""
    draw = np.random.default_rng(chance)
    label = np.arange(n) % len(CLASSES)
    hard = draw.random(n)  # shared by all: what is hard for one is hard for the other
    return Contest(
        split="test",
        classes=CLASSES,
        label=label,
        rows=np.arange(n),
        index=bare_index(CLASSES, label, ["test"] * n),
        contenders=tuple(
            Contender(
                name,
                tuple(Run(Path(f"{name}-{seed}")) for seed in range(seeds)),
                tuple(range(seeds)),
                np.stack([_logits(draw, label, hard, rate) for _ in range(seeds)]),
            )
            for name, rate in rates.items()
        ),
        apart=0,
    )


def _logits(
    draw: np.random.Generator, label: np.ndarray, hard: np.ndarray, rate: float
) -> np.ndarray:
    """Logits (N, K) that are right for about `rate` of the images, the easy ones more often."""
    n = len(label)
    mixed = np.where(draw.random(n) < 0.7, hard, draw.random(n))  # three in ten by luck
    right = mixed < rate + draw.normal(0, SEED_SPREAD)
    said = np.where(right, label, (label + 1) % len(CLASSES))
    return (3.0 * np.eye(len(CLASSES))[said]).astype(np.float32)

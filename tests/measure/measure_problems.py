"""Seeded random problems for the tests of `measure`."""

import numpy as np

from sureshot.records import Predictions, strings


def problem(
    n: int, classes: int, seed: int = 0, *, shares=None, never=(), strength: float = 2.0
) -> Predictions:
    """Predictions that are often right; `never` names classes that are never predicted."""
    random = np.random.default_rng(seed)
    labels = random.choice(classes, size=n, p=shares)
    logits = random.normal(size=(n, classes)).astype(np.float32)
    logits[np.arange(n), labels] += strength
    logits[:, list(never)] -= 20
    return predictions(labels, logits)


def predictions(labels, logits) -> Predictions:
    """The rows as Predictions, all readable, named by their number."""
    labels, logits = np.asarray(labels, np.int64), np.asarray(logits, np.float32)
    classes = tuple(f"class {k}" for k in range(logits.shape[1]))
    ids = strings([f"{row:05}.png" for row in range(len(labels))])
    return Predictions(classes, ids, labels, logits, strings([""] * len(labels)))


PROBLEMS = {
    "ten classes": problem(500, 10),
    "two classes": problem(300, 2, 1),
    "imbalanced": problem(400, 4, 2, shares=[0.9, 0.07, 0.02, 0.01], strength=1.0),
    "no image of a class": problem(200, 4, 3, shares=[0.5, 0.3, 0.2, 0]),
    "a class never predicted": problem(200, 5, 4, never=[2]),
    "a class in neither": problem(200, 5, 5, shares=[0.4, 0, 0.3, 0.2, 0.1], never=[1]),
    "one image, right": problem(1, 10, 6, strength=9.0),
    "one image, wrong": problem(1, 10, 7, strength=-9.0),
    "all wrong": problem(50, 3, 8, strength=-30.0),
}

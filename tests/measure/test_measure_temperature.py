"""The temperature with the least log loss, found by another road too."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from sureshot.measure import log_loss
from sureshot.measure.temperature import fit_temperature
from sureshot.records import softmax

LIMITS = (0.05, 20.0)


def drawn(n: int, classes: int, strength: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels drawn from the softmax of logits, and these logits."""
    draw = np.random.default_rng(seed)
    logits = (strength * draw.normal(size=(n, classes))).astype(np.float32)
    chances = softmax(logits).cumsum(axis=1)
    labels = (draw.random(n)[:, None] > chances).sum(axis=1).clip(0, classes - 1)
    return labels, logits


@pytest.mark.parametrize("factor", [0.25, 1.0, 3.0])
@pytest.mark.parametrize("classes", [2, 10])
def test_logits_that_are_too_large_are_found_out(factor: float, classes: int) -> None:
    labels, logits = drawn(8_000, classes, 2.0, 0)
    found = fit_temperature(labels, factor * logits, LIMITS)
    assert found == pytest.approx(factor, rel=0.06)


@pytest.mark.parametrize("seed", range(5))
def test_it_has_the_least_log_loss(seed: int) -> None:
    labels, logits = drawn(200, 4, 3.0, seed)
    found = fit_temperature(labels, logits * 2, LIMITS)
    best = minimize_scalar(
        lambda t: log_loss(labels, 2 * logits.astype(np.float64) / t), LIMITS, bounds=LIMITS
    )
    assert found == pytest.approx(best.x, rel=1e-3)


def test_where_nothing_is_wrong_nothing_is_learned() -> None:
    logits = np.array([[2, 0], [0, 1]], np.float32)
    assert fit_temperature(np.array([0, 1]), logits, LIMITS) == 1.0


def test_it_stays_within_its_limits() -> None:
    logits = np.array([[30, 0], [30, 0], [0, 30]], np.float32)
    assert fit_temperature(np.array([1, 1, 0]), logits, LIMITS) == pytest.approx(20, rel=1e-6)

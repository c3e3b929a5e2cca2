"""Heads against scikit-learn and against the distances that they stand for."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor
from torch.nn.functional import linear

from sureshot.training.heads import (
    STRONGEST,
    USUAL,
    WEAKEST,
    Scale,
    logistic,
    nearest_mean,
    strengths,
)


def rows(count: int = 90, features: int = 12, classes: int = 3) -> tuple[Tensor, Tensor]:
    """Rows around a centre for each class, the last feature always the same."""
    draw = np.random.default_rng(4)
    labels = np.arange(count) % classes
    centres = draw.normal(0, 1, (classes, features))
    found = centres[labels] + draw.normal(0, 1.5, (count, features))
    found[:, -1] = 7.0
    return torch.tensor(found, dtype=torch.float32), torch.tensor(labels)


def nothing(features: int = 12, classes: int = 3) -> tuple[Tensor, Tensor]:
    return torch.zeros(classes, features), torch.zeros(classes)


@pytest.mark.parametrize("strength", [1.0, 0.1, 0.01])
def test_a_logistic_head_is_scikit_learn_s(strength: float) -> None:
    seen, labels = rows()
    peer = LogisticRegression(C=1 / (strength * len(seen)), tol=1e-8, max_iter=5000)
    peer.fit(seen.double().numpy(), labels.numpy())
    weight, bias = logistic(seen, labels, strength, nothing())
    ours = linear(seen, weight, bias).double().softmax(1).numpy()
    assert np.abs(ours - peer.predict_proba(seen.double().numpy())).max() < 2e-3


def test_where_it_starts_makes_no_difference() -> None:
    seen, labels = rows()
    from_far, _ = logistic(seen, labels, 0.1, (torch.ones(3, 12), torch.ones(3)))
    from_nothing, _ = logistic(seen, labels, 0.1, nothing())
    assert torch.allclose(from_far, from_nothing, atol=2e-3)


def test_a_class_that_costs_more_is_answered_more() -> None:
    seen, labels = rows()
    plain = linear(seen, *logistic(seen, labels, 0.1, nothing()))
    costs = torch.tensor([5.0, 1.0, 1.0])
    costly = linear(seen, *logistic(seen, labels, 0.1, nothing(), costs))
    assert (costly.argmax(1) == 0).sum() > (plain.argmax(1) == 0).sum()


def test_the_nearest_mean_is_nearest() -> None:
    seen, labels = rows()
    weight, bias = nearest_mean(seen, labels, 3, 0.5)
    means = torch.stack([seen[labels == k].mean(0) for k in range(3)])
    assert torch.equal(linear(seen, weight, bias).argmax(1), torch.cdist(seen, means).argmin(1))
    gaps = -0.25 * torch.cdist(seen, means).square()  # apart from what all classes share
    assert torch.allclose(linear(seen, weight, bias).softmax(1), gaps.softmax(1), atol=1e-5)


def test_standardising_is_undone_in_the_layer() -> None:
    seen, labels = rows()
    scale = Scale.of(seen)
    standard = scale.applied(seen)
    assert torch.allclose(standard[:, :-1].std(0, correction=0), torch.ones(11), atol=1e-5)
    assert not standard[:, -1].any()
    layer = logistic(standard, labels, 0.1, nothing())
    plain = scale.unscaled(*layer)
    assert torch.allclose(linear(seen, *plain), linear(standard, *layer), atol=1e-4)
    for again, before in zip(scale.scaled(*plain), layer, strict=True):
        assert torch.allclose(again, before, atol=1e-4)


def test_strengths_fall_from_the_strongest() -> None:
    assert strengths(1) == (USUAL,)
    found = strengths(12)
    assert found[0] == pytest.approx(STRONGEST)
    assert found[-1] == pytest.approx(WEAKEST)
    assert list(found) == sorted(found, reverse=True)

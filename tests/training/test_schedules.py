"""Learning rates and early stopping: against PyTorch's own schedules, and by hand."""

import math
from itertools import pairwise

import pytest
import torch

from sureshot.recipe import EarlyStop, Recipe, assemble
from sureshot.training.schedules import rate_at, stopped

STEPS, EPOCHS = 7, 10


def recipe(**settings: object) -> Recipe:
    dotted = {key.replace("__", "."): value for key, value in settings.items()}
    return assemble("arch_1", settings={"epochs": EPOCHS, "optimizer.rate": 0.1, **dotted})


def history(*losses: float) -> list[dict[str, float]]:
    return [{"validation_loss": loss} for loss in losses]


def rates(chosen: Recipe) -> list[float]:
    """The rate of every step of a training whose validation loss falls all the time."""
    return [
        rate_at(chosen, history(*(1 / (e + 1) for e in range(epoch))), step, STEPS)
        for epoch in range(EPOCHS)
        for step in range(STEPS)
    ]


def of_torch(schedule: str, **how: object) -> list[float]:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], 0.1)
    schedule_of = getattr(torch.optim.lr_scheduler, schedule)(optimizer, **how)
    told = []
    for _ in range(STEPS * EPOCHS):
        told.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule_of.step()
    return told


def test_constant_is_constant() -> None:
    assert set(rates(recipe())) == {0.1}


def test_cosine_is_that_of_pytorch() -> None:
    expected = of_torch("CosineAnnealingLR", T_max=STEPS * EPOCHS)
    assert rates(recipe(schedule__name="cosine")) == pytest.approx(expected, rel=1e-9)


def test_one_cycle_is_that_of_pytorch() -> None:
    """PyTorch reaches its end one step earlier: the shapes agree to a step's difference."""
    ours = rates(recipe(schedule__name="one_cycle"))
    theirs = of_torch("OneCycleLR", max_lr=0.1, total_steps=STEPS * EPOCHS)
    assert ours[0] == pytest.approx(0.1 / 25)
    assert max(ours) == pytest.approx(0.1)
    assert ours.index(max(ours)) == pytest.approx(theirs.index(max(theirs)), abs=1)
    assert ours == pytest.approx(theirs, abs=0.006)
    assert ours[-1] < 0.001


def test_warm_up_rises_evenly_to_the_whole_rate() -> None:
    ours = rates(recipe(schedule__warmup=2))
    rises = [b - a for a, b in pairwise(ours[: 2 * STEPS])]
    assert rises == pytest.approx([rises[0]] * len(rises))
    assert 0 < ours[0] < 0.01
    assert ours[2 * STEPS :] == [0.1] * (STEPS * (EPOCHS - 2))


def test_a_plateau_lowers_the_rate_as_keras_does() -> None:
    """Patience 2: lowered after two epochs without a gain of 1e-4, waiting anew, to the floor."""
    chosen = recipe(
        schedule__name="plateau",
        schedule__factor=0.5,
        schedule__patience=2,
        schedule__floor=0.02,
    )

    def rate(*losses: float) -> float:
        return rate_at(chosen, history(*losses), 0, STEPS)

    assert rate(1.0, 0.9, 0.9) == 0.1
    assert rate(1.0, 0.9, 0.9, 0.89995) == 0.05  # too small a gain
    assert rate(1.0, 0.9, 0.9, 0.8) == 0.1
    assert rate(1.0, 0.9, 0.9, 0.9, 0.9) == 0.05
    assert rate(1.0, *[0.9] * 5) == 0.025
    assert rate(1.0, *[0.9] * 20) == 0.02


def test_early_stop_waits_for_gains_that_count() -> None:
    early = EarlyStop(patience=3, min_delta=0.1)
    assert not stopped(early, history(1.0, 0.95, 0.93))
    assert stopped(early, history(1.0, 0.95, 0.93, 0.91))
    assert not stopped(early, history(1.0, 0.95, 0.93, 0.8))
    assert not stopped(EarlyStop(), history(*[1.0] * 100))
    assert not stopped(early, [])


def test_rates_are_finite_for_any_warm_up() -> None:
    for warmup in (0.5, EPOCHS, 1000):
        for name in ("constant", "cosine"):
            told = rates(recipe(schedule__name=name, schedule__warmup=warmup))
            assert all(math.isfinite(rate) and 0 <= rate <= 0.1 for rate in told)


@pytest.mark.parametrize("rise", [0.0, 0.3])
def test_a_triangle_rises_then_falls_and_no_step_stands_still(rise: float) -> None:
    chosen = recipe(schedule__name="triangle", schedule__rise=rise)
    told = rates(chosen)
    top = told.index(max(told))
    assert top == pytest.approx(rise * STEPS * EPOCHS, abs=1)
    assert all(a < b for a, b in pairwise(told[: top + 1]))
    assert all(a > b for a, b in pairwise(told[top:]))
    assert min(told) > 0
    assert max(told) <= 0.1
    assert rate_at(recipe(epochs=1, schedule__name="triangle", schedule__rise=rise), [], 0, 1) > 0

"""The learning rate at any moment, and when to stop: pure functions of the recipe and the history.

Nothing is remembered between steps, so a training that goes on after a kill has the same rates.
"""

import math
from collections.abc import Mapping, Sequence

from sureshot.recipe import EarlyStop, Recipe, ScheduleSettings

PLATEAU_DELTA = 1e-4  # least gain in validation loss that counts; Keras's default
# One cycle as Smith and Topin describe it, with the shares and divisors that PyTorch uses.
RISING = 0.3  # share of the training during which the rate rises
FIRST_DIVISOR = 25.0  # the rate begins at a 25th …
LAST_DIVISOR = 1e4  # … and ends at a 10,000th of that

History = Sequence[Mapping[str, float]]


def rate_at(recipe: Recipe, history: History, step: int, steps: int) -> float:
    """The rate of one step, `step` of `steps` in the epoch behind `history`."""
    rate, schedule = recipe.optimizer.rate, recipe.schedule
    done = len(history) + step / steps  # epochs
    if schedule.name == "cosine":
        share = (done - schedule.warmup) / max(recipe.epochs - schedule.warmup, 1 / steps)
        rate *= (1 + math.cos(math.pi * min(max(share, 0.0), 1.0))) / 2
    elif schedule.name == "one_cycle":
        rate = _one_cycle(rate, done / recipe.epochs)
    elif schedule.name == "triangle":
        # amid the step, so that no step has a rate of 0
        rate *= _triangle((done + 0.5 / steps) / recipe.epochs, schedule.rise)
    elif schedule.name == "plateau":
        rate = _after_plateaus(rate, schedule, history)
    if done < schedule.warmup:
        rate *= (done + 1 / steps) / (schedule.warmup + 1 / steps)
    return rate


def stopped(early: EarlyStop, history: History) -> bool:
    """Whether validation loss has not gained `min_delta` for `patience` epochs; 0 never stops."""
    if not early.patience:
        return False
    best, waited = math.inf, 0
    for row in history:
        if row["validation_loss"] < best - early.min_delta:
            best, waited = row["validation_loss"], 0
        else:
            waited += 1
        if waited >= early.patience:
            return True
    return False


def _one_cycle(rate: float, share: float) -> float:
    """Half a cosine up from a 25th, then half a cosine down to almost nothing."""
    low, end = rate / FIRST_DIVISOR, rate / FIRST_DIVISOR / LAST_DIVISOR
    if share < RISING:
        return low + (rate - low) * (1 - math.cos(math.pi * share / RISING)) / 2
    return end + (rate - end) * (1 + math.cos(math.pi * (share - RISING) / (1 - RISING))) / 2


def _triangle(share: float, rise: float) -> float:
    """Evenly up to 1 at `rise`, then evenly down to 0 at the end."""
    return share / rise if share < rise else (1 - share) / (1 - rise)


def _after_plateaus(rate: float, schedule: ScheduleSettings, history: History) -> float:
    """The rate, reduced once for every `patience` epochs without a gain."""
    best, waited = math.inf, 0
    for row in history:
        if row["validation_loss"] < best - PLATEAU_DELTA:
            best, waited = row["validation_loss"], 0
            continue
        waited += 1
        if waited >= schedule.patience:
            waited = 0
            if rate > schedule.floor:
                rate = max(rate * schedule.factor, schedule.floor)
    return rate

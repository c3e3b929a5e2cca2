"""The training loop: epoch after epoch learned, judged, recorded, saved.

How an epoch is learned is not its business: by steps of an optimizer (`stepping`), or by a head
that is solved for on what a frozen network sees (`solving`).
"""

import math
from collections.abc import Mapping
from typing import Protocol

import numpy as np
import torch

from sureshot import files
from sureshot.device import Device
from sureshot.errors import Interrupted
from sureshot.progress import Progress, Track
from sureshot.recipe import Recipe, is_pretrained
from sureshot.runs import Run, csv_text
from sureshot.training import checkpoints
from sureshot.training.clock import Clock
from sureshot.training.interrupt import Interrupt
from sureshot.training.schedules import stopped
from sureshot.training.solving import Heads, head_first, solver_of
from sureshot.training.starting import start
from sureshot.training.state import State
from sureshot.training.stepping import Steps, not_a_number
from sureshot.training.task import Data, Task
from sureshot.training.tracking import Tracker
from sureshot.training.transfer import record


class Learning(Protocol):
    """A way to learn: what the loop asks of it."""

    def learn(self, state: State, interrupt: Interrupt, track: Track) -> None:
        """One epoch, from `state.step` on, or as much of it as an interrupt leaves."""

    def judge(self, state: State) -> tuple[float, float]:
        """Loss and accuracy on validation."""

    def rate(self, state: State) -> float:
        """What the history calls the epoch's rate."""


def train(
    run: Run,
    recipe: Recipe,
    data: Data,
    device: Device,
    progress: Progress,
    tracker: Tracker | None = None,
    clock: Clock | None = None,
) -> int:
    """Train to the last epoch, from the newest checkpoint or from nothing; returns the best epoch.

    Leaves checkpoints, history.csv and timing.csv in the run. Raises Interrupted after Ctrl-C with
    everything saved, TrainingError where the loss is no longer a number.
    """
    task = Task(recipe, data.on(device.name), device, clock or Clock())
    state = start(task)
    tracker = tracker or Tracker()
    saved = checkpoints.recover(run, state.of, progress)
    if saved:
        state.restore(saved.tensors)
        vars(state).update({name: saved.position[name] for name in state.position()})
        progress.say(f"going on after epoch {state.epoch}, step {state.step}")
        if state.history:
            write_tables(run, state.history, state.timing)
    way = _way(run, task, state, saved is None, progress)
    task.clock.lap("start")
    progress.say(HEADER)
    steps = len(state.losses)
    with Interrupt() as interrupt, torch.random.fork_rng():
        left = steps * (recipe.epochs - state.epoch) - state.step
        with progress.track("training, in steps", max(left, 0)) as track:
            while state.epoch < recipe.epochs and not stopped(recipe.early_stop, state.history):
                way.learn(state, interrupt, track)
                if state.step == steps:
                    _finish_epoch(run, task, way, state, progress)
                    tracker.tell()
                    task.clock.lap("telling")
                if interrupt.asked:
                    checkpoints.write(run, state)
                    raise Interrupted(
                        f"stopped after epoch {state.epoch}, step {state.step}, and saved; "
                        f"go on with: {run.resuming}",
                        interrupt.asked,
                    )
    if state.epoch < recipe.epochs:
        progress.say(
            f"stopped early: validation loss gained nothing for {recipe.early_stop.patience} "
            f"epochs (early_stop.min_delta = {recipe.early_stop.min_delta:g})"
        )
    return state.best_epoch


def _way(run: Run, task: Task, state: State, fresh: bool, progress: Progress) -> Learning:
    """How the recipe learns; a `fresh` fine-tuning is given its best head first."""
    if not is_pretrained(task.recipe.model):
        return Steps(run, task)
    record(run, task.recipe.model)
    if task.recipe.on_features:
        return Heads(solver_of(task, state, progress), task.clock)
    if fresh:
        head_first(solver_of(task, state, progress), state, progress)
    return Steps(run, task)


def _finish_epoch(run: Run, task: Task, way: Learning, state: State, progress: Progress) -> None:
    """Validate, add the epoch's rows, save; the checkpoint first, for the tables follow from it."""
    recipe, data = task.recipe, task.data
    steps = len(state.losses)
    sizes = np.full(steps, recipe.batch)
    sizes[-1] = len(data.train) - recipe.batch * (steps - 1)
    row = {
        "epoch": state.epoch + 1,
        "rate": way.rate(state),
        "train_loss": float(np.average(state.losses.double().cpu().numpy(), weights=sizes)),
        "train_accuracy": float(state.hits.double().sum()) / len(data.train),
    }
    if len(data.validation):
        loss, accuracy = way.judge(state)
        task.clock.lap("validation")
        row |= {"validation_loss": loss, "validation_accuracy": accuracy}
        if not math.isfinite(loss):
            raise not_a_number(run, recipe, f"on validation after epoch {state.epoch + 1}")
    state.epoch += 1
    state.history.append(row)
    speed = len(data.train) / state.seconds
    state.timing.append(
        {"epoch": state.epoch, "seconds": state.seconds, "images_per_second": speed}
    )
    state.step, state.seconds = 0, 0.0
    state.losses.zero_()
    state.hits.zero_()
    checkpoints.write(run, state)
    write_tables(run, state.history, state.timing)
    task.clock.lap("saving")
    best = state.best_epoch == state.epoch and len(data.validation) > 0
    progress.say(epoch_line(row, recipe.epochs, speed, best))


def write_tables(run: Run, history: list[dict[str, float]], timing: list[dict[str, float]]) -> None:
    """history.csv and timing.csv, whole."""
    files.write_text(run.folder / "history.csv", csv_text(history))
    files.write_text(run.folder / "timing.csv", csv_text(timing))


HEADER = f"{'epoch':<9}{'train':<18}{'validation':<18}images/s     (loss and accuracy)"


def epoch_line(row: Mapping[str, float], epochs: int, speed: float, best: bool) -> str:
    """One epoch for a person, below HEADER."""
    cells = (
        f"{row[f'{split}_loss']:<7.3f}{100 * row[f'{split}_accuracy']:5.1f} %"
        if f"{split}_loss" in row
        else "none"
        for split in ("train", "validation")
    )
    epoch = f"{row['epoch']:.0f}/{epochs}"
    return (
        f"{epoch:<9}"
        + "".join(f"{cell:<18}" for cell in cells)
        + f"{speed:<8,.0f}"
        + ("     best so far" if best else "")
    )

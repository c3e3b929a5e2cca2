"""The training loop.

Shapes: `B` images in a batch, `H` × `W` pixels, `C` channels, `K` classes.
Every random choice is a function of (seed, epoch, step), so that a training that was killed and
resumed ends in the same bits as one that was not.
"""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from sureshot import files
from sureshot.data import Pixels, Rows, batches, shuffled
from sureshot.device import Device
from sureshot.errors import Interrupted, TrainingError
from sureshot.models import Network, build
from sureshot.progress import Progress, Track, duration
from sureshot.recipe import Recipe
from sureshot.records import Index
from sureshot.runs import Run, csv_text
from sureshot.seeds import derive
from sureshot.training import checkpoints
from sureshot.training.interrupt import Interrupt
from sureshot.training.state import State

CHECK_EVERY = 20  # steps between looks at the losses: each look makes a GPU wait
VALIDATION_BATCH = 256  # assumed: large enough for full speed, small enough for any memory
PROBE_STEPS = 5  # steps timed before the start, after as many unmeasured ones
ADAM_EPSILON = 1e-7  # Keras's default; PyTorch's is 1e-8


@dataclass(frozen=True, eq=False)
class Data:
    """What one training reads: all pixels, all labels, and which rows are for what."""

    pixels: Pixels
    labels: Tensor  # (N,) int64
    fingerprint: str  # of the index
    train: Rows
    validation: Rows

    @classmethod
    def of(cls, index: Index, pixels: Pixels) -> "Data":
        """The training view of an index."""
        labels = torch.tensor(index.label)
        fingerprint = index.fingerprint()
        return cls(pixels, labels, fingerprint, index.rows("train"), index.rows("validation"))

    def batch(self, rows: Rows, device: str) -> tuple[Tensor, Tensor]:
        """uint8 pixels (B, H, W, C) and labels (B,) of some rows."""
        pixels = torch.from_numpy(self.pixels.array[rows])
        return pixels.to(device), self.labels[rows].to(device)


def train(
    run: Run, recipe: Recipe, data: Data, classes: int, device: Device, progress: Progress
) -> int:
    """Train to the last epoch, from the newest checkpoint or from nothing; returns the best epoch.

    Leaves checkpoints, history.csv and timing.csv in the run. Raises Interrupted after Ctrl-C with
    everything saved, TrainingError where the loss is no longer a number.
    """
    torch.set_num_threads(device.threads)
    state = _start(recipe, data, classes, device)
    saved = checkpoints.recover(run, state.of, progress)
    if saved:
        state.restore(saved.tensors)
        vars(state).update({name: saved.position[name] for name in state.position()})
        progress.say(f"going on after epoch {state.epoch}, step {state.step}")
        if state.history:
            write_tables(run, state.history, state.timing)
    else:
        progress.say(_estimate(recipe, data, classes, device))
    progress.say(HEADER)
    steps = len(state.losses)
    with Interrupt() as interrupt, torch.random.fork_rng():
        left = steps * (recipe.epochs - state.epoch) - state.step
        with progress.track("training, in steps", max(left, 0)) as track:
            while state.epoch < recipe.epochs:
                _train_epoch(run, recipe, data, device, state, interrupt, track)
                if state.step == len(state.losses):
                    _finish_epoch(run, recipe, data, device, state, progress)
                if interrupt.asked:
                    checkpoints.write(run, state)
                    raise Interrupted(
                        f"stopped after epoch {state.epoch}, step {state.step}, and saved; "
                        f"go on with: sureshot resume {run.folder}",
                        interrupt.asked,
                    )
    return state.best_epoch


def _start(recipe: Recipe, data: Data, classes: int, device: Device) -> State:
    network = build(recipe.model, recipe.image.settled(), classes, recipe.seed)
    network.to(device.name)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    steps = -(-len(data.train) // recipe.batch)
    return State(
        network=network,
        optimizer=torch.optim.Adam(
            network.parameters(), recipe.optimizer.rate, eps=ADAM_EPSILON, fused=True
        ),
        losses=torch.zeros(steps, device=device.name),
        hits=torch.zeros(steps, dtype=torch.int64, device=device.name),
        of=f"{recipe.hash()}-{data.fingerprint}",
    )


def _train_epoch(
    run: Run,
    recipe: Recipe,
    data: Data,
    device: Device,
    state: State,
    interrupt: Interrupt,
    track: Track,
) -> None:
    """The rest of one epoch, from `state.step` on, or as much of it as an interrupt leaves."""
    state.network.train()
    started = time.perf_counter() - state.seconds
    order = shuffled(data.train, recipe.seed, state.epoch)
    for step, rows in batches(order, recipe.batch, state.step):
        torch.manual_seed(derive("step", recipe.seed, state.epoch, step))
        _step(state, *data.batch(rows, device.name), device)
        state.step, state.seconds = step + 1, time.perf_counter() - started
        if state.step % CHECK_EVERY == 0:
            _require_finite(run, recipe, state)
        track.advance()
        if interrupt.asked:
            break
    _require_finite(run, recipe, state)


def _step(state: State, pixels: Tensor, labels: Tensor, device: Device) -> None:
    with torch.autocast(device.name, torch.bfloat16, enabled=device.precision == "bf16"):
        logits = state.network(pixels).logits  # (B, K)
    loss = cross_entropy(logits.float(), labels) + state.network.penalty()
    loss.backward()  # type: ignore[no-untyped-call]
    state.optimizer.step()
    state.optimizer.zero_grad()
    state.losses[state.step] = loss.detach()
    state.hits[state.step] = (logits.detach().argmax(1) == labels).sum()


def _finish_epoch(
    run: Run, recipe: Recipe, data: Data, device: Device, state: State, progress: Progress
) -> None:
    """Validate, add the epoch's rows, save; the checkpoint first, for the tables follow from it."""
    sizes = np.full(len(state.losses), recipe.batch)
    sizes[-1] = len(data.train) - recipe.batch * (len(sizes) - 1)
    validation_loss, validation_accuracy = _validate(data, device, state.network)
    if not math.isfinite(validation_loss):
        raise _not_a_number(run, recipe, f"on validation after epoch {state.epoch + 1}")
    state.epoch += 1
    row = {
        "epoch": state.epoch,
        "rate": recipe.optimizer.rate,
        "train_loss": float(np.average(state.losses.double().cpu().numpy(), weights=sizes)),
        "train_accuracy": int(state.hits.sum()) / len(data.train),
        "validation_loss": validation_loss,
        "validation_accuracy": validation_accuracy,
    }
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
    progress.say(epoch_line(row, recipe.epochs, speed, state.best_epoch == state.epoch))


def write_tables(run: Run, history: list[dict[str, float]], timing: list[dict[str, float]]) -> None:
    """history.csv and timing.csv, whole."""
    files.write_text(run.folder / "history.csv", csv_text(history))
    files.write_text(run.folder / "timing.csv", csv_text(timing))


HEADER = f"{'epoch':<9}{'train':<18}{'validation':<18}images/s     (loss and accuracy)"


def epoch_line(row: Mapping[str, float], epochs: int, speed: float, best: bool) -> str:
    """One epoch for a person, below HEADER."""
    cells = (
        f"{row[f'{split}_loss']:<7.3f}{100 * row[f'{split}_accuracy']:5.1f} %"
        for split in ("train", "validation")
    )
    epoch = f"{row['epoch']:.0f}/{epochs}"
    return (
        f"{epoch:<9}"
        + "".join(f"{cell:<18}" for cell in cells)
        + f"{speed:<8,.0f}"
        + ("     best so far" if best else "")
    )


@torch.no_grad()
def _validate(data: Data, device: Device, network: Network) -> tuple[float, float]:
    """Mean loss (with L2, as Keras reports it) and accuracy over the validation images."""
    network.eval()
    loss = torch.zeros((), dtype=torch.float64, device=device.name)
    hits = torch.zeros((), dtype=torch.int64, device=device.name)
    for _, rows in batches(data.validation, VALIDATION_BATCH):
        pixels, labels = data.batch(rows, device.name)
        with torch.autocast(device.name, torch.bfloat16, enabled=device.precision == "bf16"):
            logits = network(pixels).logits
        loss += cross_entropy(logits.float(), labels, reduction="sum")
        hits += (logits.argmax(1) == labels).sum()
    n = len(data.validation)
    return float(loss / n + network.penalty()), int(hits) / n


def _require_finite(run: Run, recipe: Recipe, state: State) -> None:
    bad = ~torch.isfinite(state.losses[: state.step])
    if bool(bad.any()):
        step = int(bad.int().argmax()) + 1
        raise _not_a_number(run, recipe, f"at step {step} of epoch {state.epoch + 1}")


def _not_a_number(run: Run, recipe: Recipe, where: str) -> TrainingError:
    kept = checkpoints.newest(run)
    rate = recipe.optimizer.rate
    return TrainingError(
        f"the loss is no longer a number {where}; the likely cause is a learning rate that is "
        f"too high (optimizer.rate = {rate:g}): try {rate / 10:g}. "
        + (f"The last good checkpoint is {kept}" if kept else "No epoch was complete yet")
    )


def _estimate(recipe: Recipe, data: Data, classes: int, device: Device) -> str:
    """Time a few steps on a throw-away network and say how long the whole will take."""
    state = _start(recipe, data, classes, device)
    rows = data.train[: recipe.batch]
    with torch.random.fork_rng():
        torch.manual_seed(derive("probe", recipe.seed))
        for step in range(2 * PROBE_STEPS):
            if step == PROBE_STEPS:
                started = time.perf_counter()
            state.step = 0
            _step(state, *data.batch(rows, device.name), device)
        float(state.losses[0])  # waits for a GPU
    seconds = (time.perf_counter() - started) / PROBE_STEPS
    speed = len(rows) / seconds
    validation = len(data.validation) / (3 * speed)  # a forward pass is a third of a step
    total = recipe.epochs * (len(data.train) / speed + validation)
    return (
        f"{recipe.epochs} epochs of {len(data.train):,} images at about {speed:,.0f} images/s: "
        f"about {duration(total)}"
    )

"""The training loop.

Shapes: `B` images in a batch, `H` × `W` pixels, `C` channels, `K` classes.
Every random choice is a function of (seed, epoch, step), so that a training that was killed and
resumed ends in the same bits as one that was not.
"""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from sureshot import device as devices
from sureshot import files
from sureshot.data import Pixels, Rows, batch_count, batches, shuffled
from sureshot.device import Device
from sureshot.errors import Interrupted, TrainingError
from sureshot.measure import balanced_weights
from sureshot.models import WhitenedPatches, build
from sureshot.progress import Progress, Track
from sureshot.recipe import Recipe, is_pretrained
from sureshot.records import Index
from sureshot.runs import Run, csv_text
from sureshot.seeds import derive, generator
from sureshot.training import checkpoints
from sureshot.training.augment import Mix, alternating, augmented, cut_and_mixed
from sureshot.training.clock import Clock
from sureshot.training.features import seconds_an_image
from sureshot.training.heads import strengths
from sureshot.training.interrupt import Interrupt
from sureshot.training.optimizers import optimizer, set_step
from sureshot.training.schedules import rate_at, stopped
from sureshot.training.solving import Solver, head_first, solve_epoch, solver_of
from sureshot.training.state import State
from sureshot.training.tracking import Tracker
from sureshot.training.transfer import (
    estimated,
    groups,
    in_words,
    record,
    sized,
    unfreeze,
)

CHECK_EVERY = 20  # steps between looks at the losses: each look makes a GPU wait
VALIDATION_BATCH = 256  # assumed: large enough for full speed, small enough for any memory
PROBED = 320  # images that are timed for an estimate, after as many unmeasured ones
PATCHES = 200_000  # places that a first layer is learned from: enough for its few directions


@dataclass(frozen=True, eq=False)
class Data:
    """What one training reads: all pixels, all labels, and which rows are for what."""

    pixels: Pixels
    labels: Tensor  # (N,) int64
    classes: int  # K
    fingerprint: str  # of the index
    train: Rows
    validation: Rows  # may be empty
    resident: Tensor | None = None  # all pixels on a GPU, where they fit

    @classmethod
    def of(cls, index: Index, pixels: Pixels) -> "Data":
        """The training view of an index."""
        return cls(
            pixels,
            torch.tensor(index.label),
            len(index.classes),
            index.fingerprint(),
            index.rows("train"),
            index.rows("validation"),
        )

    def on(self, device: str) -> "Data":
        """The same data, their pixels carried to a GPU once where they fill at most half of it."""
        if device != "cuda" or self.pixels.array.nbytes > torch.cuda.mem_get_info()[0] / 2:
            return self
        return replace(self, resident=torch.tensor(self.pixels.array, device=device))

    def batch(self, rows: Rows, device: str) -> tuple[Tensor, Tensor]:
        """uint8 pixels (B, H, W, C) and labels (B,) of some rows."""
        if self.resident is not None:
            pixels = self.resident[torch.from_numpy(rows).to(device)]
        else:
            pixels = torch.from_numpy(self.pixels.array[rows]).to(device)
        return pixels, self.labels[rows].to(device)

    def sample(self, count: int, seed: int) -> Tensor:
        """uint8 pixels (B, H, W, C) of some training images."""
        rows = generator("sample", seed).permutation(self.train)[:count]
        return torch.from_numpy(self.pixels.array[np.sort(rows)])

    def scale(self) -> tuple[Tensor, Tensor]:
        """Mean and deviation of each channel of the training images, in 0..1, shape (C,)."""
        levels = np.arange(256) / 255
        counts = np.zeros((self.pixels.array.shape[-1], 256), np.int64)
        for _, rows in batches(self.train, VALIDATION_BATCH):
            for channel, count in enumerate(counts):
                count += np.bincount(self.pixels.array[rows, ..., channel].ravel(), minlength=256)
        shares = counts / counts.sum(axis=1, keepdims=True)
        mean = shares @ levels
        deviation = np.sqrt((shares * (levels - mean[:, None]) ** 2).sum(axis=1))
        return torch.tensor(mean), torch.tensor(np.where(deviation > 0, deviation, 1.0))

    def class_weights(self) -> Tensor:
        """What an image of each class costs where classes are balanced, shape (K,)."""
        counts = torch.bincount(self.labels[self.train], minlength=self.classes).numpy()
        return torch.tensor(balanced_weights(counts), dtype=torch.float32)


@dataclass(frozen=True)
class Task:
    """What is done with what, where; and where its time goes."""

    recipe: Recipe
    data: Data
    device: Device
    clock: Clock = field(default_factory=Clock)
    solver: Solver | None = None  # where only a head is trained, on features

    def autocast(self) -> torch.autocast:
        """The precision of every pass through the network."""
        return torch.autocast(
            self.device.name, torch.bfloat16, enabled=self.device.precision == "bf16"
        )


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
    state = _start(task)
    tracker = tracker or Tracker()
    saved = checkpoints.recover(run, state.of, progress)
    if saved:
        state.restore(saved.tensors)
        vars(state).update({name: saved.position[name] for name in state.position()})
        progress.say(f"going on after epoch {state.epoch}, step {state.step}")
        if state.history:
            write_tables(run, state.history, state.timing)
    if is_pretrained(recipe.model):
        record(run, recipe.model)
        if recipe.on_features:
            task = replace(task, solver=solver_of(task, state, progress))
        elif saved is None:
            head_first(solver_of(task, state, progress), state, progress)
    task.clock.lap("start")
    progress.say(HEADER)
    steps = len(state.losses)
    with Interrupt() as interrupt, torch.random.fork_rng():
        left = steps * (recipe.epochs - state.epoch) - state.step
        with progress.track("training, in steps", max(left, 0)) as track:
            while state.epoch < recipe.epochs and not stopped(recipe.early_stop, state.history):
                _train_epoch(run, task, state, interrupt, track)
                if state.step == steps:
                    _finish_epoch(run, task, state, progress)
                    tracker.tell()
                    task.clock.lap("telling")
                if interrupt.asked:
                    checkpoints.write(run, state)
                    raise Interrupted(
                        f"stopped after epoch {state.epoch}, step {state.step}, and saved; "
                        f"go on with: sureshot resume {run.folder}",
                        interrupt.asked,
                    )
    if state.epoch < recipe.epochs:
        progress.say(
            f"stopped early: validation loss gained nothing for {recipe.early_stop.patience} "
            f"epochs (early_stop.min_delta = {recipe.early_stop.min_delta:g})"
        )
    return state.best_epoch


def seconds_an_epoch(recipe: Recipe, data: Data, device: Device) -> float:
    """How long one epoch takes here: some steps on a network that is thrown away, and a forward."""
    task = Task(recipe, data.on(device.name), device)
    state = _start(task, learning=False)
    if recipe.on_features:
        each = seconds_an_image(state.network, data.pixels, data.train, device)
        counts = len(data.train), len(data.validation)
        return estimated(recipe, each, *counts)["features"] / recipe.epochs
    if recipe.finetuned:
        state.epoch = recipe.epochs - 1  # the slowest: all of it is trained, on whole images
    steps = min(-(-PROBED // recipe.batch), len(state.losses))
    with torch.random.fork_rng():
        for _ in range(2):  # the first time is for warming up
            state.step, started = 0, time.perf_counter()
            for step, rows in batches(data.train, recipe.batch):
                if step == steps:
                    break
                _step(state, task, rows)
                state.step += 1
            float(state.losses[0])  # waits for a GPU
    training = (time.perf_counter() - started) / steps * len(state.losses)
    started = time.perf_counter()
    first = data.validation[:VALIDATION_BATCH]
    if not len(first):
        return training
    _validate(first, task, state)
    return training + (time.perf_counter() - started) * len(data.validation) / len(first)


def transfer_in_words(recipe: Recipe, data: Data, device: Device) -> str:
    """About how long the way of transfer that was chosen will take, and the other would."""
    network = _start(Task(recipe, data, device), learning=False).network
    each = seconds_an_image(network, data.pixels, data.train, device)
    return in_words(recipe, estimated(recipe, each, len(data.train), len(data.validation)))


def _start(task: Task, learning: bool = True) -> State:
    """Everything before the first step; what a network learns without steps, it learns here.

    Without `learning` that is left out: it takes time, and changes none of a step.
    """
    recipe, data, device = task.recipe, task.data, task.device
    torch.set_num_threads(device.threads)
    devices.keep_memory()
    network = build(recipe.model, recipe.image.settled(), data.classes, recipe.seed, recipe.network)
    if learning and recipe.network.standardise:
        network.learn_scale(*data.scale())
    for layer in network.modules():
        if learning and isinstance(layer, WhitenedPatches):
            count = layer.images_for(PATCHES, data.pixels.array.shape[1])
            layer.learn(network.images(data.sample(count, recipe.seed)))
    network.to(device.name)
    network.lie_as_images_do()
    steps = 1 if recipe.on_features else batch_count(len(data.train), recipe.batch)
    weights = data.class_weights().to(device.name) if recipe.class_weights == "balanced" else None
    return State(
        network=network,
        optimizer=optimizer(groups(network, recipe), recipe.optimizer),
        losses=torch.zeros(steps, device=device.name),
        hits=torch.zeros(steps, device=device.name),
        of=f"{recipe.hash()}-{data.fingerprint}",
        class_weights=weights,
    )


def _train_epoch(run: Run, task: Task, state: State, interrupt: Interrupt, track: Track) -> None:
    """The rest of one epoch, from `state.step` on, or as much of it as an interrupt leaves."""
    if task.solver is not None:
        solve_epoch(task.solver, state)
        task.clock.lap("head")
        track.advance()
        return
    state.network.train()
    unfreeze(state.network, task.recipe, state.epoch)
    started = time.perf_counter() - state.seconds
    order = shuffled(task.data.train, task.recipe.seed, state.epoch)
    for step, rows in batches(order, task.recipe.batch, state.step):
        _step(state, task, rows)
        state.step, state.seconds = step + 1, time.perf_counter() - started
        if state.step % CHECK_EVERY == 0:
            _require_finite(run, task.recipe, state)
        track.advance()
        task.clock.lap("progress")
        if interrupt.asked:
            break
    _require_finite(run, task.recipe, state)


def _step(state: State, task: Task, rows: Rows) -> None:
    """One batch forward, backward, and one step of the optimizer."""
    recipe, clock = task.recipe, task.clock
    pixels, labels = task.data.batch(rows, task.device.name)
    clock.lap("loading")
    pixels, mix = _augmented(recipe, state, pixels, rows)
    pixels = sized(pixels, recipe, state.epoch)
    clock.lap("augmentation")
    _seed_dropout(derive("step", recipe.seed, state.epoch, state.step), task.device.name)
    with task.autocast():
        logits = state.network(pixels).logits  # (B, K)
    loss = _mixed_loss(recipe, state, logits.float(), labels, mix) + state.network.penalty()
    clock.lap("forward")
    loss.backward()  # type: ignore[no-untyped-call]
    clock.lap("backward")
    if recipe.optimizer.clip:
        torch.nn.utils.clip_grad_norm_(state.network.trained(), recipe.optimizer.clip)
    steps = len(state.losses)
    rate = rate_at(recipe, state.history, state.step, steps)
    set_step(state.optimizer, rate, state.epoch * steps + state.step)
    state.optimizer.step()
    state.optimizer.zero_grad()
    clock.lap("optimizer")
    state.losses[state.step] = loss.detach()
    state.hits[state.step] = _hits(logits.detach(), labels, mix)


def _augmented(
    recipe: Recipe, state: State, pixels: Tensor, rows: Rows
) -> tuple[Tensor, Mix | None]:
    """The batch as this step sees it, uint8 or float (B, H, W, C), and of what it is made."""
    if not recipe.augment.wanted:
        return pixels, None
    draw = torch.Generator().manual_seed(derive("augment", recipe.seed, state.epoch, state.step))
    turns = recipe.augment.flip == "alternating"
    mirrored = alternating(rows, recipe.seed, state.epoch) if turns else None
    images = augmented(pixels, recipe.augment, draw, mirrored)
    if not recipe.augment.cutmix:
        return images, None
    return cut_and_mixed(images, recipe.augment.cutmix, draw)


def _mixed_loss(
    recipe: Recipe, state: State, logits: Tensor, labels: Tensor, mix: Mix | None
) -> Tensor:
    """The loss; where images are made of two, of both their labels, by area."""
    loss = _loss(recipe, state, logits, labels)
    if mix is None:
        return loss
    other = _loss(recipe, state, logits, labels[mix.partner.to(labels.device)])
    return mix.kept * loss + (1 - mix.kept) * other


def _hits(logits: Tensor, labels: Tensor, mix: Mix | None) -> Tensor:
    """How many images are told right; one made of two counts for each of its labels, by area."""
    told = logits.argmax(1)
    own = (told == labels).sum()
    if mix is None:
        return own
    return mix.kept * own + (1 - mix.kept) * (told == labels[mix.partner.to(labels.device)]).sum()


def _loss(recipe: Recipe, state: State, logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy, the mean over the batch; a class weight multiplies what its images cost."""
    if state.class_weights is None:
        return cross_entropy(logits, labels, label_smoothing=recipe.label_smoothing)
    each = cross_entropy(logits, labels, reduction="none", label_smoothing=recipe.label_smoothing)
    return (each * state.class_weights[labels]).mean()


def _seed_dropout(seed: int, device: str) -> None:
    """Seed the one generator that dropout reads; torch.manual_seed seeds all there are, slowly."""
    if device == "cuda":
        torch.cuda.manual_seed(seed)
    else:
        torch.default_generator.manual_seed(seed)


def _finish_epoch(run: Run, task: Task, state: State, progress: Progress) -> None:
    """Validate, add the epoch's rows, save; the checkpoint first, for the tables follow from it."""
    recipe, data = task.recipe, task.data
    steps = len(state.losses)
    sizes = np.full(steps, recipe.batch)
    sizes[-1] = len(data.train) - recipe.batch * (steps - 1)
    rate = rate_at(recipe, state.history, steps - 1, steps)
    row = {
        "epoch": state.epoch + 1,
        "rate": rate if task.solver is None else strengths(recipe.epochs)[state.epoch],
        "train_loss": float(np.average(state.losses.double().cpu().numpy(), weights=sizes)),
        "train_accuracy": float(state.hits.double().sum()) / len(data.train),
    }
    if len(data.validation):
        if task.solver is not None:
            loss, accuracy = task.solver.judge(state.network.head)
        else:
            loss, accuracy = _validate(data.validation, task, state)
        task.clock.lap("validation")
        row |= {"validation_loss": loss, "validation_accuracy": accuracy}
        if not math.isfinite(loss):
            raise _not_a_number(run, recipe, f"on validation after epoch {state.epoch + 1}")
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


@torch.no_grad()
def _validate(rows: Rows, task: Task, state: State) -> tuple[float, float]:
    """Mean loss (with L2, as Keras reports it) and accuracy over some images, as they are."""
    state.network.eval()
    device = task.device.name
    loss = torch.zeros((), dtype=torch.float64, device=device)
    hits = torch.zeros((), dtype=torch.int64, device=device)
    for _, some in batches(rows, VALIDATION_BATCH):
        pixels, labels = task.data.batch(some, device)
        with task.autocast():
            logits = state.network.plain(pixels).logits
        loss += cross_entropy(logits.float(), labels, reduction="sum")
        hits += (logits.argmax(1) == labels).sum()
    return float(loss / len(rows) + state.network.penalty()), int(hits) / len(rows)


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

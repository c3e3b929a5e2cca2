"""A network trained by steps of an optimizer, batch after batch.

Shapes: `B` images in a batch, `H` × `W` pixels, `C` channels, `K` classes.
Every random choice is a function of (seed, epoch, step), so that a training that was killed and
resumed ends in the same bits as one that was not.
"""

import time
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from sureshot.data import Rows, batches, shuffled
from sureshot.errors import TrainingError
from sureshot.progress import Track
from sureshot.recipe import Recipe
from sureshot.runs import Run
from sureshot.seeds import derive
from sureshot.training import checkpoints
from sureshot.training.augment import Mix, alternating, augmented, cut_and_mixed
from sureshot.training.interrupt import Interrupt
from sureshot.training.optimizers import set_step
from sureshot.training.schedules import rate_at
from sureshot.training.state import State
from sureshot.training.task import AT_ONCE, Task
from sureshot.training.transfer import sized, unfreeze

CHECK_EVERY = 20  # steps between looks at the losses: each look makes a GPU wait


@dataclass(frozen=True)
class Steps:
    """How a network learns in an epoch: step by step; what goes wrong is told with the `run`."""

    run: Run
    task: Task

    def learn(self, state: State, interrupt: Interrupt, track: Track) -> None:
        """The rest of one epoch, from `state.step` on, or as much as an interrupt leaves of it."""
        recipe = self.task.recipe
        state.network.train()
        unfreeze(state.network, recipe, state.epoch)
        started = time.perf_counter() - state.seconds
        order = shuffled(self.task.data.train, recipe.seed, state.epoch)
        for number, rows in batches(order, recipe.batch, state.step):
            step(state, self.task, rows)
            state.step, state.seconds = number + 1, time.perf_counter() - started
            if state.step % CHECK_EVERY == 0:
                _require_finite(self.run, recipe, state)
            track.advance()
            self.task.clock.lap("progress")
            if interrupt.asked:
                break
        _require_finite(self.run, recipe, state)
        state.seconds = time.perf_counter() - started  # a GPU has come to the end only now

    def judge(self, state: State) -> tuple[float, float]:
        """Loss and accuracy on validation."""
        return validated(self.task.data.validation, self.task, state)

    def rate(self, state: State) -> float:
        """The learning rate of the epoch's last step."""
        steps = len(state.losses)
        return rate_at(self.task.recipe, state.history, steps - 1, steps)


def step(state: State, task: Task, rows: Rows) -> None:
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


@torch.no_grad()
def validated(rows: Rows, task: Task, state: State) -> tuple[float, float]:
    """Mean loss (with L2, as Keras reports it) and accuracy over some images, as they are."""
    state.network.eval()
    device = task.device.name
    loss = torch.zeros((), dtype=torch.float64, device=device)
    hits = torch.zeros((), dtype=torch.int64, device=device)
    for _, some in batches(rows, AT_ONCE):
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
        raise not_a_number(run, recipe, f"at step {step} of epoch {state.epoch + 1}")


def not_a_number(run: Run, recipe: Recipe, where: str) -> TrainingError:
    """What is said where the loss of a training is lost: where, the likely cause, what is kept."""
    kept = checkpoints.newest(run)
    rate = recipe.optimizer.rate
    return TrainingError(
        f"the loss is no longer a number {where}; the likely cause is a learning rate that is "
        f"too high (optimizer.rate = {rate:g}): try {rate / 10:g}. "
        + (f"The last good checkpoint is {kept}" if kept else "No epoch was complete yet")
    )

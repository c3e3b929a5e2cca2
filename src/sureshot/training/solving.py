"""The heads of one training: solved for on what its frozen network sees, judged, the best kept."""

import time
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, linear

from sureshot.pretrained import located
from sureshot.progress import Progress, Track
from sureshot.recipe import Recipe
from sureshot.training.clock import Clock
from sureshot.training.features import Features, features_of
from sureshot.training.heads import Scale, logistic, nearest_mean, strengths
from sureshot.training.interrupt import Interrupt
from sureshot.training.state import State
from sureshot.training.task import Task

HEADS = 8  # strengths that a fine-tuning's first head is chosen from, as the recipes' features

Layer = tuple[Tensor, ...]  # weights (K, F), biases (K,)


@dataclass(frozen=True, eq=False)
class Solver:
    """Heads on the features of one training; solved for on the processor, wherever the head is."""

    recipe: Recipe
    features: Features
    classes: int
    class_weights: Tensor | None  # (K,)

    @cached_property
    def standard(self) -> tuple[Scale, Tensor]:
        """How training features are standardised, and so they are: the same for each strength."""
        scale = Scale.of(self.features.train)
        return scale, scale.applied(self.features.train)

    def solve(self, head: nn.Linear, number: int, strength: float) -> tuple[float, float]:
        """Set the head for one strength, the `number`-th; training loss, and hits among images."""
        seen, labels = self.features.train, self.features.train_labels
        scale, standard = self.standard
        if self.recipe.on_features and self.recipe.transfer.head == "nearest_mean":
            found = nearest_mean(standard, labels, self.classes, strength)
        else:
            nothing = (torch.zeros(head.weight.shape), torch.zeros(head.bias.shape))
            start = scale.scaled(*_layer(head)) if number else nothing
            smoothing = self.recipe.label_smoothing
            found = logistic(standard, labels, strength, start, self.class_weights, smoothing)
        _set(head, scale.unscaled(*found))
        logits, images = linear(seen, *_layer(head)), self.features.images
        right = logits[:images].argmax(1) == labels[:images]
        return float(cross_entropy(logits, labels)), float(right.sum())

    def judge(self, head: nn.Linear) -> tuple[float, float]:
        """Loss and accuracy on validation."""
        logits = linear(self.features.validation, *_layer(head))
        labels = self.features.validation_labels
        right = logits.argmax(1) == labels
        return float(cross_entropy(logits, labels)), float(right.double().mean())

    def best(self, head: nn.Linear, count: int) -> tuple[float, float]:
        """Set the head for the strength with the least validation loss; that, and its accuracy.

        Without validation for the usual strength.
        """
        judged = len(self.features.validation) > 0
        found: list[tuple[tuple[float, float], Layer]] = []
        for number, strength in enumerate(strengths(count if judged else 1)):
            self.solve(head, number, strength)
            found.append((self.judge(head) if judged else (0.0, 0.0), _layer(head)))
        score, kept = min(found, key=lambda one: one[0][0])
        _set(head, kept)
        return score


def _layer(head: nn.Linear) -> Layer:
    """A copy of a head's numbers, on the processor."""
    return tuple(number.detach().cpu().clone() for number in (head.weight, head.bias))


@torch.no_grad()
def _set(head: nn.Linear, layer: Layer) -> None:
    head.weight.copy_(layer[0])
    head.bias.copy_(layer[1])


def solver_of(task: Task, state: State, progress: Progress) -> Solver:
    """What heads are solved for on in a training: features of its images, computed or kept."""
    data, hashes = task.data, located(task.recipe.model).sha256
    features = features_of(
        state.network,
        task.recipe,
        data.pixels,
        data.labels,
        (data.train, data.validation),
        task.device,
        " ".join(hashes.values()),
        progress,
    )
    costs = None if state.class_weights is None else state.class_weights.cpu()
    return Solver(task.recipe, features, data.classes, costs)


def head_first(solver: Solver, state: State, progress: Progress) -> None:
    """Give a network its best head before it is itself trained on."""
    loss, accuracy = solver.best(state.network.head, HEADS)
    if len(solver.features.validation):
        progress.say(f"the head first: validation loss {loss:.3f}, {100 * accuracy:.1f} % right")


@dataclass(frozen=True)
class Heads:
    """How a network learns in an epoch of a training on features: the head for one strength."""

    solver: Solver
    clock: Clock

    def learn(self, state: State, interrupt: Interrupt, track: Track) -> None:
        """The head for the next strength; it takes seconds, so an interrupt waits for it."""
        started = time.perf_counter()
        loss, hits = self.solver.solve(state.network.head, state.epoch, self.rate(state))
        state.losses[0], state.hits[0] = loss, hits
        state.step, state.seconds = 1, time.perf_counter() - started
        self.clock.lap("head")
        track.advance()

    def judge(self, state: State) -> tuple[float, float]:
        """Loss and accuracy on validation."""
        return self.solver.judge(state.network.head)

    def rate(self, state: State) -> float:
        """The strength of regularisation."""
        return strengths(self.solver.recipe.epochs)[state.epoch]

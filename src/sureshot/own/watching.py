"""What the layers of a network are given and give, seen in one pass."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

Shape = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Call:
    """One layer at work."""

    layer: nn.Module
    given: Shape  # with the batch
    made: Shape


def watched(body: nn.Module, layers: Iterable[nn.Module], images: Tensor) -> list[Call]:
    """Every call of some layers in a pass over images, in order."""
    calls: list[Call] = []

    def note(layer: nn.Module, given: tuple[Any, ...], made: Any) -> None:
        if given and isinstance(given[0], Tensor) and isinstance(made, Tensor):
            calls.append(Call(layer, tuple(given[0].shape), tuple(made.shape)))

    hooks = [layer.register_forward_hook(note) for layer in layers]
    try:
        body(images)
    finally:
        for hook in hooks:
            hook.remove()
    return calls


def has_place(shape: Shape, last: bool) -> bool:
    """Whether an output still says where, (B, F, H', W'); with channels `last`, (B, H', W', F)."""
    return len(shape) == 4 and min(shape[1:3] if last else shape[2:]) > 1


def is_head(call: Call, classes: int) -> bool:
    """Whether a layer takes features (B, F) and names classes (B, K), by weights of its own."""
    weighed = next(call.layer.parameters(), None) is not None
    return weighed and len(call.given) == 2 and call.made == (call.given[0], classes)

"""A network of one's own as one part of ours: images → logits, features and feature map at once.

Shapes: `B` images in a batch, `C` channels, `S` pixels a side, `K` classes, `F` features.
"""

from typing import Any

import torch
from torch import Tensor, nn

from sureshot.errors import UsageError
from sureshot.own.contract import gives_probabilities, probe
from sureshot.own.file import called, made, seeded
from sureshot.own.layers import layers_of
from sureshot.own.on_keras import KerasBody, keras_body
from sureshot.own.watching import Call, has_place, is_head, watched
from sureshot.recipe import Own
from sureshot.records import Layer

LEAST = 1e-7  # of a probability before its logarithm: what Keras's own loss has


class Whole(nn.Module):
    """A network of the user's, with a look at what its last layers see.

    Features are what the layer sees that names the class, and the logits where there is no such
    layer; the feature map is the last output that still has a place, or the image.
    """

    def __init__(
        self,
        body: nn.Module,
        calls: list[Call],
        classes: int,
        probabilities: bool,
        plain: bool,
    ) -> None:
        super().__init__()
        self.body = body
        self.probabilities = probabilities
        self.plain = plain  # whether images and kernels must lie in memory in PyTorch's usual order
        last = isinstance(body, KerasBody)
        self.layers: list[Layer] = layers_of(body, calls, last)
        self._seen: dict[str, Tensor] = {}
        heads = [call.layer for call in calls if is_head(call, classes)]
        places = [call.layer for call in calls if has_place(call.made, last)]

        def keep_given(_: nn.Module, given: tuple[Any, ...], made: Tensor) -> None:
            if given[0].ndim == 2:
                self._seen["features"] = given[0]

        def keep_made(_: nn.Module, given: tuple[Any, ...], made: Tensor) -> None:
            if has_place(tuple(made.shape), last):
                self._seen["map"] = made.permute(0, 3, 1, 2) if last else made

        if heads:
            heads[-1].register_forward_hook(keep_given)
        if places:
            places[-1].register_forward_hook(keep_made)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(B, C, S, S) in 0..1 → logits (B, K), features (B, F), feature map (B, F', H', W').

        Probabilities become logits by their logarithm: a softmax gives them back as they were.
        """
        answer: Tensor = self.body(images.contiguous() if self.plain else images)
        logits = answer.float().clamp_min(LEAST).log() if self.probabilities else answer
        return logits, self._seen.pop("features", logits), self._seen.pop("map", images)

    def penalty(self) -> Tensor | float:
        """The losses of the network's own in its last pass, such as L2; Keras alone has some."""
        return self.body.losses if isinstance(self.body, KerasBody) else 0.0


def whole(own: Own, classes: int, size: int, channels: int, seed: int) -> Whole:
    """The network that a function of the user's makes, its first weights drawn from the seed.

    UsageError names what of the contract is broken, RunError where the file was changed.
    """
    images = probe(size, channels)
    with seeded(seed):
        body = _body(own, classes, size, channels)
        probabilities = gives_probabilities(body, own, images, classes)
        with torch.no_grad():
            calls = watched(body.eval(), _leaves(body), images)
            plain = _wants_plain(body, images)
    return Whole(body.train(), calls, classes, probabilities, plain)


def _body(own: Own, classes: int, size: int, channels: int) -> nn.Module:
    if own.kind == "keras":
        return keras_body(own, classes, size, channels)
    found = made(own, classes, size, channels)
    if not isinstance(found, nn.Module):
        raise UsageError(f"{called(own)} must give a torch.nn.Module, got {type(found).__name__}")
    return found


def _wants_plain(body: nn.Module, images: Tensor) -> bool:
    """Whether a network fails on images that lie channels_last, as one with `view` in it does."""
    try:
        body.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        body(images.contiguous(memory_format=torch.channels_last))
    except RuntimeError:
        body.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
        return True
    return False


def _leaves(body: nn.Module) -> list[nn.Module]:
    """The layers that hold no others."""
    if isinstance(body, KerasBody):
        return body.leaves()
    return [module for module in body.modules() if next(module.children(), None) is None]

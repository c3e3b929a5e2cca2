"""A Keras 3 model on its torch backend as a plain `nn.Module`.

Keras keeps its weights in variables of its own, several times in one state. Here each is one
parameter or buffer, handed to Keras for the length of a pass (`keras.StatelessScope`): the model is
then a function of what checkpoints hold and optimizers change, and PyTorch can export it.

Shapes: `B` images, `C` channels, `S` pixels a side, `K` classes. Keras wants (B, S, S, C), and
kernels (H, W, before, after), which are kept as PyTorch has them, (after, before, H, W).
"""

import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor, nn

from sureshot.errors import MissingExtra, UsageError
from sureshot.own.file import blaming, called, made
from sureshot.recipe import Own

SMALLEST_SCALE = 0.1  # of a Rescaling layer: 1/255 and 1/127.5 are for pixels up to 255; assumed


class KerasBody(nn.Module):
    """Images (B, C, S, S) → what the model answers, (B, K)."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self._model = (model,)  # in a tuple: its parameters are registered here, once
        names = [v.path.endswith("seed_generator_state") for v in model.variables]
        self._seeds = [v for v, seed in zip(model.variables, names, strict=True) if seed]
        rest = [v for v, seed in zip(model.variables, names, strict=True) if not seed]
        self._trained = [v for v in rest if v.trainable]
        self._kept = [v for v in rest if not v.trainable]
        self.weights = nn.ParameterList(nn.Parameter(_as_pytorch_has_it(v)) for v in self._trained)
        for number, variable in enumerate(self._kept):
            self.register_buffer(f"kept_{number}", variable.value.detach().clone())
        self.losses: Tensor | float = 0.0  # the model's own, such as L2, of the last pass

    def forward(self, images: Tensor) -> Tensor:
        """In training with dropout and the batch's own statistics, which are then learned from."""
        import keras

        (model,) = self._model
        kept = [getattr(self, f"kept_{number}") for number in range(len(self._kept))]
        kernels = [_as_keras_has_it(weight) for weight in self.weights]
        values = [*zip(self._trained, kernels, strict=True)]
        values += [*zip(self._kept, kept, strict=True), *self._drawn(images.device)]
        with (
            keras.device(str(images.device)),
            keras.StatelessScope(state_mapping=values, collect_losses=True) as scope,
        ):
            answer: Tensor = model(images.permute(0, 2, 3, 1), training=self.training)
            if not torch.compiler.is_exporting():
                self.losses = sum(model.losses, start=0.0)
        if self.training:
            with torch.no_grad():
                for variable, buffer in zip(self._kept, kept, strict=True):
                    buffer.copy_(scope.get_current_value(variable))
        return answer

    def leaves(self) -> list[nn.Module]:
        """The layers that hold no others, in the model's order."""
        return list(_leaves(self._model[0]))

    def _drawn(self, device: torch.device) -> Iterator[tuple[Any, Tensor]]:
        """A seed for each of Keras's generators, from the one that every step seeds."""
        for variable in self._seeds if self.training else ():
            yield variable, torch.randint(2**31 - 1, (2,), device=device)


def keras_body(own: Own, classes: int, size: int, channels: int) -> KerasBody:
    """The model that the user's function gives, built; UsageError where it gives none."""
    require_torch_backend()
    import keras

    with keras.device("cpu"):
        model = made(own, classes, size, channels)
        if not isinstance(model, keras.Model):
            raise UsageError(f"{called(own)} must give a keras.Model, got {type(model).__name__}")
        with blaming(own, f"take images of shape (B, {size}, {size}, {channels})"):
            model(torch.zeros(1, size, size, channels), training=False)
    for layer in _leaves(model):
        scale = getattr(layer, "scale", 1.0)
        small = isinstance(scale, int | float) and abs(scale) < SMALLEST_SCALE
        if isinstance(layer, keras.layers.Rescaling) and small:
            raise UsageError(
                f"{called(own)} must take pixels between 0 and 1, and has a Rescaling by "
                f"{scale:.3g} for pixels up to 255; leave it out"
            )
    return KerasBody(model)


def require_torch_backend() -> None:
    """Import Keras on PyTorch; MissingExtra without Keras, UsageError where it runs otherwise."""
    if find_spec("keras") is None:
        raise MissingExtra("keras", "a Keras network")
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = "torch"
    import keras

    if keras.backend.backend() != "torch":
        raise UsageError(
            "Keras must run on PyTorch here, and was imported on "
            f"{keras.backend.backend()} before; set KERAS_BACKEND=torch before it is imported"
        )


def _as_pytorch_has_it(variable: Any) -> Tensor:
    value: Tensor = variable.value.detach()
    return (value.permute(3, 2, 0, 1) if value.ndim == 4 else value).contiguous().clone()


def _as_keras_has_it(weight: Tensor) -> Tensor:
    return weight.permute(2, 3, 1, 0) if weight.ndim == 4 else weight


def _leaves(model: Any) -> Iterator[Any]:
    import keras

    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _leaves(layer)
        elif not isinstance(layer, keras.layers.InputLayer):
            yield layer

"""A pretrained network of `transformers` as a trunk and a neck of ours.

Shapes: `B` images, `S` pixels a side, `F` features, `K` classes, `T` tokens. A convolutional trunk
gives (B, F, H', W'), a transformer (B, T, F).
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy, deepcopy
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from sureshot.errors import DataError
from sureshot.pretrained.weights import require_transformers

PARTS = 4  # runs of layers that a fine-tuning unfreezes one after another; assumed
CLOSE = 1e-3  # of the largest logit: what a neck may be off by on the probe; assumed
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


class Backbone(nn.Module):
    """Images (B, 3, S, S), normalised → the last feature map, with the statistics it came with.

    Batch normalisation stays as it is in use: a batch of few classes would ruin the statistics of
    a million images, and MobileNetV2's momentum of 0.997 in one step.
    """

    def __init__(self, base: nn.Module) -> None:
        super().__init__()
        self.base = base

    def forward(self, images: Tensor) -> Tensor:
        """(B, F, H', W') or (B, T, F)."""
        found: Tensor = self.base(images).last_hidden_state
        return found

    def train(self, mode: bool = True) -> "Backbone":
        """As every module, but for batch normalisation."""
        super().train(mode)
        for layer in self.modules():
            if isinstance(layer, NORMS):
                layer.eval()
        return self

    def parts(self) -> list[list[nn.Parameter]]:
        """Every parameter, in order, in PARTS runs of about as many layers, the first lowest."""
        layers = [list(layer.parameters(recurse=False)) for layer in self.modules()]
        layers = [layer for layer in layers if layer]
        bounds = [round(len(layers) * part / PARTS) for part in range(PARTS + 1)]
        return [
            [parameter for layer in layers[low:high] for parameter in layer]
            for low, high in pairwise(bounds)
        ]


class MeanOfPlaces(nn.Module):
    """The mean over all places: (B, F, H', W') → (B, F)."""

    def forward(self, feature_map: Tensor) -> Tensor:
        """A plain mean."""
        return feature_map.mean((2, 3))


class FirstToken(nn.Module):
    """What a transformer says of the whole image: (B, T, F) → (B, F)."""

    def forward(self, tokens: Tensor) -> Tensor:
        """Its first token."""
        return tokens[:, 0]


class MeanOfTokens(nn.Module):
    """The mean over all tokens: (B, T, F) → (B, F)."""

    def forward(self, tokens: Tensor) -> Tensor:
        """A plain mean."""
        return tokens.mean(1)


class Parts(NamedTuple):
    """What a network is put together from."""

    trunk: Backbone
    neck: nn.Module
    features: int  # F


def read_backbone(folder: Path, size: int) -> Parts:
    """Trunk and neck from config.json and model.safetensors, for images of its own `size`.

    The neck is the one with which the model's own last layer gives the model's own logits.
    Raises MissingExtra without transformers, DataError where the folder holds no such model.
    """
    model = _read(folder)
    try:
        with torch.no_grad():
            found = _parts(model, size)
    except (RuntimeError, ValueError, TypeError, AttributeError) as error:
        raise _unusable(folder, str(error)) from None
    if found is None:
        raise DataError(
            f"{folder} must hold a model whose last layer sees the mean of its feature map or its "
            f"first token, and {type(model).__name__} is none; choose another model"
        )
    return found


def _parts(model: Any, size: int) -> Parts | None:
    """The parts that give the model's own answer to a made-up image; None where none do."""
    probe = torch.linspace(-1, 1, 3 * size * size).view(1, 3, size, size)
    logits = model(probe).logits  # (1, K)
    base = model.base_model
    _pad_at_once(base)
    seen, last = base(probe).last_hidden_state, _last_layer(model, base, logits.shape[1])
    for neck in _necks(base, seen):
        features = neck(seen)
        if last is None or features.shape[-1] != last.in_features:
            continue
        if float((last(features) - logits).abs().max()) <= CLOSE * float(logits.abs().max()):
            return Parts(Backbone(base), neck, last.in_features)
    return None


def _pad_at_once(base: Any) -> None:
    """Let convolutions pad as they go where a MobileNet copies each feature map to pad it first.

    With a stride of 1 both are the same; the others go on as they were.
    """
    if not getattr(base.config, "tf_padding", False):
        return
    plain = copy(base.config)
    plain.tf_padding = False
    for layer in base.modules():
        convolution = getattr(layer, "convolution", None)
        if isinstance(convolution, nn.Conv2d) and convolution.stride == (1, 1):
            sides = zip(convolution.kernel_size, convolution.dilation, strict=True)
            convolution.padding = tuple(far * (kernel - 1) // 2 for kernel, far in sides)
            layer.config = plain


def _last_layer(model: nn.Module, base: nn.Module, classes: int) -> nn.Linear | None:
    """The dense layer beyond the base model that gives the logits."""
    inside = set(base.modules())
    found = [layer for layer in model.modules() if isinstance(layer, nn.Linear)]
    outside = [layer for layer in found if layer not in inside and layer.out_features == classes]
    return outside[-1] if outside else None


def _necks(base: nn.Module, seen: Tensor) -> Iterator[nn.Module]:
    """The ways in which models give up the place."""
    if seen.ndim == 3:
        yield from (FirstToken(), MeanOfTokens())
        return
    yield MeanOfPlaces()
    norm = getattr(base, "layernorm", None)
    if isinstance(norm, nn.Module):  # as ConvNeXt has it
        yield nn.Sequential(MeanOfPlaces(), deepcopy(norm))


def _read(folder: Path) -> Any:
    """The model as transformers makes it, in fp32; no code of the folder's is run."""
    require_transformers()
    from transformers import AutoModelForImageClassification

    try:
        with _quiet():
            model, told = AutoModelForImageClassification.from_pretrained(
                folder,
                local_files_only=True,
                use_safetensors=True,
                trust_remote_code=False,
                dtype=torch.float32,
                output_loading_info=True,
            )
    except Exception as error:  # of a stranger's files; transformers has no common base
        raise _unusable(folder, str(error)) from None
    lacking = sorted({*told["missing_keys"], *(key for key, *_ in told["mismatched_keys"])})
    if lacking:
        raise _unusable(folder, f"{len(lacking):,} weights are missing, such as {lacking[0]}")
    return model.eval()


def _unusable(folder: Path, why: str) -> DataError:
    return DataError(
        f"{folder} must hold an image classification model of transformers, and cannot be read: "
        f"{' '.join(why.split())[:300]}; choose another model, or fetch it again"
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence the bars and remarks of transformers."""
    from transformers.utils import logging as theirs

    bars, level = theirs.is_progress_bar_enabled(), theirs.get_verbosity()
    theirs.disable_progress_bar()  # type: ignore[no-untyped-call]
    theirs.set_verbosity(logging.CRITICAL)
    try:
        yield
    finally:
        theirs.set_verbosity(level)
        if bars:
            theirs.enable_progress_bar()  # type: ignore[no-untyped-call]

"""The contract that a network of one's own must keep, tried on a few made-up images.

Shapes: `B` images in a batch, `C` channels, `S` pixels a side, `K` classes.
"""

from collections import Counter

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from sureshot.errors import UsageError
from sureshot.own.file import blaming, called
from sureshot.recipe import Own

PROBED = 3  # images; assumed: enough for batch normalisation, and different from usual sizes
SAME = 1e-3  # of the largest answer: what the same image may give differently; assumed
ONE = 1e-3  # how far from 1 a sum of probabilities may be; bf16 and rounding are far below


def probe(size: int, channels: int) -> Tensor:
    """Made-up images (B, C, S, S) in 0..1, always the same."""
    draw = torch.Generator().manual_seed(0)
    return torch.rand(PROBED, channels, size, size, generator=draw)


def gives_probabilities(body: nn.Module, own: Own, images: Tensor, classes: int) -> bool:
    """Whether a network that keeps the contract answers in probabilities, not in logits.

    UsageError names what is broken. Weights and statistics are left as they were.
    """
    with torch.no_grad():
        answer = _answer(body.eval(), own, images, classes)
        again, alone = body(images), _answer(body, own, images[:1], classes)
    if not _same(answer, again):
        raise UsageError(
            f"{called(own)} must answer the same twice in evaluation mode, and does not; "
            "dropout and noise are for training only"
        )
    if not _same(answer[:1], alone):
        raise UsageError(
            f"{called(own)} must answer for each image alone in evaluation mode, and the answer "
            "changes with the others in the batch; normalise by running statistics"
        )
    probabilities = bool((answer >= 0).all() and ((answer.sum(1) - 1).abs() <= ONE).all())
    _require_state(body, own)
    _require_trainable(body, own, images, classes)
    return probabilities


def _answer(body: nn.Module, own: Own, images: Tensor, classes: int) -> Tensor:
    """What a network gives for images; UsageError where it is not one number a class."""
    mode = "training" if body.training else "evaluation"
    with blaming(own, f"take images of shape {tuple(images.shape)} in {mode} mode"):
        found = body(images)
    if not isinstance(found, Tensor):
        raise UsageError(
            f"{called(own)} must give one tensor of logits in {mode} mode, got "
            f"{type(found).__name__}"
        )
    wanted = (len(images), classes)
    if tuple(found.shape) != wanted or not found.dtype.is_floating_point:
        raise UsageError(
            f"{called(own)} must give floating-point logits of shape {wanted} for {len(images)} "
            f"images of {classes} classes, got {str(found.dtype).removeprefix('torch.')} of shape "
            f"{tuple(found.shape)}"
        )
    if not bool(found.isfinite().all()):
        raise UsageError(
            f"{called(own)} must give finite numbers in {mode} mode, and some are not numbers or "
            "infinite before any training"
        )
    return found


def _same(one: Tensor, other: Tensor) -> bool:
    return bool((one - other).abs().max() <= SAME * one.abs().max().clamp_min(1e-6))


def _require_state(body: nn.Module, own: Own) -> None:
    """Raise UsageError where a checkpoint could not hold the network."""
    state = body.state_dict()
    odd = [name for name, value in state.items() if not isinstance(value, Tensor)]
    if odd:
        raise UsageError(f"{called(own)} must keep its state in tensors, and {odd[0]} is none")
    places = Counter(value.data_ptr() for value in state.values() if value.numel())
    shared = [n for n, v in state.items() if v.numel() and places[v.data_ptr()] > 1]
    if shared:
        raise UsageError(
            f"{called(own)} must keep each weight once, and {' and '.join(shared[:2])} are the same"
        )


def _require_trainable(body: nn.Module, own: Own, images: Tensor, classes: int) -> None:
    """Raise UsageError where a step of training fails or has nothing to change."""
    before = {name: value.clone() for name, value in body.state_dict().items()}
    answer = _answer(body.train(), own, images, classes)
    labels = torch.arange(len(images)) % classes
    with blaming(own, "give logits that have a gradient"):
        if answer.requires_grad:
            cross_entropy(answer, labels).backward()  # type: ignore[no-untyped-call]
    changed = [p for p in body.parameters() if p.grad is not None]
    body.zero_grad()
    body.load_state_dict(before)
    if not changed:
        raise UsageError(f"{called(own)} must give a network with something to train, and has none")

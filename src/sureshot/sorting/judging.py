"""What becomes of each image: read once, hashed, decoded, and decided by the model's plan.

Shapes: `B` images of a batch, `S` the side in pixels, `C` channels.
"""

import hashlib
from collections.abc import Container, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sureshot import files
from sureshot.bundle import Bundle
from sureshot.errors import UnreadableImage
from sureshot.images import prepare, read_file
from sureshot.recipe import Preprocessing
from sureshot.records import softmax

AT_ONCE = 64  # images whose pixels and feature maps are held; assumed: few MB each
WHOLE = ("empty", "file_too_large")  # no image, but bytes that can be hashed and brought elsewhere


@dataclass(frozen=True, eq=False)
class Seen:
    """One file as it was read."""

    path: Path
    sha256: str  # "" where its bytes cannot be had
    pixels: NDArray[np.uint8] | None  # (S, S, C); None where there are none, or none wanted
    problem: str  # "code: sentence" where there can be none, else ""


@dataclass(frozen=True)
class Judged:
    """What a file shows and what becomes of it."""

    path: Path
    sha256: str
    problem: str
    decision: str  # "auto", "review", "unlike" or "unreadable"
    label: str = ""  # the most probable class
    probabilities: tuple[float, ...] = ()  # (K,)


def see(
    path: Path, settings: Preprocessing, known: Container[tuple[str, str]] = frozenset()
) -> Seen:
    """Read a file into pixels, or find out why it cannot be.

    What is `known` by its path and SHA-256 is not decoded: it has neither pixels nor a problem.
    """
    sha256 = ""
    try:
        content = read_file(path, settings.max_megabytes)
        sha256 = hashlib.sha256(content).hexdigest()
        again = (str(path), sha256) in known
        return Seen(path, sha256, None if again else prepare(content, settings), "")
    except UnreadableImage as error:
        if error.code in WHOLE:
            with suppress(OSError):  # gone in this moment
                sha256 = files.sha256_of(path)
        return Seen(path, sha256, None, error.problem)


def judge(bundle: Bundle, batch: Sequence[Seen]) -> list[Judged]:
    """Let the model and its plan decide on some files, in their order; see AT_ONCE."""
    pixels = [seen.pixels for seen in batch if seen.pixels is not None]
    told = _told(bundle, np.stack(pixels)) if pixels else iter(())
    judged = []
    for seen in batch:
        decided = ("unreadable",) if seen.pixels is None else next(told)
        judged.append(Judged(seen.path, seen.sha256, seen.problem, *decided))
    return judged


def _told(
    bundle: Bundle, pixels: NDArray[np.uint8]
) -> Iterator[tuple[str, str, tuple[float, ...]]]:
    """Decision, class and probabilities of each of some images (B, S, S, C)."""
    outputs = bundle.outputs(pixels)
    found = bundle.decide(outputs)
    shares = softmax(outputs["logits"], bundle.about.temperature)
    for label, decision, row in zip(found.label, found.decision, shares, strict=True):
        yield decision, bundle.classes[label], tuple(map(float, row))

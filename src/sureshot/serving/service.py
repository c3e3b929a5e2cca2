"""From an image's bytes to its answer, with a strict count of the images under way.

Shapes: `B` images of a batch, `K` classes.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sureshot.bundle import Bundle, open_bundle
from sureshot.device import threads
from sureshot.errors import BundleError, UnreadableImage
from sureshot.records import softmax
from sureshot.serving.answers import Judged, Model, Problem
from sureshot.serving.batching import Batches
from sureshot.serving.decoders import Bytes, Decoders
from sureshot.serving.limits import Limits
from sureshot.serving.refusals import Refused

Gone = Callable[[], Awaitable[bool]]  # whether the client has hung up


@dataclass(frozen=True, eq=False)
class Served:
    """A model as it was read once; a file that changes later changes nothing."""

    bundle: Bundle
    sha256: str  # of the file

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a *.shot file and let it prove itself; BundleError where it cannot."""
        before = _digest(path)
        bundle = open_bundle(path)
        if _digest(path) != before:
            raise BundleError(f"{path} was changed while it was being read; start again")
        return cls(bundle, before)

    def judge(self, pixels: Sequence[NDArray[np.uint8]]) -> list[Judged]:
        """What each of B images shows; on one processor, to be called by several threads."""
        bundle, batch = self.bundle, np.stack(pixels)
        names = ("logits",) if bundle.about.unlike is None else ("logits", "features")
        outputs = bundle.session.several_of_batch(names, batch)
        probabilities = softmax(outputs["logits"], bundle.about.temperature)  # (B, K)
        decided = bundle.decide(outputs)
        return [
            Judged(
                class_=bundle.classes[label],
                probability=probability,
                decision=decision,
                probabilities=dict(zip(bundle.classes, row, strict=True)),
            )
            for label, probability, decision, row in zip(
                decided.label.tolist(),
                decided.probability.tolist(),
                decided.decision,
                probabilities.tolist(),
                strict=True,
            )
        ]

    def told(self, limits: Limits) -> Model:
        """What a client may want to know."""
        about = self.bundle.about
        return Model(
            model=self.sha256,
            sureshot=about.sureshot,
            network=about.network,
            classes=about.classes,
            preprocessing=about.preprocessing,
            temperature=about.temperature,
            plan=about.plan,
            megabytes=limits.megabytes,
            megapixels=limits.megapixels,
            images=limits.most_images,
            queue=limits.queue,
        )


class Service:
    """The processes and threads that answer; a context, within which they live."""

    def __init__(self, served: Served, limits: Limits) -> None:
        settings = served.bundle.preprocessing
        self.served = served
        self.limits = limits = replace(
            limits,
            megabytes=min(limits.megabytes, settings.max_megabytes),
            megapixels=min(limits.megapixels, settings.max_megapixels),
        )
        settings = settings.model_copy(update={"max_megapixels": limits.megapixels})
        self.under_way = 0  # images that were accepted and have no answer yet
        self.stopping = False
        self.decoders = Decoders(settings, threads(), limits.decode_seconds)
        self.batches = Batches(served.judge, served.bundle.session.batch, threads())
        self._turns = asyncio.Semaphore(threads())  # first come, first decoded

    async def __aenter__(self) -> Self:
        await self.decoders.start()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.decoders.stop()
        self.batches.close()

    def require_room(self, images: int = 1) -> None:
        """Refused, where so many images more cannot be taken: queue_full, stopping."""
        if self.stopping:
            raise Refused("stopping", "the server is about to stop; ask another, or later")
        if self.under_way + images > self.limits.queue:
            raise Refused(
                "queue_full", f"{self.under_way} of {self.limits.queue} images wait; try again"
            )

    async def predict(self, images: Sequence[Bytes], gone: Gone) -> list[Judged | Problem]:
        """What each image shows, or why it cannot be read.

        Raises Refused: queue_full, stopping, too_late.
        """
        self.require_room(len(images))
        self.under_way += len(images)
        try:
            async with asyncio.timeout(self.limits.answer_seconds):
                return await asyncio.gather(*(self._one(image, gone) for image in images))
        except TimeoutError:
            raise Refused("too_late", "the server is too busy for an answer; try again") from None
        finally:
            self.under_way -= len(images)

    async def _one(self, image: Bytes, gone: Gone) -> Judged | Problem:
        try:
            async with self._turns:
                if await gone():
                    return Problem(code="gone", reason="the client has hung up")
                pixels = await self.decoders.pixels(image)
        except UnreadableImage as error:
            return Problem(code=error.code, reason=error.reason)
        return await self.batches.of(pixels)


def _digest(path: Path) -> str:
    """SHA-256 of a regular file; "" for all else, which `open_bundle` has a sentence for."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""

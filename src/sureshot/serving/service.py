"""From an image's bytes to its answer, with a strict count of the images under way.

Shapes: `B` images of a batch, `K` classes.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sureshot.bundle import Bundle, open_hashed
from sureshot.device import threads
from sureshot.errors import UnreadableImage
from sureshot.records import softmax
from sureshot.serving.answers import Explained, Judged, Model, Problem
from sureshot.serving.batching import Batches
from sureshot.serving.decoders import Bytes, Decoders
from sureshot.serving.limits import Limits
from sureshot.serving.refusals import Refused

Gone = Callable[[], Awaitable[bool]]  # whether the client has hung up
DIGITS = 6  # after the point, of maps; assumed: their colours show two


@dataclass(frozen=True, eq=False)
class Served:
    """A model as it was read once; a file that changes later changes nothing."""

    bundle: Bundle
    sha256: str  # of the file

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a *.shot file and let it prove itself; BundleError where it cannot."""
        return cls(*open_hashed(path))

    def judge(self, pixels: Sequence[NDArray[np.uint8]]) -> list[Judged]:
        """What each of B images shows; on one processor, to be called by several threads."""
        bundle, batch = self.bundle, np.stack(pixels)
        outputs = bundle.session.several_of_batch(bundle.wanted, batch)
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

    def explain(self, images: Sequence[NDArray[np.uint8]]) -> list[Explained]:
        """What spoke for the answer to each image; on one processor, in some seconds at most."""
        from sureshot.explaining import explain  # it takes Matplotlib, that few servers need

        found = [explain(self.bundle, pixels, "", logits=self._logits) for pixels in images]
        return [
            Explained(
                class_=one.name,
                probability=one.probability,
                maps={name: heat.round(DIGITS).tolist() for name, heat in one.maps.items()},
            )
            for one in found
        ]

    def _logits(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Prepared pixels (N, H, W, C) → logits (N, K), and the other processors left alone."""
        session = self.bundle.session
        starts = range(0, len(pixels), session.batch)
        return np.concatenate(
            [session.logits_of_batch(pixels[start : start + session.batch]) for start in starts]
        )

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
        self.explanations = Batches(served.explain, most=1, threads=1)
        self._explaining = asyncio.Lock()  # from the bytes to the answer
        self._turns = asyncio.Semaphore(threads())  # first come, first decoded

    async def __aenter__(self) -> Self:
        await self.decoders.start()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.decoders.stop()
        self.batches.close()
        self.explanations.close()

    def require_room(self, images: int = 1) -> None:
        """Refused, where so many images more cannot be taken: queue_full, stopping."""
        if self.stopping:
            raise Refused("stopping", "the server is about to stop; ask another, or later")
        if self.under_way + images > self.limits.queue:
            raise Refused(
                "queue_full", f"{self.under_way} of {self.limits.queue} images wait; try again"
            )

    def require_turn(self) -> None:
        """Refused, where an image is being explained: explaining; or as `require_room`."""
        self.require_room()
        if self._explaining.locked() or not self.explanations.idle:
            raise Refused("explaining", "one image is explained at a time; try again")

    async def predict(self, images: Sequence[Bytes], gone: Gone) -> list[Judged | Problem]:
        """What each image shows, or why it cannot be read.

        Raises Refused: queue_full, stopping, too_late.
        """
        self.require_room(len(images))
        async with self._under_way(len(images)):
            return await asyncio.gather(*(self._judged(image, gone) for image in images))

    async def explain(self, image: Bytes, gone: Gone) -> Explained | Problem:
        """What spoke for the answer to an image, or why it cannot be read.

        Raises Refused: explaining, queue_full, stopping, too_late.
        """
        self.require_turn()
        async with self._explaining, self._under_way(1):
            pixels = await self._decoded(image, gone)
            return pixels if isinstance(pixels, Problem) else await self.explanations.of(pixels)

    @asynccontextmanager
    async def _under_way(self, images: int) -> AsyncIterator[None]:
        """Count some images until they are answered; Refused where that takes too long."""
        self.under_way += images
        try:
            async with asyncio.timeout(self.limits.answer_seconds):
                yield
        except TimeoutError:
            raise Refused("too_late", "the server is too busy for an answer; try again") from None
        finally:
            self.under_way -= images

    async def _judged(self, image: Bytes, gone: Gone) -> Judged | Problem:
        pixels = await self._decoded(image, gone)
        return pixels if isinstance(pixels, Problem) else await self.batches.of(pixels)

    async def _decoded(self, image: Bytes, gone: Gone) -> NDArray[np.uint8] | Problem:
        try:
            async with self._turns:
                if await gone():
                    return Problem(code="gone", reason="the client has hung up")
                return await self.decoders.pixels(image)
        except UnreadableImage as error:
            return Problem(code=error.code, reason=error.reason)

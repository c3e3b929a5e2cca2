"""A request's body within its limits, and the images in it."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import Request

from sureshot.serving.limits import Limits
from sureshot.serving.refusals import Refused

MULTIPART = "multipart/form-data"
_BOUNDARY = re.compile(r';\s*boundary="?([0-9A-Za-z\'()+_,./:=?-]{1,70})"?\s*(?:;|$)', re.I)


class Buffers:
    """How many bytes of bodies are in memory; never more than allowed, whoever sends them."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.held = 0

    def take(self, count: int) -> None:
        """Count some bytes; Refused where they are too many."""
        if self.held + count > self.most:
            raise Refused("queue_full", "too many bytes wait to be answered; try again")
        self.held += count


@asynccontextmanager
async def body_of(request: Request, limits: Limits, buffers: Buffers) -> AsyncIterator[bytearray]:
    """A request's body, counted for as long as it is used.

    Raises Refused: no_length, too_large, wrong_type, body_too_slow, queue_full.
    """
    _require_sound(request, limits)
    held = bytearray()
    try:
        try:
            async with asyncio.timeout(limits.body_seconds):
                async for part in request.stream():
                    buffers.take(len(part))
                    held += part
        except TimeoutError:
            raise Refused(
                "body_too_slow", f"the body must arrive within {limits.body_seconds:g} s"
            ) from None
        yield held
    finally:
        buffers.held -= len(held)


def images_of(body: bytearray, content_type: str, most: int) -> list[bytes]:
    """The parts of a multipart/form-data body, whatever their names: one image each.

    Raises Refused: wrong_type, not_multipart, too_large.
    """
    found = _BOUNDARY.search(content_type)
    if not content_type.lower().startswith(MULTIPART) or found is None:
        raise Refused("wrong_type", f"send the images as {MULTIPART}, one part each")
    _, *parts = (b"\r\n" + body).split(b"\r\n--" + found[1].encode(), most + 1)
    *images, end = parts or [b""]
    if len(images) == most and not end.startswith(b"--"):
        raise Refused("too_large", f"a request may hold at most {most} images; send several")
    if not images or not end.startswith(b"--"):
        raise Refused("not_multipart", "the body must hold one part or more, and end as it says")
    return [_content(image) for image in images]


def require_raw(content_type: str) -> None:
    """Refused: wrong_type, where the body would be a form and not the file itself."""
    if content_type.lower().startswith(MULTIPART):
        raise Refused(
            "wrong_type",
            "the body must be the file itself (curl --data-binary @photo.jpg); "
            "several go to /predict/batch",
        )


def _content(part: bytes) -> bytes:
    """A part without its header."""
    head, blank, content = part.partition(b"\r\n\r\n")
    if not blank or (head and not head.startswith(b"\r\n")):
        raise Refused("not_multipart", "each part must be a header, a blank line and the image")
    return content


def _require_sound(request: Request, limits: Limits) -> None:
    """Refuse by the header alone what would only be read to be thrown away."""
    length = request.headers.get("content-length")
    if length is None:
        raise Refused("no_length", "say how long the body is: Content-Length, and not in chunks")
    if int(length) > limits.megabytes * 1_000_000:
        raise Refused(
            "too_large",
            f"the body must have at most {limits.megabytes} MB, got {int(length) / 1e6:,.1f} MB; "
            "make the image smaller",
        )
    if request.headers.get("content-encoding", "identity") != "identity":
        raise Refused("wrong_type", "send the image as it is, without Content-Encoding")

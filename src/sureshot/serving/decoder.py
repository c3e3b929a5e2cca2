"""The process that decodes strangers' images, and can open nothing while it does.

    python -m sureshot.serving.decoder SETTINGS    # Preprocessing, as JSON

In: 8 bytes of length, and an image. Out: a byte, 8 bytes of length, and pixels or a problem. It
ends when nobody writes to it any more. On Linux it can open neither file nor socket, write no file,
and take no more memory than an image of the allowed size may need, whatever a decoder is tricked
into.
"""

import os
import signal
import struct
import sys
from pathlib import Path

from sureshot.errors import UnreadableImage
from sureshot.images import prepare
from sureshot.recipe import Preprocessing

LENGTH = struct.Struct("<Q")
ANSWER = struct.Struct("<cQ")
READY, PIXELS, PROBLEM = b"r", b"p", b"u"
# Bytes a pixel: four copies of four bytes, as for a picture with transparency on a background.
PIXEL_MEMORY = 16
SPARE_MEMORY = 128_000_000  # bytes for all the rest; assumed


def main() -> None:
    """Answer one image after another until the input ends."""
    settings = Preprocessing.model_validate_json(sys.argv[1])
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the server says when: it closes the input
    if sys.platform == "linux":
        _confine(settings.max_megapixels * 1_000_000 * PIXEL_MEMORY + SPARE_MEMORY)
    given, out = sys.stdin.buffer, sys.stdout.buffer
    _write(READY, b"")
    while head := given.read(LENGTH.size):
        _write(*_answer(given.read(*LENGTH.unpack(head)), settings))
    out.close()


def _answer(image: bytes, settings: Preprocessing) -> tuple[bytes, bytes]:
    try:
        return PIXELS, prepare(image, settings).tobytes()
    except UnreadableImage as error:
        return PROBLEM, error.problem.encode()


def _write(kind: bytes, content: bytes) -> None:
    sys.stdout.buffer.write(ANSWER.pack(kind, len(content)) + content)
    sys.stdout.buffer.flush()


def _confine(memory: int) -> None:
    """Bound what this process may have from now on; `memory` is in bytes beyond the present."""
    import resource

    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    bounds = {
        resource.RLIMIT_AS: mapped + memory,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: 0,  # those that are open stay so
    }
    for bound, most in bounds.items():
        resource.setrlimit(bound, (most, most))


if __name__ == "__main__":
    main()

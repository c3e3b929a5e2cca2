"""What is odd about single pictures: too small, too long, empty, dark, bright, blurred, misnamed.

Shapes: `N` images, `B` of them in a chunk, `S` side in pixels, `C` channels.

What a header tells is asked of the index, the rest of the prepared pixels. Dark, bright and
blurred are relative to the other pictures as well as absolute, so that what is the way of a whole
dataset (white digits on black, smooth paintings) is not held against its pictures.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from sureshot.audit.words import count
from sureshot.parallel import map_in_order
from sureshot.records import Finding, Index

Rows = NDArray[np.int64]
Floats = NDArray[np.float32]

CHUNK = 64  # images at a time on each thread; 224 × 224 × 3 of them are 39 MB as float32
TINY, MINUTE = 16, 8  # pixels; assumed: below 8 nothing is recognised, below 16 hardly anything
MUCH_LARGER = 2  # assumed: times TINY that most shorter sides have where a tiny picture is odd
LONG = 4.0  # assumed: times as long as wide, where squashing to a square leaves little to see
DARK, BRIGHT = 40.0, 215.0  # of 255; assumed. Measured, beyond: 0 of 133,781 MNIST, CIFAR, clothing
TAIL = 100  # one pixel in a hundred may be brighter (darker) than what counts; a dead pixel is
FAR = 3.0  # assumed: times darker (or nearer to white) than the middle picture

# The variance of the Laplacian, in grey levels squared. Measured at the prepared size: clothing
# has 542 in the middle and 22 at least; blurred by a Gaussian of 2 pixels, 19 of 20 have less than
# 19. CIFAR-10: 2,113, 7 of 60,000 below 50, blurred below 45; MNIST: 12,244 and 3,492 at least.
BLURRED = 50.0
BLURRED_SHARE = 0.04  # of the middle picture's

GREY = np.array([0.299, 0.587, 0.114], np.float32)  # cited: ITU-R BT.601, as Pillow's "L"
ENDINGS = {
    "JPEG": ("jpg", "jpeg", "jpe", "jfif"),
    "PNG": ("png", "apng"),
    "WebP": ("webp",),
    "BMP": ("bmp", "dib"),
    "GIF": ("gif",),
    "TIFF": ("tif", "tiff"),
    "AVIF": ("avif",),
}
_KNOWN = frozenset(ending for endings in ENDINGS.values() for ending in endings)


@dataclass(frozen=True, eq=False)
class Looks:
    """What the prepared pixels tell of each readable image, shape (N,)."""

    constant: NDArray[np.bool_]  # one colour everywhere
    highest: Floats  # the level, in the brightest channel, that one pixel in a hundred exceeds
    lowest: Floats  # the level, in the darkest channel, that one in a hundred is below
    detail: Floats  # the variance of the Laplacian of the grey picture


def picture_findings(index: Index, pixels: NDArray[np.uint8]) -> Iterator[Finding]:
    """Everything odd about single pictures; `pixels` is (N, S, S, C), one row an index row."""
    rows = np.flatnonzero(index.readable)
    if len(rows):
        yield from _shapes(index, rows)
        yield from _levels(index, rows, looks(pixels, rows))
        yield from _modes(index, rows)
        if not index.contained:
            yield from _endings(index, rows)


def looks(pixels: NDArray[np.uint8], rows: Rows) -> Looks:
    """Measure the given rows of the pixels, chunk by chunk."""
    some = [rows[at : at + CHUNK] for at in range(0, len(rows), CHUNK)]
    chunks = list(map_in_order(lambda chunk: _looked(pixels[chunk]), some))
    return Looks(*(np.concatenate([getattr(c, f.name) for c in chunks]) for f in fields(Looks)))


def _looked(chunk: NDArray[np.uint8]) -> Looks:
    """`chunk` is (B, S, S, C)."""
    flat = chunk.reshape(len(chunk), -1, chunk.shape[-1])  # (B, S·S, C)
    channels = np.moveaxis(flat, 2, 0)  # ten times as fast as reducing an axis of three
    brightest, darkest = reduce(np.maximum, channels), reduce(np.minimum, channels)
    tail = flat.shape[1] // TAIL
    grey = chunk.astype(np.float32) @ GREY if chunk.shape[-1] == 3 else chunk[..., 0]
    return Looks(
        constant=(flat == flat[:, :1]).all(axis=(1, 2)),
        highest=np.partition(brightest, -1 - tail, axis=1)[:, -1 - tail].astype(np.float32),
        lowest=np.partition(darkest, tail, axis=1)[:, tail].astype(np.float32),
        detail=_laplacian(grey.astype(np.float32)).var(axis=(1, 2)),
    )


def _laplacian(grey: Floats) -> Floats:
    """Shape (B, S, S) → (B, S - 2, S - 2)."""
    across = grey[:, 1:-1, :-2] + grey[:, 1:-1, 2:]
    return np.asarray(4 * grey[:, 1:-1, 1:-1] - across - grey[:, :-2, 1:-1] - grey[:, 2:, 1:-1])


def _shapes(index: Index, rows: Rows) -> Iterator[Finding]:
    shorter = np.minimum(index.width, index.height)[rows]
    longer = np.maximum(index.width, index.height)[rows]
    middle = float(np.median(shorter))
    limit = TINY if middle >= MUCH_LARGER * TINY else MINUTE
    yield from _finding(
        index,
        "tiny",
        rows[shorter < limit],
        shorter[shorter < limit],
        f"with a shorter side below {limit} pixels, where half of all have at least {middle:.0f}; "
        "enlarged, they show little",
    )
    long = longer / np.maximum(shorter, 1)
    yield from _finding(
        index,
        "long",
        rows[long > LONG],
        -long[long > LONG],
        f"more than {LONG:.0f} times as long as wide (up to {long.max():.1f}); "
        'image.fit = "pad" keeps their shape',
    )


def _levels(index: Index, rows: Rows, seen: Looks) -> Iterator[Finding]:
    highest, above, detail = seen.highest, 255 - seen.lowest, seen.detail
    usual = float(np.median(detail))
    dark = (highest < DARK) & (highest < np.median(highest) / FAR)
    bright = (above < 255 - BRIGHT) & (above < np.median(above) / FAR)
    blurred = (detail < BLURRED) & (detail < BLURRED_SHARE * usual)
    rest = ~seen.constant
    sentences = {
        "constant": (seen.constant, highest, "of one single colour"),
        "dark": (rest & dark, highest, f"nearly black: hardly a pixel is above {DARK:.0f} of 255"),
        "bright": (
            rest & bright,
            above,
            f"nearly white: hardly a pixel is below {BRIGHT:.0f} of 255",
        ),
        "blurred": (
            rest & blurred & ~dark & ~bright,
            detail,
            "blurred or without detail: the variance of their Laplacian is below "
            f"{min(BLURRED, BLURRED_SHARE * usual):.0f}, where half of all have at least "
            f"{usual:,.0f}",
        ),
    }
    for code, (odd, order, words) in sentences.items():
        yield from _finding(index, code, rows[odd], order[odd], words)


def _modes(index: Index, rows: Rows) -> Iterator[Finding]:
    modes = index.mode[rows]
    numbers = Counter(modes).most_common()
    usual, most = numbers[0]
    if len(numbers) > 1 and 2 * most > len(rows):  # assumed: else there is no usual mode
        each = ", ".join(f"{n:,} {mode}" for mode, n in numbers[1:])
        rarity = np.array([dict(numbers)[mode] for mode in modes])
        odd = modes != usual
        words = f"not stored as {usual} like most, but as {each}; they are converted"
        yield from _finding(index, "odd_mode", rows[odd], rarity[odd], words, "note")


def _endings(index: Index, rows: Rows) -> Iterator[Finding]:
    wrong: dict[int, str] = {}
    for row in rows:
        ending = str(index.id[row]).rpartition(".")[2].lower()
        right = ENDINGS.get(index.format[row])
        if right and ending in _KNOWN and ending not in right:
            wrong[int(row)] = f"{index.format[row]} named .{ending}"
    each = ", ".join(f"{n:,} {kind}" for kind, n in Counter(wrong.values()).most_common())
    found = np.array(list(wrong), np.int64)
    words = f"of another format than their names say: {each}; content is what counts here"
    yield from _finding(index, "wrong_ending", found, found, words, "note")


def _finding(
    index: Index,
    code: str,
    rows: Rows,
    order: NDArray[np.generic],
    words: str,
    severity: str = "warning",
) -> Iterator[Finding]:
    """One finding on `rows`, the least in `order` first; none where there are no rows."""
    if len(rows):
        verb = "is" if len(rows) == 1 else "are"
        sentence = f"{count(len(rows), 'image')} {verb} {words}"
        ids = tuple(index.id[rows[np.argsort(order, kind="stable")]])
        yield Finding(code, severity, sentence, ids)  # type: ignore[arg-type]

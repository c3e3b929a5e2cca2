"""A file reduced to what decides its pixels, so that nothing else in it can do harm.

Comments, colour profiles, thumbnails, further frames and trailing bytes are where decoders meet
bombs, warnings and surprises. The modules jpeg, png, gif and webp each offer `size` (where the
decoder would allocate before saying it) and `pare`.
"""

from dataclasses import dataclass

from sureshot.errors import UnreadableImage
from sureshot.images import exif
from sureshot.images.reasons import unreadable

MAX_PARTS = 100_000  # assumption: a 32 MB PNG in 8 kB chunks has 4,000; 100,000 take 0.1 s to walk


@dataclass(frozen=True)
class Pared:
    """What the decoder gets to see, and the orientation found on the way."""

    content: bytes
    orientation: int = exif.UPRIGHT


def no_pixels(width: int, height: int) -> UnreadableImage:
    """The error for an image without area."""
    return unreadable(
        "no_pixels",
        f"the image must be at least 1 × 1 pixel, got {width} × {height}; replace or remove it",
    )


def truncated(name: str) -> UnreadableImage:
    """The error for a file that ends before its image does."""
    return unreadable(
        "truncated", f"the {name} ends before its image does; fetch the file again or remove it"
    )


def damaged(name: str) -> UnreadableImage:
    """The error for a file that contradicts itself."""
    return unreadable(
        "damaged", f"the {name} is damaged and cannot be decoded; fetch the file again or remove it"
    )


def unsupported(name: str, variant: str) -> UnreadableImage:
    """The error for a rare variant of an allowed format; `variant` ends "this one …"."""
    return unreadable(
        "unsupported",
        f"not every variant of {name} can be decoded, and this one {variant}; "
        "save it anew as an ordinary PNG or JPEG",
    )


def too_complex(name: str, found: str) -> UnreadableImage:
    """The error for a file that would keep the decoder busy far too long."""
    return unreadable(
        "too_complex", f"the {name} {found}; save it anew as an ordinary PNG or JPEG, or remove it"
    )

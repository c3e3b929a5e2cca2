"""How a finding counts in words."""

from collections.abc import Sequence


def count(n: int, thing: str, things: str = "") -> str:
    """ "1 image", "1,200 images"."""
    return f"{n:,} {thing if n == 1 else things or thing + 's'}"


def listed(names: Sequence[str], most: int = 5) -> str:
    """The first few names, and how many more there are."""
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest

"""How many unreadable images a training puts up with."""

import math

import numpy as np

from sureshot.errors import DataError, UsageError
from sureshot.records import Index

NAMED = 3  # unreadable images that the refusal names


def share_of(words: str | float) -> float:
    """ "1%" or 0.01 → 0.01; UsageError where it is no share."""
    text = str(words).strip()
    try:
        share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        share = math.nan
    if not 0 <= share <= 1 or (share == 1 and not text.endswith("%")):
        raise UsageError(f"--allow-bad must be a share such as 1% or 0.01, got {words!r}")
    return share


def require_readable(index: Index, allowed: float) -> None:
    """Raise DataError where more than the allowed share of images cannot be read."""
    bad = np.flatnonzero(~index.readable & ~index.excluded)
    wanted = int((~index.excluded).sum())
    share = len(bad) / max(wanted, 1)
    if share <= allowed:
        return
    first = ", ".join(str(name) for name in index.id[bad[:NAMED]])
    _, _, why = str(index.problem[bad[0]]).partition(": ")
    raise DataError(
        f"at most {allowed:.4g} of the images may be unreadable, found {len(bad):,} of "
        f"{wanted:,} ({share:.1%}): {first}{' …' if len(bad) > NAMED else ''} (of the first: "
        f"{why}); mend or remove them, or allow them with: --allow-bad {math.ceil(100 * share)}%"
    )

"""How a finding counts in words, and the finding itself on a line."""

from collections.abc import Sequence

from sureshot.records import Finding

NAMED = 3  # images named on the line of a finding; the report has all


def count(n: int, thing: str, things: str = "") -> str:
    """ "1 image", "1,200 images"."""
    return f"{n:,} {thing if n == 1 else things or thing + 's'}"


def listed(names: Sequence[str], most: int = 5) -> str:
    """The first few names, and how many more there are."""
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest


def in_words(finding: Finding) -> str:
    """One line for a person: how grave, what, and the first of its images."""
    more = len(finding.images) - NAMED
    rest = f" and {more:,} more" if more > 0 else ""
    named = f" ({', '.join(finding.images[:NAMED])}{rest})" if finding.images else ""
    return f"{finding.severity}: {finding.sentence}{named}"

"""Class names that are one name written in two ways, so that one class may have become two."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from sureshot.audit.words import count
from sureshot.records import Finding, Index

_LETTER = r"[^\W\d_]"
_JOINED = re.compile(rf"(?<={_LETTER})[\s_-]+(?={_LETTER})")  # "t-shirt" is "tshirt", 1-2 is not 12
_PARTED = re.compile(r"[\s_-]+")
_ZEROS = re.compile(r"(?<!\d)0+(?=\d)")


def _plain_case(name: str) -> str:
    """One letter alone keeps its case: "a" and "A" are two classes of handwriting."""
    return name.casefold() if len(name) > 1 else name


def _singular(name: str) -> str:
    """ "cats" → "cat"; words such as "bus" and "dress" stay."""
    plural = len(name) > 3 and name.endswith(("s", "S")) and not name.lower().endswith("ss")
    return name[:-1] if plural else name


# What may differ, and how the difference is taken away; in this order.
_DIFFERENCES: dict[str, Callable[[str], str]] = {
    "the Unicode form of a letter": lambda name: unicodedata.normalize("NFC", name),
    "blanks around it": str.strip,
    "case": _plain_case,
    "hyphens, underscores or blanks": lambda name: _PARTED.sub(" ", _JOINED.sub("", name)),
    "leading zeros": lambda name: _ZEROS.sub("", name),
    "a plural s": _singular,
}


def name_findings(index: Index) -> Iterator[Finding]:
    """Class names that differ by nothing that matters, with the number of images of each."""
    alike: dict[str, list[int]] = defaultdict(list)
    for label, name in enumerate(index.classes):
        alike[_key(name)].append(label)
    known = index.readable & (index.label >= 0)
    images = np.bincount(index.label[known], minlength=len(index.classes))
    for labels in alike.values():
        if len(labels) > 1:
            names = [index.classes[label] for label in labels]
            each = " and ".join(
                f"{name!r} ({count(int(images[label]), 'image')})"
                for name, label in zip(names, labels, strict=True)
            )
            yield Finding(
                "similar_names",
                "warning",
                f"the classes {each} differ by {' and '.join(_reasons(names))} alone; "
                "if they are one class, join them with --merge A,B=C",
            )


def _key(name: str, without: str = "") -> str:
    """The name with all differences taken away but one."""
    for difference, plain in _DIFFERENCES.items():
        if difference != without:
            name = plain(name)
    return name


def _reasons(names: Sequence[str]) -> list[str]:
    """The differences without which the names would be the same; at least one."""
    found = [d for d in _DIFFERENCES if len({_key(name, without=d) for name in names}) > 1]
    return found or ["their spelling"]

"""Who trains, who chooses, who judges: the splits that a folder does not bring itself.

An image's place is decided by a hash of its content and the seed, so that renaming, moving or
listing files in another order changes nothing, and the same picture stored twice never stands on
two sides. Shares are exact within each class. Adding images moves the border between splits a
little; `pinned` keeps every image of an earlier run where it was.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from sureshot.errors import DataError
from sureshot.records import SPLITS, Index, Split

SHARES: dict[Split, float] = {"train": 0.70, "validation": 0.15, "test": 0.15}


def settle_splits(index: Index, seed: int, pinned: Index | None = None) -> Index:
    """Give every readable image a split.

    Splits that came with the folder stay. Without any, 70/15/15 are made; with `train` but no
    `validation`, 15 % of train becomes validation; with `train` alone, both are made. A missing
    `test` beside a `validation` that came is left missing: the headline then stands on validation.
    """
    came = [split for split in SPLITS if (index.split == split).any()]
    if not came or came == ["train"]:
        made: tuple[Split, ...] = SPLITS if not came else ("validation", "test")
        shares = SHARES
    elif "validation" not in came:
        made, shares = ("validation",), {"train": 0.85, "validation": 0.15}
    else:
        made, shares = (), {}
    if made:
        index = replace(index, split=_assigned(index, seed, shares, pinned), made=made)
    return index


def require_trainable(index: Index) -> None:
    """Raise DataError where a class has nothing to train on, or there is nothing to validate on."""
    if len(index.classes) < 2:
        raise DataError(
            f"{index.root} must hold images of at least two classes, found one: {index.classes[0]}"
        )
    counts = dict(zip(SPLITS, index.counts().T, strict=True))
    lacking = [name for name, n in zip(index.classes, counts["train"], strict=True) if n == 0]
    if lacking:
        raise DataError(
            f"every class must have readable training images, found none for {', '.join(lacking)} "
            f"in {index.root}; add some, or take the class out of every split"
        )
    if counts["validation"].sum() == 0:
        raise DataError(
            "choosing the best epoch needs validation images, found none: give each class at least "
            f"two images, or add a validation folder ({index.root} has "
            f"{int(counts['train'].sum())} readable training images)"
        )


def _assigned(
    index: Index, seed: int, shares: Mapping[Split, float], pinned: Index | None
) -> "np.ndarray[tuple[int], np.dtype[np.object_]]":
    split = index.split.copy()
    kept = _by_content(pinned) if pinned is not None else {}
    for label in range(len(index.classes)):
        groups: dict[str, list[int]] = defaultdict(list)
        for row in np.flatnonzero((index.label == label) & index.readable):
            if index.split[row] in ("", "train"):
                groups[index.sha256[row]].append(int(row))
        for sha256 in [known for known in groups if known in kept]:
            split[groups.pop(sha256)] = kept[sha256]
        ordered = sorted(groups, key=lambda sha256: _place(sha256, seed))
        for name, part in _cut(ordered, shares):
            for sha256 in part:
                split[groups[sha256]] = kept[sha256] = name
    return split


def _place(sha256: str, seed: int) -> str:
    return hashlib.sha256(f"split/{seed}/{sha256}".encode()).hexdigest()


def _by_content(index: Index) -> dict[str, str]:
    return dict(zip(index.sha256[index.readable], index.split[index.readable], strict=True))


def _cut(
    ordered: Sequence[str], shares: Mapping[Split, float]
) -> Iterator[tuple[Split, Sequence[str]]]:
    """Cut a sequence by shares, rounded. Each split gets at least one where there are enough;
    where there are not, training goes first, then validation."""
    n = len(ordered)
    sizes = {name: max(1, round(share * n)) for name, share in shares.items()}
    for name in reversed(sizes):
        if name != "train" and sum(size for s, size in sizes.items() if s != "train") >= n:
            sizes[name] = 0
    sizes["train"] = n - sum(size for name, size in sizes.items() if name != "train")
    start = 0
    for name, size in sizes.items():
        yield name, ordered[start : start + size]
        start += size

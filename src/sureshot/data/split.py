"""Who trains, who chooses, who judges: the splits that a folder does not bring itself.

An image's place is decided by a hash of its content and the seed, so that renaming, moving or
listing files in another order changes nothing, and the same picture stored twice never stands on
two sides. Each class has its shares to within an image or so, and all classes together exactly.
Adding images moves the border between splits a little; `pinned` keeps every image of an earlier
run where it was.
"""

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from sureshot.errors import DataError, UsageError
from sureshot.records import SPLITS, Index, Split, Strings

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
    if pinned is not None and not made:
        raise UsageError(
            "splits can be kept from an earlier run only where the folder has none of its own; "
            f"{index.root} has {', '.join(came)}"
        )
    if made:
        index = replace(index, split=_assigned(index, seed, shares, pinned), made=made)
    return index


def without_validation(index: Index) -> Index:
    """The same index with the validation images among those to train on."""
    split = np.where(index.split == "validation", "train", index.split)
    made: tuple[Split, ...] = tuple(name for name in index.made if name != "validation")
    return replace(index, split=split, made=made)


def require_trainable(index: Index, validation: bool = True) -> None:
    """Raise DataError where a class has nothing to train on, or nothing is left to judge by.

    `validation` says whether there must be images to choose the epoch by; without them there must
    be test images.
    """
    if len(index.classes) < 2:
        raise DataError(
            f"{index.root} must hold images of at least two classes, found one: {index.classes[0]}"
        )
    counts = dict(zip(SPLITS, index.counts().T, strict=True))
    if counts["train"].sum() == 0:
        raise DataError(
            f"training needs images, found none in {index.root} that are readable and not set "
            "aside for validation or test; add a folder train"
        )
    lacking = [name for name, n in zip(index.classes, counts["train"], strict=True) if n == 0]
    if lacking:
        raise DataError(
            f"every class must have readable training images, found none for {', '.join(lacking)} "
            f"in {index.root}; add some, or take the class out of every split"
        )
    if not validation and counts["test"].sum() == 0:
        raise DataError(
            "with validation = false the test images alone can judge the network, found none that "
            f"are readable in {index.root}; add a test folder, or set validation = true"
        )
    if validation and counts["validation"].sum() == 0:
        raise DataError(
            "choosing the best epoch needs validation images, found none: give each class at least "
            f"two images, or add a validation folder ({index.root} has "
            f"{int(counts['train'].sum())} readable training images)"
        )


def _assigned(
    index: Index, seed: int, shares: Mapping[Split, float], pinned: Index | None
) -> Strings:
    split = index.split.copy()
    known = {} if pinned is None else _by_content(pinned)
    kept = {sha256: name for sha256, name in known.items() if name in shares}
    carried = dict.fromkeys(shares, 0.0)
    for label in range(len(index.classes)):
        groups: dict[str, list[int]] = defaultdict(list)
        for row in np.flatnonzero((index.label == label) & index.readable):
            if index.split[row] in ("", "train"):
                groups[index.sha256[row]].append(int(row))
        for sha256 in [content for content in groups if content in kept]:
            split[groups.pop(sha256)] = kept[sha256]
        ordered = sorted(groups, key=lambda sha256: _place(sha256, seed))
        start = 0
        for name, size in _sizes(len(ordered), shares, carried).items():
            for sha256 in ordered[start : start + size]:
                split[groups[sha256]] = kept[sha256] = name
            start += size
    return split


def _place(sha256: str, seed: int) -> str:
    return hashlib.sha256(f"split/{seed}/{sha256}".encode()).hexdigest()


def _by_content(index: Index) -> dict[str, str]:
    return dict(zip(index.sha256[index.readable], index.split[index.readable], strict=True))


def _sizes(n: int, shares: Mapping[Split, float], carried: dict[Split, float]) -> dict[Split, int]:
    """How many of `n` go where: shares, rounded, what rounding left carried to the next class.

    Each split gets at least one where there are enough; where there are not, training goes
    first, then validation. `carried` is kept up to date.
    """
    names = list(shares)  # training first
    sizes = dict.fromkeys(names, 0)
    for place in reversed(range(1, len(names))):
        name = names[place]
        wanted = shares[name] * n + carried[name]
        room = n - sum(sizes.values()) - place  # leaves one for each of those before
        sizes[name] = max(min(max(round(wanted), 1), room), 0)
        carried[name] = wanted - sizes[name]
    sizes["train"] = n - sum(sizes.values())
    return sizes

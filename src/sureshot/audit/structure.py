"""Findings that the index alone tells: unreadable files, missing classes, thin tests.

Each check is a function Index → findings; `audit` runs them all and puts the worst first.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from sureshot.audit.duplicates import duplicates
from sureshot.audit.words import count, listed
from sureshot.data import Listing
from sureshot.records import SPLITS, Finding, Index, Split

FEW_POINTS = 0.05  # assumed: a test that cannot tell five points apart is thin


def structure_findings(index: Index, listing: Listing) -> Iterator[Finding]:
    """What the index alone tells, and the listing that it was made from."""
    yield from _unreadable(index)
    yield from _excluded(index)
    yield from _empty(listing.empty)
    yield from _links(listing.links)
    yield from _strays(listing.strays)
    yield from _beside(listing.beside)
    yield from _repeated(listing.repeated)
    yield from _splits(index)
    yield from _missing_classes(index)
    yield from duplicates(index)
    yield from _balance(index)
    yield from _thin_test(index)


def _excluded(index: Index) -> Iterator[Finding]:
    rows = np.flatnonzero(index.excluded)
    if len(rows):
        sentence = f"{count(len(rows), 'image')} left out, as the list of exclusions asks"
        yield Finding("excluded", "note", sentence, tuple(index.id[rows]))


def _unreadable(index: Index) -> Iterator[Finding]:
    by_problem: dict[str, list[int]] = defaultdict(list)
    for row in np.flatnonzero(~index.readable & ~index.excluded):
        by_problem[index.problem[row]].append(int(row))
    for problem, rows in sorted(by_problem.items()):
        code, sentence = problem.split(": ", 1)
        yield Finding(
            f"unreadable_{code}",
            "warning",
            f"{count(len(rows), 'image')} cannot be read and {_is(rows)} left out: {sentence}",
            tuple(index.id[rows]),
        )


def _empty(empty: Sequence[str]) -> Iterator[Finding]:
    if empty:
        sentence = f"{count(len(empty), 'class folder')} without any image"
        yield Finding("empty_class", "warning", sentence, tuple(empty))


def _links(links: Sequence[str]) -> Iterator[Finding]:
    if links:
        folders = count(len(links), "folder")
        sentence = f"{folders} left out, because links are not followed; copy what they lead to"
        yield Finding("linked_folder", "warning", sentence, tuple(links))


def _strays(strays: Sequence[str]) -> Iterator[Finding]:
    if strays:
        sentence = f"{count(len(strays), 'entry', 'entries')} passed over: no image and no class"
        yield Finding("strays", "note", sentence, tuple(strays))


def _beside(folders: Sequence[str]) -> Iterator[Finding]:
    if folders:
        holds = "holds" if len(folders) == 1 else "hold"
        yield Finding(
            "beside_splits",
            "warning",
            f"{count(len(folders), 'folder')} beside train, validation and test {holds} images that"
            " are not used; move them into these, or elsewhere",
            tuple(folders),
        )


def _repeated(rows: int) -> Iterator[Finding]:
    if rows:
        sentence = f"{count(rows, 'row')} of the table said again what others say; counted once"
        yield Finding("repeated_rows", "note", sentence)


def _splits(index: Index) -> Iterator[Finding]:
    present = [split for split in SPLITS if (index.split == split).any()]
    if index.made:
        made = ", ".join(f"{split} ({len(index.rows(split)):,})" for split in index.made)
        lacking = (
            "the folder does not say which images are for what"
            if "train" in index.made
            else f"the folder has no {' and no '.join(index.made)}"
        )
        yield Finding(
            "splits_made",
            "note",
            f"{lacking}, so these were made by content and seed, equally from each class: {made}",
        )
    if present and "train" not in present:
        yield Finding("no_train", "error", "there are no training images: add a folder train")
    if present and "test" not in present:
        yield Finding(
            "no_test",
            "warning",
            "there are no test images: the headline stands on the validation images, on which the "
            "epoch is chosen, and is flattered by that",
        )


def _missing_classes(index: Index) -> Iterator[Finding]:
    counts = dict(zip(SPLITS, index.counts().T, strict=True))
    for split in SPLITS[1:]:
        if counts[split].sum():
            lacking = [c for c, n in zip(index.classes, counts[split], strict=True) if n == 0]
            if lacking:
                sentence = (
                    f"{split} has no image of {listed(lacking)}; nothing is known of them there"
                )
                yield Finding(f"class_missing_in_{split}", "warning", sentence)


def _balance(index: Index) -> Iterator[Finding]:
    counts = index.counts()[:, 0]
    if counts.sum() and counts.max() >= 3 * counts.min():  # assumed: threefold is worth a word
        most, least = int(counts.argmax()), int(counts.argmin())
        share = 100 * counts[most] / counts.sum()
        yield Finding(
            "imbalance",
            "note",
            f"classes differ in size: {counts[most]:,} training images of {index.classes[most]}, "
            f"{counts[least]:,} of {index.classes[least]}; always answering "
            f"{index.classes[most]} would be right for {share:.0f} % of them",
        )


def _thin_test(index: Index) -> Iterator[Finding]:
    split: Split = "test" if len(index.rows("test")) else "validation"
    n = len(index.rows(split))
    if n:
        half = 1.96 * math.sqrt(0.25 / n)  # the widest 95 % interval, at an accuracy of one half
        if half > FEW_POINTS:
            yield Finding(
                "thin_test",
                "note",
                f"with {n:,} {split} images an accuracy is known to about ±{100 * half:.0f} points",
            )


def _is(rows: Sequence[int]) -> str:
    return "is" if len(rows) == 1 else "are"

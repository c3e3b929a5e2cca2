"""Which rows of an index hang together: by the same bytes, or by the group of their duplicates.

Shapes: `n` rows. A family is a number that its rows share; that numbers mean nothing else.
"""

import numpy as np
from numpy.typing import NDArray

from sureshot.records import ALONE, Index

Numbers = NDArray[np.int64]


def contents(index: Index) -> Numbers:
    """One number for all images with the very same bytes, shape (N,); unreadable ones differ."""
    content = np.unique(index.sha256.astype("S"), return_inverse=True)[1]
    unreadable = np.flatnonzero(~index.readable)
    content[unreadable] = len(index) + unreadable
    return content


def families(index: Index) -> Numbers:
    """One number for all images that hang together by content or group, shape (N,)."""
    return together(contents(index), np.where(index.readable, index.group, ALONE))


def together(content: Numbers, group: Numbers) -> Numbers:
    """One number for rows that share a content or a group, also by way of others, shape (n,)."""
    grouped = np.flatnonzero(group != ALONE)
    of_group = grouped[_first(group[grouped])]
    first, second = np.r_[_first(content), of_group], np.r_[np.arange(len(content)), grouped]
    return linked(len(content), first, second)


def linked(n: int, first: Numbers, second: Numbers) -> Numbers:
    """The least row that each of `n` rows is linked to over pairs (first, second), shape (n,).

    Each round halves the way to the least row: "hooking and shortcutting", Shiloach and Vishkin
    1982, J. Algorithms 3 (1).
    """
    least_row = np.arange(n)
    while True:
        before = least_row.copy()
        low = np.minimum(least_row[first], least_row[second])
        np.minimum.at(least_row, before[first], low)
        np.minimum.at(least_row, before[second], low)
        least_row = least_row[least_row]
        if np.array_equal(before, least_row):
            return least_row


def least(key: Numbers, values: Numbers) -> Numbers:
    """For each row the least value among the rows with its key, shape (n,)."""
    number = np.unique(key, return_inverse=True)[1]
    found = np.full(number.max(initial=-1) + 1, np.iinfo(np.int64).max)
    np.minimum.at(found, number, values)
    return np.asarray(found[number])


def _first(key: Numbers) -> Numbers:
    """For each row the first row with its key, shape (n,)."""
    _, row, number = np.unique(key, return_index=True, return_inverse=True)
    return np.asarray(row[number])

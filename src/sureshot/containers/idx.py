"""IDX: one array of bytes behind a header of big-endian numbers, as MNIST is published.

Two zero bytes, the type (8: unsigned byte), the number of dimensions, the length of each dimension
as 32 bits, then the values, the last dimension fastest. Images are (n, H, W) in one file, labels
(n,) in another whose name says "labels" where the first says "images". Either may be gzipped.
`classes.txt` beside them names the classes, one a line; without it they are named by their digits.

Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits",
yann.lecun.com/exdb/mnist, section "The IDX file format".
"""

import gzip
import math
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sureshot.containers.bytewise import damaged, piece, require_unpackable, sentences, state
from sureshot.containers.names import class_list, named, require_count
from sureshot.containers.parts import Form, Stack, split_of
from sureshot.errors import DataError
from sureshot.records import Strings

_WORD = 4  # bytes of one number of the header


def _stacks(path: Path) -> tuple[Stack, ...]:
    if "labels" in path.name.lower():
        return ()
    (count, height, width), rows = _rows(path, ("images", "rows", "columns"))

    def image(row: int) -> NDArray[np.uint8]:
        return np.frombuffer(rows(row, 1), np.uint8).reshape(height, width)

    return (Stack("", split_of(path.name), count, image, lambda _: _labels(path, count)),)


def _labels(path: Path, count: int) -> Strings | None:
    name = re.sub("images", "labels", path.name, flags=re.IGNORECASE).replace("idx3", "idx1")
    plain = path.with_name(re.sub(r"\.gz$", "", name, flags=re.IGNORECASE))
    beside = [found for found in (plain, Path(f"{plain}.gz")) if found.exists()]
    if name == path.name or not beside:
        return None
    (labels,), rows = _rows(beside[0], ("labels",))
    require_count(labels, count, beside[0])
    numbers = np.frombuffer(rows(0, labels), np.uint8)
    return named(numbers, class_list(path.with_name("classes.txt")), beside[0])


def _rows(
    path: Path, words: tuple[str, ...]
) -> tuple[tuple[int, ...], Callable[[int, int], bytes]]:
    """The lengths of the dimensions, and what gives the bytes of some rows: (first, how many)."""
    known, start = state(path), _WORD * (1 + len(words))
    packed = path.name.lower().endswith(".gz")
    with sentences(path), gzip.open(path) if packed else path.open("rb") as file:
        lengths = _lengths(file.read(start), words, path)
        size, stated = math.prod(lengths[1:]), math.prod(lengths)
        if packed:
            require_unpackable(path, stated, known[1])
            content = file.read(stated + 1)
            _require_length(len(content), stated, path)
            return lengths, lambda row, many: content[row * size : (row + many) * size]
    _require_length(known[1] - start, stated, path)
    return lengths, lambda row, many: piece(path, start + row * size, many * size, known)


def _lengths(header: bytes, words: tuple[str, ...], path: Path) -> tuple[int, ...]:
    magic = bytes([0, 0, 8, len(words)])
    if header[:_WORD] != magic:
        raise DataError(
            f"{path} must begin with the bytes {magic.hex(' ')}, as an IDX file of {words[0]} "
            f"does, got {header[:_WORD].hex(' ') or 'none'}; fetch it again"
        )
    if len(header) < _WORD * (1 + len(words)):
        raise damaged(path, "its header is incomplete")
    lengths = tuple(np.frombuffer(header, ">u4")[1:].tolist())
    if 0 in lengths:
        said = ", ".join(f"{length} {word}" for word, length in zip(words, lengths, strict=True))
        raise DataError(f"{path} must hold at least one image, and says {said}; fetch it again")
    return lengths


def _require_length(found: int, stated: int, path: Path) -> None:
    if found != stated:
        more = f"more than {stated:,}" if found > stated else f"{found:,}"
        raise DataError(
            f"{path} must hold {stated:,} values, for its header says so, got {more}; it was cut "
            "short or is damaged: fetch it again"
        )


FORM = Form("IDX", re.compile(r".*-ubyte(\.gz)?"), lambda _: True, _stacks)

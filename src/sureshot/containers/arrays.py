"""One array in NumPy's own format: a header that is text, then the values.

"\\x93NUMPY", the version in two bytes, the length of the header in two (version 1) or four (version
2), the header, which says type, order and shape as a Python dict would, and the values. The header
is searched for the three and never evaluated.

Source: R. Kern, NEP 1, "A simple file format for NumPy arrays".
"""

import math
import re
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from sureshot.containers.bytewise import damaged, require_holdable
from sureshot.errors import DataError

_MAGIC = b"\x93NUMPY"
_LENGTHS = {b"\1\0": 2, b"\2\0": 4}  # bytes for the length of the header, by version
_MOST = 10_000  # bytes of a header. Cited: numpy.load's own limit, max_header_size.
_KIND = re.compile(r"'descr': *'([<>|=]?[a-zA-Z]\d*)'")
_ORDER = re.compile(r"'fortran_order': *(True|False)")
# L: a whole number of Python 2. 64 letters: 32 dimensions at most, which every NumPy can have.
_SHAPE = re.compile(r"'shape': *\(([\dL, ]{0,64})\)")


@dataclass(frozen=True)
class Header:
    """What stands before the values of an array."""

    shape: tuple[int, ...]
    columns_first: bool  # Fortran's order
    kind: np.dtype[Any]
    length: int  # of the header and all before it, in bytes

    @property
    def size(self) -> int:
        """How many bytes the values take."""
        return math.prod(self.shape) * self.kind.itemsize


def header_of(file: IO[bytes], place: str) -> Header:
    """The header at the beginning of a file; DataError where there is none, or of objects."""
    magic, version = file.read(len(_MAGIC)), file.read(2)
    if magic != _MAGIC or version not in _LENGTHS:
        raise damaged(place, "it does not begin as an array of NumPy's version 1 or 2")
    text = file.read(min(int.from_bytes(file.read(_LENGTHS[version]), "little"), _MOST))
    found = [pattern.search(text.decode("latin-1")) for pattern in (_KIND, _ORDER, _SHAPE)]
    kind, order, shape = (match[1] if match else None for match in found)
    if kind is None or order is None or shape is None:
        raise damaged(place, "its header does not say type, order and shape")
    try:
        dtype = np.dtype(kind)
    except TypeError:
        raise damaged(place, f"its values are of the unknown type {kind}") from None
    if dtype.hasobject:
        raise DataError(
            f"{place} must hold numbers or texts, got Python objects, which could run code; save "
            "it with allow_pickle=False"
        )
    lengths = tuple(int(number) for number in re.findall(r"\d+", shape))
    length = len(_MAGIC) + 2 + _LENGTHS[version] + len(text)
    return Header(lengths, order == "True", dtype, length)


def require_size(header: Header, size: int, place: str) -> None:
    """DataError where a file of `size` bytes does not hold exactly what its header says."""
    if 0 in header.shape or not header.kind.itemsize:
        raise damaged(place, f"it has no values: {header.kind} of shape {header.shape}")
    if header.length + header.size != size:
        raise DataError(
            f"{place} must have {header.size:,} bytes of values, for its header says so, got "
            f"{max(size - header.length, 0):,}; it was cut short or is damaged: fetch it again"
        )


def array_of(file: IO[bytes], header: Header, size: int, place: str) -> NDArray[Any]:
    """The values of an array, read after its header, in a file of `size` bytes."""
    require_size(header, size, place)
    require_holdable(place, header.size)
    content = file.read(header.size)
    if len(content) != header.size:
        raise damaged(place, f"it has {len(content):,} of {header.size:,} bytes of values")
    flat = np.frombuffer(content, header.kind)
    return flat.reshape(header.shape, order="F" if header.columns_first else "C")

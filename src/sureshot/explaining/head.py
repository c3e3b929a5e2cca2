"""The last layer's weights out of an ONNX file, read without the package that wrote it.

An ONNX file is protobuf: fields of a number, a kind and a value, nested. Only what leads to the
two tensors is read (onnx.proto3 of ONNX 1.x: ModelProto.graph 7, GraphProto.initializer 5, and
TensorProto's dims 1, data_type 2, name 8, raw_data 9).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_GRAPH, _INITIALIZER = 7, 5
_DIMS, _TYPE, _NAME, _RAW = 1, 2, 8, 9
_FLOAT = 1  # TensorProto.DataType
_LONGEST = 70  # bits of a number: ten bytes of seven
_NUMBER, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5  # protobuf's kinds of values


@dataclass(frozen=True, eq=False)
class Head:
    """A dense layer: logits before any scaling are features @ weight.T + bias."""

    weight: NDArray[np.float32]  # (K, F)
    bias: NDArray[np.float32]  # (K,) zeros where it has none


def head_of(graph: bytes) -> Head | None:
    """The weights of the layer called "head"; None where the graph shows none."""
    try:
        found = dict(_tensors(memoryview(graph), {b"head.weight", b"head.bias"}))
    except (IndexError, ValueError, OverflowError):  # the bytes are no protobuf
        return None
    weight = found.get(b"head.weight")
    if weight is None or weight.ndim != 2:
        return None
    bias = found.get(b"head.bias", np.zeros(len(weight), np.float32))
    return Head(weight, bias) if bias.shape == (len(weight),) else None


def _tensors(model: memoryview, names: set[bytes]) -> Iterator[tuple[bytes, NDArray[np.float32]]]:
    """The fp32 tensors of some names."""
    for graph in _all(model, _GRAPH):
        for tensor in _all(graph, _INITIALIZER):
            told = list(_fields(tensor))
            name = next((bytes(v) for n, v in told if n == _NAME and not isinstance(v, int)), b"")
            raw = next((v for n, v in told if n == _RAW and not isinstance(v, int)), None)
            if name in names and raw is not None and (_TYPE, _FLOAT) in told:
                shape = [v for n, v in told if n == _DIMS and isinstance(v, int)]
                yield name, np.frombuffer(raw, "<f4").reshape(shape)


def _all(message: memoryview, wanted: int) -> Iterator[memoryview]:
    """Every nested message of one number."""
    for number, value in _fields(message):
        if number == wanted and not isinstance(value, int):
            yield value


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Number and value of each field: an int, or the bytes."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        if key & 7 == _NUMBER:
            value, at = _varint(message, at)
            yield key >> 3, value
            continue
        size = {_EIGHT: 8, _FOUR: 4}.get(key & 7, -1)
        if key & 7 == _BYTES:
            size, at = _varint(message, at)
        if not 0 <= size <= len(message) - at:
            raise ValueError("a field is longer than its message")
        yield key >> 3, message[at : at + size]
        at += size


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """A whole number of seven bits a byte, the lowest first, and where the next field begins."""
    value = shift = 0
    while shift < _LONGEST:
        byte = message[at]
        value |= (byte & 127) << shift
        shift, at = shift + 7, at + 1
        if byte < 128:
            return value, at
    raise ValueError("a number is longer than protobuf allows")

"""The data in a pickle, read without the pickle module: nothing is ever imported or called.

A pickle is a program for a machine with a stack. Here its operations are listed by `pickletools`,
and those that make dict, list, tuple, bytes, str, int, bool and None are done. Three names are
known, of what NumPy writes for an array of bytes and Python 3 for bytes in protocol 2, and what
they stand for is built by hand. Any other operation or name is refused. A key is a text, bytes or a
number; a dict holds lists, and both hold tuples, in which one more tuple may be: nothing is deeper.

Source: the Python Library Reference, `pickletools`, which documents every operation; protocols 2
to 4 (PEP 307, PEP 3154).
"""

import io
import math
import pickletools
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from sureshot.containers.bytewise import damaged, require_holdable, whole
from sureshot.errors import DataError


class _Name(Enum):
    """What a pickle may name."""

    RECONSTRUCT = "an empty array, to be filled"
    ARRAY = "the type of arrays"
    KIND = "the type of an array's values"
    ENCODE = "text that stands for bytes"


_NAMES = {
    "numpy.core.multiarray _reconstruct": _Name.RECONSTRUCT,
    "numpy._core.multiarray _reconstruct": _Name.RECONSTRUCT,
    "numpy ndarray": _Name.ARRAY,
    "numpy dtype": _Name.KIND,
    "_codecs encode": _Name.ENCODE,
}
_BYTE_STATE = (3, "|", None, None, None, -1, -1, 0)  # of the type of unsigned bytes
_NUMBERS = ("BININT", "BININT1", "BININT2", "LONG1")
_TEXTS = ("BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8")
_BYTES = ("BINBYTES", "SHORT_BINBYTES", "BINBYTES8")
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_EMPTY: dict[str, type] = {"EMPTY_DICT": dict, "EMPTY_LIST": list, "EMPTY_TUPLE": tuple}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_PROTOCOLS = (2, 3, 4)


class _Nested(tuple[Any, ...]):
    """A tuple that holds a tuple, and is held by none."""


class _Kind:
    """The type of unsigned bytes."""


@dataclass(eq=False)
class _Array:
    values: NDArray[np.uint8] | None = None  # filled by BUILD


def load(path: Path) -> dict[str, Any]:
    """The dict that a pickle holds, bytes of Python 2 as text in its keys; DataError otherwise."""
    try:
        found = _Machine(path).run(whole(path))
        if isinstance(found, dict):
            return {_text(k): v.values if isinstance(v, _Array) else v for k, v in found.items()}
    except (ValueError, LookupError, TypeError, OverflowError, RecursionError) as error:
        raise damaged(path, f"as a pickle: {error}") from None
    raise DataError(
        f"{path} must hold a dict, as a CIFAR batch does, got {type(found).__name__}; "
        "take the binary form, data_batch_1.bin"
    )


class _Machine:
    """The stack, the marks on it, and what was put by for later use."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stack: list[Any] = []
        self._below: list[list[Any]] = []  # the stacks under each open mark
        self._memo: dict[int, Any] = {}
        self._made_of_text = 0  # bytes, for one text may be used many times

    def run(self, content: bytes) -> Any:
        if content[:1] != b"\x80":
            raise ValueError("it does not begin with its protocol, 2 to 4")
        for operation, value, _ in pickletools.genops(io.BytesIO(content)):
            if operation.name == "STOP":
                return self._stack.pop()
            self._do(operation.name, value)
        raise ValueError("it has no end")

    def _do(self, name: str, value: Any) -> None:
        stack = self._stack
        if name in (*_NUMBERS, *_TEXTS, *_BYTES):
            stack.append(value)
        elif name in ("BINSTRING", "SHORT_BINSTRING"):  # str of Python 2
            stack.append(value.encode("latin-1"))
        elif name in _CONSTANTS:
            stack.append(_CONSTANTS[name])
        elif name in _EMPTY:
            stack.append(_EMPTY[name]())
        elif name in _TUPLES:
            stack[-_TUPLES[name] :] = [_tuple(stack[-_TUPLES[name] :])]
        elif name == "TUPLE":
            items = self._since_mark()
            self._stack.append(_tuple(items))
        else:
            self._arrange(name, value)

    def _arrange(self, name: str, value: Any) -> None:
        """Operations on what already lies on the stack."""
        stack = self._stack
        match name:
            case "MARK":
                self._below.append(stack)
                self._stack = []
            case "APPEND" | "SETITEM":
                many = 1 if name == "APPEND" else 2
                items = stack[-many:]
                del stack[-many:]
                self._put(items)
            case "APPENDS" | "SETITEMS":
                self._put(self._since_mark(), pairs=name == "SETITEMS")
            case "BINPUT" | "LONG_BINPUT":
                self._memo[value] = stack[-1]
            case "MEMOIZE":
                self._memo[len(self._memo)] = stack[-1]
            case "BINGET" | "LONG_BINGET":
                stack.append(self._memo[value])
            case "PROTO" if value in _PROTOCOLS:
                pass
            case "FRAME":
                pass
            case _:
                self._name(name, value)

    def _name(self, name: str, value: Any) -> None:
        """Operations that in a pickle would import and call; here they are only recognised."""
        match name:
            case "GLOBAL":
                self._stack.append(self._known(value))
            case "STACK_GLOBAL":
                word, module = self._stack.pop(), self._stack.pop()
                _require_flat((module, word), tuple)
                self._stack.append(self._known(f"{module} {word}"))
            case "REDUCE":
                arguments, meant = self._stack.pop(), self._stack.pop()
                self._stack.append(self._made(meant, arguments))
            case "BUILD":
                settings = self._stack.pop()
                self._fill(self._stack[-1], settings)
            case _:
                self._refuse(f"the operation {name}" + ("" if value is None else f" {value!r:.40}"))

    def _since_mark(self) -> list[Any]:
        items, self._stack = self._stack, self._below.pop()
        return items

    def _put(self, items: list[Any], pairs: bool | None = None) -> None:
        """Add items to the list, or pairs of key and value to the dict, on top of the stack."""
        target = self._stack[-1]
        if type(target) is list and pairs is not True and (pairs is False or len(items) == 1):
            _require_flat(items)
            target.extend(items)
        elif type(target) is dict and pairs is not False and len(items) % 2 == 0:
            _require_flat(items[::2], tuple, _Array, _Kind, _Name, type(None))
            _require_flat([item for item in items[1::2] if type(item) is not list])
            target.update(zip(items[::2], items[1::2], strict=True))
        else:
            raise ValueError("items are added to what is neither a list nor a dict")

    def _known(self, name: str) -> _Name:
        if name not in _NAMES:
            self._refuse(f"the name {name.replace(' ', '.')!r:.80}")
        return _NAMES[name]

    def _made(self, meant: Any, arguments: Any) -> Any:
        match meant, arguments:
            case _Name.RECONSTRUCT, (_Name.ARRAY, (0,), "b" | b"b"):
                return _Array()
            case _Name.KIND, ("u1" | b"u1", int(), int()):
                return _Kind()
            case _Name.ENCODE, (str(text), "latin1" | b"latin1"):
                self._made_of_text += len(text)
                require_holdable(self._path, self._made_of_text)
                return text.encode("latin-1")
        self._refuse("an object that is no array of bytes")

    def _fill(self, made: Any, settings: Any) -> None:
        match made, settings:
            case _Kind(), (3, *_) if tuple(map(_plain, settings)) == _BYTE_STATE:
                return
            case _Array(), (1, (int(), int()) as shape, _Kind(), bool(columns), bytes(content)):
                if not all(type(n) is int and n >= 0 for n in shape):
                    raise ValueError("the shape of its array is none")
                if math.prod(shape) != len(content):
                    raise ValueError(f"an array of shape {shape} has {len(content):,} values")
                values = np.frombuffer(content, np.uint8)
                made.values = values.reshape(shape, order="F" if columns else "C")
                return
        self._refuse("an object that is no array of bytes")

    def _refuse(self, what: str) -> NoReturn:
        raise DataError(
            f"{self._path} must hold nothing but lists, texts, numbers and arrays of bytes, found "
            f"{what}, which a pickle could use to run code; take the binary form, data_batch_1.bin"
        )


def _tuple(items: list[Any]) -> tuple[Any, ...]:
    _require_flat(items, _Nested)
    return (_Nested if any(isinstance(item, tuple) for item in items) else tuple)(items)


def _require_flat(items: Iterable[Any], *kinds: type) -> None:
    if any(isinstance(item, (list, dict, *kinds)) for item in items):
        raise ValueError("its lists and tuples are nested too deep")


def _plain(value: Any) -> Any:
    """Bytes of Python 2 as text; containers, which nothing here may be equal to, as their type."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return value if value is None or isinstance(value, str | int) else type(value)


def _text(key: Any) -> str:
    return key.decode("latin-1") if isinstance(key, bytes) else str(key)

"""The last few things that were opened, each made once, also when several threads ask at once."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Kept(Generic[Key, Value]):
    """At most `limit` values by key, of any size; the one not asked for longest goes first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = Lock()
        self._values: OrderedDict[Key, Value] = OrderedDict()

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        """The value of a key, made now where it is not kept; all wait while one is made."""
        with self._lock:
            if key not in self._values:
                while len(self._values) >= self._limit:
                    self._values.popitem(last=False)  # before making: never one more in memory
                self._values[key] = make()
            self._values.move_to_end(key)
            return self._values[key]

"""Ctrl-C as a request: the first asks to stop after the step, the second stops at once."""

import signal
import threading
from types import FrameType
from typing import Any


class Interrupt:
    """A context in which SIGINT and SIGTERM only set `asked`; a second signal acts as usual."""

    def __init__(self) -> None:
        self.asked: int = 0  # the number of the signal that came
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "Interrupt":
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._ask)
        return self

    def __exit__(self, *exception: object) -> None:
        self._restore()

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = number
        self._restore()

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}

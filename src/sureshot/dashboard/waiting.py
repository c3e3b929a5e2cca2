"""Long work on a page: what it is at, and how far it has come."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from sureshot.dashboard import safe

STEPS = 100  # times that a bar is drawn anew; each is a message to the browser


class Shown:
    """A `Progress` that draws one bar where it was made; gone when `close` is called."""

    def __init__(self) -> None:
        self._bar = st.progress(0.0, text=" ")

    def say(self, sentence: str) -> None:
        """Say it above the bar."""
        self._bar.progress(0.0, text=safe.sentence(sentence))

    @contextmanager
    def track(self, what: str, total: int) -> Iterator["_Bar"]:
        """A bar with its count."""
        yield _Bar(self, what, max(total, 1))

    def draw(self, what: str, done: int, total: int) -> None:
        """The bar at some count."""
        self._bar.progress(min(done / total, 1.0), text=f"{what}: {done:,} of {total:,}")

    def close(self) -> None:
        """Take the bar away."""
        self._bar.empty()


class _Bar:
    def __init__(self, shown: Shown, what: str, total: int) -> None:
        self._shown, self._what, self._total = shown, what, total
        self._done = self._drawn = 0

    def advance(self, count: int = 1) -> None:
        """Count `count` more as done."""
        self._done += count
        if (self._done - self._drawn) * STEPS >= self._total or self._done == self._total:
            self._drawn = self._done
            self._shown.draw(self._what, self._done, self._total)

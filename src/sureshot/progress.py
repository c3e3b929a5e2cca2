"""How long work tells a person where it stands: one small interface, silent or on the terminal.

Functions that may take long accept a `Progress`. They say sentences and track counted work;
what becomes of it (a bar, a line, nothing) is not their business.
"""

import math
import re
import unicodedata
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from sureshot.errors import UsageError

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID


MANY = 1_000_000  # of bytes, say: a share is easier to read than the count
FORMULA = ("=", "+", "-", "@")  # how a spreadsheet recognises a formula


class Track(Protocol):
    """One piece of counted work in progress."""

    def advance(self, count: int = 1) -> None:
        """Count `count` more as done."""


class Progress(Protocol):
    """Where long work reports to."""

    def say(self, sentence: str) -> None:
        """Tell the person one line that stays."""

    def track(self, what: str, total: int) -> AbstractContextManager[Track]:
        """A context in which `total` things are done, shown as a bar with the time left."""


class _Ignored:
    def advance(self, count: int = 1) -> None:
        """Count nothing."""


class Silent:
    """Says nothing."""

    def say(self, sentence: str) -> None:
        """Keep it to itself."""

    @contextmanager
    def track(self, what: str, total: int) -> Iterator[Track]:
        """Draw nothing."""
        yield _Ignored()


class Terminal:
    """Lines and bars on standard error, or in a notebook; bars only where somebody can see them."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(stderr=True, highlight=False)

    def say(self, sentence: str) -> None:
        """Print one line above any running bar."""
        whole = not self._console.is_terminal  # a log's lines are not broken
        self._console.print(printable(sentence), markup=False, soft_wrap=whole)

    @contextmanager
    def track(self, what: str, total: int) -> Iterator[Track]:
        """A bar with count and time left, gone when the block ends."""
        from rich import progress as bars

        columns = (
            bars.TextColumn("{task.description}"),
            bars.BarColumn(),
            bars.TaskProgressColumn() if total >= MANY else bars.MofNCompleteColumn(),
            bars.TextColumn("time left"),
            bars.TimeRemainingColumn(),
        )
        visible = self._console.is_terminal or self._console.is_jupyter
        with bars.Progress(
            *columns, console=self._console, transient=True, disable=not visible
        ) as bar:
            yield _Bar(bar, bar.add_task(what, total=total))


class _Bar:
    def __init__(self, bar: "RichProgress", task: "TaskID") -> None:
        self._bar = bar
        self._task = task

    def advance(self, count: int = 1) -> None:
        self._bar.advance(self._task, count)


def printable(text: str) -> str:
    """Text from outside (file names, class names) on one line, control characters made visible.

    Spaces of any width stay: macOS puts narrow ones into the names of screenshots.
    """
    return "".join(
        c
        if c.isprintable() or unicodedata.category(c) == "Zs"
        else c.encode("unicode_escape").decode()
        for c in text
    )


def unicode(name: str) -> str:
    """The name of a file, which need not be UTF-8, with the bytes that are not made visible."""
    return name.encode("utf-8", "backslashreplace").decode()


def cell(value: Any) -> Any:
    """A value for CSV that no spreadsheet takes for a formula, and no terminal for a command."""
    if not isinstance(value, str):
        return value
    safe = printable(value)
    return f"'{safe}" if safe.startswith(FORMULA) and not _number(safe) else safe


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def duration(seconds: float) -> str:
    """Seconds for people: "4.2 s", "45 s", "3 min 5 s", "2 h 10 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def seconds_of(text: str | float) -> float:
    """What `duration` says, read: "90s", "10m", "1h30m", or plain seconds; UsageError otherwise."""
    words = str(text).strip().lower()
    found = _DURATION.fullmatch(words)
    parts = found.groups() if found else ()
    sizes = (3600, 60, 1, 1)
    seconds = sum(float(part or 0) * size for part, size in zip(parts, sizes, strict=False))
    if not 0 < seconds < math.inf:
        raise UsageError(f"a time must be such as 90s, 10m or 1h30m, and above 0, got {text!r}")
    return seconds


_NUMBER = r"(\d{1,9}(?:\.\d+)?)"
_DURATION = re.compile(
    rf"(?:{_NUMBER}\s*h)?\s*(?:{_NUMBER}\s*m(?:in)?)?\s*(?:{_NUMBER}\s*s)?|{_NUMBER}"
)

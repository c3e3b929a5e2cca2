"""Where the time of a training goes, part by part."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import torch


@dataclass
class Clock:
    """Seconds of each part; `lap` gives all that passed since the last lap to one of them."""

    wait: Callable[[], None] | None = None  # until a GPU has done what was asked of it
    parts: dict[str, float] = field(default_factory=dict)
    last: float = field(default_factory=time.perf_counter)

    @classmethod
    def on(cls, device: str, waiting: bool) -> "Clock":
        """A clock for "cpu" or "cuda"; one that waits shows a GPU's parts apart, and slows it."""
        return cls(torch.cuda.synchronize if waiting and device == "cuda" else None)

    def lap(self, part: str) -> None:
        """Count the time since the last lap to a part."""
        if self.wait is not None:
            self.wait()
        now = time.perf_counter()
        self.parts[part] = self.parts.get(part, 0.0) + now - self.last
        self.last = now

    def table(self) -> list[str]:
        """One line a part, in the order in which they first came."""
        total = sum(self.parts.values())
        return [
            f"{part:<14}{seconds:9.2f} s {100 * seconds / total:5.1f} %"
            for part, seconds in (*self.parts.items(), ("all", total))
        ]

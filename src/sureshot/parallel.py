"""Many small jobs on threads, results in order, memory bounded.

Decoding images releases Python's lock, so threads keep every processor busy without copying
pixels between processes.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from sureshot.device import threads

Item = TypeVar("Item")
Result = TypeVar("Result")

WAITING_PER_THREAD = 16  # assumed: enough to ride over one slow image, few enough to stay small


def map_in_order(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """`map` on all processors: the same order, few results in memory at once."""
    remaining = iter(items)
    with ThreadPoolExecutor(threads(), thread_name_prefix="sureshot") as pool:
        window: deque[Future[Result]] = deque(
            pool.submit(function, item)
            for item in islice(remaining, threads() * WAITING_PER_THREAD)
        )
        try:
            while window:
                result = window.popleft().result()
                window.extend(pool.submit(function, item) for item in islice(remaining, 1))
                yield result
        finally:
            for future in window:
                future.cancel()

"""Many small jobs on threads, results in order, memory bounded.

Decoding images releases Python's lock, so threads keep every processor busy without copying
pixels between processes.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from sureshot.device import threads

Item = TypeVar("Item")
Result = TypeVar("Result")

WAITING_PER_THREAD = 16  # items; assumed: rides over a slow image, stays small
QUICK = 30e-6  # seconds; threads only take Python's lock from one another there (docs/log.md)


def map_in_order(
    function: Callable[[Item], Result], items: Iterable[Item], together: int = 1
) -> Iterator[Result]:
    """`map` on all processors: the same order, few results in memory at once.

    A thread takes `together` items at a time: several where one costs less than handing it over.
    As long as such ones are quick, the caller's own thread does them.
    """
    remaining = iter(items)
    groups = iter(lambda: list(islice(remaining, together)), [])
    waiting = threads() * (1 + WAITING_PER_THREAD // together)

    def results(group: list[Item]) -> list[Result]:
        return [function(item) for item in group]

    spare = 0.0  # seconds by which those done here were quicker than they may be
    while together > 1 and spare >= 0 and (group := next(groups, [])):
        started = time.perf_counter()
        here = results(group)
        spare += QUICK * len(group) - (time.perf_counter() - started)
        yield from here
    with ThreadPoolExecutor(threads(), thread_name_prefix="sureshot") as pool:
        window: deque[Future[list[Result]]] = deque(
            pool.submit(results, group) for group in islice(groups, waiting)
        )
        try:
            while window:
                found = window.popleft().result()
                window.extend(pool.submit(results, group) for group in islice(groups, 1))
                yield from found
        finally:
            for future in window:
                future.cancel()

"""The network, off the event loop: images that wait together go through it together.

An image never waits for company: where a thread is free it goes alone, and under load the batches
fill by themselves. The bits of an answer do not depend on its company.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Generic, TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")


class Batches(Generic[Given, Made]):
    """Runs `function` on up to `most` of what waits, on so many threads."""

    def __init__(
        self, function: Callable[[Sequence[Given]], Sequence[Made]], most: int, threads: int
    ) -> None:
        self.function = function
        self.most = most
        self.run = 0  # batches so far
        self._free = self._all = threads
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="sureshot-network")
        self._waiting: deque[tuple[Given, asyncio.Future[Made]]] = deque()

    async def of(self, given: Given) -> Made:
        """What the function makes of one, in whatever company."""
        future: asyncio.Future[Made] = asyncio.get_running_loop().create_future()
        self._waiting.append((given, future))
        self._next()
        return await future

    @property
    def idle(self) -> bool:
        """Whether no thread computes, not even for somebody who waits no more."""
        return self._free == self._all

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _next(self) -> None:
        """Start a batch for every thread that is free."""
        while self._free and self._waiting:
            taken = [self._waiting.popleft() for _ in range(min(self.most, len(self._waiting)))]
            given, wanted = [one for one, _ in taken], [future for _, future in taken]
            self._free -= 1
            loop = asyncio.get_running_loop()
            done = loop.run_in_executor(self._threads, self.function, given)
            done.add_done_callback(partial(self._hand_out, wanted))

    def _hand_out(
        self, wanted: Sequence[asyncio.Future[Made]], done: asyncio.Future[Sequence[Made]]
    ) -> None:
        self._free += 1
        self.run += 1
        error = done.exception()
        for number, future in enumerate(wanted):
            if future.done():  # nobody waits for it any more
                continue
            if error is None:
                future.set_result(done.result()[number])
            else:
                future.set_exception(error)
        self._next()

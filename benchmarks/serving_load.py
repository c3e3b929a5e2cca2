"""The clients of benchmarks/serving.py: those that wait for an answer, and those that do not."""

import asyncio
import os
import re
import subprocess
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import numpy as np

CLIENTS = 16  # that wait for their answers
MOST_OPEN = 2_000  # requests without an answer, above which the generator holds back
PATIENCE = 60.0  # seconds for answers after the last request
MOST_IDLE = 4.0  # seconds; servers close what has been idle for 5 (the peer) or 10, at any moment


Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Seen:
    """What came back, and when."""

    seconds: dict[int, list[float]] = field(default_factory=dict)  # by status
    lost: int = 0  # without an answer
    held: int = 0  # not even sent, because too many were open
    sent: int = 0
    took: float = 0.0  # seconds, until the last answer
    memory: int = 0  # bytes, the most of the server and its children

    def answered(self, status: int, seconds: float) -> None:
        """Keep one."""
        self.seconds.setdefault(status, []).append(seconds)

    def percentile(self, status: int, percent: float) -> float:
        """In seconds; not a number where there was no such answer."""
        return float(np.percentile(self.seconds.get(status) or [np.nan], percent))

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.seconds.get(200, ())) / self.took


class Clients:
    """Connections that stay open for a while, the last one used first."""

    def __init__(self, port: int, requests: Sequence[bytes], seen: Seen) -> None:
        self.port = port
        self.requests = cycle(requests)
        self.seen = seen
        self.open = 0
        self.idle: list[tuple[float, Connection]] = []  # with the time of its last answer

    async def ask(self) -> None:
        """One request, and what became of it."""
        self.open += 1
        self.seen.sent += 1
        started = time.perf_counter()
        try:
            connection = await self._connection()
            status = await self._told(*connection)
            self.seen.answered(status, time.perf_counter() - started)
            self.idle.append((time.perf_counter(), connection))
        except (OSError, asyncio.IncompleteReadError):
            self.seen.lost += 1
        finally:
            self.open -= 1

    async def _connection(self) -> Connection:
        if self.idle and time.perf_counter() - self.idle[-1][0] < MOST_IDLE:
            return self.idle.pop()[1]
        for _, (_, writer) in self.idle:  # all are older
            writer.close()
        self.idle.clear()
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def _told(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        writer.write(next(self.requests))
        await writer.drain()
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head)
        assert length
        await reader.readexactly(int(length[1]))
        return int(head[9:12])


async def waiting(clients: Clients, seconds: float) -> None:
    """Some clients, each of which asks again once it has its answer."""

    async def one() -> None:
        while time.perf_counter() < until:
            await clients.ask()

    until = time.perf_counter() + seconds
    await asyncio.gather(*(one() for _ in range(CLIENTS)))


async def whatever_comes(clients: Clients, seconds: float, rate: float) -> None:
    """So many requests a second, in even steps, then a while for what has no answer yet."""
    asked: set[asyncio.Task[None]] = set()
    started, due = time.perf_counter(), 0
    while (now := time.perf_counter() - started) < seconds:
        due, before = int(now * rate), due
        for _ in range(due - before):
            if clients.open >= MOST_OPEN:
                clients.seen.held += 1
                continue
            task = asyncio.create_task(clients.ask())
            asked.add(task)
            task.add_done_callback(asked.discard)
        await asyncio.sleep(0.002)
    if asked:
        _, late = await asyncio.wait(asked, timeout=PATIENCE)
        for task in late:
            task.cancel()
        clients.seen.lost += len(late)


def loaded(
    process: subprocess.Popen[str],
    port: int,
    requests: Sequence[bytes],
    load: Callable[[Clients], Awaitable[None]],
) -> Seen:
    """What a load makes of a server."""
    seen = Seen()

    async def run() -> None:
        watching = asyncio.create_task(watch(process.pid, seen))
        await load(Clients(port, requests, seen))
        watching.cancel()

    started = time.perf_counter()
    asyncio.run(run())
    seen.took = time.perf_counter() - started
    return seen


async def watch(pid: int, seen: Seen) -> None:
    """Keep the most memory, looking four times a second."""
    while True:
        seen.memory = max(seen.memory, memory(pid))
        await asyncio.sleep(0.25)


def memory(pid: int) -> int:
    """Bytes of a process and its children; those they share count for each."""
    pids = [pid, *Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    pages = sum(int(Path(f"/proc/{one}/statm").read_text().split()[1]) for one in pids)
    return pages * os.sysconf("SC_PAGE_SIZE")

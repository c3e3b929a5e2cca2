"""Decoding outside of the server: a process that dies or hangs is replaced.

Shapes: `S` the side in pixels, `C` channels.
"""

import asyncio
import fcntl
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from sureshot.errors import SureshotError, UnreadableImage
from sureshot.recipe import Preprocessing
from sureshot.serving.access import TOKEN_VARIABLE
from sureshot.serving.decoder import ANSWER, LENGTH, PIXELS, PROBLEM, READY

Bytes = bytes | bytearray

TRIES = 2  # of an image whose decoder died: once it may have been killed from outside
START_SECONDS = 30  # until a new process is ready; 0.4 s on an idle machine
PIPE_SIZE = 1_048_576  # bytes, Linux's own limit: most photographs go through in one piece
MOST_PROBLEM = 4_096  # bytes of what a decoder says of an image
_COMMAND = (sys.executable, "-P", "-m", "sureshot.serving.decoder")
_BROKEN = (asyncio.IncompleteReadError, ConnectionError)  # what a dead process's pipes raise


class Decoders:
    """Some processes that turn images into pixels; at most so many images at once."""

    def __init__(self, settings: Preprocessing, count: int, seconds: float) -> None:
        self.settings = settings
        self.seconds = seconds  # for one image; then its process is taken to hang
        self.count = count
        self.replaced = 0
        self._idle: asyncio.Queue[Process] = asyncio.Queue()
        self._all: set[Process] = set()
        self._starting: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Start all; SureshotError where that fails."""
        await asyncio.gather(*(self._start() for _ in range(self.count)))

    @property
    def alive(self) -> int:
        """How many processes there are now."""
        return sum(not _dead(process) for process in self._all)

    async def pixels(self, image: Bytes) -> NDArray[np.uint8]:
        """An encoded image as the pixels (S, S, C) that `prepare` gives; UnreadableImage if not."""
        for tried in range(TRIES):
            try:
                return await self._decoded(image, doubted=tried > 0)
            except _BROKEN:
                continue
            except TimeoutError:
                raise UnreadableImage(
                    "too_complex", f"decoding takes longer than {self.seconds:g} s; make it simpler"
                ) from None
        raise UnreadableImage("damaged", f"the decoder ended on this image, {TRIES} times")

    async def stop(self) -> None:
        """End all processes, whatever they do."""
        for task in self._starting:
            task.cancel()
        for process in self._all:
            _kill(process)
        await asyncio.gather(*(process.wait() for process in self._all))

    async def _decoded(self, image: Bytes, *, doubted: bool) -> NDArray[np.uint8]:
        process = await self._next(doubted=doubted)
        try:
            async with asyncio.timeout(self.seconds):
                kind, content = await self._asked(process, image)
        except BaseException:  # a cancelled wait too: what comes next would be an old answer
            self._replace(process)
            raise
        self._idle.put_nowait(process)
        if kind == PIXELS:
            size = self.settings.size
            return np.frombuffer(content, np.uint8).reshape(size, size, self.settings.channels)
        code, _, reason = content.decode().partition(": ")
        raise UnreadableImage(code, reason)

    async def _next(self, *, doubted: bool) -> Process:
        """A process that waits for an image; one that has died meanwhile is no try of an image.

        A doubted one is asked first: one that is being killed does not look dead at once.
        """
        while True:
            process = await self._idle.get()
            try:
                if not _dead(process):
                    if doubted:
                        async with asyncio.timeout(self.seconds):
                            await self._asked(process, b"")
                    return process
            except (*_BROKEN, TimeoutError):
                pass
            except BaseException:  # a cancelled wait
                self._replace(process)
                raise
            self._replace(process)

    async def _asked(self, process: Process, image: Bytes) -> tuple[bytes, bytes]:
        assert process.stdin is not None
        process.stdin.writelines((LENGTH.pack(len(image)), image))
        await process.stdin.drain()
        return await self._told(process)

    async def _told(self, process: Process) -> tuple[bytes, bytes]:
        """What a process says next; one that says anything odd is treated as broken."""
        assert process.stdout is not None
        kind, length = ANSWER.unpack(await process.stdout.readexactly(ANSWER.size))
        size = self.settings.size
        wanted = {READY: 0, PIXELS: size * size * self.settings.channels, PROBLEM: MOST_PROBLEM}
        if length > wanted.get(kind, -1) or (kind == PIXELS and length < wanted[PIXELS]):
            raise ConnectionError
        return kind, await process.stdout.readexactly(length)

    def _replace(self, process: Process) -> None:
        _kill(process)
        self._all.discard(process)
        self.replaced += 1
        task = asyncio.get_running_loop().create_task(self._restart())
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)

    async def _restart(self) -> None:
        """Start until it succeeds: a machine that is out of processes may have some later."""
        while True:
            try:
                return await self._start()
            except (OSError, SureshotError):
                await asyncio.sleep(1)

    async def _start(self) -> None:
        process = await asyncio.create_subprocess_exec(
            *_COMMAND,
            self.settings.model_dump_json(),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            start_new_session=True,  # so that Ctrl-C is for the server alone
            env=_environment(),
        )
        self._all.add(process)
        _widen(process)
        try:
            async with asyncio.timeout(START_SECONDS):
                await self._told(process)
        except (*_BROKEN, TimeoutError):
            _kill(process)
            self._all.discard(process)
            raise SureshotError(
                "a process for decoding could not be started; free some memory and try again"
            ) from None
        self._idle.put_nowait(process)


def _environment() -> dict[str, str]:
    """The server's own without its token; the additions let a process map less memory."""
    own = {name: value for name, value in os.environ.items() if name != TOKEN_VARIABLE}
    return own | {"OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}


def _widen(process: Process) -> None:
    """Give a process a larger pipe to read from, where the system has one to give."""
    assert process.stdin is not None
    if sys.platform == "linux":
        with suppress(OSError):
            fcntl.fcntl(process.stdin.get_extra_info("pipe"), fcntl.F_SETPIPE_SZ, PIPE_SIZE)


def _kill(process: Process) -> None:
    """End it; not by `process.kill`, which may take the end's status from under asyncio's wait."""
    if not _dead(process):
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)


def _dead(process: Process) -> bool:
    """Whether a process has ended, also where the event loop has not been told yet."""
    try:
        ended = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return True
    return ended is not None

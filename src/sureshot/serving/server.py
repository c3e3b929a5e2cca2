"""The server process: connections with deadlines, and a stop that answers what is under way."""

import asyncio
import resource
import signal
import socket
from asyncio import TimerHandle, Transport
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from sureshot.serving.access import Access
from sureshot.serving.app import build
from sureshot.serving.limits import Limits
from sureshot.serving.service import Served, Service

# Seconds from a request's header until its answer has been read, whoever dawdles; assumed, above
# all that the routes allow themselves.
MOST_SECONDS = 90


class Connection(H11Protocol):
    """uvicorn's HTTP/1.1, on which nobody may stay without asking, or without reading."""

    _deadline: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """A client is there; it has some seconds to ask for something."""
        super().connection_made(transport)
        self._expect_more()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._forget()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Answered; a body that was not wanted is let go, and what is left of it not kept."""
        self.cycle.body = bytearray()
        super().on_response_complete()
        self._expect_more()

    def _expect_more(self) -> None:
        self._forget()
        self._deadline = self.loop.call_later(self.timeout_keep_alive, self._late, MOST_SECONDS)

    def _late(self, more: float) -> None:
        """End the connection, but for a request that is being answered: give that `more` once."""
        if more and self.cycle is not None and not self.cycle.response_complete:
            self._deadline = self.loop.call_later(more, self._late, 0)
        else:
            self.transport.abort()

    def _forget(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()


class Server(uvicorn.Server):
    """uvicorn's server; asked to stop, it answers what is under way before it stops listening."""

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self.service = service

    async def main_loop(self) -> None:
        """Serve until a signal comes, then until all that was accepted is answered."""
        await super().main_loop()
        self.service.stopping = True
        try:
            async with asyncio.timeout(self.service.limits.answer_seconds):
                while self.service.under_way and not self.force_exit:
                    await asyncio.sleep(0.01)
        except TimeoutError:
            return

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take signals as requests to stop, which end in success; a second Ctrl-C acts at once."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield


async def run(
    served: Served,
    listener: socket.socket,
    access: Access,
    limits: Limits,
    ready: Callable[[], None],
) -> None:
    """Serve on a listening socket until a signal comes; `ready` is called when it can answer."""
    _allow_files(2 * limits.connections)
    async with Service(served, limits) as service:
        config = uvicorn.Config(
            build(service, access),
            http=Connection,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="error",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            limit_concurrency=limits.connections,
            timeout_keep_alive=limits.header_seconds,
            timeout_graceful_shutdown=limits.answer_seconds,
        )
        ready()
        await Server(config, service).serve([listener])


def _allow_files(wanted: int) -> None:
    """Let this process have so many connections open, as far as the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))

"""Start a server: everything that can be wrong is said before anybody can ask."""

import asyncio
import os
import socket
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from sureshot.errors import MissingExtra, UsageError
from sureshot.serving.access import Access
from sureshot.serving.limits import Limits

BACKLOG = 2_048  # connections that the system keeps until they are looked at; uvicorn's own default


def serve(
    model: Path,
    access: Access,
    limits: Limits,
    host: str,
    port: int,
    ready: Callable[[str], None],
) -> None:
    """Serve a *.shot file until SIGTERM or Ctrl-C; `ready` is told the address.

    Raises MissingExtra, BundleError, UsageError.
    """
    if not all(find_spec(name) for name in ("fastapi", "uvicorn")):
        raise MissingExtra("serve", "the server")
    from sureshot.serving.server import run
    from sureshot.serving.service import Served

    with listening(host, port) as listener:
        bound = listener.getsockname()[1]
        address = f"http://[{host}]:{bound}" if ":" in host else f"http://{host}:{bound}"
        served = Served.open(model)
        asyncio.run(run(served, listener, access, limits, lambda: ready(address)))


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens there; UsageError where that cannot be."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        said = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise UsageError(
            f"the server cannot listen on {host}, port {port}: {said.lower()}; "
            "choose another --port or --host"
        ) from None

"""A real server in a process of its own, and clients that are real connections."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import corpus

OURS = "from sureshot.cli import main; main()"
WITH_LIMITS = """
import json, sys
from pathlib import Path
from sureshot import serving
path, limits = Path(sys.argv[1]), serving.Limits(**json.loads(sys.argv[2]))
access = serving.grant("127.0.0.1", None)
serving.serve(path, access, limits, "127.0.0.1", 0, ready=lambda place: print(place, flush=True))
"""
IMAGE = corpus.encode(corpus.smooth(), "PNG")


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        return str(self.json["code"])


@dataclass
class Running:
    """A server, and how to ask it."""

    process: subprocess.Popen[str]
    port: int
    sockets: list[socket.socket] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self, path: str, body: bytes | None = None, method: str | None = None, **headers: str
    ) -> Answer:
        """One request on a connection of its own; POST where there is a body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            chosen = method or ("GET" if body is None else "POST")
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(chosen, path, body, named)
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def begin(self, body: bytes = IMAGE, path: str = "/predict") -> http.client.HTTPConnection:
        """Ask for a prediction, and leave the answer for later."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("POST", path, body)
        return connection

    def raw(self, content: bytes) -> socket.socket:
        """Whatever bytes, on a connection that is closed with the server."""
        made = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        self.sockets.append(made)
        made.sendall(content)
        return made

    def count(self, name: str) -> int:
        """A number of /metrics."""
        found = re.search(rf"^sureshot_{name} (\d+)$", self.ask("/metrics").body.decode(), re.M)
        assert found, name
        return int(found[1])

    def wait(self, name: str, wanted: int) -> None:
        while self.count(name) != wanted:
            assert self.process.poll() is None

    @property
    def children(self) -> list[int]:
        """The processes that decode."""
        pid = self.process.pid
        return [*map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]

    def decoders(self, number: signal.Signals) -> None:
        """A signal to every process that decodes."""
        for child in self.children:
            os.kill(child, number)


def finish(connection: http.client.HTTPConnection) -> Answer:
    """The answer that was left for later."""
    with closing(connection):
        response = connection.getresponse()
        return Answer(response.status, dict(response.getheaders()), response.read())


@contextmanager
def running(*command: str | Path) -> Iterator[Running]:
    """A server until the end of the block; it must say where it is, and nothing on stderr."""
    process = subprocess.Popen(
        [sys.executable, "-c", *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout
        found = re.search(r"http://[0-9.]+:(\d+)", process.stdout.readline())
        if found is None:
            pytest.fail(process.communicate()[1])
        server = Running(process, int(found[1]))
        try:
            yield server
        finally:
            for made in server.sockets:
                made.close()
            process.kill()
        said = process.communicate()[1]
    if said:
        pytest.fail(said)

"""A real https server that misbehaves on request, and a place of its own for each test."""

import os
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
GIVEN = os.environ.get("SURESHOT_MIRROR")


class Handler(BaseHTTPRequestHandler):
    """Answers by the first of the site's acts that is left, or as it should."""

    protocol_version = "HTTP/1.1"
    server: "Site"

    def setup(self) -> None:
        self.request = self.server.context.wrap_socket(self.request, server_side=True)
        super().setup()

    def finish(self) -> None:
        try:
            super().finish()
        finally:
            self.request.close()

    def do_GET(self) -> None:
        site = self.server
        act, _, more = (site.acts.pop(0) if site.acts else "serve").partition(" ")
        site.asked.append((self.path, self.headers.get("Range", "")))
        self.close_connection = True
        content, tag = site.content.get(self.path), site.tag
        if act == "mute":
            site.released.wait(5)
        elif act == "redirect":
            self.answer(302, b"", Location=more)
        elif act == "status":
            self.answer(int(more), b"no")
        elif act == "html":
            self.answer(200, b"<html>please log in</html>", Content_Type="text/html; charset=utf-8")
        elif content is None:
            self.answer(404, b"no")
        else:
            if act == "tag":
                tag = more
            self.serve(act, more, content, tag)

    def serve(self, act: str, more: str, content: bytes, tag: str) -> None:
        start, status = 0, 200
        wanted = self.headers.get("Range", "")
        if wanted and act != "whole" and self.headers.get("If-Range") == tag:
            start, status = int(wanted.removeprefix("bytes=").rstrip("-")), 206
        body = content[start:]
        if act == "wrong":
            body = bytes(len(body))
        told = {"ETag": tag} if tag else {}
        if status == 206:
            shift = 1 if act == "shifted" else 0
            told["Content_Range"] = f"bytes {start + shift}-{len(content) - 1}/{len(content)}"
            told["ETag"] = '"another"' if act == "mixed" else tag
        if act == "short":
            self.answer(status, body[: len(body) // 2], **told)
        elif act == "chunked":
            share = float(more or 1)
            self.answer(status, None, Transfer_Encoding="chunked", **told)
            sent = body[: int(len(body) * share)]
            self.wfile.write(
                b"%x\r\n%s\r\n" % (len(sent), sent) + (b"0\r\n\r\n" if share == 1 else b"")
            )
        else:
            length = len(body) + (1000 if act == "long" else 0)
            self.answer(status, None, Content_Length=str(length), **told)
            share = float(more) if act in ("cut", "reset", "stall", "slow", "drip") else 1
            self.wfile.write(body[: int(len(body) * share)])
            self.server.sent += int(len(body) * share)
            if act == "reset":
                time.sleep(0.02)  # what is still on its way is lost
                self.request.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                )
            elif act == "drip":
                for byte in body[int(len(body) * share) :][:200]:
                    self.wfile.write(bytes([byte]))
                    self.server.released.wait(0.02)
            elif act in ("stall", "slow"):
                self.server.reached.set()
                self.server.released.wait(5)
                if act == "slow":
                    self.wfile.write(body[int(len(body) * share) :])

    def answer(self, status: int, body: bytes | None, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if body is not None:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, format: str, *args: object) -> None:
        pass


class Site(ThreadingHTTPServer):
    """Content by path, acts to come, and what was asked."""

    daemon_threads = True

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.context = context
        self.netloc = f"localhost:{self.server_address[1]}"
        self.content: dict[str, bytes] = {}
        self.tag = '"first"'
        self.acts: list[str] = []
        self.asked: list[tuple[str, str]] = []  # path, Range
        self.sent = 0  # bytes of bodies
        self.reached, self.released = threading.Event(), threading.Event()

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # clients that hang up are what this server is for


class Said:
    """A Progress that remembers."""

    def __init__(self) -> None:
        self.sentences: list[str] = []
        self.counted = 0

    def say(self, sentence: str) -> None:
        self.sentences.append(sentence)

    def track(self, what: str, total: int) -> "Said":
        self.counted = 0
        return self

    def __enter__(self) -> "Said":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def advance(self, count: int = 1) -> None:
        self.counted += count

    @property
    def text(self) -> str:
        return "\n".join(self.sentences)


@pytest.fixture
def said() -> Said:
    return Said()


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SURESHOT_DATA", str(tmp_path / "data"))
    for name in ("SURESHOT_MIRROR", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost and its key, in one file."""
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(
        [*command, *names, "-keyout", path, "-out", path.with_suffix(".crt")],
        check=True,
        capture_output=True,
    )
    path.write_bytes(path.read_bytes() + path.with_suffix(".crt").read_bytes())
    return path


@pytest.fixture
def site(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A server at https://localhost:PORT whose certificate is trusted."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_suffix(".crt")))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    site = Site(context)
    thread = threading.Thread(target=site.serve_forever, args=(0.02,))
    thread.start()
    yield site
    site.released.set()
    site.shutdown()
    site.server_close()
    thread.join()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with the real datasets; the test is skipped where there is none."""
    folder = ROOT / (GIVEN or "../shared")
    if not (folder / "datasets").is_dir():
        pytest.skip("there is no folder ../shared with the real datasets")
    return folder.resolve()

"""The example client before something that is no Sureshot server: a proxy, or uvicorn itself."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from client import Client, Refused

Said = tuple[int, str, bytes]
TOO_MANY = 503, "text/plain; charset=utf-8", b"Service Unavailable"  # as uvicorn says it


class Proxy(HTTPServer):
    """It says what it was given to say, one answer after another, and keeps what it was sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.says: list[Said] = []
        self.sent: list[bytes] = []


class Handler(BaseHTTPRequestHandler):
    """One question."""

    def do_POST(self) -> None:
        assert isinstance(self.server, Proxy)
        self.server.sent.append(self.rfile.read(int(self.headers["Content-Length"])))
        status, kind, body = self.server.says.pop(0)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with Proxy() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def asked(proxy: Proxy, *says: Said) -> dict[str, object]:
    proxy.says = list(says)
    return Client(f"http://127.0.0.1:{proxy.server_port}").predict(b"photo")


def test_it_comes_again_where_there_are_too_many_connections(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    answer = 200, "application/json", json.dumps({"class": "dress"}).encode()
    assert asked(proxy, TOO_MANY, TOO_MANY, answer) == {"class": "dress"}
    assert waited == [1.0, 1.0]
    assert proxy.sent == [b"photo"] * 3


@pytest.mark.parametrize("status", [200, 404, 502, 504])
def test_a_page_of_a_proxy_is_no_answer(status: int, proxy: Proxy) -> None:
    with pytest.raises(Refused, match="no_answer: what came is not of Sureshot") as refused:
        asked(proxy, (status, "text/html", b"<h1>Bad Gateway</h1>"))
    assert refused.value.status == status

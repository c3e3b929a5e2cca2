"""Who is let in to the dashboard: real requests against a real server, and the guard in between."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from sureshot.dashboard import guard, serving
from sureshot.dashboard.guard import Guard
from sureshot.errors import UsageError

TOKEN = "0123456789abcdefghijklmnopqrstuv"


async def inside(scope: Any, receive: Any, send: Any) -> None:
    """Says that it was reached; stands for Streamlit."""
    if scope["type"] == "lifespan":
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"inside " + scope["path"].encode()})


@contextmanager
def served(token: str) -> Iterator[int]:
    """The guard on a free port."""
    uvicorn = pytest.importorskip("uvicorn", reason="Uvicorn is not installed")
    with socket.create_server(("127.0.0.1", 0)) as place:
        config = uvicorn.Config(Guard(inside, token), log_level="error", lifespan="off", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [place]})
        thread.start()
        try:
            yield place.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def bare() -> Iterator[int]:
    with served("") as port:
        yield port


@pytest.fixture(scope="module")
def asked() -> Iterator[int]:
    with served(TOKEN) as port:
        yield port


def answer(
    port: int, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[HTTPResponse, str]:
    told = {key.replace("_", "-"): value for key, value in headers.items()}
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request(method, path, body, told)
        response = connection.getresponse()
        return response, response.read().decode()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:8501"}, 200),
        ({"Host": "127.0.0.1"}, 200),
        ({"Host": "[::1]:8501"}, 200),
        ({"Host": "evil.example"}, 400),
        ({"Host": "localhost.evil.example"}, 400),
        ({"Host": "10.0.0.1:8501"}, 400),
        ({"Host": "[bad"}, 400),
        ({"Host": ""}, 400),
    ],
)
def test_without_a_token_only_names_of_this_machine_are_answered(
    bare: int, headers: dict[str, str], status: int
) -> None:
    response, words = answer(bare, "GET", "/", **headers)
    assert response.status == status
    assert ("inside" in words) == (status == 200)


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://localhost:8501", 200),
        ("http://evil.example", 403),
        ("http://localhost:9999", 403),
        ("null", 403),
    ],
)
def test_a_page_elsewhere_changes_nothing(bare: int, origin: str, status: int) -> None:
    response, _ = answer(bare, "PUT", "/x", b"", Host="localhost:8501", Origin=origin)
    assert response.status == status


@pytest.mark.parametrize(("megabytes", "status"), [(1, 200), (32, 200), (33, 413), (4000, 413)])
def test_an_upload_is_refused_before_it_is_read(bare: int, megabytes: int, status: int) -> None:
    with socket.create_connection(("127.0.0.1", bare), timeout=10) as client:
        length = megabytes * 2**20
        client.sendall(
            f"PUT /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n".encode()
        )
        assert client.recv(64).startswith(f"HTTP/1.1 {status}".encode())


def test_an_upload_must_say_how_long_it_is(bare: int) -> None:
    with socket.create_connection(("127.0.0.1", bare), timeout=10) as client:
        client.sendall(
            b"PUT /x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        )
        assert client.recv(64).startswith(b"HTTP/1.1 411")


def test_every_answer_has_the_headers_that_protect_it(bare: int, asked: int) -> None:
    for port in (bare, asked):
        response, _ = answer(port, "GET", "/")
        assert response.headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'self'" in response.headers["content-security-policy"]


def test_the_token_is_asked_for_and_a_link_kept(asked: int) -> None:
    link = "/?page=data&run=%3Cb%3E"
    response, words = answer(asked, "GET", link, Host="models.example.org")
    assert response.status == 401
    assert 'action="/?page=data&amp;run=%3Cb%3E"' in words
    assert "inside" not in words
    given = urlencode({"token": f" {TOKEN}\n"}).encode()
    response, _ = answer(asked, "POST", link, given, Host="models.example.org")
    assert (response.status, response.headers["location"]) == (303, link)
    cookie = response.headers["set-cookie"]
    assert TOKEN not in cookie
    assert "HttpOnly" in cookie
    assert "Secure" not in cookie
    response, words = answer(asked, "GET", link, Cookie=cookie.partition(";")[0])
    assert (response.status, words) == (200, "inside /")


def test_behind_tls_the_cookie_is_for_tls_only(asked: int) -> None:
    given = urlencode({"token": TOKEN}).encode()
    response, _ = answer(asked, "POST", "/", given, X_Forwarded_Proto="https")
    assert "; Secure" in response.headers["set-cookie"]


@pytest.mark.parametrize("given", ["", "x", TOKEN[:-1], TOKEN + "x", "é" * 30])
def test_another_token_is_none(asked: int, given: str) -> None:
    response, words = answer(asked, "POST", "/", urlencode({"token": given}).encode())
    assert response.status == 401
    assert "That is not the token" in words
    response, words = answer(asked, "GET", "/", Cookie=f"{guard.COOKIE}={TOKEN}")
    assert (response.status, "inside" in words) == (401, False)


def test_nobody_is_sent_to_another_host(asked: int) -> None:
    given = urlencode({"token": TOKEN}).encode()
    response, _ = answer(asked, "POST", "//evil.example/x", given)
    assert response.headers["location"] == "/evil.example/x"


def test_health_is_answered_without_a_token(asked: int) -> None:
    assert answer(asked, "GET", "/_stcore/health", Host="10.1.2.3")[0].status == 200


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.0.7", False),
        ("localhost.example", False),
        ("", False),
    ],
)
def test_what_is_this_machine(host: str, local: bool) -> None:
    assert guard.is_local(host) == local


@pytest.mark.parametrize(
    ("token", "problem"),
    [(TOKEN[:-1], "at least 32"), ("", "at least 32"), (TOKEN, ""), (f" {TOKEN} \n", "")],
)
def test_a_token_comes_from_a_file_and_is_long(tmp_path: Path, token: str, problem: str) -> None:
    (tmp_path / "token").write_text(token)
    if problem:
        with pytest.raises(UsageError, match=problem):
            serving.token_of(tmp_path / "token")
    else:
        assert serving.token_of(tmp_path / "token") == TOKEN


def test_a_token_may_stand_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(serving.TOKEN, raising=False)
    assert serving.token_of(None) == ""
    monkeypatch.setenv(serving.TOKEN, TOKEN)
    assert serving.token_of(None) == TOKEN
    monkeypatch.setenv(serving.TOKEN, "short")
    with pytest.raises(UsageError, match="at least 32"):
        serving.token_of(None)


def test_no_file_of_a_user_opens_what_we_close(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = pytest.importorskip("streamlit.config", reason="Streamlit is not installed")
    (tmp_path / ".streamlit").mkdir()
    theirs = "[browser]\ngatherUsageStats = true\n[server]\nmaxUploadSize = 4000\n"
    (tmp_path / ".streamlit" / "config.toml").write_text(theirs)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(serving.FOLDER, "")  # so that what is set here ends with the test
    serving.settle(tmp_path, write=False)
    for key, value in serving.SETTINGS.items():
        assert config.get_option(key) == value


def test_a_host_that_others_reach_needs_a_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("streamlit", reason="Streamlit is not installed")
    monkeypatch.delenv(serving.TOKEN, raising=False)
    with pytest.raises(UsageError, match="a token is needed"):
        serving.serve(tmp_path, host="0.0.0.0")


def test_a_port_that_is_taken_is_one_sentence(tmp_path: Path) -> None:
    pytest.importorskip("streamlit", reason="Streamlit is not installed")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"port {port} .* choose another with --port"):
            serving.serve(tmp_path, port=port)


def test_a_folder_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    pytest.importorskip("streamlit", reason="Streamlit is not installed")
    with pytest.raises(UsageError, match="there is no folder"):
        serving.serve(tmp_path / "none")

"""What is refused, with which status and code, and that the next request is answered."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from asking import IMAGE, OURS, Running, running

from sureshot.errors import UsageError
from sureshot.serving import grant, read_token

TOKEN = "0123456789abcdef" * 2
BEARER = f"Bearer {TOKEN}".encode()
LIMIT = 1_000_000  # bytes, of the fixture `server`
FORM = "multipart/form-data; boundary=x"
PART = b"--x\r\nContent-Disposition: form-data\r\n\r\n%b\r\n"


@pytest.mark.parametrize(
    ("path", "body", "headers", "status", "code"),
    [
        ("/predict", None, {}, 405, "wrong_method"),
        ("/model", b"{}", {}, 405, "wrong_method"),
        ("/admin", None, {}, 404, "not_found"),
        ("/predict/../model", None, {}, 404, "not_found"),
        ("/predict", IMAGE, {"Host": "evil.example"}, 400, "wrong_host"),
        ("/model", None, {"Host": "127.0.0.1.evil.example"}, 400, "wrong_host"),
        ("/model", None, {"Host": "user@localhost"}, 400, "wrong_host"),
        ("/predict", IMAGE, {"Origin": "http://evil.example"}, 403, "foreign_origin"),
        ("/predict", IMAGE, {"Origin": "null"}, 403, "foreign_origin"),
        ("/predict", b"", {}, 422, "not_an_image"),
        ("/predict", b"\0" * LIMIT, {}, 422, "not_an_image"),
        ("/predict", b"\0" * (LIMIT + 1), {}, 413, "too_large"),
        ("/predict", IMAGE, {"Content-Encoding": "gzip"}, 415, "wrong_type"),
        ("/predict", IMAGE, {"Content-Type": FORM}, 415, "wrong_type"),
        ("/explain", IMAGE, {"Content-Type": FORM}, 415, "wrong_type"),
        ("/explain", b"\0" * (LIMIT + 1), {}, 413, "too_large"),
        ("/explain", b"", {}, 422, "not_an_image"),
        ("/predict/batch", IMAGE, {}, 415, "wrong_type"),
        ("/predict/batch", IMAGE, {"Content-Type": FORM}, 400, "not_multipart"),
        ("/predict/batch", b"--x--\r\n", {"Content-Type": FORM}, 400, "not_multipart"),
        ("/predict/batch", PART % IMAGE, {"Content-Type": FORM}, 400, "not_multipart"),
        ("/predict/batch", b"--x\r\n--x--", {"Content-Type": FORM}, 400, "not_multipart"),
        ("/predict/batch", PART % b"a" * 17 + b"--x--", {"Content-Type": FORM}, 413, "too_large"),
        ("/predict/batch", b"--x" + b"-" * 900_000, {"Content-Type": FORM}, 400, "not_multipart"),
    ],
)  # fmt: skip
def test_refusals(
    path: str,
    body: bytes | None,
    headers: dict[str, str],
    status: int,
    code: str,
    server: Running,
) -> None:
    found = server.ask(path, body, **headers)
    assert (found.status, found.code[: len(code)]) == (status, code)
    assert found.headers["x-content-type-options"] == "nosniff"
    assert server.ask("/predict", IMAGE).status == 200


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"POST /predict HTTP/1.1\r\nHost: localhost\r\n\r\n", b"411"),
        (
            b"POST /predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
            + b"1\r\nx\r\n" * 100_000,
            b"411",
        ),
        (b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", b"400"),
        (
            b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n"
            b"Content-Length: 4\r\n\r\nabcd",
            b"400",
        ),
        (b"GET /model HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n", b"400"),
        (b"GET /model HTTP/1.1\r\n\r\n", b"400"),
        (b"GET /model HTTP/1.0\r\n\r\n", b"400"),
        (b"GET /model HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 1_000_000 + b"\r\n\r\n", b"400"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 this is TLS\r\n\r\n", b"400"),
    ],
    ids=["no length", "chunks", "negative", "two lengths", "two hosts", "no host", "old, no host",
         "long header", "TLS"],
)  # fmt: skip
def test_bytes_that_are_no_request_of_ours(content: bytes, status: bytes, server: Running) -> None:
    try:
        sent = server.raw(content)
    except ConnectionError:  # it was closed before all had been sent
        sent = None
    if sent is not None:
        assert sent.recv(1000).split()[1] == status
    assert server.ask("/predict", IMAGE).status == 200


def test_only_loopback_listens(server: Running) -> None:
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    ours = {row[1] for row in rows if row[3] == "0A" and row[1].endswith(f":{server.port:04X}")}
    assert ours == {f"0100007F:{server.port:04X}"}


def test_a_token_and_a_name_are_asked_for_off_loopback(model: Path, tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text(TOKEN + "\n")
    words = (
        "--host",
        "0.0.0.0",
        "--port",
        "0",
        "--token-file",
        secret,
        "--allow-host",
        "Shop.test",
    )
    with running(OURS, "serve", model, *words) as server:
        right = {"Host": "shop.test", "Authorization": f"Bearer {TOKEN}"}
        assert server.ask("/predict", IMAGE, **right).status == 200
        wrong = server.ask("/predict", IMAGE, **{**right, "Authorization": f"Bearer {TOKEN[:-1]}"})
        assert (wrong.status, wrong.code) == (401, "wrong_token")
        assert wrong.headers["www-authenticate"] == "Bearer"
        assert server.ask("/metrics", Host="shop.test").code == "no_token"
        assert server.ask("/model", **{**right, "Host": "other.test"}).code == "wrong_host"
        assert server.ask("/docs", **right).status == 404
        assert [server.ask(path).status for path in ("/livez", "/readyz")] == [200, 200]


def test_wrong_tokens_wait_and_the_right_one_does_not(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SURESHOT_TOKEN", TOKEN)
    with running(OURS, "serve", model, "--port", "0") as server:
        head = "GET /model HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\r\n"
        guesses = head.format(TOKEN[::-1]).encode() * 3
        started = time.perf_counter()
        guessing = [server.raw(guesses) for _ in range(100)]
        assert server.ask("/model", Authorization=f"Bearer {TOKEN}").status == 200
        quick = time.perf_counter() - started
        said = [connection.makefile("rb").readline() for connection in guessing]
        slow = time.perf_counter() - started
    assert {line.split()[1] for line in said} == {b"401"}
    assert quick < 1 <= slow


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--host", "0.0.0.0"), "a server that others can reach needs a token"),
        (("--host", "192.0.2.1"), "a server that others can reach needs a token"),
        (("--port", "1", "--host", "127.0.0.1.evil"), "needs a token"),
        (("--queue", "0"), "queue"),
    ],
)
def test_what_is_not_safe_does_not_start(
    words: tuple[str, ...], sentence: str, model: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", OURS, "serve", model, *words], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_without_the_extra_it_says_what_to_install(model: Path) -> None:
    lacking = (
        "import importlib.util as u; found = u.find_spec; "
        "u.find_spec = lambda name, *rest: None if name == 'uvicorn' else found(name, *rest); "
    )
    done = subprocess.run(
        [sys.executable, "-c", lacking + OURS, "serve", model], capture_output=True, text=True
    )
    assert done.returncode == 8
    assert 'pip install "sureshot[serve]"' in done.stderr


def test_a_port_that_is_taken_is_a_sentence(model: Path, server: Running) -> None:
    done = subprocess.run(
        [sys.executable, "-c", OURS, "serve", model, "--port", str(server.port)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "address already in use; choose another --port" in done.stderr


@pytest.mark.parametrize("content", ["", "short", "with a space in it " * 3, "ü" * 40])
def test_a_weak_token_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(content, "utf-8")
    with pytest.raises(UsageError):
        read_token(path)


def test_a_token_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_token(None) is None
    monkeypatch.setenv("SURESHOT_TOKEN", TOKEN)
    assert read_token(None) == TOKEN


@pytest.mark.parametrize(
    ("host", "names", "allowed"),
    [
        ("127.0.0.1", (), "127.0.0.1"),
        ("::1", (), "[::1]"),
        ("localhost", ("Shop.test",), "shop.test"),
        ("192.0.2.1", (), "192.0.2.1"),
        ("2001:db8::1", (), "[2001:db8::1]"),
        ("0.0.0.0", ("a.test",), "a.test"),
        ("::", ("2001:DB8:0::1",), "[2001:db8::1]"),
        ("::", ("[2001:db8::1]",), "[2001:db8::1]"),
        ("0.0.0.0", ("192.0.2.1",), "192.0.2.1"),
    ],
)
def test_which_names_are_its_own(host: str, names: tuple[str, ...], allowed: str) -> None:
    access = grant(host, TOKEN, names)
    assert allowed in access.hosts
    assert not {"0.0.0.0", "[::]"} & access.hosts
    access.require([(b"host", f"{allowed}:8000".encode()), (b"authorization", BEARER)])
    assert access.local == (host in ("127.0.0.1", "::1", "localhost"))


def test_everywhere_wants_a_name() -> None:
    with pytest.raises(UsageError, match="--allow-host"):
        grant("0.0.0.0", TOKEN)


@pytest.mark.parametrize(
    "name",
    ["a.test:8443", "https://a.test", "a.test/", "*.a.test", "a.test b.test", "bücher.test", "",
     "[fe80::1%eth0]", "[a.test]", "[2001:db8::1]:80"],
)  # fmt: skip
def test_a_name_that_no_request_has_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="--allow-host must be a plain name or address"):
        grant("0.0.0.0", TOKEN, [name])

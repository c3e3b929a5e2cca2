"""Decoders killed and hanging, clients that dawdle, a full queue, a stop under load."""

import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from asking import IMAGE, OURS, Running, finish, running
from client import Client

from sureshot.serving.decoder import ANSWER, LENGTH, PIXELS, PROBLEM

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")

Limited = Callable[..., AbstractContextManager[Running]]


def test_killed_decoders_are_replaced_and_every_request_answered(limited: Limited) -> None:
    with limited() as server:
        server.decoders(signal.SIGSTOP)
        waiting = [server.begin() for _ in range(10)]
        server.wait("images_under_way", 10)
        server.decoders(signal.SIGKILL)
        assert [finish(connection).status for connection in waiting] == [200] * 10
        assert server.count("decoders_replaced_total") >= 1
        for _ in range(5):
            server.decoders(signal.SIGKILL)  # while nothing is asked
            assert [server.ask("/predict", IMAGE).status for _ in range(3)] == [200] * 3


def test_a_hanging_decoder_is_replaced_and_its_request_answered(limited: Limited) -> None:
    with limited(decode_seconds=0.5) as server:
        server.decoders(signal.SIGSTOP)
        waiting = server.begin()
        assert server.ask("/livez").status == 200
        found = finish(waiting)
        assert (found.status, found.code) == (422, "too_complex")
        server.decoders(signal.SIGCONT)
        assert server.ask("/predict", IMAGE).status == 200


def test_what_takes_too_long_in_all_is_told_to_come_again(limited: Limited) -> None:
    with limited(answer_seconds=1) as server:
        server.decoders(signal.SIGSTOP)
        found = server.ask("/predict", IMAGE)
        assert (found.status, found.code, found.headers["retry-after"]) == (503, "too_late", "1")
        server.wait("images_under_way", 0)


def test_the_queue_is_counted_strictly_and_refusals_are_quick(limited: Limited) -> None:
    with limited(queue=3) as server:
        server.decoders(signal.SIGSTOP)
        waiting = [server.begin() for _ in range(2)]
        server.wait("images_under_way", 2)
        form = {"Content-Type": "multipart/form-data; boundary=x"}
        two = b"--x\r\n\r\na\r\n--x\r\n\r\nb\r\n--x--"
        assert server.ask("/predict/batch", two, **form).code == "queue_full"
        waiting.append(server.begin())
        server.wait("images_under_way", 3)
        seconds = []
        for body in (IMAGE, b"\0" * 20_000_000):  # the second is refused before it is read
            for _ in range(5):
                started = time.perf_counter()
                refused = finish(server.begin(body))
                seconds.append(time.perf_counter() - started)
                assert (refused.status, refused.headers["retry-after"]) == (503, "1")
        assert min(seconds) < 0.1
        assert server.count("body_bytes") == 3 * len(IMAGE)
        server.decoders(signal.SIGCONT)
        assert [finish(connection).status for connection in waiting] == [200] * 3
        assert server.ask("/predict", IMAGE).status == 200


def test_one_image_is_explained_at_a_time(limited: Limited) -> None:
    with limited() as server:
        server.decoders(signal.SIGSTOP)
        waiting = server.begin(path="/explain")
        server.wait("images_under_way", 1)
        refused = server.ask("/explain", IMAGE)
        assert (refused.status, refused.code) == (503, "explaining")
        assert refused.headers["retry-after"] == "1"
        predicted = server.begin()  # is not refused
        server.wait("images_under_way", 2)
        server.decoders(signal.SIGCONT)
        assert [finish(connection).status for connection in (waiting, predicted)] == [200] * 2
        assert server.ask("/explain", IMAGE).status == 200


def test_a_client_that_has_gone_costs_no_decoding(limited: Limited) -> None:
    with limited() as server:
        server.decoders(signal.SIGSTOP)
        staying, *leaving = [server.begin() for _ in range(9)]
        server.wait("images_under_way", 9)
        for connection in leaving:
            connection.close()
        server.decoders(signal.SIGCONT)
        assert finish(staying).status == 200
        server.wait("images_under_way", 0)
        assert server.count("batches_total") < 9


def test_all_bodies_together_have_a_limit_and_two_of_the_largest_fit(limited: Limited) -> None:
    with limited(megabytes=1, buffered=1) as server:
        server.decoders(signal.SIGSTOP)
        waiting = [server.begin(b"\0" * 1_000_000) for _ in range(2)]
        server.wait("body_bytes", 2_000_000)
        found = server.ask("/predict", IMAGE)
        assert (found.status, found.code) == (503, "queue_full")
        server.decoders(signal.SIGCONT)
        assert [finish(connection).code for connection in waiting] == ["not_an_image"] * 2
        assert server.count("body_bytes") == 0


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        (b"", b""),
        (b"GET /mod", b""),
        (b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n", b""),
        (b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nabc", b"408"),
    ],
    ids=["nothing", "half a line", "half a header", "half a body"],
)
def test_those_who_dawdle_are_let_go(sent: bytes, answered: bytes, limited: Limited) -> None:
    with limited(header_seconds=1, body_seconds=1) as server:
        dawdling = [server.raw(sent) for _ in range(50)]
        assert server.ask("/predict", IMAGE).status == 200
        assert all(answered in everything(connection) for connection in dawdling)
        assert server.count("body_bytes") == 0


def everything(connection: socket.socket) -> bytes:
    """What comes until the other side closes, which it must within the socket's timeout."""
    said = b""
    try:
        while part := connection.recv(65_536):
            said += part
    except ConnectionResetError:
        pass
    return said


def test_a_stop_answers_what_is_under_way(limited: Limited) -> None:
    with limited() as server:
        server.decoders(signal.SIGSTOP)
        waiting = [server.begin() for _ in range(5)]
        server.wait("images_under_way", 5)
        server.process.send_signal(signal.SIGTERM)
        while server.ask("/readyz").status == 200:
            pass
        found = server.ask("/predict", IMAGE)
        assert (found.status, found.code, found.headers["retry-after"]) == (503, "stopping", "1")
        server.decoders(signal.SIGCONT)
        assert [finish(connection).status for connection in waiting] == [200] * 5
        assert server.process.wait(30) == 0
        with pytest.raises(ConnectionError):
            server.ask("/livez")


def test_a_stop_while_idle_is_a_success(limited: Limited) -> None:
    with limited() as server:
        client = Client(server.url)
        client.predict(IMAGE)  # a connection that stays open does not hold it
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(30) == 0
        client.connection.close()


def test_no_decoder_has_the_servers_token(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    token = b"0123456789abcdef" * 2
    monkeypatch.setenv("SURESHOT_TOKEN", token.decode())
    with running(OURS, "serve", model, "--port", "0") as server:
        processes = (server.process.pid, *server.children)
        own, *others = [Path(f"/proc/{pid}/environ").read_bytes() for pid in processes]
    assert token in own
    assert others
    for environment in others:
        assert token not in environment
        assert b"PATH=" in environment  # the rest is passed on


def test_a_decoder_can_open_nothing_and_grow_no_further() -> None:
    from corpus import png_header, settings

    command = [sys.executable, "-P", "-m", "sureshot.serving.decoder"]
    process = subprocess.Popen(
        [*command, settings(max_megapixels=2).model_dump_json()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        assert process.stdin
        assert process.stdout
        process.stdout.read(ANSWER.size)  # it is ready
        for bound in (resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):
            assert resource.prlimit(process.pid, bound) == (0, 0)
        assert resource.prlimit(process.pid, resource.RLIMIT_AS)[0] < 3_000_000_000
        for image, kind in ((IMAGE, PIXELS), (png_header(2000, 2000), PROBLEM), (IMAGE, PIXELS)):
            process.stdin.write(LENGTH.pack(len(image)) + image)
            process.stdin.flush()
            found, length = ANSWER.unpack(process.stdout.read(ANSWER.size))
            assert found == kind
            process.stdout.read(length)
        process.stdin.close()
        assert process.wait(30) == 0

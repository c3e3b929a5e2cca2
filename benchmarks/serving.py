"""The server under load, beside a plain FastAPI + PyTorch application with the same network.

    python benchmarks/serving.py [FOLDER]   # JPEGs below a folder; without one, made-up ones
    python benchmarks/serving.py --quick    # a few seconds, only to see that it runs; saves nothing

Each server is a process of its own on loopback, and this process is all of its clients. First as
many questions as 16 clients that wait for their answers can ask. Then four times what these got of
ours a second, whatever comes back, for a minute; that is not four times what ours can answer, whose
rate is another where more wait. Promised, and checked at the end: no status but 200 and 503, an
answer to every request, refusals within 100 ms (99 of 100), memory of the server and its decoders
bounded. What the peer does under the same load is only written down.

Writes benchmarks/results/serving_<processor>_<yyyy-mm>.md.
"""

import argparse
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import numpy as np
from inference import make_bundle
from measuring import CLASSES, machine, make_up, save
from serving_load import CLIENTS, Seen, loaded, memory, waiting, whatever_comes

HERE = Path(__file__).parent
NETWORK, SIZE = "arch_2", 128
OVERLOAD = 4  # times what clients that wait get
PROMISED_REFUSAL = 0.1  # seconds, for 99 of 100
PROMISED_GROWTH = 256_000_000  # bytes of memory above what the idle server has
OURS = "from sureshot.cli import main; main()"
HEADER = [
    "| server | load, requests/s | answers/s | p50, p99 ms | refused, p99 ms | lost | most MB |",
    "| --- | --- | --- | --- | --- | --- | --- |",
]


@contextmanager
def served(*command: str | Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """A server that can be reached, until the end of the block."""
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.DEVNULL, text=True)  # noqa: S603
    with process:
        try:
            while not reachable(port):
                if process.poll() is not None:
                    sys.exit(f"the server has ended: {' '.join(map(str, command))}")
                time.sleep(0.1)
            yield process
        finally:
            process.terminate()


def reachable(port: int) -> bool:
    """Whether anybody listens there."""
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as tried:
        return int(tried.getsockname()[1])


def row(name: str, load: str, seen: Seen) -> str:
    """One line of the table."""
    times = f"{1000 * seen.percentile(200, 50):,.0f}, {1000 * seen.percentile(200, 99):,.0f}"
    refused = len(seen.seconds.get(503, ()))
    late = f", {1000 * seen.percentile(503, 99):,.0f}" if refused else ""
    held = f"; {seen.held:,} not sent" if seen.held else ""
    return (
        f"| {name} | {load} | {seen.rate:,.0f} | {times} | {refused:,}{late} | "
        f"{seen.lost:,}{held} | {seen.memory / 1e6:,.0f} |"
    )


def measure(model: Path, images: Sequence[bytes], seconds: float, minute: float) -> list[str]:
    """The rows of the table; whatever was promised and not kept ends the program."""
    head = "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\n"
    requests = [f"{head}Content-Length: {len(i)}\r\n\r\n".encode() + i for i in images]
    lines, port = [], free_port()
    with served("-c", OURS, "serve", model, "--port", str(port), port=port) as ours:
        loaded(ours, port, requests, lambda clients: waiting(clients, seconds / 5))  # warm
        idle = memory(ours.pid)
        calm = loaded(ours, port, requests, lambda clients: waiting(clients, seconds))
        rate = OVERLOAD * calm.rate
        lines.append(row("ours", f"{CLIENTS} clients that wait", calm))
        full = loaded(ours, port, requests, lambda clients: whatever_comes(clients, minute, rate))
        lines.append(row("ours", f"{full.sent / minute:,.0f} of {rate:,.0f}", full))
    print(*lines, sep="\n", flush=True)
    for threads, how in ((0, "as it comes"), (1, "one thread an operation")):
        port, words = free_port(), (NETWORK, str(SIZE), str(CLASSES))
        with served(HERE / "serving_peer.py", *words, str(port), str(threads), port=port) as peer:
            loaded(peer, port, requests, lambda clients: waiting(clients, seconds / 5))
            plain = loaded(peer, port, requests, lambda clients: waiting(clients, seconds))
            lines.append(row(f"peer, {how}", f"{CLIENTS} clients that wait", plain))
            print(lines[-1], f"  ours ÷ peer: {calm.rate / plain.rate:.2f}", flush=True)
            swamped = loaded(
                peer, port, requests, lambda clients: whatever_comes(clients, minute / 2, rate)
            )
            load = f"{swamped.sent / minute * 2:,.0f} of {rate:,.0f}"
            lines.append(row(f"peer, {how}", load, swamped))
            print(lines[-1], flush=True)
    require_kept(full, idle)
    return lines


def require_kept(full: Seen, idle: int) -> None:
    """End with a sentence where the overloaded server did not do what was promised."""
    odd = Counter(
        {status: len(s) for status, s in full.seconds.items() if status not in (200, 503)}
    )
    late = full.percentile(503, 99)
    broken = [
        f"answers of other kinds: {dict(odd)}" if odd else "",
        f"{full.lost} requests without an answer" if full.lost else "",
        f"{full.held} requests not sent" if full.held else "",
        f"99 of 100 refusals within {1000 * late:.0f} ms" if late > PROMISED_REFUSAL else "",
        f"memory grew by {(full.memory - idle) / 1e6:.0f} MB"
        if full.memory - idle > PROMISED_GROWTH
        else "",
    ]
    if any(broken):
        sys.exit("not as promised: " + "; ".join(filter(None, broken)))


def main(given: Path | None, quick: bool) -> None:
    """Measure, print and save."""
    seconds, minute = (1.5, 2.0) if quick else (20.0, 60.0)
    with tempfile.TemporaryDirectory() as home:
        folder, model = Path(home) / "photographs", Path(home) / "model.shot"
        make_up(folder, 40 if quick else 256)
        make_bundle(model, folder)
        chosen = sorted((given or folder).rglob("*.jpg"))[:256]
        images = [path.read_bytes() for path in chosen]
        table = measure(model, images, seconds, minute)
    packages = ("fastapi", "uvicorn", "onnxruntime", "torch", "pillow")
    kind = "Photographs" if given else "Made-up photographs"
    about = (
        f"{kind} of {np.median([len(i) for i in images]) / 1000:,.0f} kB (median), network "
        f"{NETWORK} at {SIZE} px, fp32 on both sides; server and clients share the processors. "
        f"{seconds:g} s with {CLIENTS} clients that wait; then {OVERLOAD} times what these got of "
        f"ours a second, {minute:g} s for us and {minute / 2:g} s for the peer. Answers are those "
        "with status 200, times from the sending to the answer; memory is of the server and its "
        "children."
    )
    lines = ["# serve, beside FastAPI + PyTorch", ""]
    lines += [machine(", ".join(f"{name} {version(name)}" for name in packages)), "", about, ""]
    if not quick:
        save("serving", [*lines, *HEADER, *table])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("folder", nargs="?", type=Path, help="JPEGs, in any folders below")
    asked = parser.parse_args()
    main(asked.folder, asked.quick)

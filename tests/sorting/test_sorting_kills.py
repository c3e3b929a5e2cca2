"""kill -9 at any moment of a sort or its undo: every file in exactly one place, with its bytes.

`make sorting` runs the long form: 10,000 images and 20 kills.
"""

import hashlib
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from inboxes import write_images

from sureshot.files import PARTIAL
from sureshot.sorting.manifest import read

LEAST = 4  # kills
MANY = 20  # kills, from which on as many images are sorted as was promised
FEW, ALL = 300, 10_000  # images

CHILD = """
import sys
from sureshot import Silent
from sureshot.bundle import open_bundle
from sureshot.sorting import sort, undo, verbs
what, model, inbox, out, batch = sys.argv[1:]
verbs.BATCH = int(batch)
open_bundle(model)
print("ready", flush=True)
if what == "undo":
    undo(f"{out}/manifest.csv", progress=Silent())
else:
    sort(model, inbox, out, move=what == "move", link=what == "link", progress=Silent())
"""


def start(*told: object) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", CHILD, *map(str, told)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def finished(*told: object) -> float:
    """Run to the end; how many seconds it took from when it was ready."""
    process, began = start(*told), time.monotonic()
    assert process.wait(timeout=600) == 0
    process.communicate()
    return time.monotonic() - began


def killed(seconds: float, *told: object) -> bool:
    """Kill after so many seconds; whether it was still at work."""
    process = start(*told)
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
    process.communicate()
    assert process.returncode in (0, -signal.SIGKILL)
    return process.returncode != 0


def digests(folder: Path) -> "dict[Path, str]":
    """SHA-256 of everything below a folder but what sorting writes of its own."""
    return {
        path: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".csv" and not path.name.startswith(PARTIAL)
    }


@pytest.mark.parametrize("what", ["copy", "move", "link"])
def test_every_file_is_in_exactly_one_place(
    what: str, model: Path, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    kills = max(int(pytestconfig.getoption("--kills")), LEAST)
    count, batch = (ALL, 256) if kills >= MANY else (FEW, 16)
    draw = random.Random(f"{what} {kills}")
    inbox, out = write_images(tmp_path / "inbox", count), tmp_path / "out"
    before = digests(inbox)
    each = unkilled(what, model, inbox, tmp_path, batch) / kills
    hits = sum(
        [hit_and_look(draw, each, before, what, model, inbox, out, batch) for _ in range(kills)]
    )
    finished(what, model, inbox, out, batch)
    require_sorted(what, before, inbox, out)
    hits_undoing = 0
    for _ in range(kills // 2):
        if (out / "manifest.csv").exists():
            hits_undoing += hit_and_look(draw, each, before, "undo", model, inbox, out, batch)
    if (out / "manifest.csv").exists():
        finished("undo", model, inbox, out, batch)
    assert digests(inbox) == before
    assert digests(out) == {}
    assert hits > kills // 4, "nearly always too late to kill anything"
    print(f"{what}: {count:,} images, {hits} kills of {kills} at work, {hits_undoing} in undoing")


def unkilled(what: str, model: Path, inbox: Path, folder: Path, batch: int) -> float:
    """How long it takes without a kill; what it did is taken back."""
    seconds = finished(what, model, inbox, folder / "first", batch)
    finished("undo", model, inbox, folder / "first", batch)
    return seconds


def hit_and_look(
    draw: random.Random, seconds: float, before: "dict[Path, str]", *told: object
) -> bool:
    """Kill at a random moment; nothing is lost, neither then nor for good."""
    hit = killed(draw.uniform(0, 2 * seconds), *told)
    inbox, out = Path(str(told[2])), Path(str(told[3]))
    there = set(digests(inbox).values()) | set(digests(out).values())
    assert set(before.values()) <= there
    return hit


def require_sorted(what: str, before: "dict[Path, str]", inbox: Path, out: Path) -> None:
    """Every image once in the folder, as the manifest says, and where it was, if it was left."""
    _, rows = read(out / "manifest.csv")
    assert Counter(row.source for row in rows) == Counter(map(str, before))
    assert digests(out) == {out / row.destination: before[Path(row.source)] for row in rows}
    assert digests(inbox) == ({} if what == "move" else before)
    assert not list(out.rglob(f"{PARTIAL}*"))
    assert not (out / ".sorting.csv").exists()

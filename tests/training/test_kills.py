"""kill -9 at any moment, then resume: the same bits as a training that nobody touched.

`make kills` runs the long form.
"""

import csv
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from shapes import write_shapes

SETTINGS = ("--set", "epochs=12", "--set", "image.size=96", "--set", "batch=8", "--name", "run")
SAME = (
    "model.shot",
    "history.csv",
    "network.json",
    "index.parquet",
    "recipe.toml",
    "findings.json",
)


Unkilled = tuple[dict[str, str], float, float]


def start(command: list[str], folder: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "sureshot", *command],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, "SURESHOT_CACHE": str(folder / "cache")},
    )


def next_command(folder: Path) -> list[str]:
    """What a person would type: train until there is a run, then resume."""
    if (folder / "runs" / "run" / "recipe.toml").exists():
        return ["resume", "runs/run"]
    return ["train", "shapes", *SETTINGS]


def wait_for_a_checkpoint(folder: Path, process: "subprocess.Popen[bytes]") -> None:
    while not list((folder / "runs" / "run" / "checkpoints").glob("epoch-*")):
        if process.poll() is not None:
            return
        time.sleep(0.01)


def finish(folder: Path) -> None:
    process = start(next_command(folder), folder)
    _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said.decode()


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of everything that must be the same: weights, history, predictions and their kin."""
    listed = json.loads((folder / "runs" / "run" / "manifest.json").read_text())["files"]
    found = {
        name: sha256
        for name, sha256 in listed.items()
        if name in SAME or name.startswith("predictions/") or name.endswith(".safetensors")
    }
    assert len(found) >= len(SAME) + 2 + 1
    return found


@pytest.fixture(scope="module")
def unkilled(tmp_path_factory: pytest.TempPathFactory) -> Unkilled:
    """The hashes of an unbroken run, its seconds in all, and its seconds of training."""
    folder = tmp_path_factory.mktemp("unkilled")
    write_shapes(folder / "shapes", each=40)
    started = time.monotonic()
    finish(folder)
    seconds = time.monotonic() - started
    with (folder / "runs" / "run" / "timing.csv").open() as rows:
        training = sum(float(row["seconds"]) for row in csv.DictReader(rows))
    return hashes(folder), seconds, training


def test_killed_and_resumed_ends_in_the_same_bits(
    unkilled: Unkilled, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """In other folders too: so a second run has the same bits anyway."""
    wanted, seconds, training_seconds = unkilled
    kills = request.config.getoption("--kills")
    chance = random.Random(0)
    reached: list[str] = []
    for attempt in range(kills):
        folder = tmp_path / str(attempt)
        write_shapes(folder / "shapes", each=40)
        for number in range(1 + attempt % 3):  # one kill, then two, then three on the way
            process = start(next_command(folder), folder)
            if number % 2 == 0:  # while it trains
                wait_for_a_checkpoint(folder, process)
                time.sleep(chance.uniform(0, training_seconds))
            else:  # at any moment of the whole
                time.sleep(chance.uniform(0, seconds))
            process.kill()
            process.communicate()
            made = sorted(p.name for p in (folder / "runs" / "run").glob("[!.]*"))
            steps = sorted(p.name for p in (folder / "runs" / "run" / "checkpoints").glob("*"))
            reached.append(f"{attempt}: {made[-1:] or 'nothing'} {steps[-1:]}")
        finish(folder)
        found = hashes(folder)
        found["index.parquet"] = wanted["index.parquet"]  # holds the folder's own path
        assert found == wanted, reached[-1]
        assert not list((folder / "runs" / "run").rglob(".partial-*"))
    print("\n".join(["killed having reached:", *reached]))

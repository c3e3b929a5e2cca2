"""kill -9 at any moment, then resume: the same bits as a training that nobody touched.

`make kills` runs the long form.
"""

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import write_shapes

SETTINGS = ("--set", "epochs=6", "--set", "image.size=64", "--set", "batch=8", "--name", "run")
SAME = ("model.shot", "history.csv", "index.parquet", "recipe.toml", "findings.json")


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


def finish(folder: Path) -> None:
    process = start(next_command(folder), folder)
    _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said.decode()


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of everything that must be the same: weights, history, predictions and their kin."""
    listed = json.loads((folder / "runs" / "run" / "manifest.json").read_text())["files"]
    found = {
        name: about["sha256"]
        for name, about in listed.items()
        if name in SAME or name.startswith("predictions/") or name.endswith(".safetensors")
    }
    assert len(found) >= len(SAME) + 2 + 1
    return found


@pytest.fixture(scope="module")
def unkilled(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], float]:
    """The hashes of an unbroken run, and how many seconds it took."""
    folder = tmp_path_factory.mktemp("unkilled")
    write_shapes(folder / "shapes", each=40)
    started = time.monotonic()
    finish(folder)
    return hashes(folder), time.monotonic() - started


def test_a_second_run_has_the_same_bits(
    unkilled: tuple[dict[str, str], float], tmp_path: Path
) -> None:
    write_shapes(tmp_path / "shapes", each=40)
    finish(tmp_path)
    wanted = {name: sha for name, sha in unkilled[0].items() if name != "index.parquet"}
    found = hashes(tmp_path)
    del found["index.parquet"]  # holds the folder's own path
    assert found == wanted


def test_killed_and_resumed_ends_in_the_same_bits(
    unkilled: tuple[dict[str, str], float], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    wanted, seconds = unkilled
    kills = request.config.getoption("--kills")
    chance = random.Random(0)
    reached: list[str] = []
    for attempt in range(kills):
        folder = tmp_path / str(attempt)
        write_shapes(folder / "shapes", each=40)
        for _ in range(1 + attempt % 3):  # one kill, then two, then three on the way
            process = start(next_command(folder), folder)
            time.sleep(chance.uniform(0.2 * seconds, seconds))
            process.kill()
            process.communicate()
            made = sorted(p.name for p in (folder / "runs" / "run").glob("[!.]*"))
            steps = sorted(p.name for p in (folder / "runs" / "run" / "checkpoints").glob("*"))
            reached.append(f"{attempt}: {made[-1:] or 'nothing'} {steps[-1:]}")
        finish(folder)
        found = hashes(folder)
        found["index.parquet"] = wanted["index.parquet"]
        assert found == wanted, reached[-1]
        assert not list((folder / "runs" / "run").rglob(".partial-*"))
    print("\n".join(["killed having reached:", *reached]))

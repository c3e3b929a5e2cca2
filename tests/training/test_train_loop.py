"""Training: what it records, how it stops, and what it says when it cannot go on."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import sureshot
from interrupting import interrupted
from shapes import write_shapes
from sureshot import files
from sureshot.errors import RunError, StorageError, TrainingError
from sureshot.models import build
from sureshot.progress import Silent
from sureshot.recipe import assemble
from sureshot.training import checkpoints

FAST = {"model": "arch_1", "epochs": 3, "batch": 8, "image.size": 16}


def test_first_weights_follow_the_seed_alone() -> None:
    image = assemble("arch_1").settle(32, 3).image.settled()
    torch.manual_seed(5)
    first = build("arch_1", image, 4, 111).state_dict()
    torch.manual_seed(6)
    second, other = build("arch_1", image, 4, 111), build("arch_1", image, 4, 112)
    assert all(torch.equal(first[name], t) for name, t in second.state_dict().items())
    assert not torch.equal(first["head.weight"], other.state_dict()["head.weight"])
    kernel = first["trunk.0.weight"]
    limit = (6 / (9 * (3 + 16))) ** 0.5  # Glorot and Bengio 2010
    assert kernel.abs().max() <= limit
    assert kernel.abs().max() > 0.95 * limit
    assert not first["trunk.0.bias"].any()


def test_l2_is_part_of_the_loss() -> None:
    image = assemble("dense_l2").settle(8, 1).image.settled()
    network = build("dense_l2", image, 3, 111)
    kernel = network.neck[1].weight.detach()
    assert float(network.penalty().detach()) == pytest.approx(
        0.01 * float((kernel**2).sum()), rel=1e-6
    )
    assert build("linear", image, 3, 111).penalty() == 0


def test_a_run_records_everything(shapes: Path, tmp_path: Path) -> None:
    run = sureshot.train(shapes, settings=FAST, name="all", runs=tmp_path, progress=Silent())
    assert run.complete
    assert run.missing() == []
    assert run.damage() == []
    assert [row["epoch"] for row in run.history] == [1, 2, 3]
    assert list(run.history[0]) == [
        "epoch", "rate", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy",
    ]  # fmt: skip
    assert run.test_openings == 1
    assert run.scores.n == len(run.index.rows("test"))
    assert len(list((run.folder / "checkpoints").iterdir())) in (2, 3)
    assert run.environment["device"]["reasons"]


def test_the_best_epoch_is_the_one_exported(shapes: Path, tmp_path: Path) -> None:
    """Scores of the bundle on validation agree with the history's best row, precision apart."""
    settings = {**FAST, "epochs": 8, "precision": "fp32"}
    run = sureshot.train(shapes, settings=settings, name="b", runs=tmp_path, progress=Silent())
    best = min(run.history, key=lambda row: row["validation_loss"])
    found = run.split_scores("validation").overall
    assert found["log_loss"].value == pytest.approx(best["validation_loss"], abs=1e-5)
    assert found["accuracy"].value == pytest.approx(best["validation_accuracy"])


def test_a_loss_that_is_no_number_stops_with_cause_and_checkpoint(
    shapes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sureshot.training import stepping

    real = stepping.step

    def poisoned(state: stepping.State, *rest: Any) -> None:
        real(state, *rest)
        if state.epoch == 1 and state.step == 1:
            state.losses[state.step] = float("nan")

    monkeypatch.setattr(stepping, "step", poisoned)
    with pytest.raises(
        TrainingError,
        match=r"no longer a number at step 2 of epoch 2; .*optimizer.rate = 0.001\): try 0.0001. "
        r"The last good checkpoint is .*epoch-0001-step-00000",
    ):
        sureshot.train(shapes, settings=FAST, name="nan", runs=tmp_path, progress=Silent())


def test_a_rate_far_too_high_is_named(shapes: Path, tmp_path: Path) -> None:
    settings = {**FAST, "optimizer.name": "sgd", "optimizer.rate": 10, "optimizer.weight_decay": 1}
    with pytest.raises(TrainingError, match=r"optimizer.rate = 10\): try 1"):
        sureshot.train(
            shapes, settings=settings | {"epochs": 200}, name="x", runs=tmp_path, progress=Silent()
        )


def start(folder: Path, *command: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "sureshot", *command],
        cwd=folder,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "SURESHOT_CACHE": str(folder / "cache")},
    )


def wait_for(path: Path, process: "subprocess.Popen[str]") -> None:
    while not path.exists():
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.01)


def test_ctrl_c_saves_inside_an_epoch_and_a_second_training_is_refused(tmp_path: Path) -> None:
    write_shapes(tmp_path / "shapes", each=60)
    long = ("train", "shapes", "--name", "a", "--set", "epochs=500", "--set", "image.size=128")
    process = start(tmp_path, *long)
    wait_for(tmp_path / "runs" / "a" / "checkpoints" / "epoch-0001-step-00000", process)
    second = start(tmp_path, *long)
    _, said = second.communicate(timeout=60)
    assert second.returncode == 4
    assert f"is in use: training, process {process.pid} on" in said
    assert len(said.strip().splitlines()) == 1
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.strip().splitlines()[-1].endswith("go on with: sureshot resume runs/a")
    assert "Traceback" not in said
    saved = sorted((tmp_path / "runs" / "a" / "checkpoints").iterdir())[-1]
    assert checkpoints.read(saved).position["epoch"] >= 1


def test_interrupted_in_the_middle_of_an_epoch_ends_in_the_same_bits(
    shapes: Path, tmp_path: Path
) -> None:
    whole = sureshot.train(shapes, settings=FAST, name="a", runs=tmp_path, progress=Silent())
    stopped = pytest.raises(
        sureshot.SureshotError, match="stopped after epoch 1, step 1, and saved"
    )
    with interrupted((1, 0)), stopped:
        sureshot.train(shapes, settings=FAST, name="b", runs=tmp_path, progress=Silent())
    run = sureshot.resume(tmp_path / "b", progress=Silent())
    for name in ("history.csv", "model.shot", "predictions/test.parquet"):
        assert files.sha256_of(run.folder / name) == files.sha256_of(whole.folder / name), name


def test_a_full_disk_keeps_the_last_good_checkpoint(tmp_path: Path) -> None:
    write_shapes(tmp_path / "shapes", each=20)
    disk = tmp_path / "disk"
    disk.mkdir()
    small = ["mount", "-t", "tmpfs", "-o", "size=9m", "none", str(disk)]
    if subprocess.run(small, capture_output=True).returncode:
        pytest.skip("mounting a small disk needs rights that this user does not have")
    try:  # a checkpoint of arch_1 takes 5.5 MB: the first fits, the second does not
        settings = {"model": "arch_1", "epochs": 3, "image.size": 16}
        with pytest.raises(
            StorageError, match=r"epoch-0002-step-00000 \(5.5 MB wanted\): no space left"
        ):
            sureshot.train(
                tmp_path / "shapes", settings=settings, name="a", runs=disk, progress=Silent()
            )
        run = sureshot.load(disk / "a")
        names = [path.name for path in (run.folder / "checkpoints").glob("epoch-*")]
        assert names == ["epoch-0001-step-00000"]
        assert checkpoints.read(run.folder / "checkpoints" / names[0])
        subprocess.run(["mount", "-o", "remount,size=60m", str(disk)], check=True)
        assert sureshot.resume(disk / "a", progress=Silent()).complete
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)  # weights may still be mapped


def test_a_damaged_checkpoint_is_passed_over_and_none_left_is_an_error(
    shapes: Path, tmp_path: Path
) -> None:
    run = sureshot.train(shapes, settings=FAST, name="a", runs=tmp_path, progress=Silent())
    newest, before = sorted((run.folder / "checkpoints").iterdir())[:-3:-1]
    weights = newest / "state.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    of = json.loads((before / "state.json").read_text())["of"]
    found = checkpoints.recover(run, of, Silent())
    assert found
    assert found.folder == before
    assert not newest.exists()  # it was told, and made room for a whole one
    with pytest.raises(RunError, match=f"{newest.name}/state.safetensors is missing"):
        sureshot.check(run.folder)
    for folder in (run.folder / "checkpoints").iterdir():
        (folder / "state.json").write_text("{")
    with pytest.raises(RunError, match="no checkpoint of .* is whole"):
        checkpoints.recover(run, of, Silent())


def test_checkpoints_hold_tensors_and_json_only(shapes: Path, tmp_path: Path) -> None:
    run = sureshot.train(shapes, settings=FAST, name="a", runs=tmp_path, progress=Silent())
    folder = sorted((run.folder / "checkpoints").iterdir())[-1]
    assert sorted(path.name for path in folder.iterdir()) == ["state.json", "state.safetensors"]
    tensors = load_file(folder / "state.safetensors")
    assert "network.head.weight" in tensors
    assert "optimizer.0.exp_avg" in tensors
    position = json.loads((folder / "state.json").read_text())
    assert position["epoch"] == 3
    assert np.isfinite(position["history"][-1]["train_loss"])

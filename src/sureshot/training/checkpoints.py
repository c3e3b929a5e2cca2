"""Checkpoints: folders that are whole or absent, verified by hash, the best and the last two kept.

    checkpoints/epoch-0007-step-00000/state.safetensors   weights, optimizer, running sums
                                      state.json          position, history, SHA-256 of the former

The name says how many epochs are complete and how many steps of the next. A new checkpoint is a
new folder; nothing is overwritten, and an old one is deleted only after the new one stands.
"""

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from sureshot import files
from sureshot.errors import RunError
from sureshot.runs import Run
from sureshot.training.state import State

LAST = 2  # how many of the newest are kept beside the best


@dataclass(frozen=True)
class Checkpoint:
    """One checkpoint, read and verified."""

    folder: Path
    position: dict[str, Any]
    tensors: dict[str, Tensor]


def write(run: Run, state: State) -> Path:
    """Write a checkpoint of this moment, then let go of those that nobody needs."""
    folder = _folder(run) / f"epoch-{state.epoch:04d}-step-{state.step:05d}"
    if not folder.exists():
        tensors = state.tensors()
        size = sum(tensor.nbytes for tensor in tensors.values())
        with files.writing_folder(folder, expected=size) as partial:
            content = save(tensors)
            (partial / "state.safetensors").write_bytes(content)
            position = state.position() | {"sha256": hashlib.sha256(content).hexdigest()}
            (partial / "state.json").write_text(json.dumps(position), "utf-8")
    _prune(run, state.best_epoch)
    return folder


def newest(run: Run) -> Checkpoint | None:
    """The newest checkpoint that verifies; None where there is none at all.

    Raises RunError where there are checkpoints and none of them verifies: a training that was
    asked to go on never quietly starts again.
    """
    damaged = []
    for folder in reversed(_all(run)):
        try:
            return read(folder)
        except RunError as error:
            damaged.append(str(error))
    if damaged:
        raise RunError(f"no checkpoint of {run.folder} is whole: {'; '.join(damaged)}")
    return None


def best(run: Run) -> Checkpoint:
    """The checkpoint of the epoch with the least validation loss, verified."""
    last = newest(run)
    if last is None:
        raise RunError(f"{run.folder} has no checkpoint")
    return read(_folder(run) / f"epoch-{last.position['best_epoch']:04d}-step-00000")


def read(folder: Path) -> Checkpoint:
    """Read one checkpoint; RunError where a byte differs from what was written."""
    try:
        position = json.loads((folder / "state.json").read_text("utf-8"))
        if files.sha256_of(folder / "state.safetensors") != position["sha256"]:
            raise RunError(f"{folder} is damaged: its weights are not those that were written")
        return Checkpoint(folder, position, load_file(folder / "state.safetensors"))
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise RunError(f"{folder} is damaged: {error}") from None


def _prune(run: Run, best_epoch: int) -> None:
    keep = {f"epoch-{best_epoch:04d}-step-00000", *(folder.name for folder in _all(run)[-LAST:])}
    for folder in _all(run):
        if folder.name not in keep:
            shutil.rmtree(folder)


def _all(run: Run) -> list[Path]:
    """Finished checkpoints, oldest first."""
    return sorted(_folder(run).glob("epoch-*"))


def _folder(run: Run) -> Path:
    return run.folder / "checkpoints"

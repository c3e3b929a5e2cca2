"""Checkpoints: folders that are whole or absent, verified by hash, the best and the last two kept.

    checkpoints/epoch-0007-step-00000/state.safetensors   weights, optimizer, running sums
                                      state.json          position and history, what they belong to,
                                                          and the SHA-256 of both files

The name says how many epochs are complete and how many steps of the next. A new checkpoint is a
new folder; nothing is overwritten, and an old one is deleted only after the new one stands.
"""

import hashlib
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from sureshot import files
from sureshot.errors import RunError
from sureshot.progress import Progress
from sureshot.runs import Run
from sureshot.training.state import State

LAST = 2  # how many of the newest are kept beside the best
NAME = re.compile(r"epoch-(\d+)-step-(\d+)")


@dataclass(frozen=True)
class Checkpoint:
    """One checkpoint, read and verified."""

    folder: Path
    position: dict[str, Any]
    tensors: dict[str, Tensor]


def write(run: Run, state: State) -> Path:
    """Write a checkpoint of this moment, then let go of those that nobody needs."""
    folder = _folder(run, state.epoch, state.step)
    if not folder.exists():
        tensors = state.tensors()
        size = sum(tensor.nbytes for tensor in tensors.values())
        with files.writing_folder(folder, expected=size) as partial:
            content = save(tensors)
            (partial / "state.safetensors").write_bytes(content)
            told = state.position() | {
                "of": state.of,
                "weights_sha256": hashlib.sha256(content).hexdigest(),
            }
            told["sha256"] = _digest(told)
            (partial / "state.json").write_text(json.dumps(told), "utf-8")
    _prune(run, state.best_epoch)
    return folder


def recover(run: Run, of: str, progress: Progress) -> Checkpoint | None:
    """The newest checkpoint that verifies; None where there is none at all.

    Newer ones that are damaged are told and removed. Raises RunError where there are checkpoints
    and none verifies, and where they belong to another recipe or other data than `of`: a training
    that was asked to go on never quietly starts again, or becomes another one.
    """
    damaged = {}
    for folder in reversed(_all(run)):
        try:
            found = read(folder)
        except RunError as error:
            damaged[folder] = str(error)
            continue
        if found.position["of"] != of:
            raise RunError(
                f"{folder} belongs to another recipe or other data than {run.folder} now has; "
                "put recipe.toml and index.parquet back, or train under another name; a run that "
                "another version of Sureshot began is only gone on with by that version"
            )
        for broken, why in damaged.items():
            progress.say(f"passed over: {why}")
            shutil.rmtree(broken)
        return found
    if damaged:
        raise RunError(f"no checkpoint of {run.folder} is whole: {'; '.join(damaged.values())}")
    return None


def newest(run: Run) -> Path | None:
    """The folder of the newest checkpoint, not verified; None where there is none."""
    return next(reversed(_all(run)), None)


def at_end_of(run: Run, epoch: int) -> Checkpoint:
    """The checkpoint at the end of an epoch, verified."""
    return read(_folder(run, epoch, 0))


def read(folder: Path) -> Checkpoint:
    """Read one checkpoint; RunError where a byte differs from what was written."""
    try:
        position = json.loads((folder / "state.json").read_text("utf-8"))
        told = position.pop("sha256")
        if _digest(position) != told:
            raise RunError(f"{folder} is damaged: its history is not the one that was written")
        if files.sha256_of(folder / "state.safetensors") != position["weights_sha256"]:
            raise RunError(f"{folder} is damaged: its weights are not those that were written")
        return Checkpoint(folder, position, load_file(folder / "state.safetensors"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SafetensorError) as error:
        raise RunError(f"{folder} is damaged: {error}") from None


def _digest(position: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(position, sort_keys=True).encode()).hexdigest()


def _prune(run: Run, best_epoch: int) -> None:
    keep = {_folder(run, best_epoch, 0), *_all(run)[-LAST:]}
    for folder in _all(run):
        if folder not in keep:
            shutil.rmtree(folder)


def _all(run: Run) -> list[Path]:
    """Finished checkpoints, oldest first."""
    found = {folder: NAME.fullmatch(folder.name) for folder in _home(run).glob("epoch-*")}
    places = {folder: (int(m[1]), int(m[2])) for folder, m in found.items() if m}
    return sorted(places, key=places.__getitem__)


def _folder(run: Run, epoch: int, step: int) -> Path:
    return _home(run) / f"epoch-{epoch:04d}-step-{step:05d}"


def _home(run: Run) -> Path:
    return run.folder / "checkpoints"

"""Where pretrained weights lie, and what they are: a folder, the hashes of its files, a commit."""

import os
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sureshot import files
from sureshot.errors import DataError, MissingExtra, SureshotError, UsageError
from sureshot.pretrained.hub import fetch, fetched
from sureshot.pretrained.names import Named, named
from sureshot.pretrained.processor import FILE, read_processor
from sureshot.progress import Progress
from sureshot.recipe import BACKBONES, HUB, is_pretrained

NETWORK = "model.safetensors"
NEEDED = ("config.json", FILE, NETWORK)
MIRROR = "mirror"  # in place of a commit


@dataclass(frozen=True)
class Weights:
    """The weights of one network on this machine."""

    model: str  # as a recipe says it, with the commit where that is known
    repo: str  # "" for a folder
    commit: str  # "" for a folder; "mirror" for a mirror's, whose commit nothing proves
    folder: Path

    @property
    def sha256(self) -> dict[str, str]:
        """The SHA-256 of each file."""
        return {name: _sha256_of(self.folder / name) for name in NEEDED}

    @property
    def place(self) -> str:
        """Where they are from, in words."""
        proven = self.commit not in ("", MIRROR)
        return f"commit {self.commit[:12]}" if proven else str(self.folder)

    def to_json(self) -> dict[str, Any]:
        """What a run records of them: which they are, and how they want their images."""
        processor = read_processor(self.folder)
        return {
            "repo": self.repo,
            "commit": self.commit,
            "files": self.sha256,
            "image": {
                "size": processor.size,
                "fit": processor.fit,
                "mean": list(processor.mean),
                "deviation": list(processor.deviation),
            },
        }


def obtain(model: str, progress: Progress) -> Weights:
    """The weights of a network, fetched from the hub where they are not at hand.

    Looked for in the folder named, a folder in SURESHOT_MIRROR, and the user's data, in this order.
    Raises DataError for an incomplete folder, and the errors of `hub.fetch`.
    """
    wanted, mirror = named(model), _mirror()
    here = _at_hand(wanted, mirror)
    if here is not None:
        return here
    if isinstance(mirror, Path):
        raise DataError(
            f"{wanted.repo} must lie in {_in_mirror(wanted, mirror)}, and does not; unset "
            "SURESHOT_MIRROR to fetch it from the hub, or name a folder: hf:FOLDER"
        )
    found, folder = fetch(wanted, NEEDED, mirror or "", progress)
    return Weights(found.model, found.repo, found.commit, folder)


def located(model: str) -> Weights:
    """The weights of a network where they are; DataError where they are not, nothing is fetched."""
    here = _at_hand(named(model), _mirror())
    if here is None:
        raise DataError(
            f"the weights of {model} must be on this machine, and are not; "
            f"fetch them with: sureshot train SOURCE --model {model}"
        )
    return here


def lacking(model: str) -> str:
    """Why a network cannot be had here without fetching anything; "" where it can."""
    if not is_pretrained(model):
        return ""
    try:
        require_transformers()
        located(model)
    except SureshotError as error:
        return str(error)
    return ""


def require_transformers() -> None:
    """Raise MissingExtra where transformers is not installed."""
    if find_spec("transformers") is None:
        raise MissingExtra("pretrained", "a pretrained network")


def _at_hand(wanted: Named, mirror: Path | str | None) -> Weights | None:
    if wanted.folder is not None:
        folder = wanted.folder.resolve()
        return _whole(Weights(f"{HUB}{folder}", "", "", folder))
    if isinstance(mirror, Path) and _in_mirror(wanted, mirror).is_dir():
        place = _in_mirror(wanted, mirror)
        return _whole(Weights(wanted.model, wanted.repo, MIRROR, place))
    kept = fetched(wanted)
    if not wanted.commit and len(kept) > 1:
        raise UsageError(
            f"{wanted.model} is here at {len(kept)} commits, and one must be chosen: "
            + " or ".join(wanted.pinned(commit).model for commit in kept)
        )
    commit = wanted.commit or next(iter(kept), "")
    if commit not in kept:
        return None
    found = wanted.pinned(commit)
    return _whole(Weights(found.model, found.repo, commit, kept[commit]))


def _whole(weights: Weights) -> Weights:
    """The same weights; DataError where a file is missing."""
    lacking = [name for name in NEEDED if not (weights.folder / name).is_file()]
    if lacking:
        raise DataError(
            f"{weights.folder} must hold {', '.join(NEEDED)}, and lacks {', '.join(lacking)}; "
            "weights of other kinds, such as pickles, are never opened"
        )
    return weights


def _sha256_of(path: Path) -> str:
    told = path.stat()
    return _hashed(path, told.st_size, told.st_mtime_ns)


@cache
def _hashed(path: Path, size: int, changed: int) -> str:
    """The SHA-256 of a file, read once as long as size and time of change stay the same."""
    return files.sha256_of(path)


def _in_mirror(wanted: Named, mirror: Path) -> Path:
    """Where a mirror's folder has a repository, or a commit of it.

    The owner is left out for the networks that have a name of their own, and for no others: two
    owners may have repositories of one name.
    """
    short = wanted.repo in BACKBONES.values()
    name = wanted.repo.rpartition("/")[2] if short else wanted.repo
    return mirror / "weights" / (f"{name}@{wanted.commit}" if wanted.commit else name)


def _mirror() -> Path | str | None:
    """A folder or an https address from SURESHOT_MIRROR; None where nothing is said."""
    given = os.environ.get("SURESHOT_MIRROR", "")
    if not given:
        return None
    if given.startswith("https://"):
        return given.rstrip("/")
    if "://" in given or not Path(given).expanduser().is_dir():
        raise UsageError(f"SURESHOT_MIRROR must be a folder or an https address, got {given}")
    return Path(given).expanduser().resolve()

"""Weights from the hub, in its URL form: one listing of a commit, then the files, each proven.

    HUB/api/models/REPO/revision/REVISION?blobs=true   the commit, and each file's size and hash
    HUB/REPO/resolve/COMMIT/FILE                       a file

Large files are proven by their SHA-256, small ones by the SHA-1 that git knows them by. An https
address in SURESHOT_MIRROR takes the place of the hub.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sureshot import files
from sureshot.downloads.place import MARK, alone, appearing, folder_of, is_whole
from sureshot.downloads.transfer import Rules, Wanted, transfer
from sureshot.errors import DataError, DownloadError, UsageError
from sureshot.pretrained.names import COMMIT, Named
from sureshot.progress import Progress

HOME = "https://huggingface.co"
HOSTS = frozenset(  # the hub, and where it sends on to for large files
    {
        *("huggingface.co", "cdn-lfs.huggingface.co", "cdn-lfs-us-1.huggingface.co"),
        *("cdn-lfs.hf.co", "cdn-lfs-us-1.hf.co", "cas-bridge.xethub.hf.co"),
    }
)
LISTING = 500_000  # bytes, about; assumed: some hundred files
LARGEST = 8_000_000_000  # bytes of one file; assumed: far above what an ONNX file holds
AGAIN = "try again, or name a folder that holds the files: hf:FOLDER"


@dataclass(frozen=True)
class Listed:
    """One file of a commit, as the hub's listing has it."""

    name: str
    size: int  # bytes
    sha256: str  # "" for a small file
    git: str  # SHA-1 of git's blob, for a small file

    def proves(self, path: Path) -> bool:
        """Whether the file at `path` is this one."""
        if self.sha256:
            return files.sha256_of(path) == self.sha256
        head = f"blob {self.size}\0".encode()
        return hashlib.sha1(head + path.read_bytes(), usedforsecurity=False).hexdigest() == self.git


def fetched(wanted: Named) -> dict[str, Path]:
    """Every commit of a repository that lies among the user's data, whole or not: its folder."""
    home = folder_of(f"hub:{wanted.repo}")
    found = sorted(home.glob("*")) if home.is_dir() else []
    return {place.name: place for place in found if (place / MARK).exists()}


def fetch(
    wanted: Named, needed: Sequence[str], mirror: str, progress: Progress
) -> tuple[Named, Path]:
    """The repository at its commit, or the newest, in a folder of the user's; files as `needed`.

    Raises DownloadError where it cannot be had, DataError where it is not what the hub says.
    """
    rules, home = _rules(mirror), folder_of(f"hub:{wanted.repo}")
    with alone(home / (wanted.commit or "newest"), wanted.repo, progress) as scratch:
        commit, listed = _listing(wanted, needed, mirror or HOME, scratch, rules, progress)
        folder = home / commit
        if not is_whole(folder, wanted.repo):
            _bring(wanted.repo, commit, listed, folder, scratch, mirror or HOME, rules, progress)
        shutil.rmtree(scratch, ignore_errors=True)
    return wanted.pinned(commit), folder


def _rules(mirror: str) -> Rules:
    parts = urlsplit(mirror)
    try:
        return (
            Rules(HOSTS, mirror=f"{parts.hostname}:{parts.port or 443}") if mirror else Rules(HOSTS)
        )
    except ValueError:
        raise UsageError(f"SURESHOT_MIRROR must be an https address, got {mirror}") from None


def _listing(
    wanted: Named, needed: Sequence[str], base: str, scratch: Path, rules: Rules, progress: Progress
) -> tuple[str, list[Listed]]:
    """The commit, and what the hub says of each file that is needed."""
    revision = wanted.commit or "main"
    url = f"{base}/api/models/{wanted.repo}/revision/{revision}?blobs=true"
    path = scratch / "listing.json"
    path.unlink(missing_ok=True)
    if not transfer(Wanted(url, LISTING, exact=False), path, rules, progress):
        raise DownloadError(f"the hub must have {wanted.repo} at {revision}, and has not; {AGAIN}")
    try:
        told = json.loads(path.read_text("utf-8"))
        commit, rows = str(told["sha"]), {str(row["rfilename"]): row for row in told["siblings"]}
        if not COMMIT.fullmatch(commit) or wanted.commit not in ("", commit):
            raise ValueError(f"the commit {commit[:50]!r}")
        _require(needed, rows, wanted.repo)
        return commit, [_listed(name, rows[name]) for name in needed]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(
            f"{url} must list the files of a commit with their hashes, and does not: {error!r}; "
            f"{AGAIN}"
        ) from None


def _require(needed: Sequence[str], rows: dict[str, Any], repo: str) -> None:
    lacking = [name for name in needed if name not in rows]
    if lacking:
        raise DataError(
            f"{repo} must hold {', '.join(needed)}, and lacks {', '.join(lacking)}; weights of "
            "other kinds, such as pickles, are never opened: choose another model or commit"
        )


def _listed(name: str, row: dict[str, Any]) -> Listed:
    large = row.get("lfs") or {}
    found = Listed(name, int(row["size"]), str(large.get("sha256", "")), str(row["blobId"]))
    if not 0 < found.size <= LARGEST:
        raise ValueError(f"{name} of {found.size:,} bytes")
    return found


def _bring(
    repo: str,
    commit: str,
    listed: Sequence[Listed],
    folder: Path,
    scratch: Path,
    base: str,
    rules: Rules,
    progress: Progress,
) -> None:
    """Fetch and prove each file, then make the folder appear."""
    size = sum(file.size for file in listed)
    files.require_space(folder.parent, size)
    progress.say(f"{repo}: {files.readable_size(size)} at commit {commit[:12]}")
    for file in listed:
        part = scratch / file.name
        url = f"{base}/{repo}/resolve/{commit}/{file.name}"
        if not transfer(Wanted(url, file.size, exact=True), part, rules, progress):
            raise DownloadError(f"the hub must have {url}, and has not; {AGAIN}")
        if not file.proves(part):
            part.unlink()
            raise DataError(
                f"{url} must have the hash {file.sha256 or file.git}, and has another; "
                f"it was removed: {AGAIN}"
            )
    with appearing(folder, repo, size) as staging:
        for file in listed:
            os.replace(scratch / file.name, staging / file.name)

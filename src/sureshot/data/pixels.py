"""Pixels once: every image decoded and resized a single time, into a file that is mapped.

The array is uint8 of shape (N, H, W, C), one row an index row. It lies in the user's cache under a
key made from the content of all images, the preprocessing, and the decoder's version, so that a
second run on the same data starts at once and a changed image or setting never meets old pixels.
Memory stays flat: rows are written one after another, and the system pages the mapped file.
"""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL
from numpy.typing import NDArray

from sureshot import files
from sureshot.containers import indexed
from sureshot.errors import DataError, UnreadableImage
from sureshot.images import prepare
from sureshot.parallel import map_in_order
from sureshot.progress import Progress
from sureshot.recipe import Preprocessing
from sureshot.records import Index

TOGETHER = 50_000  # pixels that a thread makes at a time, or one image; measured (docs/log.md)
DECODER = 2  # raised whenever `images.prepare` gives other pixels for the same bytes


@dataclass(frozen=True, eq=False)
class Pixels:
    """All images of an index as the network sees them."""

    array: NDArray[np.uint8]  # (N, H, W, C), mapped from disk; zeros where unreadable
    problems: dict[int, str]  # row → "code: sentence", for what could not be decoded
    folder: Path


@dataclass(frozen=True)
class CacheEntry:
    """One set of pixels in the cache."""

    key: str
    source: str  # the folder that it was made from
    images: int
    size: int  # pixels, height and width
    bytes: int


def cache_folder() -> Path:
    """Where pixels are kept: $SURESHOT_CACHE, or the user's cache."""
    chosen = os.environ.get("SURESHOT_CACHE")
    if chosen:
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sureshot"


def prepare_pixels(index: Index, settings: Preprocessing, progress: Progress) -> Pixels:
    """The pixels of every readable image, from the cache or decoded now.

    Two processes that want the same pixels at once make them once. Raises DataError where a file
    is no longer what the index says, StorageError where the disk is too small.
    """
    key = _key(index, settings)
    folder = cache_folder() / "pixels" / key
    with _sole(folder, progress):
        for leftover in files.leftovers(folder):
            shutil.rmtree(leftover, ignore_errors=True)
        if not folder.exists():
            _fill(folder, index, settings, progress)
    return _open(folder, len(index))


def decoded(index: Index, settings: Preprocessing, progress: Progress) -> tuple[Index, Pixels]:
    """All pixels, and the index with the problems that only decoding shows."""
    pixels = prepare_pixels(index, settings, progress)
    return index.with_problems(pixels.problems), pixels


def cache_entries() -> list[CacheEntry]:
    """Everything in the cache, sorted by key."""
    found = []
    for folder in sorted((cache_folder() / "pixels").glob("*/")):
        try:
            told = json.loads((folder / "about.json").read_text("utf-8"))
            source, images, size = str(told["source"]), int(told["images"]), int(told["size"])
        except (OSError, ValueError, KeyError, TypeError):
            source, images, size = "(unfinished or damaged)", 0, 0
        found.append(CacheEntry(folder.name, source, images, size, _bytes_in(folder)))
    return found


def clear_cache() -> int:
    """Delete all cached pixels; returns the bytes freed."""
    freed = _bytes_in(cache_folder() / "pixels")
    shutil.rmtree(cache_folder() / "pixels", ignore_errors=True)
    return freed


def _bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _key(index: Index, settings: Preprocessing) -> str:
    digest = hashlib.sha256(f"{DECODER} {PIL.__version__} {settings.model_dump_json()}".encode())
    for sha256 in index.sha256:
        digest.update((sha256 or "-").encode())
    return digest.hexdigest()[:32]


def _fill(folder: Path, index: Index, settings: Preprocessing, progress: Progress) -> None:
    shape = (len(index), settings.size, settings.size, settings.channels)
    total = int(np.prod(shape))
    files.require_space(folder.parent, total)
    problems: dict[int, str] = {}
    blank = np.zeros(shape[1:], np.uint8)
    together = max(TOGETHER // settings.size**2, 1)
    decoded = map_in_order(lambda row: _decode(index, row, settings), range(len(index)), together)
    with files.writing_folder(folder, expected=total) as partial:
        with (partial / "pixels.npy").open("wb") as out:
            layout = {"descr": "|u1", "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(out, layout)
            with progress.track("decoding", len(index)) as track:
                for row, result in enumerate(decoded):
                    if isinstance(result, str) and result:
                        problems[row] = result
                    out.write((blank if isinstance(result, str) else result).data)
                    track.advance()
        about = {"source": str(index.root), "images": len(index), "size": settings.size}
        (partial / "problems.json").write_text(json.dumps(problems), "utf-8")
        (partial / "about.json").write_text(json.dumps(about), "utf-8")


def _decode(index: Index, row: int, settings: Preprocessing) -> NDArray[np.uint8] | str:
    """The pixels of one row, or why there are none; "" where its content could not be read.

    What the index knows to be unreadable or excluded is decoded too: the same pixels serve an index
    that does not, and what is kept must not depend on who came first.
    """
    if not index.sha256[row]:
        return ""
    image = indexed(index, row, settings.max_megabytes)
    try:
        return prepare(image, settings)
    except UnreadableImage as error:  # a fact about these bytes, so it may be kept with them
        return error.problem


def _open(folder: Path, rows: int) -> Pixels:
    try:
        array = np.load(folder / "pixels.npy", mmap_mode="r", allow_pickle=False)
        problems = json.loads((folder / "problems.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(
            f"the cached pixels in {folder} are damaged ({error}); "
            "remove them with: sureshot cache --clear"
        ) from None
    assert len(array) == rows
    return Pixels(array, {int(row): problem for row, problem in problems.items()}, folder)


@contextmanager
def _sole(folder: Path, progress: Progress) -> Iterator[None]:
    """Hold the lock of one cache key; wait, and say so, while another process holds it."""
    with files.storing(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock = folder.with_suffix(".lock").open("w")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.say("another run is decoding the same images; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield

"""An extractor that trusts nothing: regular files only, below one folder, within limits.

It reads tar, plain or gzipped, and zip. Links, devices, absolute paths, "..", names that one file
system or another would take for the same, and more entries or bytes than allowed are refused while
they stream by, before anything of them is written.
"""

import gzip
import re
import stat
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeVar

from sureshot.errors import DataError
from sureshot.progress import Progress

PIECE = 1 << 18  # bytes held in memory at once
BLOCK = 512  # bytes of a tar header, and what contents are padded to (POSIX, "pax")
SMALL = 10_000_000  # bytes below which no ratio is taken for an attack; assumed
NAME = 1 << 14  # bytes that a tar may spend on one entry's name and remarks; assumed

DAMAGE = (  # what the readers of the standard library raise at damaged bytes
    *(EOFError, OSError, ValueError, RuntimeError),
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error),
)

Item = TypeVar("Item")
Readable = IO[bytes] | gzip.GzipFile
Entry = tuple[str, Iterator[bytes] | None]  # path, content; None for a folder
KINDS = {b"1": "a hard link", b"2": "a link", b"3": "a device", b"4": "a device", b"6": "a pipe"}


@dataclass(frozen=True)
class Limits:
    """How much an archive may hold."""

    size: int  # bytes in all once unpacked
    entries: int = 1_000_000  # assumed: ten times the largest of the catalogue
    ratio: int = 100  # unpacked to packed bytes; assumed: images and tables stay far below


def extract(archive: Path, to: Path, limits: Limits, keep: str, progress: Progress) -> None:
    """Write the files of `archive` whose path matches `keep` to the match's first group, in `to`.

    Raises DataError, naming the entry, at the first that is not allowed; what was written stays,
    for `to` is a staging folder that its owner throws away.
    """
    wanted = re.compile(keep)
    seen: dict[str, str] = {}
    packed = archive.stat().st_size
    with archive.open("rb") as file, progress.track(f"unpacking {archive.name}", packed) as track:
        before = 0
        meter = _Meter(archive.name, limits, packed)
        for name, content in _guarded(_entries(file, archive.name, meter), archive.name):
            match = wanted.fullmatch(_safe(name, archive.name))
            if match and content is not None:
                path = to / _claimed(match[1], seen, archive.name)
                _write(path, _guarded(content, archive.name))
            track.advance(max(0, file.tell() - before))
            before = max(before, file.tell())


def _guarded(items: Iterator[Item], archive: str) -> Iterator[Item]:
    """`items`, with what reading damaged bytes raises turned into DataError."""
    try:
        yield from items
    except DAMAGE as error:
        raise DataError(
            f"{archive} must be a whole tar, tar.gz or zip archive, and is damaged or cut "
            f"({error}); nothing of it was kept"
        ) from None


def _write(path: Path, content: Iterator[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as out:
        for piece in content:
            out.write(piece)


def _refused(archive: str, name: str, why: str) -> DataError:
    return DataError(
        f"{archive} must hold plain files with plain names, and its entry {ascii(name)[:200]} is "
        f"{why}; nothing of it was kept, get it from its home again"
    )


class _Meter:
    """Counts what comes out of an archive, and stops at its limits."""

    def __init__(self, archive: str, limits: Limits, packed: int) -> None:
        self._archive = archive
        self._limits = limits
        self._size = min(limits.size, max(SMALL, limits.ratio * packed))
        self._bytes = 0
        self._entries = 0

    def add(self, piece: bytes) -> bytes:
        self._bytes += len(piece)
        if self._bytes > self._size:
            raise DataError(
                f"{self._archive} must unpack to at most {self._size:,} bytes, and holds more; "
                "nothing of it was kept"
            )
        return piece

    def entry(self) -> None:
        self._entries += 1
        if self._entries > self._limits.entries:
            raise DataError(
                f"{self._archive} must hold at most {self._limits.entries:,} entries, and holds "
                "more; nothing of it was kept"
            )


def _entries(file: IO[bytes], archive: str, meter: _Meter) -> Iterator[Entry]:
    start = file.read(4)
    file.seek(0)
    if start.startswith(b"\x1f\x8b"):
        with gzip.GzipFile(fileobj=file) as unzipped:
            yield from _tar(unzipped, archive, meter)
            while meter.add(unzipped.read(PIECE)):  # to its end, where its checksum stands
                pass
    elif start.startswith(b"PK"):
        yield from _zip(file, archive, meter)
    else:
        yield from _tar(file, archive, meter)


def _tar(file: Readable, archive: str, meter: _Meter) -> Iterator[Entry]:
    """The entries of a tar. Headers are parsed by tarfile; nothing else of it is used."""
    long_name = ""
    while (header := _exactly(file, BLOCK, meter)).strip(b"\0"):
        entry = tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
        name = long_name or entry.name
        meter.entry()
        if entry.type in (b"L", b"x", b"g"):  # a name or remarks, about the next entry or all
            if not 0 <= entry.size <= NAME:
                raise _refused(archive, name, "too long a name")
            told = _exactly(file, entry.size, meter)
            _exactly(file, -entry.size % BLOCK, meter)
            if entry.type == b"L":
                long_name = told.rstrip(b"\0").decode("utf-8", "surrogateescape")
            elif entry.type == b"x":
                long_name = _pax_path(told, archive) or long_name
            continue
        long_name = ""
        if entry.type == b"5" and entry.size == 0:
            yield name, None
        elif entry.type in (b"0", b"\0") and entry.size >= 0:
            content = _pieces(file, entry.size, meter)
            yield name, content
            for _ in content:  # what the reader left
                pass
            _exactly(file, -entry.size % BLOCK, meter)
        else:
            raise _refused(archive, name, KINDS.get(entry.type, "of an unknown kind"))


def _exactly(file: Readable, count: int, meter: _Meter) -> bytes:
    return b"".join(_pieces(file, count, meter))


def _pieces(file: Readable, count: int, meter: _Meter) -> Iterator[bytes]:
    while count:
        piece = meter.add(file.read(min(PIECE, count)))
        if not piece:
            raise EOFError("it ends too early")
        count -= len(piece)
        yield piece


def _pax_path(told: bytes, archive: str) -> str:
    """The path among the remarks "length key=value" on an entry; "" where there is none."""
    path = ""
    while told:
        length = int(told.partition(b" ")[0])
        if not len(b"5 a=\n") <= length <= len(told):
            raise ValueError("a remark with a wrong length")
        key, _, value = told[:length].partition(b" ")[2].partition(b"=")
        if key == b"size" or key.startswith(b"GNU.sparse"):
            raise _refused(archive, value.decode(errors="replace"), "of a length told twice")
        if key == b"path":
            path = value.removesuffix(b"\n").decode("utf-8", "surrogateescape")
        told = told[length:]
    return path


def _zip(file: IO[bytes], archive: str, meter: _Meter) -> Iterator[Entry]:
    with zipfile.ZipFile(file) as opened:
        for info in opened.infolist():
            meter.entry()
            name = info.orig_filename
            if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise _refused(archive, name, "a link or a device")
            if info.flag_bits & 1:
                raise _refused(archive, name, "encrypted")
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise _refused(archive, name, "packed in an unusual way")
            if name.endswith("/"):
                yield name, None
                continue
            with opened.open(info) as content:
                yield name, _rest(content, meter)


def _rest(content: IO[bytes], meter: _Meter) -> Iterator[bytes]:
    while piece := meter.add(content.read(PIECE)):
        yield piece


def _safe(name: str, archive: str) -> str:
    """`name` as a path with single slashes below the archive's root, or DataError."""
    if name.startswith("/") or "\\" in name or re.match("[A-Za-z]:", name):
        raise _refused(archive, name, "an absolute or foreign path")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise _refused(archive, name, "a path that climbs out")
    if any(0xD800 <= ord(c) < 0xE000 or unicodedata.category(c) == "Cc" for c in name):
        raise _refused(archive, name, "named with bytes that are no text")
    if any(len(part.encode()) > 255 for part in parts) or len(name.encode()) > 2000:
        raise _refused(archive, name, "named at too great a length")
    return "/".join(parts)


def _claimed(path: str, seen: dict[str, str], archive: str) -> str:
    """`path`, once only: no file system may take it, or a folder on the way, for another."""
    if not path:
        raise _refused(archive, path, "without a name")
    parts = path.split("/")
    for depth in range(1, len(parts) + 1):
        folder = depth < len(parts)
        name = "/".join(parts[:depth]) + ("/" if folder else "")
        composed = unicodedata.normalize("NFC", name.rstrip("/"))
        key = unicodedata.normalize("NFC", composed.casefold())
        if seen.get(key, name) != name or (key in seen and not folder):
            raise _refused(archive, path, f"the same as {seen[key]!a} on some file systems")
        seen[key] = name
    return path

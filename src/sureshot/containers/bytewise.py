"""Bytes of a container: a few by their place, or all of them unpacked, within stated bounds.

Files are read by place and never mapped into memory: a mapped file that another program cuts short
ends the whole process (SIGBUS), where a short read ends in a sentence.
"""

import os
import stat
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zipfile import BadZipFile

from sureshot.containers.parts import MOST
from sureshot.errors import DataError
from sureshot.files import readable_size

# No deflated byte unpacks to more. Source: zlib's technical details, "Maximum Compression Factor".
MOST_UNPACKED = 1032

# What gzip and zipfile raise on bytes that are none of theirs.
_FAULTS = (EOFError, zlib.error, BadZipFile, struct.error, NotImplementedError, UnicodeError)

State = tuple[int, int]  # when a file was changed, in nanoseconds, and its size in bytes


def state(path: Path) -> State:
    """When a regular file was changed last, and its size; DataError where there is none."""
    with sentences(path):
        return _state(path, os.stat(path))


def piece(path: Path, start: int, length: int, known: State) -> bytes:
    """`length` bytes from `start`; DataError where the file is no longer the one that was known."""
    with sentences(path), open(path, "rb", buffering=0) as file:
        now = _state(path, os.fstat(file.fileno()))
        file.seek(start)
        found = file.read(length)
    if now != known or len(found) != length:
        raise changed(path, known, now)
    return found


def whole(path: Path) -> bytes:
    """All bytes of a file that is small enough to hold."""
    require_holdable(path, state(path)[1])
    with sentences(path):
        return path.read_bytes()


def require_holdable(place: Path | str, size: int) -> None:
    """DataError where so many bytes are more than one file may put into memory."""
    if size > MOST:
        raise DataError(
            f"{place} must need at most {readable_size(MOST)} of memory, and says it needs "
            f"{readable_size(size)}; cut it into several files"
        )


def require_unpackable(place: Path | str, stated: int, packed: int) -> None:
    """DataError where `packed` bytes can never unpack to those `stated`."""
    if stated > packed * MOST_UNPACKED:
        raise DataError(
            f"{place} is damaged: it says that {readable_size(packed)} unpack to "
            f"{readable_size(stated)}, which no file can; fetch it again"
        )
    require_holdable(place, stated)


def changed(path: Path, known: State, now: State) -> DataError:
    """The error for a file that is another one than it was a moment ago."""
    sizes = f" from {known[1]:,} to {now[1]:,} bytes" if known[1] != now[1] else ""
    return DataError(
        f"{path} changed{sizes} while it was being read; wait until its writer is done, and list "
        "its images again"
    )


@contextmanager
def sentences(path: Path) -> Iterator[None]:
    """Turn what reading and unpacking raise into one sentence about the file."""
    try:
        yield
    except FileNotFoundError:
        raise DataError(f"there is no file {path}; put it back") from None
    except _FAULTS as error:
        raise damaged(path, str(error).lower()) from None
    except MemoryError:
        raise DataError(f"{path} does not fit into memory; free some, or cut it up") from None
    except OSError as error:
        if error.errno is None:  # from an unpacker, not from the system: gzip.BadGzipFile
            raise damaged(path, str(error).lower()) from None
        why = os.strerror(error.errno).lower()
        raise DataError(f"{path} cannot be read: {why}; mend that, and go on") from None


def damaged(path: Path | str, why: str) -> DataError:
    """The error for a file whose bytes cannot be right."""
    return DataError(
        f"{path} is damaged or was cut short ({' '.join(why.split())}); fetch it again"
    )


def _state(path: Path, found: os.stat_result) -> State:
    if not stat.S_ISREG(found.st_mode):
        raise DataError(f"{path} must be a regular file, and is a folder or device; name a file")
    return found.st_mtime_ns, found.st_size

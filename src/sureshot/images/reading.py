"""From a path to bytes: regular files only, limited in size, and never a hang."""

import errno
import os
import stat
from pathlib import Path

from sureshot.errors import UnreadableImage
from sureshot.images.reasons import unreadable

# O_NONBLOCK: opening a pipe that nobody writes to must return, so that it can be named and refused.
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)

_CODES = {
    errno.ENOENT: "missing",
    errno.ENOTDIR: "missing",
    errno.ELOOP: "missing",
    errno.ENAMETOOLONG: "missing",
    errno.EACCES: "no_permission",
    errno.EPERM: "no_permission",
    errno.EISDIR: "not_a_file",
    errno.ENXIO: "not_a_file",  # a socket
}

_SENTENCES = {
    "missing": "there is no such file, or a link leads nowhere; put the file back",
    "no_permission": "this user may not read the file; change its permissions",
    "not_a_file": "only regular files are read, and this is a socket or device; name a file",
    "read_failed": "the disk or network failed while the file was being read; try again",
}

_OURS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})  # nothing is wrong with the image


def read_file(path: Path, max_megabytes: int) -> bytes:
    """The content of a regular file of at most `max_megabytes` · 10⁶ bytes.

    Raises UnreadableImage: missing, not_a_file, no_permission, empty, file_too_large, changed,
    read_failed. A process that is out of file handles or memory gets its OSError.
    """
    try:
        descriptor = os.open(path, _FLAGS)
    except ValueError:  # a NUL in the name
        raise unreadable("missing", _SENTENCES["missing"]) from None
    except OSError as error:
        raise _refusal(error) from error
    try:
        return _content(descriptor, max_megabytes)
    except OSError as error:
        raise _refusal(error) from error
    finally:
        os.close(descriptor)


def first_bytes(path: Path, count: int) -> bytes:
    """The beginning of a regular file, at most `count` bytes; b"" where it cannot be read."""
    try:
        descriptor = os.open(path, _FLAGS)
    except (OSError, ValueError):
        return b""
    try:
        regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
        return os.read(descriptor, count) if regular else b""
    except OSError:
        return b""
    finally:
        os.close(descriptor)


def require_size(
    size: int,
    max_megabytes: int,
    empty: str,
    noun: str = "file",
    remedy: str = "make it smaller or raise image.max_megabytes",
) -> None:
    """Raise UnreadableImage where `size` bytes are none or too many: empty, file_too_large.

    `empty` is the sentence for none; `noun` and `remedy` stand in the one for too many.
    """
    if not size:
        raise unreadable("empty", empty)
    if size > max_megabytes * 1_000_000:
        raise unreadable(
            "file_too_large",
            f"the {noun} must have at most {max_megabytes} MB, got {size / 1e6:,.1f} MB; {remedy}",
        )


def _refusal(error: OSError) -> UnreadableImage:
    if error.errno in _OURS:
        raise error
    code = _CODES.get(error.errno or 0, "read_failed")
    return unreadable(code, _SENTENCES[code])


def _content(descriptor: int, max_megabytes: int) -> bytes:
    before = os.fstat(descriptor)
    if not stat.S_ISREG(before.st_mode):
        raise unreadable(
            "not_a_file",
            f"only regular files are read, and this is a {_noun(before.st_mode)}; name a file",
        )
    require_size(before.st_size, max_megabytes, "the file is empty (0 bytes); replace or remove it")
    content = _all_bytes(descriptor, before.st_size)
    after = os.fstat(descriptor)
    if len(content) != before.st_size or before.st_mtime_ns != after.st_mtime_ns:
        raise unreadable(
            "changed", "the file changed while it was being read; wait until its writer is done"
        )
    return content


def _noun(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "folder"
    return "pipe" if stat.S_ISFIFO(mode) else "device"


def _all_bytes(descriptor: int, size: int) -> bytes:
    """At most one byte more than `size`, which shows that the file has grown."""
    content = os.read(descriptor, size + 1)
    while 0 < len(content) <= size and (more := os.read(descriptor, size + 1 - len(content))):
        content += more
    return content

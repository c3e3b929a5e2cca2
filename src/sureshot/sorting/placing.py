"""Bring a file to another place so that at every moment it is whole in one place at least.

A copy or a hard link is made under the name of a file in the making, its bytes are compared with
what was judged, and it gets its name. What is moved is removed from its old place last.
"""

import errno
import os
import shutil
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from sureshot import files
from sureshot.errors import UsageError, reason_of
from sureshot.sorting.manifest import Action

_MAKING = f"{files.PARTIAL}sorting-"  # begins the name of a file in the making
_NO_LINK = {errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP, errno.EACCES, errno.ENOSYS}


def put(source: Path, place: Path, sha256: str, action: Action) -> bool:
    """Make a copy or hard link of `source` at `place`, where nothing is yet.

    False where the source is not there any more, or has not the bytes of `sha256`. UsageError where
    a link is wanted and none can be made; StorageError where the disk refuses.
    """
    with files.storing(place.parent):
        place.parent.mkdir(parents=True, exist_ok=True)
        partial = place.with_name(f"{_MAKING}{uuid4().hex}")
        try:
            _stage(source, partial, action)
            if not holds(partial, sha256):
                return False
            _name(partial, place)
        except OSError:
            if is_file(source):
                raise
            return False
        finally:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
    return True


def remove(source: Path, place: Path, sha256: str) -> bool:
    """Remove a file that lies at `place` too; False where its bytes are others, or it must stay."""
    try:
        if os.path.samestat(os.lstat(source), os.lstat(place)) or holds(source, sha256):
            source.unlink()
    except OSError:
        pass  # whether it is there still is all that counts
    return not os.path.lexists(source)


def holds(path: Path, sha256: str) -> bool:
    """Whether a path is a regular file, no link to one, with these bytes."""
    try:
        return is_file(path) and files.sha256_of(path) == sha256
    except OSError:
        return False


def remove_unfinished(folders: Iterable[Path]) -> None:
    """Remove what a process that was killed was making in some folders."""
    for folder in folders:
        for partial in folder.glob(_MAKING + "[0-9a-f]" * 32):
            partial.unlink(missing_ok=True)


def is_file(path: Path) -> bool:
    """Whether a path is a regular file, and no link to one."""
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return False


def flush(folders: Iterable[Path]) -> None:
    """Make what was named and removed in some folders stay so through a power cut."""
    for folder in set(folders):
        with files.storing(folder):
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _name(partial: Path, place: Path) -> None:
    """Give a file in the making its name; FileExistsError where something has it."""
    try:
        os.link(partial, place, follow_symlinks=False)  # a rename would overwrite
    except OSError as error:
        if error.errno not in _NO_LINK:
            raise
        if os.path.lexists(place):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(place)) from None
        os.rename(partial, place)


def _stage(source: Path, partial: Path, action: Action) -> None:
    if action != "copied":
        try:
            os.link(source, partial, follow_symlinks=False)
            return
        except OSError as error:
            if action == "linked" and error.errno in _NO_LINK and is_file(source):
                why = reason_of(error)
                raise UsageError(
                    f"no hard link to {source} can be made in {partial.parent}: {why}; leave out "
                    "--link to copy"
                ) from None
            if error.errno not in _NO_LINK:
                raise
    shutil.copy2(source, partial, follow_symlinks=False)
    with partial.open("rb") as file:
        os.fsync(file.fileno())

"""Writing: whole or not at all, whichever operation of the system fails, and with a sentence."""

import errno
import gzip
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sureshot import files
from sureshot.errors import StorageError

OPERATIONS = ("fsync", "replace", "rename")


class Failing:
    """Makes the n-th of the watched operations fail, once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, n: int, code: int) -> None:
        self.left, self.code = n, code
        for name in OPERATIONS:
            monkeypatch.setattr(os, name, self.wrapped(getattr(os, name)))

    def wrapped(self, operation: Any) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            self.left -= 1
            if self.left == 0:
                raise OSError(self.code, os.strerror(self.code))
            return operation(*arguments, **named)

        return call


def put_file(folder: Path) -> None:
    files.write_bytes(folder / "thing", b"new")


def put_folder(folder: Path) -> None:
    with files.writing_folder(folder / "things") as partial:
        (partial / "a").write_bytes(b"1")
        (partial / "b").write_bytes(b"2")


@pytest.mark.parametrize("put", [put_file, put_folder])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_the_nth_failure_leaves_old_or_new(
    put: Any, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = 0
    for n in range(1, 20):
        folder = tmp_path / str(n)
        folder.mkdir()
        (folder / "thing").write_bytes(b"old")
        with monkeypatch.context() as patch:
            failing = Failing(patch, n, code)
            try:
                put(folder)
            except StorageError as error:
                failures += 1
                assert str(folder) in str(error)
                assert os.strerror(code).lower() in str(error)
        names = sorted(path.name for path in folder.iterdir())
        assert names in (["thing"], ["thing", "things"])
        assert (folder / "thing").read_bytes() in (b"old", b"new")
        if (folder / "things").exists():
            assert sorted(p.name for p in (folder / "things").iterdir()) == ["a", "b"]
        if failing.left > 0:
            break  # every operation has had its turn
    else:
        pytest.fail("never ran through")
    assert failures >= 3


def test_a_full_disk_is_named_with_path_and_bytes(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(disk)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("mounting a small disk needs rights that this user does not have")
    try:
        files.write_bytes(disk / "small", b"kept")
        with pytest.raises(StorageError, match=r"disk/large \(1.0 MB wanted\): no space left"):
            files.write_bytes(disk / "large", bytes(1_000_000))
        assert [path.name for path in disk.iterdir()] == ["small"]
        with pytest.raises(StorageError, match="has .* free"):
            files.require_space(disk / "deep" / "folder", 10_000_000)
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_an_error_inside_the_block_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyError), files.writing(tmp_path / "a") as file:
        file.write(b"half")
        raise KeyError
    with pytest.raises(KeyError), files.writing_folder(tmp_path / "b"):
        raise KeyError
    assert list(tmp_path.iterdir()) == []


def test_a_finished_folder_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "things").mkdir()
    (tmp_path / "things" / "mine").write_text("kept")
    with pytest.raises(StorageError, match="directory not empty"):
        put_folder(tmp_path)
    assert [path.name for path in (tmp_path / "things").iterdir()] == ["mine"]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (FileNotFoundError(errno.ENOENT, "gone", "input.png"), False),
        (FileNotFoundError(errno.ENOENT, "gone", b"input.png"), False),
        (PermissionError(errno.EACCES, "no", "z/../input.png"), False),
        (OSError(errno.EIO, "broken", ".partial-12345678-zz"), False),
        (OSError(errno.EIO, "broken", "a/.partial-12345678-z"), False),
        (ConnectionResetError(errno.ECONNRESET, "reset"), False),
        (BrokenPipeError(errno.EPIPE, "pipe"), False),
        (gzip.BadGzipFile("not gzipped"), False),
        (OSError(errno.ENOSPC, "full"), True),
        (OSError(errno.EDQUOT, "full"), True),
        (OSError("8 requested and 4 written"), True),  # how NumPy says that a disk is full
        (OSError(errno.ENOSPC, "full", "input.png", None, "z/a"), True),
        (PermissionError(errno.EACCES, "no", "z/a/b"), True),
        (PermissionError(errno.EACCES, "no", "."), True),
        (FileNotFoundError(errno.ENOENT, "gone", ".partial-12345678-z/a"), True),
        (OSError(errno.EROFS, "read-only", ".partial-12345678-z"), True),
    ],
)
@pytest.mark.parametrize("relative", [True, False])
def test_only_what_is_refused_of_our_own_path_is_a_refused_write(
    error: OSError, told: bool, relative: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path("z") if relative else tmp_path / "z"
    with pytest.raises(StorageError if told else type(error)) as raised, files.storing(path):
        raise error
    assert (raised.value is error) != told


@pytest.mark.parametrize("writing", [files.writing, files.writing_folder])
def test_a_missing_input_is_not_told_as_a_refused_write(writing: Any, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"input\.png"), writing(tmp_path / "z"):
        (tmp_path / "input.png").read_bytes()
    assert list(tmp_path.iterdir()) == []


def test_leftovers_are_of_one_path_alone(tmp_path: Path) -> None:
    for name in ("ab12cd34-mnist", "00000000-mnist", "ab12cd34-fashion-mnist", "mnist", "1-mnist"):
        (tmp_path / f"{files.PARTIAL}{name}").mkdir()
    found = sorted(place.name for place in files.leftovers(tmp_path / "mnist"))
    assert found == [".partial-00000000-mnist", ".partial-ab12cd34-mnist"]
    assert files.leftovers(tmp_path / "no" / "folder") == []


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 bytes"), (999, "999 bytes"), (1234, "1.2 kB"), (5e12, "5.0 TB")]
)
def test_sizes_in_words(count: float, words: str) -> None:
    assert files.readable_size(count) == words

"""From a path to bytes: what is refused, by which code, and that nothing ever hangs."""

import errno
import os
import socket
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from sureshot.errors import UnreadableImage
from sureshot.images import hidden, promises_image, read_file


def code_of(path: Path, max_megabytes: int = 32) -> str:
    with pytest.raises(UnreadableImage) as caught:
        read_file(path, max_megabytes)
    return caught.value.code


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    content = os.urandom(300_000)
    (tmp_path / "a.jpg").write_bytes(content)
    assert read_file(tmp_path / "a.jpg", 1) == content


def test_the_limit_on_bytes_is_exact(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(bytes(1_000_000))
    assert len(read_file(path, 1)) == 1_000_000
    path.write_bytes(bytes(1_000_001))
    assert code_of(path, 1) == "file_too_large"


def test_a_sparse_terabyte_is_refused_at_once(tmp_path: Path) -> None:
    with (tmp_path / "a.jpg").open("wb") as file:
        file.truncate(10**12)
    start = time.perf_counter()
    assert code_of(tmp_path / "a.jpg") == "file_too_large"
    assert time.perf_counter() - start < 0.5


def test_a_socket_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # socket names are short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("a.jpg")
        assert code_of(Path("a.jpg")) == "not_a_file"


def test_a_name_with_a_nul_is_missing() -> None:
    assert code_of(Path("a\0.jpg")) == "missing"


def test_a_name_below_a_file_is_missing(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    assert code_of(tmp_path / "a" / "b.jpg") == "missing"
    assert code_of(tmp_path / ("x" * 300)) == "missing"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_forbidden_file(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"x")
    (tmp_path / "a.jpg").chmod(0)
    assert code_of(tmp_path / "a.jpg") == "no_permission"


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.EACCES, "no_permission"),
        (errno.EPERM, "no_permission"),
        (errno.EIO, "read_failed"),
        (errno.ESTALE, "read_failed"),
    ],
)
@pytest.mark.parametrize("call", ["open", "read", "fstat"])
def test_what_the_system_refuses(
    number: int, code: str, call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    (tmp_path / "a.jpg").write_bytes(b"x")
    monkeypatch.setattr(f"sureshot.images.reading.os.{call}", refuse)
    with pytest.raises(UnreadableImage) as caught:
        read_file(tmp_path / "a.jpg", 1)
    monkeypatch.undo()
    assert caught.value.code == code


def test_a_process_without_handles_does_not_blame_the_image(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EMFILE, "too many open files")

    monkeypatch.setattr("sureshot.images.reading.os.open", refuse)
    with pytest.raises(OSError, match="too many") as caught:
        read_file(tmp_path / "a.jpg", 1)
    assert not isinstance(caught.value, UnreadableImage)


@pytest.mark.parametrize("change", [b"more", b""])
def test_a_file_that_changes_meanwhile(
    change: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"content")
    real = os.read

    def read(descriptor: int, count: int) -> bytes:
        path.write_bytes(b"content" + change if change else b"cont")
        return real(descriptor, count)

    monkeypatch.setattr("sureshot.images.reading.os.read", read)
    assert code_of(path) == "changed"


def test_reading_leaks_no_handle(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(50):
        code_of(tmp_path / "a.jpg")
        code_of(tmp_path)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_litter_is_hidden() -> None:
    litter = ".DS_Store ._cat.jpg .git Thumbs.db desktop.ini __MACOSX .ipynb_checkpoints "
    litter += "$RECYCLE.BIN @eaDir lost+found ~$list.xlsx"
    assert all(hidden(name) for name in litter.split())
    shown: list[Any] = ["cat.jpg", "Thumbs", "a.b", "_cat.png", "~cat.jpg", "\udcff.jpg"]
    assert not any(hidden(name) for name in shown)


def test_names_that_promise_an_image(tmp_path: Path) -> None:
    promising = ["a.jpg", "A.JPEG", "b.heic", "c.svg", "d.psd", "e.tif", "gone.png"]
    assert all(promises_image(Path(name)) for name in promising)
    strays = ["notes.txt", "labels.csv", "model.py", "a.jpg.zip", "movie.mp4", "a.jpg\n.txt"]
    strays += ["index.parquet", "state.safetensors", "photo.download"]
    assert not any(promises_image(Path(name)) for name in strays)
    for name in ("IMG_0001", "Mr. Cat", "-"):  # no extension: the type decides
        Image.new("RGB", (9, 9)).save(tmp_path / name, "JPEG")
        assert promises_image(tmp_path / name)
        (tmp_path / name).write_text("All rights reserved")
        assert not promises_image(tmp_path / name)
    os.mkfifo(tmp_path / "pipe")
    assert not promises_image(tmp_path / "pipe")

"""One dataset by name: from homes, mirrors and hands, by one process or two, killed and again."""

import gzip
import hashlib
import importlib
import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import time
from pathlib import Path
from typing import Any

import pytest

from sureshot.downloads import CATALOGUE, Dataset, fetch, located
from sureshot.downloads.catalogue import Remote, Way
from sureshot.downloads.place import datasets_folder
from sureshot.errors import DataError, DownloadError, StorageError, UsageError

fetching = importlib.import_module("sureshot.downloads.fetch")  # the function has the same name
IMAGES = {f"train/cat/{n}.jpg": f"cat {n}".encode() * n * 1000 for n in range(1, 9)}


def packed() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in {**IMAGES, "README.md": b"hello"}.items():
            info = tarfile.TarInfo(f"toy-master/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


TAR = packed()
SHA256 = hashlib.sha256(TAR).hexdigest()
LINES = sorted(
    f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in IMAGES.items()
)
TREE = hashlib.sha256("".join(LINES).encode()).hexdigest()
KEEP = r"[^/]+/(train/.*)"
ARCHIVE = Way((Remote("", "toys/toy.tar", len(TAR), SHA256),), 10**6, KEEP)
LIVING = Way((Remote("", "toys/master.tar.gz", 5_000),), 10**6, KEEP, tree=TREE, note="as it is")
PLAIN = Way(
    (Remote("", "toys/labels.gz", 5_000, unzipped=hashlib.sha256(b"12345" * 9).hexdigest()),),
    unpacked=1000,
    texts=(("classes.txt", "cat\n"),),
)


def toy(*ways: Way) -> Dataset:
    return Dataset("toy", "A toy", "CC0", "https://toys.example", 8, 1, 1, ways)


@pytest.fixture
def shop(site: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A site that is the mirror, with every form of the toy."""
    site.content = {
        "/m/toys/toy.tar": TAR,
        "/m/toys/master.tar.gz": gzip.compress(TAR, mtime=0),
        "/m/toys/labels.gz": gzip.compress(b"12345" * 9, mtime=0),
    }
    monkeypatch.setenv("SURESHOT_MIRROR", f"https://{site.netloc}/m/")
    monkeypatch.setattr("sureshot.downloads.transfer.time.sleep", lambda _: None)
    monkeypatch.setitem(CATALOGUE, "toy", toy(ARCHIVE))
    return site


def content_of(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*") if path.is_file() and path.name[0] != "."]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def beside(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.parent.iterdir())


@pytest.mark.parametrize("way", [ARCHIVE, LIVING])
def test_an_archive_is_fetched_once(
    shop: Any, said: Any, monkeypatch: pytest.MonkeyPatch, way: Way
) -> None:
    monkeypatch.setitem(CATALOGUE, "toy", toy(way))
    assert located("toy") is None
    folder = fetch("toy", None, said)
    assert content_of(folder) == IMAGES
    assert folder == datasets_folder() / "toy" == located("toy")
    assert beside(folder) == ["toy"]
    assert "from localhost; licence: CC0" in said.text
    assert ("as it is" in said.text) == (way is LIVING)
    assert fetch("toy", None, said) == folder
    assert "toy is there already" in said.text
    assert len(shop.asked) == 1


def test_files_are_kept_as_they_are(
    shop: Any, said: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CATALOGUE, "toy", toy(PLAIN))
    (tmp_path / "mine").mkdir()  # an empty folder will do
    folder = fetch("toy", tmp_path / "mine", said)
    assert content_of(folder) == {
        "classes.txt": b"cat\n",
        "labels.gz": shop.content["/m/toys/labels.gz"],
    }
    assert located("toy") is None


@pytest.mark.parametrize(
    ("way", "path", "wrong", "message"),
    [
        (ARCHIVE, "toys/toy.tar", bytes(len(TAR)), f"SHA-256 {SHA256}, got [0-9a-f]{{64}}; it was"),
        (
            PLAIN,
            "toys/labels.gz",
            gzip.compress(b"1", mtime=0),
            r"when unzipped [0-9a-f]{64}, got [0-9a-f]",
        ),
        (PLAIN, "toys/labels.gz", b"no gzip", "got none, for it cannot be read"),
        (PLAIN, "toys/labels.gz", gzip.compress(b"12345" * 9, mtime=0)[:-9], "cannot be read"),
        (PLAIN, "toys/labels.gz", gzip.compress(bytes(4 << 20)), "none, for it is far larger"),
        (
            LIVING,
            "toys/master.tar.gz",
            gzip.compress(TAR.replace(b"cat 1", b"dog 1"), mtime=0),
            TREE,
        ),
        (LIVING, "toys/master.tar.gz", gzip.compress(TAR, mtime=0)[:-9], "damaged or cut"),
    ],
)
def test_what_is_wrong_is_removed_and_never_appears(
    shop: Any,
    said: Any,
    monkeypatch: pytest.MonkeyPatch,
    way: Way,
    path: str,
    wrong: bytes,
    message: str,
) -> None:
    monkeypatch.setitem(CATALOGUE, "toy", toy(way))
    right, shop.content[f"/m/{path}"] = shop.content[f"/m/{path}"], wrong
    with pytest.raises(DataError, match=message):
        fetch("toy", None, said)
    folder = datasets_folder() / "toy"
    assert beside(folder) == ["toy.download"]
    left = content_of(folder.with_name("toy.download"))
    assert [name for name in left if "partial" in name] in ([], [f"{path[5:]}.partial.from"])
    shop.content[f"/m/{path}"] = right
    assert content_of(fetch("toy", None, said))


@pytest.mark.parametrize("way", [ARCHIVE, LIVING, PLAIN])
def test_a_file_put_there_by_hand_is_taken(
    shop: Any, said: Any, monkeypatch: pytest.MonkeyPatch, way: Way
) -> None:
    monkeypatch.setitem(CATALOGUE, "toy", toy(way))
    name = way.files[0].name
    content, shop.content = shop.content[f"/m/toys/{name}"], {}
    with pytest.raises(DownloadError, match=f"put the file by hand at .*toy.download/{name} and"):
        fetch("toy", None, said)
    by_hand = datasets_folder() / "toy.download" / name
    if way is not LIVING:
        by_hand.write_bytes(b"something else")
        with pytest.raises(DataError, match="; replace .* and run the same command again"):
            fetch("toy", None, said)
        assert by_hand.read_bytes() == b"something else"  # it is not ours to remove
        assert not list((by_hand.parent / "copied").iterdir())
    by_hand.write_bytes(content)
    before = len(shop.asked)
    assert located("toy") is None
    assert content_of(fetch("toy", None, said))
    assert len(shop.asked) == before


@pytest.mark.parametrize("way", [ARCHIVE, PLAIN])
def test_a_file_of_a_mirror_folder_may_change_once_it_is_proven(
    shop: Any, said: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: Way
) -> None:
    monkeypatch.setitem(CATALOGUE, "toy", toy(way))
    monkeypatch.setenv("SURESHOT_MIRROR", str(tmp_path))
    file = tmp_path / way.files[0].mirror
    file.parent.mkdir()
    content = shop.content[f"/m/{way.files[0].mirror}"]
    file.write_bytes(content)
    prove = fetching._prove

    def then_changed(*arguments: Any) -> None:
        prove(*arguments)
        file.write_bytes(TAR.replace(b"cat 1", b"dog 1"))

    monkeypatch.setattr(fetching, "_prove", then_changed)
    folder = fetch("toy", None, said)
    plain = {"classes.txt": b"cat\n", "labels.gz": content}
    assert content_of(folder) == (IMAGES if way is ARCHIVE else plain)
    assert beside(folder) == ["toy"]


def test_a_file_of_a_mirror_folder_that_cannot_be_read_is_a_sentence(
    shop: Any, said: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SURESHOT_MIRROR", str(tmp_path))
    (tmp_path / "toys").mkdir()
    (tmp_path / "toys" / "toy.tar").write_bytes(TAR)
    monkeypatch.setattr(fetching, "_address", lambda *_: str(tmp_path / "toys" / "gone.tar"))
    with pytest.raises(DataError, match=r"gone\.tar must be a file that can be read"):
        fetch("toy", None, said)


def test_the_staging_of_another_fetch_is_left_alone(shop: Any, said: Any) -> None:
    other = datasets_folder() / ".partial-ab12cd34-little-toy"
    other.mkdir(parents=True)
    (datasets_folder() / ".partial-ab12cd34-toy").mkdir()
    folder = fetch("toy", None, said)
    assert beside(folder) == [other.name, "toy"]


def test_a_folder_that_cannot_be_counted_is_a_sentence(
    shop: Any, said: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = fetch("toy", None, said)
    scandir = os.scandir

    def refused(path: Any) -> Any:
        if Path(path).name == "cat":
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refused)
    with pytest.raises(StorageError, match="toy: permission denied"):
        fetch("toy", None, said)
    assert folder.exists()


def test_the_second_way_is_taken_where_the_first_is_not_there(
    shop: Any, said: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CATALOGUE, "toy", toy(ARCHIVE, LIVING))
    del shop.content["/m/toys/toy.tar"]
    assert content_of(fetch("toy", None, said)) == IMAGES
    assert "toy comes as it is" in said.text


def test_a_public_home_is_asked_where_there_is_no_mirror(
    said: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def offline(host: str, *_: object, **__: object) -> None:
        asked.append(host)
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", offline)
    monkeypatch.setattr("sureshot.downloads.transfer.time.sleep", lambda _: None)
    by_hand = datasets_folder() / "mnist.download" / "train-images-idx3-ubyte.gz"
    with pytest.raises(
        DownloadError, match=f"may be offline.*put the file by hand at {by_hand} and"
    ):
        fetch("mnist", None, said)
    assert asked == ["storage.googleapis.com"] * 4
    assert said.text.count("trying again in") == 3


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("http://localhost/m", "must be a folder or an https address, got http"),
        ("file:///etc", "must be a folder or an https address"),
        ("/no/such/folder", "must be a folder or an https address, got /no"),
        ("https://localhost:x/m", "must be an https address"),
    ],
)
def test_a_mirror_that_will_not_do(
    said: Any, monkeypatch: pytest.MonkeyPatch, given: str, message: str
) -> None:
    monkeypatch.setenv("SURESHOT_MIRROR", given)
    with pytest.raises(UsageError, match=message):
        fetch("mnist", None, said)


def test_an_empty_mirror_says_what_it_lacks(
    said: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SURESHOT_MIRROR", str(tmp_path))
    with pytest.raises(DownloadError, match=r"mnist must lie in the mirror .*, as datasets/mnist/"):
        fetch("mnist", None, said)


def test_the_file_that_is_missing_is_named(
    said: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SURESHOT_MIRROR", str(tmp_path))
    paths = [tmp_path / remote.mirror for remote in CATALOGUE["mnist"].ways[0].files]
    paths[0].parent.mkdir(parents=True)
    for path in (*paths[:2], paths[3]):
        path.write_bytes(b"")
    with pytest.raises(DownloadError, match=f"as datasets/mnist/{paths[2].name}, and does not"):
        fetch("mnist", None, said)


def test_the_file_that_a_site_lacks_is_named(
    shop: Any, said: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = Remote("", "toys/images.gz", 5_000, "0" * 64)
    monkeypatch.setitem(CATALOGUE, "toy", toy(Way((*PLAIN.files, more), 1000)))
    with pytest.raises(DownloadError, match=r"as toys/images\.gz, and does not"):
        fetch("toy", None, said)


def test_an_unknown_name_is_told_the_others(said: Any) -> None:
    with pytest.raises(UsageError, match="one of mnist, fashion_mnist, cifar10, .*, got 'minst'"):
        fetch("minst", None, said)


def test_a_folder_with_something_else_is_left_alone(said: Any, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(UsageError, match="must be a new or an empty folder"):
        fetch("mnist", tmp_path / "mine", said)
    assert content_of(tmp_path / "mine") == {"letter.txt": b"dear"}


def test_a_folder_that_was_changed_is_said(shop: Any, said: Any) -> None:
    folder = fetch("toy", None, said)
    (folder / ".DS_Store").write_text("made by a file manager")
    assert fetch("toy", None, said) == folder
    (folder / "train/cat/1.jpg").unlink()
    with pytest.raises(
        DataError, match="must hold 8 files as toy was fetched, and has been change"
    ):
        fetch("toy", None, said)


def test_a_small_disk_is_said_before_anything_is_asked(
    shop: Any, said: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage("/")._replace(free=50_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(StorageError, match=r"needs 1\.\d MB and its disk has 50\.0 kB free"):
        fetch("toy", None, said)
    assert shop.asked == []


def test_a_copy_of_a_file_at_hand_wants_space_too(
    shop: Any, said: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SURESHOT_MIRROR", str(tmp_path))
    (tmp_path / "toys").mkdir()
    (tmp_path / "toys" / "toy.tar").write_bytes(TAR)
    usage = shutil.disk_usage("/")._replace(free=ARCHIVE.unpacked + len(TAR) - 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(StorageError, match=r"needs 1\.\d MB and its disk has 1\.\d MB free"):
        fetch("toy", None, said)


def test_a_disk_that_fills_up_leaves_nothing_half(
    shop: Any, said: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("sureshot.downloads.archive._write", full)
        with pytest.raises(StorageError, match="could not write .*toy.*: no space left on device"):
            fetch("toy", None, said)
    assert beside(datasets_folder() / "toy") == ["toy.download"]
    assert content_of(fetch("toy", None, said)) == IMAGES
    assert len(shop.asked) == 1  # the archive was kept


CHILD = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_fetch import ARCHIVE, toy
from sureshot.downloads import CATALOGUE, fetch
class Aloud:
    def say(self, sentence): print(sentence, flush=True)
    def track(self, what, total): return self
    def __enter__(self): return self
    def __exit__(self, *_): pass
    def advance(self, count=1): pass
CATALOGUE["toy"] = toy(ARCHIVE)
print(fetch("toy", None, Aloud()))
"""


def start() -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", CHILD], stdout=subprocess.PIPE, text=True)


def test_killed_and_started_again_it_goes_on(shop: Any, said: Any) -> None:
    folder = datasets_folder() / "toy"
    shop.acts = ["stall 0.5"]
    with start() as child:
        assert shop.reached.wait(30)
        partial = folder.with_name("toy.download") / "toy.tar.partial"
        while not partial.exists() or partial.stat().st_size < len(TAR) // 2:
            time.sleep(0.02)
        os.kill(child.pid, signal.SIGKILL)
    assert not folder.exists()
    (folder.parent / ".partial-12345678-toy").mkdir()  # what a kill while unpacking leaves
    assert content_of(fetch("toy", None, said)) == IMAGES
    assert beside(folder) == ["toy"]
    assert [asked for _, asked in shop.asked] == ["", f"bytes={len(TAR) // 2}-"]


def test_two_processes_download_once(shop: Any) -> None:
    shop.acts = ["slow 0.5"]
    with start() as first:
        assert shop.reached.wait(30)
        with start() as second:
            assert second.stdout is not None
            assert "another process is fetching toy; waiting for it" in second.stdout.readline()
            shop.released.set()
            told = [child.communicate(timeout=30)[0].split("\n")[-2] for child in (first, second)]
    assert told == [str(datasets_folder() / "toy")] * 2
    assert content_of(datasets_folder() / "toy") == IMAGES
    assert len(shop.asked) == 1
    assert beside(datasets_folder() / "toy") == ["toy"]

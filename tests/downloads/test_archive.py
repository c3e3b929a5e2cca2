"""Archives that mean harm, or were harmed: nothing outside the folder, or beyond the limits."""

import gzip
import io
import stat
import tarfile
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sureshot.downloads.archive import Limits, extract
from sureshot.errors import DataError

LIMITS = Limits(size=2_000_000, entries=50)
Entry = tuple[str, bytes, Any]  # name, content, what makes it special


def tar(*entries: Entry, format: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format) as archive:
        for name, content, special in entries:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            for key, value in (special or {}).items():
                setattr(info, key, value)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def zipped(*entries: Entry) -> bytes:
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w") as archive:
        warnings.simplefilter("ignore")  # zipfile's own, of names that are there twice
        for name, content, special in entries:
            info = zipfile.ZipInfo("x")
            info.filename = name
            info.compress_type = zipfile.ZIP_DEFLATED
            for key, value in (special or {}).items():
                setattr(info, key, value)
            archive.writestr(info, content)
    return out.getvalue()


def unpack(content: bytes, folder: Path, said: Any, keep: str = "(.*)") -> dict[str, bytes]:
    """What `content` unpacks to, by path; everything stays in folder/out."""
    (folder / "a.archive").write_bytes(content)
    try:
        extract(folder / "a.archive", folder / "out", LIMITS, keep, said)
    finally:
        assert {path.name for path in folder.iterdir()} <= {"a.archive", "out", "data"}
    found = [path for path in (folder / "out").rglob("*") if path.is_file()]
    return {path.relative_to(folder / "out").as_posix(): path.read_bytes() for path in found}


FILES: list[Entry] = [
    ("top/a/1.jpg", b"one", None),
    ("./top/b/2.jpg", b"", None),
    ("top//c/" + "n" * 180 + "/3.jpg", b"three" * 99, None),
    ("top/größe ².txt", b"4", None),
]
UNPACKED = {
    "top/a/1.jpg": b"one",
    "top/b/2.jpg": b"",
    "top/c/" + "n" * 180 + "/3.jpg": b"three" * 99,
    "top/größe ².txt": b"4",
}


@pytest.mark.parametrize(
    "content",
    [
        tar(*FILES),
        tar(*FILES, format=tarfile.GNU_FORMAT),
        gzip.compress(tar(*FILES), mtime=0),
        zipped(*FILES),
        tar(("top", b"", {"type": tarfile.DIRTYPE}), *FILES),
        tar(*((name, content, {"mode": 0o6777, "uid": 0}) for name, content, _ in FILES)),
        tar(*((name, content, {"mtime": 1.5}) for name, content, _ in FILES)),
        zipped(("top/", b"", None), *FILES),
    ],
    ids=["pax", "gnu", "gzip", "zip", "folder", "setuid", "remarks", "zip-folder"],
)
def test_a_plain_archive_is_unpacked(content: bytes, tmp_path: Path, said: Any) -> None:
    assert unpack(content, tmp_path, said) == UNPACKED
    modes = {path.stat().st_mode & 0o7111 for path in tmp_path.rglob("*.jpg")}
    assert modes == {0}  # no rights are taken from an archive


@pytest.mark.parametrize("pack", [tar, zipped])
def test_only_what_is_kept_is_written(
    pack: Callable[..., bytes], tmp_path: Path, said: Any
) -> None:
    found = unpack(pack(*FILES), tmp_path, said, keep=r"[^/]+/([a-b]/\d\.jpg)")
    assert found == {"a/1.jpg": b"one", "b/2.jpg": b""}


def link(kind: bytes) -> list[Entry]:
    return [("a/link", b"", {"type": kind, "linkname": "../../outside"}), ("a/link/x", b"1", None)]


def pax(**headers: str) -> dict[str, Any]:
    return {"pax_headers": headers}


UNIX_LINK = {"create_system": 3, "external_attr": (stat.S_IFLNK | 0o777) << 16}
FIFO = {"create_system": 3, "external_attr": (stat.S_IFIFO | 0o777) << 16}
CLIMBS = ["../x", "a/../../x", "a/..", "..", "./../x"]
FOREIGN = ["/etc/x", "//x", "C:/x", "c:x", "..\\x", "a\\b", "\\\\host\\x"]
NAMELESS = ["a\x01b", "a\x1b[2J", "n" * 256, "a/" * 1100 + "x"]
TWINS = [
    ("x/a.jpg", "x/a.jpg"),
    ("x/a.jpg", "x/A.jpg"),
    ("x/a.jpg", "X/b.jpg"),
    ("x/ä.jpg", "x/a\u0308.jpg"),
    ("x/straße", "x/STRASSE"),
    ("x", "x/a.jpg"),
    ("x/a.jpg", "x"),
]
HARM: list[tuple[str, list[Entry], str]] = [
    *((f"climbs {n}", [(name, b"1", None)], "climbs out") for n, name in enumerate(CLIMBS)),
    *((f"foreign {n}", [(name, b"1", None)], "foreign path") for n, name in enumerate(FOREIGN)),
    *((f"name {n}", [(name, b"1", None)], "named ") for n, name in enumerate(NAMELESS)),
    *(
        (f"twins {n}", [(one, b"1", None), (two, b"2", None)], "on some file systems")
        for n, (one, two) in enumerate(TWINS)
    ),
    ("entries", [(f"{n}", b"", None) for n in range(60)], "at most 50 entries"),
    ("size", [(f"{n}", bytes(90_000), None) for n in range(40)], "at most 2,000,000 bytes"),
]


@pytest.mark.parametrize("pack", [tar, zipped])
@pytest.mark.parametrize(
    ("entries", "message"), [case[1:] for case in HARM], ids=[case[0] for case in HARM]
)
def test_harm_is_refused_in_either_form(
    pack: Callable[..., bytes], entries: list[Entry], message: str, tmp_path: Path, said: Any
) -> None:
    with pytest.raises(DataError, match=message):
        unpack(pack(*entries), tmp_path, said)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (tar(*link(tarfile.SYMTYPE)), "is a link"),
        (tar(*link(tarfile.LNKTYPE)), "is a hard link"),
        (tar(("a", b"", {"type": tarfile.CHRTYPE})), "is a device"),
        (tar(("a", b"", {"type": tarfile.BLKTYPE})), "is a device"),
        (tar(("a", b"", {"type": tarfile.FIFOTYPE})), "is a pipe"),
        (tar(("a", b"", {"type": tarfile.CONTTYPE})), "unknown kind"),
        (tar(("a", b"", {"type": tarfile.GNUTYPE_SPARSE})), "unknown kind"),
        (tar(("a", b"1", pax(path="../x"))), "climbs out"),
        (tar(("a", b"1", {"pax_headers": {"GNU.sparse.major": "1"}})), "told twice"),
        (tar(("a", b"1", pax(size="99999999999"))), "told twice"),
        (tar(("a", b"1", pax(comment="c" * 20_000))), "too long a name"),
        (tar(("n" * 20_000, b"1", None), format=tarfile.GNU_FORMAT), "too long a name"),
        (tar(("a\udcff", b"1", None), format=tarfile.GNU_FORMAT), "no text"),
        (tar(("", b"1", None)), "without a name"),
        (tar(("a", b"1" * 5000, None))[:2000], "damaged or cut"),
        (tar(("a", b"1" * 512, None))[:1024], "damaged or cut"),
        (tar(("a", b"1", None)).replace(b"ustar", b"Ustar"), "damaged or cut"),
        (gzip.compress(tar(*FILES), mtime=0)[:-20], "damaged or cut"),
        (gzip.compress(tar(*FILES), mtime=0)[:-8] + bytes(8), "damaged or cut"),
        (b"", "damaged or cut"),
        (b"<html>" * 500, "damaged or cut"),
        (b"PK\x03\x04" + bytes(500), "damaged or cut"),
        (zipped(*FILES)[:-30], "damaged or cut"),
        (zipped(("a", b"/etc/passwd", UNIX_LINK)), "a link or a device"),
        (zipped(("a", b"", FIFO)), "a link or a device"),
        (zipped(("a", b"1", {"compress_type": zipfile.ZIP_LZMA})), "an unusual way"),
    ],
)
def test_harm_is_refused(content: bytes, message: str, tmp_path: Path, said: Any) -> None:
    with pytest.raises(DataError, match=message):
        unpack(content, tmp_path, said)


def test_an_encrypted_entry_is_refused(tmp_path: Path, said: Any) -> None:
    content = bytearray(zipped(("a", b"1", None)))
    content[6] |= 1  # the flag in the local header
    content[content.index(b"PK\x01\x02") + 8] |= 1  # and in the directory
    with pytest.raises(DataError, match="is encrypted"):
        unpack(bytes(content), tmp_path, said)


def test_a_zip_that_lies_about_sizes_is_refused(tmp_path: Path, said: Any) -> None:
    content = zipped(("a", b"1" * 5000, None))
    told = (5000).to_bytes(4, "little")
    with pytest.raises(DataError, match="damaged or cut"):
        unpack(content.replace(told, (50).to_bytes(4, "little")), tmp_path, said)


def test_one_byte_wrong_inside_a_zip_is_noticed(tmp_path: Path, said: Any) -> None:
    content = bytearray(zipped(("a", bytes(range(256)) * 9, None)))
    content[60] ^= 0xFF
    with pytest.raises(DataError, match="damaged or cut"):
        unpack(bytes(content), tmp_path, said)


@pytest.mark.parametrize("where", ["one file", "a header", "a zip"])
def test_a_bomb_is_stopped_while_it_streams(tmp_path: Path, said: Any, where: str) -> None:
    huge = bytes(60_000_000)
    special = pax(comment="c") if where == "a header" else None
    content = zipped(("a", huge, None)) if where == "a zip" else tar(("a", huge, special))
    packed = content if where == "a zip" else gzip.compress(content, mtime=0)
    limits = Limits(size=1_000_000_000)  # so that it is the ratio that stops it
    (tmp_path / "bomb").write_bytes(packed)
    with pytest.raises(DataError, match=r"bomb must unpack to at most 10,000,000 bytes"):
        extract(tmp_path / "bomb", tmp_path / "out", limits, "(.*)", said)
    assert (tmp_path / "out" / "a").stat().st_size <= 10_000_000


@pytest.mark.parametrize("cut", [0, 1, 511, 512, 600, 3584, 3585, 4096, 5000, 5120])
def test_a_tar_cut_anywhere_is_refused(tmp_path: Path, said: Any, cut: int) -> None:
    whole = tar(("a", b"1" * 3000, None), ("b", b"2" * 1000, None))
    with pytest.raises(DataError, match="damaged or cut"):
        unpack(whole[:cut], tmp_path, said)

"""`*.shot`: the classifier as one file. A zip without compression, of exactly these members:

    bundle.json           what it is: classes, preprocessing, hashes, expected probabilities
    model.onnx            the network, fp32: uint8 pixels in, logits and features out
    references/00.jpg …   encoded images whose probabilities are written in bundle.json
    unlike.f32            where bundle.json says so: what the training images look like, float32

No pickle, no code, no import paths. What comes from outside is checked against limits before it
is read, and against its hashes after.
"""

import hashlib
import io
import os
import struct
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from sureshot import files
from sureshot.bundle.about import MOST_REFERENCES, About, Unlike
from sureshot.errors import BundleError

MOST_ABOUT = 8_000_000  # bytes of bundle.json: 10,000 classes × 16 references stay below
MOST_VALUES = 250_000  # in bundle.json, as for 10,000 classes; each costs memory once it is read
MOST_EXPLAINED = 2_000  # likewise; naming the first fault of more of them takes seconds
MOST_GRAPH = 2_000_000_000  # bytes; protobuf's own limit is 2 GiB
MOST_REFERENCE = 4_000_000  # bytes an image
MOST_ARRAY = 50_000_000  # bytes; 10,000 classes and 5,000 channels stay below
MOST_MEMBERS = MOST_REFERENCES + 3
MOST_DIRECTORY = MOST_MEMBERS * 128  # bytes; an entry has 46, its name 18 at most; tools add some
MOST_FILE = (
    MOST_ABOUT + MOST_GRAPH + MOST_REFERENCES * MOST_REFERENCE + MOST_ARRAY + 2 * MOST_DIRECTORY
)
VALUES_OF_CLASS = 4  # its name, and what a plan says of it
OTHER_VALUES = 1_000  # what else there is; measured: 36 and 3 a reference, and recipes may grow
END = struct.Struct("<4s4H2LH")  # the last bytes of a zip without a comment
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the same time in every bundle: the same content, the same bytes


@dataclass(frozen=True, eq=False)
class Contents:
    """A whole bundle in memory."""

    about: About
    graph: bytes
    images: tuple[bytes, ...]  # encoded, in the order of `about.references`
    kept: NDArray[np.float32] | None = None  # (P + D, A) what `about.unlike` compares with


def write_contents(path: Path, contents: Contents) -> None:
    """Write a bundle, whole or not at all; the same contents give the same bytes.

    BundleError where `read_contents` would refuse a description or an array of this size.
    """
    about = contents.about.model_dump_json(indent=1).encode()
    _require_size(path, "bundle.json", len(about), MOST_ABOUT)
    _require_few_values(path, about)
    if contents.kept is not None:
        _require_size(path, "unlike.f32", 4 * contents.kept.size, MOST_ARRAY)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        _add(archive, "bundle.json", about)
        _add(archive, "model.onnx", contents.graph)
        for reference, image in zip(contents.about.references, contents.images, strict=True):
            _add(archive, reference.file, image)
        if contents.kept is not None:
            _add(archive, "unlike.f32", array_bytes(contents.kept))
    files.write_bytes(path, packed.getvalue())


def room_for_references(classes: Sequence[str]) -> int:
    """How many images a bundle can carry as proof, each with K values, and a plan beside them."""
    commas = sum(name.count(",") for name in classes)
    left = MOST_VALUES - OTHER_VALUES - commas - VALUES_OF_CLASS * len(classes)
    return max(left // len(classes), 0)


def array_bytes(array: NDArray[np.float32]) -> bytes:
    """How an array lies in a bundle: row after row, little-endian float32."""
    return np.ascontiguousarray(array, "<f4").tobytes()


def read_contents(path: Path) -> Contents:
    """Read and verify by hash. BundleError names what is wrong; nothing is ever executed."""
    with _reading(path) as file:
        return _contents(path, file)


def read_hashed(path: Path) -> tuple[Contents, str]:
    """The same, and the SHA-256 of the file: both of the same bytes, whoever writes to it."""
    with _reading(path) as file:
        _require_plain_end(path, file)
        file.seek(0)
        content = file.read()
        return _contents(path, io.BytesIO(content)), hashlib.sha256(content).hexdigest()


@contextmanager
def _reading(path: Path) -> Iterator[IO[bytes]]:
    """A model file, open; what goes wrong with it is a BundleError."""
    try:
        with _regular(path) as file:
            yield file
    except FileNotFoundError:
        raise BundleError(f"there is no model file {path}") from None
    except _FAULTS as error:
        raise BundleError(f"{path} is not a whole Sureshot model (*.shot): {error}") from None


# What `zipfile` raises on hostile bytes; ValueError with UnicodeDecodeError.
_FAULTS = (
    OSError,
    EOFError,
    ValueError,
    OverflowError,
    NotImplementedError,
    struct.error,
    zipfile.BadZipFile,
)


def _regular(path: Path) -> IO[bytes]:
    """A regular file, open; a pipe or device, which could hang or never end, is refused."""
    if path.exists() and not path.is_file():
        raise BundleError(f"{path} must be a file, and it is a folder, pipe, socket or device")
    return path.open("rb")


def _require_plain_end(path: Path, file: IO[bytes]) -> None:
    """Raise BundleError before the file or its directory is read, where that could be long.

    Of the directory its length is what counts, for `zipfile` goes by it and not by the number of
    entries. A comment or the zip64 form would give it in another place; bundles have neither.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - END.size - 20, 0))
    tail = file.read()
    if len(tail) < END.size:
        raise BundleError(f"{path} is not a whole Sureshot model (*.shot): it is too short")
    magic, *_, entries, length, _, comment = END.unpack(tail[-END.size :])
    if magic != b"PK\5\6" or comment or tail.startswith(b"PK\6\7"):
        raise BundleError(f"{path} is not a whole Sureshot model (*.shot): it has no plain end")
    _require_size(path, "a Sureshot model", size, MOST_FILE)
    if entries > MOST_MEMBERS or length > MOST_DIRECTORY:
        raise BundleError(
            f"{path} is not a Sureshot model: it may hold at most {MOST_MEMBERS} files, found "
            f"{entries:,} in a directory of {files.readable_size(length)}"
        )


def _contents(path: Path, file: IO[bytes]) -> Contents:
    _require_plain_end(path, file)
    with zipfile.ZipFile(file) as archive:
        return _verified(path, archive)


def _verified(path: Path, archive: zipfile.ZipFile) -> Contents:
    about = _about(path, _member(path, archive, "bundle.json", MOST_ABOUT))
    wanted = {"bundle.json", "model.onnx", *(r.file for r in about.references)}
    wanted |= {"unlike.f32"} if about.unlike else set()
    if sorted(archive.namelist()) != sorted(wanted):
        raise BundleError(f"{path} must hold exactly the files that its bundle.json names")
    graph = _member(path, archive, "model.onnx", MOST_GRAPH)
    _require_hash(path, "model.onnx", graph, about.graph_sha256)
    images = []
    for reference in about.references:
        image = _member(path, archive, reference.file, MOST_REFERENCE)
        _require_hash(path, reference.file, image, reference.sha256)
        images.append(image)
    kept = _kept(path, archive, about.unlike) if about.unlike else None
    return Contents(about, graph, tuple(images), kept)


def _kept(path: Path, archive: zipfile.ZipFile, told: Unlike) -> NDArray[np.float32]:
    content = _member(path, archive, "unlike.f32", MOST_ARRAY)
    _require_hash(path, "unlike.f32", content, told.sha256)
    if len(content) != 4 * told.shape[0] * told.shape[1]:
        raise BundleError(f"{path} is damaged: unlike.f32 is not of the shape {told.shape}")
    array = np.frombuffer(content, "<f4").reshape(told.shape)
    if not np.isfinite(array).all():
        raise BundleError(f"{path}: unlike.f32 holds what is no finite number; do not use it")
    return array


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, LONG_AGO), content)


def _member(path: Path, archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise BundleError(f"{path} is not a Sureshot model: it holds no {name}") from None
    if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
        raise BundleError(f"{path}: {name} must be stored without compression")
    _require_size(path, name, info.file_size, most)
    if info.flag_bits & 1:
        raise BundleError(f"{path}: {name} is encrypted")
    return archive.read(info)


def _require_size(path: Path, name: str, size: int, most: int) -> None:
    if size > most:
        limit, found = files.readable_size(most), files.readable_size(size)
        raise BundleError(f"{path}: {name} may have at most {limit}, found {found}")


def _require_few_values(path: Path, about: bytes) -> None:
    values = about.count(b",")
    if values > MOST_VALUES:
        raise BundleError(
            f"{path}: bundle.json may hold at most {MOST_VALUES:,} values, found {values:,}"
        )


def _about(path: Path, content: bytes) -> About:
    _require_few_values(path, content)
    try:
        return About.model_validate_json(content)
    except ValidationError as error:
        many = content.count(b",") > MOST_EXPLAINED
        fault = f"{error.error_count():,} mistakes" if many else _first(error)
        raise BundleError(
            f"{path}: bundle.json is not one that this version reads: {fault}"
        ) from None


def _first(error: ValidationError) -> str:
    """The first mistake, on one line."""
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"]) or "the text"
    return f"{key[:80]!r}: {first['msg'][:200]}, got {repr(first['input'])[:80]}"


def _require_hash(path: Path, name: str, content: bytes, wanted: str) -> None:
    if hashlib.sha256(content).hexdigest() != wanted:
        raise BundleError(f"{path} is damaged: {name} is not what was written; get the file again")

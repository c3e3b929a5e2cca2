"""`*.shot`: the classifier as one file. A zip without compression, of exactly these members:

    bundle.json           what it is: classes, preprocessing, hashes, expected probabilities
    model.onnx            the network, fp32: uint8 pixels in, logits and features out
    references/00.jpg …   encoded images whose probabilities are written in bundle.json

No pickle, no code, no import paths. What comes from outside is checked against limits before it
is read, and against its hashes after.
"""

import hashlib
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sureshot import files
from sureshot.errors import BundleError
from sureshot.recipe import Preprocessing

MOST_ABOUT = 8_000_000  # bytes of bundle.json: 10,000 classes × 16 references stay below
MOST_GRAPH = 2_000_000_000  # bytes; protobuf's own limit is 2 GiB
MOST_REFERENCE = 4_000_000  # bytes an image
MOST_REFERENCES = 64
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the same time in every bundle: the same content, the same bytes


class Reference(BaseModel):
    """One image that the bundle carries, and what it must give."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    file: str = Field(pattern=r"^references/\d\d\.(jpg|png|webp|bmp|gif|tif|avif)$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    probabilities: tuple[float, ...]  # (K,)


class About(BaseModel):
    """Everything about a bundle that is not the network or an image."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    schema_version: Literal[1]
    sureshot: str  # version that wrote it
    network: str
    classes: tuple[str, ...] = Field(min_length=2)
    preprocessing: Preprocessing
    recipe: str  # TOML
    data_fingerprint: str
    graph_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    reference_kind: Literal["images", "synthetic", "none"]
    references: tuple[Reference, ...] = Field(max_length=MOST_REFERENCES)


@dataclass(frozen=True)
class Contents:
    """A whole bundle in memory."""

    about: About
    graph: bytes
    images: tuple[bytes, ...]  # encoded, in the order of `about.references`


def write_contents(path: Path, contents: Contents) -> None:
    """Write a bundle, whole or not at all; the same contents give the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        _add(archive, "bundle.json", contents.about.model_dump_json(indent=1).encode())
        _add(archive, "model.onnx", contents.graph)
        for reference, image in zip(contents.about.references, contents.images, strict=True):
            _add(archive, reference.file, image)
    files.write_bytes(path, packed.getvalue())


def read_contents(path: Path) -> Contents:
    """Read and verify by hash. BundleError names what is wrong; nothing is ever executed."""
    try:
        with zipfile.ZipFile(path) as archive:
            about = _about(path, _member(path, archive, "bundle.json", MOST_ABOUT))
            wanted = {"bundle.json", "model.onnx", *(r.file for r in about.references)}
            if sorted(archive.namelist()) != sorted(wanted):
                raise BundleError(f"{path} must hold exactly the files that its bundle.json names")
            graph = _member(path, archive, "model.onnx", MOST_GRAPH)
            _require_hash(path, "model.onnx", graph, about.graph_sha256)
            images = []
            for reference in about.references:
                image = _member(path, archive, reference.file, MOST_REFERENCE)
                _require_hash(path, reference.file, image, reference.sha256)
                images.append(image)
    except FileNotFoundError:
        raise BundleError(f"there is no model file {path}") from None
    except (OSError, zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        raise BundleError(f"{path} is not a whole Sureshot model (*.shot): {error}") from None
    return Contents(about, graph, tuple(images))


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, LONG_AGO), content)


def _member(path: Path, archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise BundleError(f"{path} is not a Sureshot model: it holds no {name}") from None
    if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
        raise BundleError(f"{path}: {name} must be stored without compression")
    if info.file_size > most:
        limit, found = files.readable_size(most), files.readable_size(info.file_size)
        raise BundleError(f"{path}: {name} may have at most {limit}, found {found}")
    if info.flag_bits & 1:
        raise BundleError(f"{path}: {name} is encrypted")
    return archive.read(info)


def _about(path: Path, content: bytes) -> About:
    try:
        return About.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        found = repr(first["input"])[:80]
        raise BundleError(
            f"{path}: bundle.json is not one that this version reads: {key}: {first['msg']}, "
            f"got {found}"
        ) from None


def _require_hash(path: Path, name: str, content: bytes, wanted: str) -> None:
    if hashlib.sha256(content).hexdigest() != wanted:
        raise BundleError(f"{path} is damaged: {name} is not what was written; get the file again")

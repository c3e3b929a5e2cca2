"""Weights from a server that speaks as the hub does, and misbehaves on request."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from sureshot.errors import DataError, DownloadError, SureshotError, UsageError
from sureshot.pretrained import located, obtain
from sureshot.pretrained.weights import NEEDED, _hashed

COMMIT, OTHER = "a" * 40, "b" * 40
CONTENT = {
    "config.json": b"{}",
    "preprocessor_config.json": b'{"size": 64, "image_mean": [0, 0, 0], "image_std": [1, 1, 1]}',
    "model.safetensors": bytes(range(256)) * 400,
    "pytorch_model.bin": b"a pickle",
}
API = "/api/models/owner/name/revision/{}?blobs=true"


def row(name: str, content: bytes) -> dict[str, Any]:
    git = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    told: dict[str, Any] = {"rfilename": name, "size": len(content), "blobId": git}
    if name == "model.safetensors":
        told["lfs"] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
    return told


def publish(site: Any, commit: str = COMMIT, names: Any = tuple(CONTENT)) -> None:
    """Put the repository at a commit, which is the newest from then on."""
    listing = {"sha": commit, "siblings": [row(name, CONTENT[name]) for name in names]}
    for revision in ("main", commit):
        site.content[API.format(revision)] = json.dumps(listing).encode()
    for name in names:
        site.content[f"/owner/name/resolve/{commit}/{name}"] = CONTENT[name]


@pytest.fixture
def hub(site: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("SURESHOT_MIRROR", f"https://{site.netloc}")
    monkeypatch.setattr("sureshot.downloads.transfer.time.sleep", lambda _: None)
    publish(site)
    return site


def test_the_newest_commit_is_fetched_once_and_pinned(hub: Any, said: Any) -> None:
    found = obtain("hf:owner/name", said)
    assert found.model == f"hf:owner/name@{COMMIT}"
    assert sorted(path.name for path in found.folder.glob("[!.]*")) == sorted(NEEDED)
    assert found.sha256 == {n: hashlib.sha256(CONTENT[n]).hexdigest() for n in NEEDED}
    assert f"commit {COMMIT[:12]}" in said.text
    asked = len(hub.asked)
    publish(hub, OTHER)  # what is here already needs no network
    assert obtain("hf:owner/name", said) == obtain(found.model, said) == located(found.model)
    assert len(hub.asked) == asked


def test_a_commit_that_is_named_is_the_one_fetched(hub: Any, said: Any) -> None:
    publish(hub, OTHER)
    assert obtain(f"hf:owner/name@{COMMIT}", said).commit == COMMIT
    assert obtain(f"hf:owner/name@{OTHER}", said).commit == OTHER
    with pytest.raises(UsageError, match=f"at 2 commits, and one must be .*{COMMIT} or .*{OTHER}"):
        obtain("hf:owner/name", said)


def test_a_wrong_file_is_refused_and_removed(hub: Any, said: Any, tmp_path: Path) -> None:
    for name in NEEDED[0], NEEDED[2]:
        hub.content[f"/owner/name/resolve/{COMMIT}/{name}"] = bytes(len(CONTENT[name]))
        with pytest.raises(DataError, match=rf"{name} must have the hash \w+, and has another"):
            obtain("hf:owner/name", said)
        publish(hub)
    assert not list(tmp_path.rglob(NEEDED[2]))
    assert obtain("hf:owner/name", said).commit == COMMIT


def test_a_cut_connection_ends_in_a_sentence_and_is_gone_on_with(hub: Any, said: Any) -> None:
    hub.acts = ["serve", "serve", "serve", "cut 0.5", "cut 0", "cut 0", "cut 0"]
    with pytest.raises(DownloadError, match=r"ended at 51,200 of 102,400 bytes, after 4 tries"):
        obtain("hf:owner/name", said)
    with pytest.raises(DataError, match="must be on this machine, and are not; fetch them"):
        located("hf:owner/name")
    hub.asked.clear()
    assert obtain("hf:owner/name", said).commit == COMMIT
    assert hub.asked[-1] == (f"/owner/name/resolve/{COMMIT}/{NEEDED[2]}", "bytes=51200-")


@pytest.mark.parametrize(
    ("path", "content", "message"),
    [
        (API.format("main"), None, "the hub must have owner/name at main, and has not"),
        (f"/owner/name/resolve/{COMMIT}/config.json", None, "config.json, and has not"),
        (API.format("main"), b"{}", "must list the files of a commit"),
        (API.format("main"), b"not JSON", "must list the files of a commit"),
        (API.format("main"), b'{"sha": "../..", "siblings": []}', "must list the files"),
        (API.format("main"), b'{"sha": "' + b"a" * 40 + b'", "siblings": []}', "and lacks config"),
    ],
)
def test_what_is_missing_or_no_listing_ends_in_a_sentence(
    hub: Any, said: Any, path: str, content: bytes | None, message: str
) -> None:
    if content is None:
        del hub.content[path]
    else:
        hub.content[path] = content
    with pytest.raises(SureshotError, match=message) as error:
        obtain("hf:owner/name", said)
    assert "\n" not in str(error.value)


def test_a_listing_of_another_commit_is_refused(hub: Any, said: Any) -> None:
    hub.content[API.format(OTHER)] = hub.content[API.format(COMMIT)]
    with pytest.raises(DataError, match="must list the files of a commit"):
        obtain(f"hf:owner/name@{OTHER}", said)


def test_pickled_weights_are_never_fetched(hub: Any, said: Any) -> None:
    publish(hub, names=("config.json", "preprocessor_config.json", "pytorch_model.bin"))
    with pytest.raises(DataError, match=r"lacks model\.safetensors; weights of other kinds"):
        obtain("hf:owner/name", said)
    assert not [path for path, _ in hub.asked if "pytorch_model" in path]


def write_files(folder: Path, names: Any = NEEDED) -> Path:
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_bytes(CONTENT[name])
    return folder


def test_a_folder_needs_no_network(tmp_path: Path, said: Any) -> None:
    folder = write_files(tmp_path / "mine")
    found = obtain(f"hf:{folder}", said)
    assert (found.model, found.folder, found.commit) == (f"hf:{folder}", folder, "")
    (folder / NEEDED[2]).rename(folder / "pytorch_model.bin")
    with pytest.raises(DataError, match=r"mine must hold .*, and lacks model\.safetensors"):
        obtain(f"hf:{folder}", said)


def test_files_are_hashed_once_until_they_change(tmp_path: Path, said: Any) -> None:
    folder = write_files(tmp_path / "mine")
    first = located(f"hf:{folder}").sha256
    before = _hashed.cache_info().misses
    assert located(f"hf:{folder}").sha256 == first
    assert _hashed.cache_info().misses == before
    (folder / NEEDED[2]).write_bytes(b"other weights")
    assert located(f"hf:{folder}").sha256 != first


def test_a_mirror_s_folder_comes_before_the_hub(
    tmp_path: Path, said: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SURESHOT_MIRROR", str(tmp_path))
    folder = write_files(tmp_path / "weights" / "mobilenet_v2_1.0_224")
    found = obtain("mobilenet_v2", said)
    assert (found.folder, found.to_json()["commit"]) == (folder, "mirror")
    with pytest.raises(DataError, match=r"somebody/.* must lie in .*weights/somebody/mobilenet"):
        obtain("hf:somebody/mobilenet_v2_1.0_224", said)
    other = write_files(tmp_path / "weights" / "somebody" / "mobilenet_v2_1.0_224")
    assert obtain("hf:somebody/mobilenet_v2_1.0_224", said).folder == other
    with pytest.raises(DataError, match=r"microsoft/resnet-50 must lie in .*weights/resnet-50"):
        obtain("resnet50", said)
    with pytest.raises(DataError, match=f"1.0_224@{COMMIT}, and does not"):
        obtain(f"hf:google/mobilenet_v2_1.0_224@{COMMIT}", said)
    monkeypatch.setenv("SURESHOT_MIRROR", "ftp://somewhere")
    with pytest.raises(UsageError, match="SURESHOT_MIRROR must be a folder or an https address"):
        obtain("resnet50", said)

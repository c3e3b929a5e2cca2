"""Any source written out again, and read back to the same images, labels and splits."""

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from shapes import write_shapes
from sureshot.containers import indexed
from sureshot.data import Source, export, list_source, scan, settle_splits
from sureshot.errors import UsageError
from sureshot.images import decode
from sureshot.progress import Silent
from sureshot.recipe import ImageSettings
from sureshot.records import SPLITS, Index

SETTINGS = ImageSettings()


def read(place: Path) -> Index:
    return settle_splits(scan(list_source(Source(place)), SETTINGS, Silent()), 111)


def content(index: Index) -> set[tuple[str, str, bytes]]:
    """Class, split and pixels of every image."""
    found = set()
    for row in np.flatnonzero(index.readable):
        image = decode(indexed(index, int(row), 32), SETTINGS).convert("RGB")
        label = index.classes[index.label[row]]
        found.add((label, str(index.split[row]), image.tobytes()))
    return found


@pytest.mark.parametrize("form", ["folder", "parquet"])
def test_what_is_exported_reads_back_the_same(shapes: Path, tmp_path: Path, form: str) -> None:
    index = read(shapes)
    size = export(index, tmp_path / "out", form, 32, Silent())
    again = read(tmp_path / "out")
    assert again.made == ()  # the splits came with it
    assert again.classes == index.classes
    assert content(again) == content(index)
    written = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert size == sum(path.stat().st_size for path in written)
    if form == "folder":  # the very bytes
        assert set(again.sha256) == set(index.sha256)


def test_arrays_become_png(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (40, 9, 9), np.uint8)
    labels = np.arange(40) % 2
    np.savez(tmp_path / "a.npz", x_train=pixels, y_train=labels)
    index = read(tmp_path / "a.npz")
    export(index, tmp_path / "folder", "folder", 32, Silent())
    names = [path.name for path in (tmp_path / "folder").rglob("*.png")]
    assert len(names) == 40
    assert content(read(tmp_path / "folder")) == content(index)


def test_parquet_is_as_the_datasets_library_writes_it(shapes: Path, tmp_path: Path) -> None:
    export(read(shapes), tmp_path / "out", "parquet", 32, Silent())
    table = pq.read_table(tmp_path / "out" / "train-00000-of-00001.parquet")
    features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
    assert features["label"] == {"names": ["bar", "disc"], "_type": "ClassLabel"}
    assert table.column_names == ["image", "label"]
    assert set(table["image"][0].as_py()) == {"bytes", "path"}


def test_names_that_meet_are_kept_apart(tmp_path: Path) -> None:
    for k, place in enumerate(("one/a", "two/a", "three/b")):
        folder = tmp_path / "in" / "train" / place.split("/")[1] / place.split("/")[0]
        folder.mkdir(parents=True)
        for name in ("X.png", "x.png"):
            Image.new("L", (8, 8), 20 * k + len(name) + ord(name[0])).save(folder / name)
    index = read(tmp_path / "in")
    export(index, tmp_path / "out", "folder", 32, Silent())
    assert content(read(tmp_path / "out")) == content(index)
    names = [
        path.relative_to(tmp_path).as_posix().lower() for path in (tmp_path / "out").rglob("*.png")
    ]
    assert len(names) == len(set(names)) == 6


def test_nothing_is_overwritten(shapes: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(UsageError, match="nothing is overwritten"):
        export(read(shapes), tmp_path / "mine", "folder", 32, Silent())
    with pytest.raises(UsageError, match="--to must be folder or parquet, got 'zip'"):
        export(read(shapes), tmp_path / "new", "zip", 32, Silent())
    assert not (tmp_path / "new").exists()


def test_a_class_that_cannot_name_a_folder(tmp_path: Path) -> None:
    pixels = np.zeros((12, 8, 8), np.uint8) + np.arange(12, dtype=np.uint8)[:, None, None]
    labels = np.array(["a/b", "c"] * 6)
    np.savez(tmp_path / "a.npz", x_train=pixels, y_train=labels)
    with pytest.raises(UsageError, match="'a/b' cannot name a folder"):
        export(read(tmp_path / "a.npz"), tmp_path / "out", "folder", 32, Silent())
    export(read(tmp_path / "a.npz"), tmp_path / "out", "parquet", 32, Silent())
    assert content(read(tmp_path / "out")) == content(read(tmp_path / "a.npz"))


def test_only_what_is_in_a_split_is_exported(tmp_path: Path) -> None:
    index = read(write_shapes(tmp_path / "shapes", each=20))
    assert {split for _, split, _ in content(index)} == set(SPLITS)

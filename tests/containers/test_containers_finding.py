"""What is a container and what is not; splits, label columns, folders, rows, changes on disk."""

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import writing

from shapes import write_shapes
from sureshot.containers import content, find, indexed
from sureshot.data import list_source, scan
from sureshot.data.source import Source
from sureshot.errors import DataError, UsageError
from sureshot.progress import Silent
from sureshot.recipe import ImageSettings

X = np.random.default_rng(1).integers(0, 256, (20, 6, 6), np.uint8)
Y = np.arange(20) % 3
NAMES = [f"pixel{number}" for number in range(36)]


def found(place: Path, label: str | None = None) -> dict[str, tuple[str | None, int, bool]]:
    got = find(place, label)
    assert got is not None
    return {part.name: (part.split, part.count, part.labels is not None) for part in got[1]}


def test_what_is_no_container_is_left_to_others(tmp_path: Path) -> None:
    photos = write_shapes(tmp_path / "photos", each=1)
    (tmp_path / "labels.csv").write_text("file,label\na.png,cat\n")
    (tmp_path / "notes.csv").write_bytes("é,b\n".encode("latin-1"))
    (tmp_path / "features.csv").write_text(",".join(f"f{n}" for n in range(30)) + "\n")
    (tmp_path / "train").write_bytes(b"text")
    pq.write_table(pa.table({"image": ["a.png"], "label": ["cat"]}), tmp_path / "files.parquet")
    paths = pa.array([{"bytes": None, "path": "a.png"}], pa.struct({"bytes": pa.binary()}))
    pq.write_table(pa.table({"image": paths}), tmp_path / "paths.parquet")
    os.mkfifo(tmp_path / "pipe.csv")
    for place in [*tmp_path.iterdir(), photos / "bar" / "000.png", tmp_path / "missing"]:
        assert find(place) is None, place
    assert find(tmp_path) is None


def test_class_folders_come_before_a_stray_table(tmp_path: Path) -> None:
    write_shapes(tmp_path / "photos", each=1)
    writing.csv(tmp_path / "photos" / "train.csv", X, Y)
    assert find(tmp_path / "photos") is None
    assert found(tmp_path / "photos" / "train.csv") == {"train.csv": ("train", 20, True)}


def test_splits_are_said_by_the_names(tmp_path: Path) -> None:
    for name in ("mnist_train.csv", "val.csv", "Test-1.csv", "all.csv", "train_test.csv"):
        writing.csv(tmp_path / name, X, Y)
    assert {name: split for name, (split, _, _) in found(tmp_path).items()} == {
        "mnist_train.csv": "train",
        "val.csv": "validation",
        "Test-1.csv": "test",
        "all.csv": None,
        "train_test.csv": None,
    }


def test_images_without_labels_are_for_prediction(tmp_path: Path) -> None:
    writing.csv(tmp_path / "train.csv", X, Y)
    writing.csv(tmp_path / "test.csv", X[:7], None)
    (tmp_path / "sample_submission.csv").write_text("ImageId,Label\n1,0\n")
    assert found(tmp_path) == {"test.csv": ("test", 7, False), "train.csv": ("train", 20, True)}
    np.savez(tmp_path / "x.npz", x_test=X)
    assert found(tmp_path / "x.npz") == {"x.npz/x_test": ("test", 20, False)}
    writing.idx(tmp_path / "t10k-images-idx3-ubyte", X)
    assert found(tmp_path / "t10k-images-idx3-ubyte") == {
        "t10k-images-idx3-ubyte": ("test", 20, False)
    }


def test_hidden_labels_of_a_hub_are_none(tmp_path: Path) -> None:
    writing.parquet(tmp_path / "test.parquet", [writing.png(X[0])] * 3, [-1] * 3, ["a", "b"])
    assert found(tmp_path) == {"test.parquet": ("test", 3, False)}


def test_a_packed_twin_is_the_same_file(tmp_path: Path) -> None:
    for end in ("", ".gz"):
        writing.idx(tmp_path / f"train-images-idx3-ubyte{end}", X)
        writing.idx(tmp_path / f"train-labels-idx1-ubyte{end}", Y.astype(np.uint8))
    assert found(tmp_path) == {"train-images-idx3-ubyte": ("train", 20, True)}


def test_classes_are_named_by_the_list_beside(tmp_path: Path) -> None:
    writing.idx(tmp_path / "train-images-idx3-ubyte", X)
    writing.idx(tmp_path / "train-labels-idx1-ubyte", Y.astype(np.uint8))
    (tmp_path / "classes.txt").write_text("T-shirt\nTrouser\nPullover\n\n")
    got = find(tmp_path)
    assert got is not None
    assert got[1][0].labels is not None
    assert list(got[1][0].labels[:3]) == ["T-shirt", "Trouser", "Pullover"]


def test_label_names_the_column(tmp_path: Path) -> None:
    place = tmp_path / "train.csv"
    writing.csv(place, np.ones((4, 37), np.uint8), list("abcd"), ["kind", *NAMES, "id"])
    assert found(place) == {"train.csv": ("train", 4, False)}
    got = find(place, "kind")
    assert got is not None
    assert got[1][0].labels is not None
    assert list(got[1][0].labels) == list("abcd")
    with pytest.raises(UsageError, match=r"column of .*train.csv: id, kind, got 'species'"):
        find(place, "species")
    np.savez(tmp_path / "x.npz", x=X, y=Y)
    with pytest.raises(UsageError, match=r"x.npz has none to choose from, got label='y'"):
        find(tmp_path / "x.npz", "y")


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    writing.csv(tmp_path / "secret.csv", X, Y)
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "train.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(DataError, match="is a link out of it"):
        find(tmp_path / "given")


@pytest.mark.parametrize(
    "name", ["a.csv#20", "a.csv#-1", "a.csv#", "a.csv", "a.csv/x#1", "b.csv#1", "#1", "../c#1"]
)
def test_a_row_that_is_not_there_is_an_error(name: str, tmp_path: Path) -> None:
    writing.csv(tmp_path / "a.csv", X, Y)
    with pytest.raises(DataError):
        content(tmp_path, name, True, 1)


@pytest.mark.parametrize("form", ["csv", "npy", "idx", "binary"])
def test_a_file_that_was_cut_after_it_was_listed_is_an_error(form: str, tmp_path: Path) -> None:
    place = tmp_path / {"idx": "a-images-idx3-ubyte", "binary": "test_batch.bin"}.get(
        form, f"a.{form}"
    )
    match form:
        case "csv":
            writing.csv(place, X, Y)
        case "npy":
            np.save(place, X)
        case "idx":
            writing.idx(place, X)
        case "binary":
            writing.cifar_binary(place, np.zeros((20, 32, 32, 3), np.uint8), Y)
    (part,) = found(tmp_path)
    content(tmp_path, f"{part}#19", True, 1)
    os.truncate(place, place.stat().st_size - 9)
    with pytest.raises(DataError):
        content(tmp_path, f"{part}#19", True, 1)


def test_an_index_of_a_container_knows_when_its_pixels_changed(tmp_path: Path) -> None:
    place = tmp_path / "train.csv"
    writing.csv(place, X, Y)
    index = scan(list_source(Source(place)), ImageSettings(), Silent())
    np.testing.assert_array_equal(indexed(index, 3, 1), X[3])
    writing.csv(place, 255 - X, Y)
    with pytest.raises(DataError, match="was changed since it was indexed"):
        indexed(index, 3, 1)

"""What is a container and what is not; splits, label columns, folders, rows, changes on disk."""

import json
import os
import pickle
import time
import tracemalloc
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
    numbers = ",".join(f"f{n}" for n in range(16)), ",".join(["0.5"] * 16)
    (tmp_path / "measured.csv").write_text(f"file,label,{numbers[0]}\na.png,cat,{numbers[1]}\n")
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


def test_names_beyond_the_usual_classes_are_taken(tmp_path: Path) -> None:
    pixels = np.zeros((3, 32, 32, 3), np.uint8)
    writing.cifar_python(tmp_path / "data_batch_1", pixels, [0, 10, 11], 2)
    names = {"label_names": list("abcdefghijkl")}
    (tmp_path / "batches.meta").write_bytes(pickle.dumps(names, 2))
    got = find(tmp_path)
    assert got is not None
    assert got[1][0].labels is not None
    assert list(got[1][0].labels) == ["a", "k", "l"]


def test_arrays_named_as_scikit_learn_does_are_pairs(tmp_path: Path) -> None:
    for split in ("test", "train"):
        np.save(tmp_path / f"X_{split}.npy", X)
        np.save(tmp_path / f"y_{split}.npy", Y)
    assert found(tmp_path) == {"X_test.npy": ("test", 20, True), "X_train.npy": ("train", 20, True)}


def test_many_names_are_compared_quickly(tmp_path: Path) -> None:
    names = [str(number) for number in range(30_000)]
    writing.idx(tmp_path / "train-images-idx3-ubyte", X)
    writing.idx(tmp_path / "train-labels-idx1-ubyte", Y.astype(np.uint8))
    (tmp_path / "classes.txt").write_text("\n".join(names))
    start = time.perf_counter()
    assert len(found(tmp_path)) == 1
    assert time.perf_counter() - start < 2  # seconds; each with each of the others takes 8


def test_folders_in_folders_without_end_are_walked(tmp_path: Path) -> None:
    writing.csv(tmp_path / "train.csv", X, Y)
    deepest = tmp_path.joinpath(*["d"] * 1200)
    for folder in [*reversed(deepest.parents), deepest]:
        folder.mkdir(exist_ok=True)
    try:
        assert found(tmp_path) == {"train.csv": ("train", 20, True)}
    finally:
        os.removedirs(deepest)  # for pytest's own clearing does not go so deep


def test_listing_many_files_never_holds_all(tmp_path: Path) -> None:
    for number in range(30):
        np.savez_compressed(tmp_path / f"{number}.npz", x=np.zeros((1000, 32, 32), np.uint8))
    tracemalloc.start()
    assert len(found(tmp_path)) == 30
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 15e6  # bytes; the last eight, of one MB each, stay open


FEATURES = {"image": "Image", "audio": "Audio", "mask": "Image"}


def typed(place: Path, *names: str) -> Path:
    """A table of encoded files, with what Hugging Face's metadata says of them."""
    kind = pa.struct({"bytes": pa.binary(), "path": pa.string()})
    values = pa.array([{"bytes": writing.png(X[0]), "path": None}], kind)
    features = {name: {"_type": FEATURES[name]} for name in names}
    about = {"huggingface": json.dumps({"info": {"features": features}})}
    columns = pa.table(dict.fromkeys(names, values))
    pq.write_table(columns.replace_schema_metadata(about), place)
    return place


def test_the_metadata_says_which_column_has_the_images(tmp_path: Path) -> None:
    assert found(typed(tmp_path / "a.parquet", "audio", "image")) == {"a.parquet": (None, 1, False)}
    assert content(tmp_path, "a.parquet#0", True, 1) == writing.png(X[0])
    assert find(typed(tmp_path / "b.parquet", "audio")) is None
    with pytest.raises(UsageError, match="found image and mask"):
        find(typed(tmp_path / "c.parquet", "image", "mask"))


def test_a_value_that_stands_in_many_rows_is_held_once(tmp_path: Path) -> None:
    image, label = X.tobytes() * 1000, "x" * 10_000
    place = tmp_path / "a.parquet"
    writing.parquet(place, [image] * 300, [label] * 300, rows=300)
    assert place.stat().st_size < 1e6  # bytes, for 216 MB of images
    before = pa.total_allocated_bytes()
    got = find(place)
    assert content(tmp_path, "a.parquet#299", True, 1) == image
    assert pa.total_allocated_bytes() - before < 3e6
    assert got is not None
    assert got[1][0].labels is not None
    assert len({id(word) for word in got[1][0].labels}) == 1
    assert got[1][0].labels[299] == label


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

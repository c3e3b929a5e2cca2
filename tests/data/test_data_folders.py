"""Folders as people have them: layouts, strays, empty and missing classes, links, odd names."""

import os
from pathlib import Path

import pytest
from PIL import Image

from shapes import write_shapes
from sureshot.data import list_folder, list_images, scan, settle_splits
from sureshot.data.split import require_trainable
from sureshot.errors import DataError, UsageError
from sureshot.progress import Silent
from sureshot.recipe import ImageSettings
from sureshot.records import Index


def picture(path: Path, level: int = 100) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (12, 9), (level, level, level)).save(path)
    return path


def indexed(root: Path, seed: int = 111, pinned: Index | None = None) -> Index:
    return settle_splits(scan(list_folder(root), ImageSettings(), Silent()), seed, pinned)


def test_splits_and_classes_come_from_folders(tmp_path: Path) -> None:
    for number, split in enumerate(("Train", "valid", "TEST")):
        for label in ("dress", "hat"):
            picture(tmp_path / split / label / "deep" / "a.png", number)
    index = indexed(tmp_path)
    assert index.classes == ("dress", "hat")
    assert list(index.split) == ["test", "test", "train", "train", "validation", "validation"]
    assert index.made == ()
    assert index.id[0] == "TEST/dress/deep/a.png"


def test_a_class_missing_in_a_split_never_shifts_a_label(tmp_path: Path) -> None:
    for split, labels in {"train": "abc", "validation": "ac", "test": "bc"}.items():
        for label in labels:
            picture(tmp_path / split / label / "1.png")
    index = indexed(tmp_path)
    for name, label in zip(index.id, index.label, strict=True):
        assert index.classes[label] == name.split("/")[1]
    require_trainable(index)


def test_a_class_missing_in_train_is_an_error(tmp_path: Path) -> None:
    for split, labels in {"train": "ab", "validation": "ab", "test": "abc"}.items():
        for label in labels:
            picture(tmp_path / split / label / "1.png")
    with pytest.raises(DataError, match="must have readable training images, found none for c"):
        require_trainable(indexed(tmp_path))


def test_hidden_files_are_passed_over_and_strays_are_told(tmp_path: Path) -> None:
    write_shapes(tmp_path, each=2)
    picture(tmp_path / "bar" / "._000.png")
    picture(tmp_path / ".ipynb_checkpoints" / "000.png")
    (tmp_path / "bar" / "Thumbs.db").write_text("x")
    (tmp_path / "bar" / "notes.txt").write_text("x")
    (tmp_path / "README.md").write_text("x")
    (tmp_path / "empty").mkdir()
    listing = list_folder(tmp_path)
    assert len(listing.entries) == 4
    assert listing.strays == ("README.md", "bar/notes.txt")
    assert listing.empty == ("empty",)


def test_a_folder_beside_the_splits_is_told(tmp_path: Path) -> None:
    for split in ("train", "test", "old"):
        picture(tmp_path / split / "a" / "1.png")
    assert list_folder(tmp_path).beside == ("old",)


def test_two_folders_for_one_split_are_refused(tmp_path: Path) -> None:
    for split in ("train", "val", "valid"):
        picture(tmp_path / split / "a" / "1.png")
    with pytest.raises(DataError, match="two folders for one split: val and valid; keep one"):
        list_folder(tmp_path)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda root: None, "found no folders"),
        (lambda root: (root / "a").mkdir(), r"found folders without images \(a\)"),
        (lambda root: picture(root / "1.png"), "holds 1 images but no folder a class"),
    ],
)
def test_what_is_no_folder_of_classes_is_said(tmp_path: Path, make: object, sentence: str) -> None:
    make(tmp_path)  # type: ignore[operator]
    with pytest.raises(DataError, match=sentence):
        list_folder(tmp_path)


def test_no_folder_at_all() -> None:
    with pytest.raises(DataError, match="there is no folder nowhere"):
        list_folder(Path("nowhere"))
    with pytest.raises(DataError, match="got the file"):
        list_folder(Path(__file__))


def test_links_are_not_followed_out_of_the_folder(tmp_path: Path) -> None:
    outside = picture(tmp_path / "outside.png")
    root = tmp_path / "data"
    picture(root / "a" / "1.png")
    picture(root / "b" / "1.png")
    (root / "a" / "2.png").symlink_to(outside)
    (root / "a" / "3.png").symlink_to(root / "a" / "1.png")
    (root / "a" / "loop").symlink_to(root, target_is_directory=True)
    index = indexed(root)
    problems = dict(zip(index.id, index.problem, strict=True))
    assert problems["a/2.png"].startswith("outside: ")
    assert problems["a/3.png"] == ""
    assert list_folder(root).links == ("a/loop",)  # named, not walked into
    assert len(index) == 4


def test_special_files_are_named_and_nothing_hangs(tmp_path: Path) -> None:
    write_shapes(tmp_path, each=1)
    os.mkfifo(tmp_path / "bar" / "pipe.png")
    index = indexed(tmp_path)
    assert index.problem[list(index.id).index("bar/pipe.png")].startswith("not_a_file: ")


@pytest.mark.parametrize(
    "name", ["a\nb.png", "=cmd().png", "\x1b[31mred.png", "ü.png", "-x.png", "a'\"b.png", "😀.png"]
)
def test_odd_names_survive_the_index(name: str, tmp_path: Path) -> None:
    write_shapes(tmp_path / "data", each=1)
    picture(tmp_path / "data" / "bar" / name)
    index = indexed(tmp_path / "data")
    index.save(tmp_path / "index.parquet")
    again = Index.load(tmp_path / "index.parquet")
    assert f"bar/{name}" in again.id
    assert list(again.id) == list(index.id)


def test_a_name_that_is_no_utf8_survives_the_index(tmp_path: Path) -> None:
    write_shapes(tmp_path / "data", each=1)
    strange = os.fsdecode(b"caf\xe9.png")
    try:
        picture(tmp_path / "data" / "bar" / strange)
    except OSError:
        pytest.skip("this file system wants UTF-8")
    index = indexed(tmp_path / "data")
    index.save(tmp_path / "index.parquet")
    again = Index.load(tmp_path / "index.parquet")
    assert f"bar/{strange}" in again.id
    assert (again.path(list(again.id).index(f"bar/{strange}"))).exists()


def test_the_index_survives_parquet(tmp_path: Path) -> None:
    index = indexed(write_shapes(tmp_path / "data"))
    index.save(tmp_path / "index.parquet")
    again = Index.load(tmp_path / "index.parquet")
    assert again.to_pandas().equals(index.to_pandas())
    assert (again.classes, again.made, again.root) == (index.classes, index.made, index.root)
    assert again.fingerprint() == index.fingerprint()


def test_predicting_takes_files_folders_globs_and_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import io

    root = write_shapes(tmp_path / "data", each=2)
    (root / "bar" / "notes.txt").write_text("x")
    file = root / "bar" / "000.png"
    assert len(list(list_images([root]))) == 4
    assert list(list_images([file, f"{root}/*/001.png"])) == [
        file,
        root / "bar" / "001.png",
        root / "disc" / "001.png",
    ]
    lines = f"{file}\n\nmissing.png\r\n".encode() + b"caf\xe9.png"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(lines)))
    strange = Path(os.fsdecode(b"caf\xe9.png"))
    assert list(list_images(["-"])) == [file, Path("missing.png"), strange]
    with pytest.raises(UsageError, match="got an empty word"):
        list(list_images([""]))
    with pytest.raises(DataError, match="no file, folder or match for .*nothing"):
        list(list_images([root / "nothing*"]))

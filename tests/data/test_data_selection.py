"""Which images of a source are wanted: classes, merging, exclusion, subset, how many may be bad."""

from pathlib import Path

import numpy as np
import pytest

from corpus import settings
from made_indexes import bare_index
from shapes import write_shapes
from sureshot.data import (
    Source,
    excluded,
    list_source,
    parse_classes,
    parse_merge,
    prepare_pixels,
    require_readable,
    scan,
    settle_splits,
    share_of,
    subset,
)
from sureshot.errors import DataError, UsageError
from sureshot.images import prepare
from sureshot.progress import Silent
from sureshot.recipe import ImageSettings
from sureshot.records import ASIDE, Index

SETTINGS = ImageSettings()
CLASSES = ("bar", "disc", "ring", "t-shirt")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_shapes(tmp_path / "shapes", each=20, classes=CLASSES)


def indexed(source: Source, seed: int = 111) -> Index:
    return settle_splits(scan(list_source(source), ImageSettings(), Silent()), seed)


def test_classes_are_merged_then_chosen(folder: Path) -> None:
    merged = Source(folder, merge={"round": ("disc", "ring")}, classes=("bar", "round"))
    index = indexed(merged)
    assert index.classes == ("bar", "round")
    assert index.counts().sum(axis=1).tolist() == [20, 40]
    assert {str(name).split("/")[0] for name in index.id} == {"bar", "disc", "ring"}


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ({"classes": ("bar", "cat")}, r"--classes must name classes among bar, disc.*got 'cat'"),
        ({"merge": {"round": ("disc", "moon")}}, r"--merge must name .*got 'moon'"),
        ({"merge": {"ring": ("disc",), "b": ("ring",)}}, r"makes it part of another class"),
        ({"merge": {"a": ("disc",), "b": ("disc",)}}, r"'disc' into both 'a' and 'b'"),
        ({"label": "category"}, r"--label is for a table of file names and labels"),
    ],
)
def test_what_is_not_there_is_said(folder: Path, source: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        list_source(Source(folder, **source))  # type: ignore[arg-type]


def test_words_of_the_command_line() -> None:
    assert parse_merge(["shirt,t-shirt=top", "a=top"]) == {"top": ("shirt", "t-shirt", "a")}
    assert parse_classes(" a, b,a ") == ("a", "b")
    for words in (["shirt"], ["=top"], ["shirt="], [" , =top"]):
        with pytest.raises(UsageError, match="--merge must be such as"):
            parse_merge(words)
    with pytest.raises(UsageError, match="--classes must name classes"):
        parse_classes(" , ")


def test_a_subset_is_of_the_images_to_train_on_and_nested(folder: Path) -> None:
    whole = indexed(Source(folder))
    counts = whole.counts()
    test = whole.split == "test"
    before: set[str] = set()
    for wanted in (9, 30, 60, int(counts[:, :2].sum())):
        some = subset(whole, wanted, 111)
        kept = {str(name) for name in some.id[(some.split != ASIDE) & ~test]}
        assert len(kept) == wanted
        assert before <= kept
        assert (some.split[test] == "test").all()
        by_class = some.counts()[:, :2].sum(axis=1)
        assert by_class.max() - by_class.min() <= 2
        before = kept
    assert whole.fingerprint() != subset(whole, 30, 111).fingerprint()
    assert (subset(whole, 30, 1).split != subset(whole, 30, 2).split).any()


@pytest.mark.parametrize("wanted", [0, 69, 10_000])
def test_a_subset_larger_than_there_is_is_refused(folder: Path, wanted: int) -> None:
    with pytest.raises(UsageError, match=rf"between 1 and 68 here, got {wanted:,}"):
        subset(indexed(Source(folder)), wanted, 111)


def test_a_marked_list_leaves_images_out(folder: Path, tmp_path: Path) -> None:
    marked = tmp_path / "findings.csv"
    marked.write_text(
        "\ufeffexclude,path,sentence\nyes,./bar/000.png,x\n,./bar/001.png,x\nX,disc/002.png,x\n"
    )
    index = excluded(scan(list_source(Source(folder)), ImageSettings(), Silent()), marked)
    assert list(index.id[index.excluded]) == ["bar/000.png", "disc/002.png"]
    assert not index.readable[index.excluded].any()
    assert settle_splits(index, 111).counts().sum() == 78
    assert str(index).endswith(", 2 of them excluded")
    require_readable(index, 0.0)  # what was left out on purpose is no fault


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("path\nbar/999.png\n", r"names 1 images that are not in .*'bar/999.png'"),
        ("picture\nbar/000.png\n", r"must have a column path or image or id, has picture"),
        ("", r"is empty"),
        (None, r"there is none at"),
        ("exclude,path\n,bar/000.png\n", r"marks no image; write \"yes\""),
        ("exclude,path\nja,bar/000.png\n", r"must say yes or nothing, found 'ja' in row 2"),
    ],
)
def test_a_list_that_does_not_fit_is_refused(
    folder: Path, tmp_path: Path, content: str | None, said: str
) -> None:
    path = tmp_path / "list.csv"
    if content is not None:
        path.write_text(content)
    with pytest.raises(DataError, match=said):
        excluded(scan(list_source(Source(folder)), ImageSettings(), Silent()), path)


def test_too_many_unreadable_images_stop_a_training(folder: Path) -> None:
    (folder / "bar" / "000.png").write_bytes(b"no image")
    index = scan(list_source(Source(folder)), ImageSettings(), Silent())
    require_readable(index, share_of("2%"))
    found = (
        r"found 1 of 80 \(1.2%\): bar/000.png \(of the first: the file must be one .*--allow-bad 2%"
    )
    with pytest.raises(DataError, match=found):
        require_readable(index, share_of("1%"))


@pytest.mark.parametrize(("words", "share"), [("1%", 0.01), ("0.5", 0.5), (0, 0.0), (" 100% ", 1)])
def test_shares(words: str | float, share: float) -> None:
    assert share_of(words) == pytest.approx(share)


@pytest.mark.parametrize("words", ["", "one", "-1%", "101%", "nan", "2", "1"])
def test_what_is_no_share_is_refused(words: str) -> None:
    with pytest.raises(UsageError, match="--allow-bad must be a share"):
        share_of(words)


def test_subsets_of_many_are_proportional() -> None:
    draw = np.random.default_rng(0)
    n = 5_000
    label = draw.choice(3, n, p=[0.7, 0.2, 0.1])
    index = bare_index("abc", label)
    whole = settle_splits(index, 111).counts()
    some = subset(settle_splits(index, 111), 1_000, 111).counts()
    expected = whole[:, :2] * 1_000 / whole[:, :2].sum()
    assert np.abs(some[:, :2] - expected).max() <= 1


def test_what_one_excludes_another_gets_the_pixels_of(folder: Path, tmp_path: Path) -> None:
    (folder / "bar" / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    listed = tmp_path / "list.csv"
    listed.write_text("path\nbar/000.png\nbar/bad.png\n")
    whole = scan(list_source(Source(folder)), SETTINGS, Silent())
    prepared = settings(size=16)
    first = prepare_pixels(excluded(whole, listed), prepared, Silent())
    again = prepare_pixels(whole, prepared, Silent())
    assert first.folder == again.folder
    row = list(whole.id).index("bar/000.png")
    assert np.array_equal(again.array[row], prepare(whole.path(row).read_bytes(), prepared))


def test_a_resumed_index_leaves_no_black_images_in_the_cache(folder: Path) -> None:
    """An index that knows of an unreadable image meets one that does not, in either order."""
    whole = scan(list_source(Source(folder)), SETTINGS, Silent())
    knowing = whole.with_problems({5: "damaged: as a resumed run knows it"})
    prepared = settings(size=16)
    first = prepare_pixels(knowing, prepared, Silent())
    assert np.array_equal(first.array[5], prepare(whole.path(5).read_bytes(), prepared))
    assert prepare_pixels(whole, prepared, Silent()).array[5].any()

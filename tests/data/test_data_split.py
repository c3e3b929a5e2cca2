"""Splits that we make: by content and seed, equal shares, copies together, pinned on request."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from sureshot.data import settle_splits
from sureshot.data.split import require_trainable
from sureshot.errors import DataError
from sureshot.records import ALONE, SPLITS, Index, strings


def made_up(contents: list[str], labels: list[int], splits: list[str] | None = None) -> Index:
    """An index without files: content hashes, labels, splits."""
    n = len(contents)
    return Index(
        root=Path("nowhere"),
        classes=tuple(f"class {k}" for k in range(max(labels) + 1)),
        id=strings([f"{i}.png" for i in range(n)]),
        label=np.array(labels, np.int64),
        split=strings(splits or [""] * n),
        sha256=strings(contents),
        bytes=np.ones(n, np.int64),
        width=np.ones(n, np.int64),
        height=np.ones(n, np.int64),
        mode=strings(["RGB"] * n),
        format=strings(["PNG"] * n),
        group=np.full(n, ALONE),
        problem=strings([""] * n),
    )


def flat(each: int, classes: int = 3) -> Index:
    labels = [k for k in range(classes) for _ in range(each)]
    return made_up([f"content {i}" for i in range(len(labels))], labels)


def where(index: Index) -> dict[str, str]:
    return dict(zip(index.sha256, index.split, strict=True))


@pytest.mark.parametrize("each", [4, 7, 20, 33, 1000])
def test_every_class_has_its_share(each: int) -> None:
    counts = settle_splits(flat(each), 111).counts()
    assert (counts.sum(axis=1) == each).all()
    assert (np.abs(counts - each * np.array([0.7, 0.15, 0.15])) <= 1).all()
    assert (counts > 0).all()


def test_the_place_follows_content_and_seed_not_name_or_order() -> None:
    index = settle_splits(flat(50), 111)
    order = np.random.default_rng(0).permutation(len(index))
    mixed = made_up(list(index.sha256[order]), list(index.label[order]))
    assert where(settle_splits(mixed, 111)) == where(index)
    assert where(settle_splits(flat(50), 112)) != where(index)


def test_copies_stand_on_one_side_also_across_classes() -> None:
    contents = [f"content {i % 40}" for i in range(160)]  # each four times, in two classes
    index = settle_splits(made_up(contents, [i // 80 for i in range(160)]), 111)
    for content in set(contents):
        assert len(set(index.split[index.sha256 == content])) == 1


def test_images_added_later_move_few_and_pinned_ones_none() -> None:
    before = settle_splits(flat(100, 1), 111)
    more = made_up([f"content {i}" for i in range(130)], [0] * 130)
    free, pinned = settle_splits(more, 111), settle_splits(more, 111, before)
    kept = where(before)
    moved = [sha for sha, split in kept.items() if where(free)[sha] != split]
    assert len(moved) <= 12
    assert all(where(pinned)[sha] == split for sha, split in kept.items())
    assert (pinned.counts() >= before.counts()).all()
    assert pinned.counts().sum() == 130


@pytest.mark.parametrize(
    ("came", "made"),
    [
        (["train"], ("validation", "test")),
        (["train", "test"], ("validation",)),
        (["train", "validation"], ()),
        (["train", "validation", "test"], ()),
    ],
)
def test_missing_splits_are_made_from_train_alone(came: list[str], made: tuple[str, ...]) -> None:
    index = flat(60, 2)
    splits = [came[i % len(came)] for i in range(len(index))]
    index = made_up(list(index.sha256), list(index.label), splits)
    settled = settle_splits(index, 111)
    assert settled.made == made
    for before, after in zip(splits, settled.split, strict=True):
        assert after == before or (before == "train" and after in made)
    present = {split for split in SPLITS if (settled.split == split).any()}
    assert present == {*came, *made}


def test_unreadable_images_get_no_split() -> None:
    index = flat(20, 2).with_problems({3: "empty: nothing"})
    settled = settle_splits(index, 111)
    assert settled.split[3] == ""
    assert settled.counts().sum() == 39


@pytest.mark.parametrize(("each", "shares"), [(1, [1, 0, 0]), (2, [1, 1, 0]), (3, [1, 1, 1])])
def test_tiny_classes_train_first_then_validate(each: int, shares: list[int]) -> None:
    assert settle_splits(flat(each), 111).counts().tolist() == [shares] * 3


def test_too_few_images_are_said() -> None:
    with pytest.raises(DataError, match="needs validation images, found none: .*at least two"):
        require_trainable(settle_splits(flat(1, 2), 111))
    with pytest.raises(DataError, match="at least two classes, found one: class 0"):
        require_trainable(settle_splits(flat(9, 1), 111))
    require_trainable(settle_splits(flat(2, 2), 111))


def test_a_renamed_copy_of_a_real_folder_is_split_alike(shapes: Path, tmp_path: Path) -> None:
    from sureshot.data import list_folder, scan
    from sureshot.progress import Silent
    from sureshot.recipe import ImageSettings

    def index(root: Path) -> Index:
        return settle_splits(scan(list_folder(root), ImageSettings(), Silent()), 111)

    for number, path in enumerate(sorted(shapes.rglob("*.png"))):
        target = tmp_path / "copy" / path.parent.name / f"{97 * number % 100}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    assert where(index(tmp_path / "copy")) == where(index(shapes))

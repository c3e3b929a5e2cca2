"""Splits that we make: by content and seed, equal shares, copies together, pinned on request."""

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from made_indexes import bare_index
from sureshot.data import settle_splits
from sureshot.data.split import require_trainable
from sureshot.errors import DataError, UsageError
from sureshot.records import ALONE, SPLITS, Index


def made_up(
    contents: list[str],
    labels: list[int],
    splits: list[str] | None = None,
    groups: Sequence[int] | None = None,
) -> Index:
    """An index without files: content hashes, labels, splits, groups of duplicates."""
    classes = [f"class {k}" for k in range(max(labels) + 1)]
    return bare_index(classes, labels, splits, contents, groups)


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


@pytest.mark.parametrize("came", ["", "train", "train test", "train validation test"])
def test_calibration_rows_come_out_of_training_alone(came: str) -> None:
    names = came.split() or [""]
    contents, labels = [f"content {i}" for i in range(3000)], [i % 3 for i in range(3000)]
    splits = [names[i // 3 % len(names)] for i in range(3000)]
    index = made_up(contents, labels, splits, [i // 6 % 400 for i in range(3000)])
    plain, aside = settle_splits(index, 111), settle_splits(index, 111, None, 0.2)
    changed = plain.split != aside.split
    assert set(plain.split[changed]) == {"train"}
    assert set(aside.split[changed]) == {"calibration"}
    assert aside.made == plain.made
    trained = plain.counts()[:, 0]
    kept = aside.counts()[:, 0]
    assert kept.sum() == pytest.approx(0.8 * trained.sum(), rel=0.03)  # families go as one
    assert (np.abs(kept / trained - 0.8) < 0.05).all()
    for key in (aside.group, aside.sha256):
        both = set(key[aside.split == "train"]) & set(key[aside.split == "calibration"])
        assert not both


def test_calibration_rows_are_the_same_again_and_stay_when_pinned() -> None:
    before = settle_splits(flat(100), 111, None, 0.3)
    assert where(settle_splits(flat(100), 111, None, 0.3)) == where(before)
    more = made_up([f"content {i}" for i in range(330)], [i // 110 for i in range(330)])
    old = where(before)
    after = where(settle_splits(more, 112, before, 0.3))
    assert all(after[sha] == split for sha, split in old.items())
    without = where(settle_splits(more, 112, before))
    for sha, split in old.items():
        assert without[sha] == ("train" if split == "calibration" else split)


def test_without_groups_the_splits_are_those_that_earlier_versions_made() -> None:
    contents = [f"content {i % 150}" for i in range(200)]
    settled = settle_splits(made_up(contents, [i % 7 for i in range(200)]), 111)
    told = hashlib.sha256(" ".join(settled.split).encode()).hexdigest()
    assert told == "abbe7e5a5dcd76a3e27816dc65f44e7881dc682e3bdacfed864d6380bcfb19d4"


@pytest.mark.parametrize("seed", range(12))
def test_no_group_straddles_the_splits_that_we_make(seed: int) -> None:
    """Groups of any size over any classes, of contents some of which are stored twice."""
    draw = np.random.default_rng(seed)
    n, classes = 600, 5
    groups = np.where(draw.random(n) < 0.5, draw.integers(0, 60, n), ALONE)
    contents = [f"content {i}" for i in draw.integers(0, 500, n)]
    came = [["", "train", "train test"][seed % 3].split() or [""]][0]
    splits = [came[i % len(came)] for i in range(n)]
    labels = [int(label) for label in draw.integers(0, classes, n)]
    settled = settle_splits(made_up(contents, labels, splits, groups), seed)
    ours = np.flatnonzero([before in ("", "train") for before in splits])
    assert {*settled.split[ours]} == {"train", *settled.made}
    for key in (settled.group, settled.sha256):
        for shared in set(key[ours]) - {ALONE}:
            assert len(set(settled.split[ours][key[ours] == shared])) == 1
    assert [settled.split[row] for row in range(n) if row not in ours] == ["test"] * (n - len(ours))


def test_groups_do_not_bend_the_shares_and_the_place_follows_content() -> None:
    draw = np.random.default_rng(3)
    groups = draw.permutation(np.repeat(np.arange(600), 5))  # 600 groups of five over two classes
    index = made_up(
        [f"content {i}" for i in range(3000)], [i % 2 for i in range(3000)], None, groups
    )
    settled = settle_splits(index, 111)
    share = settled.counts().sum(axis=0) / 3000
    assert np.allclose(share, [0.7, 0.15, 0.15], atol=0.002)
    order = draw.permutation(3000)
    mixed = made_up(
        list(index.sha256[order]), list(index.label[order]), None, 7000 - index.group[order]
    )
    assert where(settle_splits(mixed, 111)) == where(settled)


def test_large_groups_go_to_every_side_as_often_as_single_images() -> None:
    """A group drawn by the least of its places would nearly always train."""
    groups = [*np.repeat(np.arange(200), 10), *([ALONE] * 2000)]
    index = made_up([f"content {i}" for i in range(4000)], [0] * 4000, None, groups)
    grouped = settle_splits(index, 111).split[:2000]
    assert 0.09 < (grouped == "test").mean() < 0.21  # three deviations of 200 drawn at 15 %


def test_a_pinned_image_takes_its_group_along() -> None:
    before = settle_splits(flat(100, 1), 111)
    kept = where(before)
    contents = [f"content {i}" for i in range(100)] + [f"near {i}" for i in range(100)]
    after = settle_splits(made_up(contents, [0] * 200, None, [*range(100)] * 2), 112, before)
    for i in range(100):
        assert after.split[i] == after.split[100 + i] == kept[f"content {i}"]


def test_a_group_pinned_on_two_sides_stays_there_and_its_new_images_train() -> None:
    before = made_up(["a", "b", "c", "d"], [0] * 4, ["test", "train", "validation", "test"])
    index = made_up(list("abcdefg"), [0] * 7, None, [1, 1, 2, 2, 1, 2, ALONE])
    split = where(settle_splits(index, 111, before))
    assert "".join(split[content][0] for content in "abcdef") == "ttvttv"
    assert (split["a"], split["b"], split["d"], split["e"]) == ("test", "train", "test", "train")


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


def test_an_earlier_run_that_disagrees_is_refused() -> None:
    contents, labels = [f"content {i}" for i in range(60)], [0, 1] * 30
    before = settle_splits(made_up(contents, labels), 111)
    came = ["train" if i < 40 else "test" for i in range(60)]
    with pytest.raises(UsageError, match=r"images stand in another split than in the earlier run"):
        settle_splits(made_up(contents, labels, came), 111, before)
    kept = ["test" if split == "test" else "train" for split in before.split]
    again = settle_splits(made_up(contents, labels, kept), 111, before)
    assert where(again) == where(before)

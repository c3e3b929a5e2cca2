"""Where a model fails: what was planted is found, and nothing is found where nothing was."""

from itertools import pairwise

import numpy as np
import pytest

from sureshot.figures.failures import confused_pairs, worst_classes
from sureshot.figures.slices import (
    LEAST,
    MOST,
    OF_PIXELS,
    Slices,
    _chance,
    _parted,
    looked_at,
    measured,
    slices,
)
from sureshot.progress import Silent
from sureshot.records import ALONE, Index, Predictions, strings

CLASSES = ("ape", "bee", "cat", "dog")


def told(label: list[int], said: list[int], sure: list[float] | None = None) -> Predictions:
    """Predictions of four classes; `sure` is the logit of what is said."""
    logits = np.zeros((len(label), len(CLASSES)), np.float32)
    logits[np.arange(len(said)), said] = sure or [3.0] * len(said)
    names = strings([f"{row}.png" for row in range(len(label))])
    nothing = strings([""] * len(label))
    return Predictions(CLASSES, names, np.array(label, np.int64), logits, nothing)


def index_of(width: np.ndarray, height: np.ndarray) -> Index:
    n = len(width)
    words, ones = strings([str(row) for row in range(n)]), np.ones(n, np.int64)
    return Index(
        root=None, classes=CLASSES, id=words, label=0 * ones, split=words, sha256=words,
        bytes=ones, width=width, height=height, mode=words, format=words,
        group=np.full(n, ALONE), problem=strings([""] * n),
    )  # type: ignore[arg-type] # fmt: skip


def test_the_worst_class_stands_first_and_one_without_images_apart() -> None:
    table = worst_classes(told([0, 0, 1, 1, 1, 1, 3], [0, 0, 0, 0, 0, 1, 0]))
    assert [(one.name, one.rate.share, one.rate.n) for one in table.shown] == [
        ("dog", 0.0, 1),
        ("bee", 0.25, 4),
        ("ape", 1.0, 2),
    ]
    assert table.without == ("cat",)
    assert all(one.rate.low <= one.rate.share <= one.rate.high for one in table.shown)
    assert np.isnan(table.shown[0].rate.everyone)


def test_what_all_models_reach_stands_beside_a_class() -> None:
    everyone = np.array([1.0, 0.5, 0.0, 0.25])
    table = worst_classes(told([0, 0, 1, 1], [0, 0, 0, 1]), everyone, limit=1)
    assert table.classes == 2
    assert [(one.name, one.rate.everyone) for one in table.shown] == [("bee", 0.125)]


def test_the_most_confused_pair_stands_first_with_its_surest_mistakes() -> None:
    label = [0, 0, 0, 0, 0, 1, 2, 2, 1]
    said = [1, 1, 1, 1, 0, 1, 3, 3, 1]
    first, second = confused_pairs(told(label, said, [1, 4, 2, 3, 5, 1, 1, 2, 6]))
    assert (first.confused.true, first.confused.predicted, first.confused.count) == (
        "ape",
        "bee",
        4,
    )
    assert first.mistaken.tolist() == [1, 3, 2]
    assert first.typical.tolist() == [4, 8]
    assert (second.confused.true, second.mistaken.tolist()) == ("cat", [7, 6])
    assert second.typical.tolist() == []  # of neither class any was told right


@pytest.mark.parametrize(("label", "said"), [([], []), ([2], [2]), ([1, 1, 1], [1, 1, 1])])
def test_no_image_one_image_and_one_class(label: list[int], said: list[int]) -> None:
    assert confused_pairs(told(label, said)) == []
    table = worst_classes(told(label, said))
    assert [one.name for one in table.shown] == [CLASSES[k] for k in sorted(set(label))]
    assert len(table.without) == len(CLASSES) - len(set(label))


@pytest.mark.parametrize(
    ("values", "sizes"),
    [
        (np.arange(500.0), [100] * 5),
        (np.arange(100.0), [34, 33, 33]),
        (np.arange(59.0), [59]),
        (np.full(500, 28.0), [500]),
        (np.repeat([1.0, 2.0, 3.0], [60, 380, 60]), [60, 380, 60]),
        (np.repeat([1.0, 2.0], [10, 490]), [500]),  # the first is too small to be one
        (np.array([]), [0]),
    ],
)
def test_equal_values_stay_together_and_no_part_is_small(
    values: np.ndarray, sizes: list[int]
) -> None:
    mixed = np.random.default_rng(1).permutation(len(values))
    parts = _parted(values[mixed])
    assert sorted(map(len, parts)) == sorted(sizes)
    assert all(len(part) >= LEAST for part in parts) or len(parts) == 1
    spans = [(values[mixed][part].min(), values[mixed][part].max()) for part in parts if len(part)]
    assert all(before[1] < after[0] for before, after in pairwise(spans))


@pytest.mark.parametrize(
    ("right", "n", "all_right", "total"),
    [(10, 30, 40, 60), (20, 30, 45, 60), (30, 30, 60, 60), (0, 30, 0, 60), (58, 100, 700, 1000)],
)
def test_the_chance_is_fishers(right: int, n: int, all_right: int, total: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    told_right = np.zeros(total, bool)
    told_right[:right] = True
    told_right[n : n + all_right - right] = True
    rest = all_right - right
    table = [[right, n - right], [rest, total - n - rest]]
    wanted = min(1.0, 2 * stats.fisher_exact(table, alternative="less").pvalue)
    assert _chance(told_right, np.arange(n)) == pytest.approx(wanted, rel=1e-9, abs=1e-12)


def photographs(dark: np.ndarray) -> np.ndarray:
    """Noise of one contrast, every fifth of it dark: (N, 12, 12, 3)."""
    draw = np.random.default_rng(3)
    middle = np.where(dark, draw.uniform(40, 70, len(dark)), draw.uniform(110, 190, len(dark)))
    noise = draw.normal(0, 15, (len(dark), 12, 12, 1)).repeat(3, axis=3)
    return np.clip(middle[:, None, None, None] + noise, 0, 255).astype(np.uint8)


def test_a_dark_slice_that_is_worse_by_construction_is_found_and_named() -> None:
    n, draw = 400, np.random.default_rng(2)
    dark = np.arange(n) % 5 == 0
    same = np.full(n, 64)
    known = measured(index_of(same, same), np.arange(n), photographs(dark), Silent())
    right = draw.random(n) < np.where(dark, 0.5, 0.85)
    found = slices(known, draw.integers(0, 4, n), right)
    worst = found.notable[0]
    assert [(one.trait.name, one.name) for one in found.notable] == [("brightness", "dark")]
    assert worst.places.tolist() == np.flatnonzero(dark).tolist()
    assert worst.rate.share == pytest.approx(right[dark].mean())
    assert worst.others == pytest.approx(right[~dark].mean())
    assert 14 < worst.least <= worst.most < 29  # % of white
    assert abs(worst.expected - right.mean()) < 0.05  # classes do not explain it
    assert {trait.name for trait in found.alike} == {"longer side", "width : height"}


def test_a_slice_of_one_hard_class_is_said_to_be_that() -> None:
    n = 300
    label = np.repeat([0, 1], [60, 240])
    right = np.where(label == 0, np.arange(n) % 2 == 0, True)
    found = slices({"brightness": np.arange(float(n))}, label, right)
    assert [one.name for one in found.notable] == ["dark"]
    assert found.notable[0].rate.share == found.notable[0].expected == 0.5


def test_where_nothing_is_planted_hardly_ever_anything_is_found() -> None:
    draw, n, draws = np.random.default_rng(4), 400, 300

    def undisturbed() -> Slices:
        light = draw.normal(size=n)
        known = {
            "brightness": light,
            "contrast": light + draw.normal(size=n),  # traits go together, as in life
            "sharpness": draw.gamma(1.0, size=n),
            "longer side": draw.choice([400.0, 533.0, 600.0], n),
        }
        return slices(known, draw.integers(0, 4, n), draw.random(n) < 0.75)

    assert sum(bool(undisturbed().notable) for _ in range(draws)) <= 0.05 * draws


def test_light_is_what_it_is_called() -> None:
    flat = np.full((1, 8, 8, 3), 51, np.uint8)
    board = np.indices((8, 8)).sum(axis=0) % 2 * 255
    pixels = np.concatenate([flat, board[None, :, :, None].repeat(3, axis=3)]).astype(np.uint8)
    sides = np.array([400, 200]), np.array([533, 100])
    known = measured(index_of(*sides), np.arange(2), pixels, Silent())
    assert known["brightness"] == pytest.approx([20, 50], rel=1e-5)
    assert known["contrast"] == pytest.approx([0, 50], abs=1e-4)
    assert known["sharpness"] == pytest.approx([0, (4 * 255) ** 2], rel=1e-5)  # ± 4 · 255
    assert known["longer side"].tolist() == [533, 200]
    assert known["width : height"].tolist() == [0.75, 2]
    grey = measured(index_of(*sides), np.arange(2), pixels[..., :1], Silent())
    assert all(grey[name] == pytest.approx(known[name], rel=1e-5, abs=1e-4) for name in OF_PIXELS)


def test_without_pixels_only_size_and_shape_are_known() -> None:
    sides = np.array([10, 30]), np.array([20, 20])
    known = measured(index_of(*sides), np.array([1]), None, Silent())
    assert {name: values.tolist() for name, values in known.items()} == {
        "longer side": [30],
        "width : height": [1.5],
    }


def test_very_many_images_are_looked_at_in_a_sample() -> None:
    assert looked_at(70, 1).tolist() == list(range(70))
    some = looked_at(MOST + 500, 1)
    assert len(set(some.tolist())) == len(some) == MOST
    assert (np.diff(some) > 0).all()
    assert some.tolist() == looked_at(MOST + 500, 1).tolist()

"""The survey's tables, against NumPy and numbers worked out by hand."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from sureshot import figures, records
from sureshot.figures import Survey, channel_numbers, plot_pixel_values, plot_spreads, svg
from sureshot.figures.columns import columns
from sureshot.figures.mapping import map_images, stratified
from sureshot.figures.spreads import QUANTILES, spreads
from sureshot.figures.tally import tally
from sureshot.progress import Silent
from sureshot.records import ALONE, UNKNOWN, Index

SILENT = Silent()


def made(labels: list[int], splits: list[str], classes: int = 2) -> Index:
    """An index over images that are only pixels, each 20 wide and 10 high."""
    n = len(labels)
    return Index(
        root=Path("images"),
        classes=tuple(f"class {k:04}" for k in range(classes)),
        id=records.strings([f"{k}.png" for k in range(n)]),
        label=np.array(labels, np.int64),
        split=records.strings(splits),
        sha256=records.strings([f"{k:064x}" for k in range(n)]),
        bytes=np.full(n, 1000),
        width=np.full(n, 20),
        height=np.full(n, 10),
        mode=records.strings(["RGB"] * n),
        format=records.strings(["PNG"] * n),
        group=np.full(n, ALONE),
        problem=records.strings([""] * n),
    )


def noise(n: int, side: int = 8, channels: int = 3) -> NDArray[np.uint8]:
    return np.random.default_rng(n).integers(0, 256, (n, side, side, channels), dtype=np.uint8)


# 600 images: three chunks, the last of them not full.
LABELS = [k % 2 for k in range(600)]
SPLITS = ["train"] * 400 + ["validation"] * 50 + ["test"] * 150
BROKEN = {3: "truncated: the file ends too soon", 450: "empty: no bytes"}
MANY = made(LABELS, SPLITS).with_problems(BROKEN)


@pytest.mark.parametrize("channels", [1, 3])
def test_one_pass_agrees_with_numpy(channels: int) -> None:
    pixels = noise(600, channels=channels)
    told = tally(MANY, pixels, 2, SILENT)
    assert told.parts == ("train", "validation", "test")
    for p, split in enumerate(("train", "validation", "test")):
        held = pixels[MANY.rows(split)]  # type: ignore[arg-type]
        for c in range(channels):
            expected = np.bincount(held[..., c].ravel(), minlength=256)
            assert told.histogram[p, c].tolist() == expected.tolist()
    brightness = pixels.reshape(600, -1).mean(axis=1) / 255
    brightness[list(BROKEN)] = np.nan
    np.testing.assert_allclose(told.brightness, brightness, rtol=1e-12)
    train = MANY.rows("train")
    assert told.averaged.tolist() == [200, 199]
    for k in (0, 1):
        held = pixels[train[MANY.label[train] == k]].astype(float)
        np.testing.assert_allclose(told.mean[k], held.mean(axis=0), rtol=1e-12)
        np.testing.assert_allclose(told.deviation[k], held.std(axis=0), rtol=1e-9)


def test_a_class_of_one_value_has_no_deviation() -> None:
    pixels = np.full((300, 4, 4, 1), 255, np.uint8)
    told = tally(made([0] * 300, ["train"] * 300), pixels, 2, SILENT)
    assert told.deviation[0].tolist() == np.zeros((4, 4, 1)).tolist()
    assert np.isnan(told.mean[1]).all()
    assert told.averaged.tolist() == [300, 0]


@pytest.mark.parametrize(
    ("splits", "parts", "averaged"),
    [
        (["", "", "", ""], ("images",), [2, 2]),
        (["test", "test", "", "test"], ("test",), [2, 2]),
        (["train", "test", "train", ""], ("train", "test"), [2, 0]),
    ],
)
def test_parts_are_the_splits_that_there_are(
    splits: list[str], parts: tuple[str, ...], averaged: list[int]
) -> None:
    told = tally(made([0, 1, 0, 1], splits), noise(4), 2, SILENT)
    assert told.parts == parts
    assert told.averaged.tolist() == averaged
    counted = sum(split != "" for split in splits) or 4
    assert told.histogram.sum() == counted * 8 * 8 * 3


def test_channels_in_numbers_by_hand() -> None:
    pixels = np.array([0, 0, 255, 5], np.uint8).reshape(1, 2, 2, 1)
    (only,) = channel_numbers(tally(made([0], ["train"]), pixels, 2, SILENT))
    assert (only.part, only.channel, only.least, only.most) == ("train", "grey", 0, 255)
    assert (only.mean, only.black, only.white) == (65.0, 0.5, 0.25)
    assert only.deviation == pytest.approx(np.std([0, 0, 255, 5]))


def test_channels_are_named_by_split() -> None:
    told = channel_numbers(tally(MANY, noise(600), 2, SILENT))
    assert [(each.part, each.channel) for each in told[:4]] == [
        ("train", "red"),
        ("train", "green"),
        ("train", "blue"),
        ("validation", "red"),
    ]
    assert len(told) == 9


def test_spreads_are_quantiles_by_class() -> None:
    draw = np.random.default_rng(5)
    width, height = draw.integers(10, 90, 600), draw.integers(10, 90, 600)
    index = replace(MANY, width=width, height=height, bytes=draw.integers(10, 9000, 600))
    size, aspect, weight, light = spreads(index, draw.random(600), 2)
    held = index.readable
    np.testing.assert_allclose(size.whole, np.quantile(np.maximum(width, height)[held], QUANTILES))
    one = held & (index.label == 1)
    np.testing.assert_allclose(aspect.by_class[1], np.quantile((width / height)[one], QUANTILES))
    np.testing.assert_allclose(weight.by_class[1], np.quantile(index.bytes[one] / 1000, QUANTILES))
    assert [spread.logarithmic for spread in (size, aspect, weight, light)] == [0, 1, 1, 0]
    for spread in (size, aspect, weight, light):
        assert spread.counts.sum() == 598


def test_what_is_the_same_everywhere_is_not_drawn() -> None:
    size, aspect, weight, light = spreads(MANY, np.linspace(0, 1, 600), 2)
    assert [spread.varies for spread in (size, aspect, weight)] == [False] * 3
    assert (size.whole[2], aspect.whole[2], weight.whole[2]) == (20.0, 2.0, 1.0)
    assert light.varies
    assert b"<svg" in svg(plot_spreads([size, aspect, weight, light], MANY.classes))


def test_nothing_readable_gives_empty_tables() -> None:
    none = MANY.with_problems(dict.fromkeys(range(600), "empty: no bytes"))
    told = figures.survey(none, np.zeros((600, 8, 8, 3), np.uint8), 1, SILENT)
    assert told.spreads == []
    assert channel_numbers(told.tally) == []
    assert len(told.map.rows) == len(told.prepared.rows) == 0
    assert told.columns[-1].missing == 600


FOUND = {
    "id": ("600 different", 0),
    "class": ("class 0000 300, class 0001 295", 5),
    "split": ("train 400, test 150, validation 50", 0),
    "bytes": ("1.0 kB to 9.0 kB, median 1.0 kB", 0),
    "width": ("20 to 40, median 20", 1),
    "height": ("10, all of them", 0),
    "mode": ("RGB 595, I 1, I;16 1, L 1, LA 1 and 1 more", 0),
    "group": ("1 group of 3 images", 0),
    "problem": ("truncated 1, empty 1", 0),
    "pixels": ("600 × 8 × 8 × 3: images × height × width × channels", 2),
}


@pytest.mark.parametrize("name", FOUND)
def test_the_data_dictionary(name: str) -> None:
    label, width, weight = MANY.label.copy(), MANY.width.copy(), MANY.bytes.copy()
    mode, group = MANY.mode.copy(), MANY.group.copy()
    label[1:11:2], weight[9], group[[4, 6, 8]] = UNKNOWN, 9000, 4
    width[:2] = 0, 40
    mode[:5] = ["I", "I;16", "L", "LA", "P"]
    changed = {"label": label, "width": width, "bytes": weight, "mode": mode, "group": group}
    told = {each.name: each for each in columns(replace(MANY, **changed), (600, 8, 8, 3))}
    assert (told[name].found, told[name].missing) == FOUND[name]
    assert told[name].meaning


def test_the_sample_has_each_class_by_its_share() -> None:
    index = made([0] * 300 + [1] * 90 + [2] * 10, ["train"] * 400, 3)
    rows = stratified(index, 111, 40)
    assert np.bincount(index.label[rows]).tolist() == [30, 9, 1]
    assert rows.tolist() == sorted(set(rows.tolist())) == stratified(index, 111, 40).tolist()
    assert rows.tolist() != stratified(index, 112, 40).tolist()
    assert len(stratified(index, 111, 1000)) == 400
    assert not set(stratified(MANY, 111, 598)) & set(BROKEN)


def two_kinds(n: int = 120) -> tuple[Index, NDArray[np.uint8]]:
    """Dark and light images, half of each."""
    labels = [k % 2 for k in range(n)]
    return made(labels, ["train"] * n), noise(n) // 4 + np.array(labels, np.uint8)[
        :, None, None, None
    ] * np.uint8(190)


def test_the_map_is_the_same_to_the_last_bit() -> None:
    index, pixels = two_kinds()
    first, again = (map_images(index, pixels, 111, SILENT) for _ in range(2))
    assert first.method == "t-SNE"
    assert first.place.tobytes() == again.place.tobytes()
    assert first.pictures.tobytes() == again.pictures.tobytes() == pixels.tobytes()
    assert 0 <= first.place.min() < first.place.max() <= 1


@pytest.mark.parametrize("method", ["t-SNE", "PCA"])
def test_the_map_parts_what_does_not_look_alike(
    monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    if method == "PCA":
        monkeypatch.setitem(sys.modules, "sklearn", None)
    index, pixels = two_kinds()
    told = map_images(index, pixels, 111, SILENT)
    assert told.method == method
    assert ('pip install "sureshot[audit]"' in told.lacking) == (method == "PCA")
    far = ((told.place[:, None] - told.place) ** 2).sum(axis=2)
    np.fill_diagonal(far, np.inf)
    assert (index.label[far.argmin(axis=1)] == index.label).all()


@pytest.mark.parametrize("n", [0, 1, 2, 7, 8, 10])
@pytest.mark.parametrize("same", [True, False])
def test_few_or_equal_images_have_a_map_too(n: int, same: bool) -> None:
    pixels = np.full((n, 8, 8, 1), 7, np.uint8) if same else noise(n, channels=1)
    told = map_images(made([0] * n, ["train"] * n), pixels, 1, SILENT)
    assert told.place.shape == (n, 2)
    assert np.isfinite(told.place).all()
    assert told.method == ("t-SNE" if n >= 8 and not same else "PCA")


def test_samples_are_of_training_and_decided_by_the_seed() -> None:
    pixels = noise(600)
    told = figures.survey(MANY, pixels, 111, SILENT)
    again, other = (figures.survey(MANY, pixels, seed, SILENT) for seed in (111, 112))
    for k, (several, same, another) in enumerate(
        zip(told.samples, again.samples, other.samples, strict=True)
    ):
        assert len(several.rows) == 12
        assert (MANY.split[several.rows] == "train").all()
        assert (MANY.label[several.rows] == k).all()
        assert (several.pixels == pixels[several.rows]).all()
        assert several.rows.tolist() == same.rows.tolist() != another.rows.tolist()
    assert sorted(MANY.label[told.prepared.rows[:2]]) == [0, 1]
    assert len(set(told.prepared.rows)) == 3


def test_a_thousand_classes_are_cut_to_sixty() -> None:
    index = made([k % 1000 for k in range(2000)], ["train"] * 2000, 1000)
    told: Survey = figures.survey(index, noise(2000, 4), 111, SILENT)
    assert len(told.classes) == len(told.samples) == len(told.tally.mean) == 60
    assert told.shape == (2000, 4, 4, 3)
    for figure in (plot_spreads(told.spreads, told.classes), plot_pixel_values(told.tally)):
        assert b"<svg" in svg(figure)

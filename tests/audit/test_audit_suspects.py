"""Label suspects on real digits: planted errors are found, and what is found is told honestly."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sureshot.audit import quick
from sureshot.audit.quick import folds, pooled, quick_probabilities, sample_of, units
from sureshot.audit.suspects import (
    PLANTED,
    label_suspects,
    suspect_findings,
    suspects,
    trial,
)
from sureshot.data import list_folder, prepare_pixels, scan
from sureshot.errors import MissingExtra
from sureshot.progress import Silent
from sureshot.recipe import ImageSettings
from sureshot.records import Index

Given = tuple[Index, "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]"]


@pytest.fixture(scope="module")
def given(digits: Path, tmp_path_factory: pytest.TempPathFactory) -> Given:
    """The digits as index and pixels."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SURESHOT_CACHE", str(tmp_path_factory.mktemp("pixels")))
        index = scan(list_folder(digits), ImageSettings(), Silent())
        settings = ImageSettings(size=8, channels=1).settled()
        return index, np.array(prepare_pixels(index, settings, Silent()).array)


@pytest.mark.parametrize("seed", [111, 112, 113])
def test_planted_errors_are_found(given: Given, seed: int) -> None:
    sample = sample_of(*given, seed)
    assert sample is not None
    before = sample.label.copy()
    tried = trial(sample)
    assert tried.changed == round(PLANTED * len(sample.rows))
    assert tried.recall >= 0.9
    assert tried.precision >= 0.4
    assert np.array_equal(sample.label, before)


def test_errors_in_the_index_are_first_and_the_right_class_is_suggested(given: Given) -> None:
    index, pixels = given
    wrong = np.arange(5, len(index), 180)
    label = index.label.copy()
    label[wrong] = (label[wrong] + 5) % 10
    told = replace(index, label=label)
    sample = sample_of(told, pixels, 111)
    assert sample is not None
    found = label_suspects(sample, told)
    first = found.row[: len(wrong)]
    assert np.isin(first, wrong).mean() >= 0.7
    right = np.isin(found.row, wrong)
    assert (found.suggested[right] == index.label[found.row[right]]).mean() >= 0.9
    assert (np.diff(found.probability) >= 0).all()
    (finding,) = suspect_findings(told, sample)
    assert finding.images == tuple(told.id[found.row])
    assert "54 labels changed on purpose" in finding.sentence


def test_the_sentence_says_where_the_quick_model_is_weak(given: Given) -> None:
    index, pixels = given
    noise = np.random.default_rng(0).integers(0, 256, pixels.shape, np.uint8)
    sample = sample_of(index, (pixels // 8 + noise // 8 * 7).astype(np.uint8), 111)
    assert sample is not None
    (finding,) = suspect_findings(index, sample)
    assert "most of these labels may well be right" in finding.sentence


def test_any_features_will_do_and_the_same_seed_gives_the_same_bits(given: Given) -> None:
    index, pixels = given
    features = pixels.reshape(len(pixels), -1).astype(np.float32)
    first, again = (suspects(features, index.label, 111, index.group) for _ in range(2))
    assert first.accuracy > 0.9
    assert np.array_equal(first.row, again.row)
    assert np.array_equal(first.probability, again.probability)


def test_duplicates_are_asked_of_the_same_model() -> None:
    group = np.array([-1, 3, -1, 3, 7, 7, -1, 3])
    unit = units(group)
    assert len(set(unit[group == -1])) == 3
    assert set(unit[group == -1]).isdisjoint(unit[group != -1])
    label = np.repeat([0, 1], 50)
    group = np.where(np.arange(100) % 3 == 0, np.arange(100) // 6, -1)
    fold = folds(label, units(group), 111)
    for one in set(group) - {-1}:
        assert len(set(fold[group == one])) == 1
    alone = folds(label, np.arange(100), 111)
    assert np.bincount(alone * 2 + label).tolist() == [10] * 10


def test_a_copy_with_another_label_cannot_vouch_for_it(given: Given) -> None:
    """Two thirds of the images stand there a second time, under the next class."""
    index, pixels = given
    twice = np.concatenate([np.arange(len(index)), np.arange(len(index))[::3]])
    features = quick.features_of(pixels, twice)
    label = index.label[twice]
    label[len(index) :] = (label[len(index) :] + 1) % 10
    together = suspects(features, label, 111, group=twice)
    assert together.accuracy < len(index) / len(twice)


def test_a_large_sample_is_drawn_evenly(given: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick, "SAMPLE", 200)
    sample, again, other = (sample_of(*given, seed) for seed in (111, 111, 112))
    assert sample is not None
    assert again is not None
    assert other is not None
    assert len(sample.rows) == 200
    assert np.bincount(sample.label).min() >= 19
    assert np.array_equal(sample.rows, again.rows)
    assert not np.array_equal(sample.rows, other.rows)


def test_only_training_images_of_known_label_in_large_enough_classes(given: Given) -> None:
    index, pixels = given
    split = np.where(np.arange(len(index)) % 2, "train", "test").astype(object)
    label = np.where(index.label == 4, -1, index.label)
    label[(index.label == 7) & (np.arange(len(index)) % 20 != 1)] = -1
    sample = sample_of(replace(index, split=split, label=label), pixels, 111)
    assert sample is not None
    assert (split[sample.rows] == "train").all()
    assert sample.classes == ("0", "1", "2", "3", "5", "6", "8", "9")
    assert sample_of(replace(index, label=np.zeros_like(label)), pixels, 111) is None


def test_pictures_that_are_all_alike_tell_nothing(given: Given) -> None:
    index, pixels = given
    sample = sample_of(index, np.zeros_like(pixels), 111)
    assert sample is not None
    assert np.allclose(quick_probabilities(sample, sample.label), 0.1)


@pytest.mark.parametrize(("side", "cells"), [(128, 32), (30, 5), (32, 5), (8, 32)])
def test_pooling_keeps_the_mean(side: int, cells: int) -> None:
    images = np.random.default_rng(0).random((3, side, side, 2), np.float32)
    small = pooled(images, cells)
    assert small.shape == (3, min(side, cells), min(side, cells), 2)
    assert np.allclose(small.mean(axis=(1, 2)), images.mean(axis=(1, 2)), atol=1e-5)


@pytest.mark.parametrize("module", ["cleanlab.filter", "sklearn.decomposition"])
def test_a_missing_package_is_one_sentence(
    given: Given, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = sample_of(*given, 111)
    assert sample is not None
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtra, match=r"sureshot\[audit\]"):
        list(suspect_findings(given[0], sample))


@pytest.mark.parametrize(("classes", "each"), [(2, 10), (2, 40), (3, 11), (30, 10)])
def test_small_data_and_many_classes_are_no_obstacle(classes: int, each: int) -> None:
    """Features that tell nothing, so that anything may be suspected, but nothing fails."""
    random = np.random.default_rng(classes)
    label = np.repeat(np.arange(classes), each)
    for seed in range(5):
        found = suspects(random.normal(size=(len(label), 40)).astype(np.float32), label, seed)
        assert len(found.row) <= round(0.05 * len(label))
        assert (found.suggested != label[found.row]).all()

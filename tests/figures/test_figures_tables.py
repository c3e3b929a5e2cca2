"""The tables behind the figures, against numbers worked out by hand."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fake_run import generated_index, history, made_up
from sureshot import figures, measure, records
from sureshot.records import UNKNOWN, Index, Predictions

HISTORY = [
    {
        "epoch": epoch,
        "rate": 1e-3,
        "train_loss": 1.0,
        "train_accuracy": 0.5,
        "validation_loss": loss,
        "validation_accuracy": 0.5,
    }
    for epoch, loss in [(1, 0.9), (2, 0.4), (3, float("nan")), (4, 0.4)]
]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    return generated_index(tmp_path_factory.mktemp("images"), ["a", "b", "c"], (3, 2, 4))


def predictions(labels: list[int], probabilities: list[list[float]]) -> Predictions:
    classes = tuple("abcdefgh"[: len(probabilities[0])])
    ids = records.strings([f"{n}.png" for n in range(len(labels))])
    logits = np.log(np.array(probabilities, np.float32))
    return Predictions(classes, ids, np.array(labels), logits, records.strings([""] * len(labels)))


FOUR = predictions(
    [0, 0, 1, UNKNOWN], [[0.9, 0.06, 0.04], [0.1, 0.7, 0.2], [0.8, 0.1, 0.1], [0.2, 0.3, 0.5]]
)


def test_class_counts(index: Index) -> None:
    table = figures.class_counts(index.with_problems({0: "empty: no bytes"}))
    assert table.columns == ("train", "validation", "test")
    assert table.counts.tolist() == [[2, 2, 4], [3, 2, 4], [3, 2, 4]]
    assert table.unreadable == 1


def test_class_counts_without_splits(index: Index) -> None:
    label = index.label.copy()
    label[:2] = UNKNOWN
    table = figures.class_counts(
        replace(index, split=records.strings([""] * len(index)), label=label)
    )
    assert table.columns == ("images",)
    assert table.counts.tolist() == [[7], [9], [9]]
    assert table.unlabelled == 2


def test_samples_are_the_same_for_the_same_seed_and_come_from_training(index: Index) -> None:
    chosen = figures.samples(index, 111)
    assert chosen == figures.samples(index, 111)
    assert [sample.name for sample in chosen] == ["a", "b", "c"]
    for sample in chosen:
        assert sample.row is not None
        assert index.split[sample.row] == "train"
        assert (sample.width, sample.height) == (index.width[sample.row], index.height[sample.row])
    assert any(figures.samples(index, seed) != chosen for seed in range(5))


def test_a_class_without_images_has_no_sample(index: Index) -> None:
    problems = {int(row): "empty: no bytes" for row in np.flatnonzero(index.label == 1)}
    assert figures.samples(index.with_problems(problems), 1)[1].row is None


def test_the_chosen_epoch_is_the_first_with_the_least_loss() -> None:
    assert figures.curves(HISTORY).chosen == 2
    assert figures.curves(HISTORY).chosen == 2
    assert figures.curves(HISTORY[2:3]).chosen == 3


def test_curves_hold_the_columns() -> None:
    rows = history(5)
    table = figures.curves(rows)
    assert table.epoch.tolist() == [1, 2, 3, 4, 5]
    assert table.train_loss.tolist() == [row["train_loss"] for row in rows]
    assert table.rate.tolist() == [1e-3] * 5
    assert table.validated


def test_curves_without_validation_keep_the_last_epoch() -> None:
    table = figures.curves(history(5, validation=False))
    assert table.chosen == 5
    assert not table.validated
    assert np.isnan([*table.validation_loss, *table.validation_accuracy]).all()


def test_confusion_agrees_with_measure(index: Index) -> None:
    told = made_up(index, "test")
    kept = told.scored()
    expected = measure.confusion(kept.label, kept.top(), 3)
    assert (figures.confusion(told).counts == expected).all()


def test_confusion_by_hand() -> None:
    table = figures.confusion(FOUR)
    assert table.counts.tolist() == [[1, 1, 0], [1, 0, 0], [0, 0, 0]]
    assert table.n == 3
    assert table.shares()[0].tolist() == [0.5, 0.5, 0.0]
    assert np.isnan(table.shares()[2]).all()
    worst = table.most_confused(5)
    assert [(pair.true, pair.predicted, pair.count) for pair in worst] == [
        ("a", "b", 1),
        ("b", "a", 1),
    ]


def test_random_guesses_are_drawn_once_each(index: Index) -> None:
    told = made_up(index, "test")
    guesses = figures.random_guesses(told, 111)
    assert len({guess.id for guess in guesses}) == len(told) == 12
    assert guesses == figures.random_guesses(told, 111)
    assert guesses != figures.random_guesses(told, 112)
    assert len(figures.random_guesses(told, 111, 5)) == 5


def test_a_guess_by_hand() -> None:
    guess = next(g for g in figures.random_guesses(FOUR, 1) if g.id == "1.png")
    assert (guess.true, guess.right, guess.names) == ("a", False, ("b", "c", "a"))
    assert guess.probabilities == pytest.approx((0.7, 0.2, 0.1))
    assert guess.of_true == pytest.approx(0.1)


def test_a_guess_without_a_label_is_neither_right_nor_wrong() -> None:
    guess = next(g for g in figures.random_guesses(FOUR, 1) if g.id == "3.png")
    assert (guess.true, guess.right) == ("", None)


def test_unreadable_images_are_no_guesses() -> None:
    problem = FOUR.problem.copy()
    problem[0] = "empty: no bytes"
    told = replace(FOUR, problem=problem)
    assert {guess.id for guess in figures.random_guesses(told, 1)} == {"1.png", "2.png", "3.png"}


def test_mistakes_are_the_surest_first() -> None:
    table = figures.mistakes(FOUR)
    assert [guess.id for guess in table.surest] == ["2.png", "1.png"]
    assert (table.wrong, table.n) == (2, 3)
    assert len(figures.mistakes(FOUR, 1).surest) == 1


def test_reliability_is_the_measured_one() -> None:
    table = figures.reliability(FOUR)
    kept = FOUR.scored()
    assert table.n == 3
    assert table.error == measure.calibration_error(kept.label, kept.probabilities())


def test_nothing_to_score_still_gives_tables() -> None:
    nothing = FOUR.take(np.array([3]))
    assert figures.reliability(nothing).n == 0
    assert figures.mistakes(nothing).n == 0
    assert figures.confusion(nothing).n == 0


def test_pictures_of_missing_and_changed_files_are_none(index: Index, tmp_path: Path) -> None:
    from sureshot.recipe import ImageSettings

    settings = ImageSettings(size=32, channels=3).settled()
    missing, changed = map(str, index.id[:2])
    (tmp_path / changed).parent.mkdir(parents=True)
    (tmp_path / changed).write_bytes(index.path(0).read_bytes())  # a picture, but another one
    elsewhere = replace(index, root=tmp_path)
    assert figures.pictures(elsewhere, [missing, changed], settings) == [None, None]
    (shown,) = figures.pictures(index, [str(index.id[0])], settings)
    assert shown is not None
    assert shown.shape == (index.height[0], index.width[0], 3)

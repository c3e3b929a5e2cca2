"""The calibration error against its definition, the reliability table, and their intervals."""

import numpy as np
import pytest
from measure_problems import PROBLEMS, predictions, problem

from sureshot import measure
from sureshot.errors import DataError, UsageError
from sureshot.measure.calibration import bin_of, error_interval, expected_error


def by_definition(labels, probabilities, bins):
    """Guo et al. 2017, equation 3, one image and one bin at a time."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    total = 0.0
    for b in range(bins):
        inside = (confidence > b / bins) & (confidence <= (b + 1) / bins)
        if inside.any():
            total += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    return total


@pytest.mark.parametrize("bins", [1, 7, 15])
@pytest.mark.parametrize("rows", PROBLEMS.values(), ids=PROBLEMS)
def test_calibration_error_follows_its_definition(rows, bins):
    probabilities = rows.probabilities()
    ours = measure.calibration_error(rows.label, probabilities, bins)
    assert ours == pytest.approx(by_definition(rows.label, probabilities, bins), abs=1e-12)


@pytest.mark.parametrize("rows", PROBLEMS.values(), ids=PROBLEMS)
def test_the_table_sums_to_the_scores(rows):
    probabilities = rows.probabilities()
    table = measure.reliability(rows.label, probabilities)
    assert table.n.sum() == len(rows)
    gap = np.abs(table.accuracy - table.confidence)
    error = measure.score(rows).overall["calibration_error"].value
    assert np.nansum(table.n * gap) / len(rows) == pytest.approx(error, abs=1e-12)
    accuracy = np.nansum(table.n * table.accuracy) / len(rows)
    assert accuracy == pytest.approx(measure.accuracy(rows.label, rows.logits), abs=1e-12)


def test_the_table_has_one_row_a_bin_and_nan_where_it_is_empty():
    table = measure.reliability([0, 1, 0], [[0.95, 0.05], [0.9, 0.1], [0.45, 0.55]], bins=10)
    np.testing.assert_allclose(table.low, np.arange(10) / 10)
    np.testing.assert_allclose(table.high, np.arange(1, 11) / 10)
    assert table.n.tolist() == [0, 0, 0, 0, 0, 1, 0, 0, 1, 1]  # 0.9 belongs to the bin it ends
    full = table.n > 0
    np.testing.assert_allclose(table.confidence[full], [0.55, 0.9, 0.95])
    np.testing.assert_allclose(table.accuracy[full], [0, 0, 1])
    np.testing.assert_allclose(table.accuracy_low[full], [0, 0, measure.wilson(1, 1)[0]])
    np.testing.assert_allclose(table.accuracy_high[full], [measure.wilson(0, 1)[1]] * 2 + [1])
    for column in (table.confidence, table.accuracy, table.accuracy_low, table.accuracy_high):
        assert np.isnan(column[~full]).all()


def test_certainty_lies_in_the_last_bin_and_nothing_outside():
    assert bin_of(np.array([0.0, 1e-9, 1 / 15, 1.0, 1 + 1e-7])).tolist() == [0, 0, 0, 14, 14]


def test_a_calibrated_classifier_is_not_called_miscalibrated():
    random, sure = np.random.default_rng(0), 0
    for _ in range(200):
        confidence = random.uniform(0.5, 1, size=150)
        gap = confidence - (random.random(150) < confidence)
        value = expected_error(bin_of(confidence), gap)
        low, high = error_interval(value, 0.8 * value, 1.5 * value, confidence)
        assert low <= value <= high
        sure += low > 0
    assert sure / 200 <= 0.05


def test_an_overconfident_classifier_is_found_out():
    rows = problem(2_000, 4, strength=1.0)
    loud = predictions(rows.label, rows.logits * 5)
    honest, overconfident = (measure.score(r).overall["calibration_error"] for r in (rows, loud))
    assert overconfident.low > 0.1
    assert overconfident.low > honest.high


def test_misuse_is_refused():
    with pytest.raises(DataError, match=r"sum to 1 in each row, got 0\.2 to 0\.3"):
        measure.reliability([0], [[0.2, 0.3]])
    with pytest.raises(DataError, match="logits need a softmax first"):
        measure.calibration_error([0], [[4.0, -3.0]])
    with pytest.raises(UsageError, match="bins must be at least 1, got 0"):
        measure.reliability([0], [[0.5, 0.5]], bins=0)

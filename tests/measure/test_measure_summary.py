"""Whole tables of scores at the edges, where a resample shows nothing."""

import numpy as np

from sureshot.measure import score, summary
from sureshot.records import Predictions, strings


def test_a_mean_always_has_an_interval_also_where_nothing_is_right() -> None:
    labels = np.arange(50) % 2
    logits = np.tile(np.float32([-3, -3, 3]), (50, 1))  # always the class that never occurs
    wrong = Predictions(
        ("a", "b", "c"),
        id=strings([f"{i}.png" for i in range(50)]),
        label=labels.astype(np.int64),
        logits=logits,
        problem=strings([""] * 50),
    )
    overall = score(wrong).overall
    for name in ("accuracy", *summary.MEANS):
        assert overall[name].low == 0
        assert 0 < overall[name].high < 0.2, name

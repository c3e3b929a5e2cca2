"""Charts hold the numbers of their tables, sentences those of the scores, checks what changed."""

from pathlib import Path

import numpy as np
import pytest

from fake_run import CLOTHES, HOSTILE, generated_index, history, made_up
from sureshot import figures
from sureshot.records import Index, Score

go = pytest.importorskip("plotly.graph_objects", reason="Plotly is not installed")
pytest.importorskip("streamlit", reason="Streamlit is not installed")

from sureshot.dashboard import drawn, drawn_data, summary, verifying  # noqa: E402


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    return generated_index(tmp_path_factory.mktemp("images"), CLOTHES, (3, 2, 6))


def test_the_matrix_has_a_marker_on_each_cell_with_its_count(index: Index) -> None:
    table = figures.confusion(made_up(index, "test"))
    figure = drawn.confusion(table)
    found = np.zeros_like(table.counts)
    for trace in figure.data[1:]:
        for x, y, words in zip(trace.x, trace.y, trace.text, strict=True):
            found[y, x] = int(words or 0)
    assert (found == table.counts).all()
    assert sum(len(trace.x) for trace in figure.data[1:]) == len(CLOTHES) ** 2


def test_curves_are_those_of_the_table() -> None:
    table = figures.curves(history(12))
    shown = {(trace.name, trace.xaxis): trace.y for trace in drawn.curves(table).data}
    assert (shown["train", "x"] == table.train_loss).all()
    assert (shown["validation", "x2"] == table.validation_accuracy).all()
    assert len(drawn.curves(figures.curves(history(12, validation=False))).data) == 2


def test_bars_are_the_counts_of_the_table(index: Index) -> None:
    table = figures.class_counts(index)
    traces = drawn_data.class_counts(table).data
    assert [trace.name for trace in traces] == list(table.columns)
    assert (np.stack([trace.x for trace in traces], axis=1) == table.counts).all()


def test_reliability_is_that_of_the_table(index: Index) -> None:
    table = figures.reliability(made_up(index, "test"))
    _, dots, bars = drawn.reliability(table, "test").data
    held = table.bins.n > 0
    assert (dots.y == table.bins.accuracy[held]).all()
    assert np.allclose(dots.y + dots.error_y.array, table.bins.accuracy_high[held])
    assert (bars.y == table.bins.n).all()


def test_hostile_names_are_letters_in_a_chart(tmp_path: Path) -> None:
    table = figures.confusion(made_up(generated_index(tmp_path, HOSTILE, (1, 1, 2)), "test"))
    told = drawn.confusion(table).to_json()
    assert "<script" not in told
    assert "<b>" not in told


@pytest.mark.parametrize(
    ("value", "low", "high", "n", "said"),
    [
        (0.747, 0.70, 0.79, 372, "About 3 of 4 images are sorted correctly; between 70 and 79 in"),
        (0.66, 0.61, 0.71, 372, "About 2 of 3 images"),
        (0.9942, 0.9925, 0.9955, 10_000, "About 994 of 1,000 images"),
        (0.96, 0.93, 0.98, 270, "About 19 of 20 images"),
        (1.0, 0.98, 1.0, 200, "About 100 of 100 images are sorted correctly; between 98 and 100"),
        (0.0, 0.0, 0.06, 60, "About 0 of 100 images"),
        (0.995, 0.972, 0.999, 200, "About 995 of 1,000 images are sorted correctly; between 972 a"),
        (0.002, 0.0001, 0.03, 500, "About 2 of 1,000 images"),
        (0.9999, 0.9994, 0.99998, 10_000, "About 9,999 of 10,000 images"),
    ],
)
def test_the_headline_in_plain_words(
    value: float, low: float, high: float, n: int, said: str
) -> None:
    words = summary.plainly(Score(value, low, high, n, "Wilson"))
    assert words.startswith(said)
    assert words.endswith(f"going by {n:,} images.")


def test_verifying_says_what_changed(tmp_path: Path) -> None:
    index = generated_index(tmp_path, ("a", "b"), (2, 2, 2))
    assert verifying.verified(index, 32) == verifying.Verified(12, (), ())
    (tmp_path / str(index.id[3])).write_bytes(b"another")
    (tmp_path / str(index.id[5])).unlink()
    found = verifying.verified(index, 32)
    assert found == verifying.Verified(10, (str(index.id[3]),), (str(index.id[5]),))

"""Every figure, for every odd input: drawn, whole, readable, and the same bytes every time."""

import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from fake_run import CLOTHES, HOSTILE, generated_index, history, made_up, write_run
from sureshot import figures
from sureshot.figures import _figures
from sureshot.records import UNKNOWN, Predictions
from sureshot.runs import Run

CASES = {
    "clothes": (CLOTHES, (3, 2, 2), 20),
    "two classes, no test split": (("cat", "dog"), (2, 3, 0), 1),
    "hostile names": (tuple(sorted(HOSTILE)), (1, 1, 2), 2),
    "thirty classes": (tuple(f"category {n} of 30" for n in range(30)), (1, 1, 3), 40),
    "forty classes": (tuple(f"a rather long category {n}" for n in range(40)), (1, 1, 2), 3),
    "seventy classes": (tuple(f"{n}" for n in range(70)), (1, 1, 1), 3),
}
pytestmark = pytest.mark.filterwarnings("ignore:Glyph .* missing from font:UserWarning")


@pytest.fixture(scope="module", params=CASES, ids=lambda name: name.replace(" ", "_"))
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    classes, counts, epochs = CASES[request.param]
    folder = tmp_path_factory.mktemp("case")
    return write_run(folder / "run", generated_index(folder / "images", classes, counts), epochs)


def test_nothing_is_cut_off(run: Run) -> None:
    for name, figure in _figures(run):
        assert whole(figure), name


def test_draw_writes_every_figure_with_the_same_bytes(run: Run) -> None:
    first = {path: path.read_bytes() for path in figures.draw(run, run.folder / "figures")}
    assert [path.name for path in first] == [f"{name}.svg" for name in figures.NAMES]
    if len(run.index.classes) <= 10:  # twice takes time, and once is the same for all of them
        assert {
            path: path.read_bytes() for path in figures.draw(run, run.folder / "figures")
        } == first
    for path, content in first.items():
        assert ElementTree.fromstring(content).tag.endswith("svg"), path
        assert b"dc:date" not in content
        assert len(content) < 1_000_000


def whole(figure: Figure) -> bool:
    """Whether all that is drawn, every letter, lies within the figure's edges."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    drawn, (width, height) = figure.get_tightbbox(canvas.get_renderer()), figure.get_size_inches()
    edge = 0.01  # inches
    return bool(
        drawn.x0 > -edge
        and drawn.y0 > -edge
        and drawn.x1 < width + edge
        and drawn.y1 < height + edge
    )


def test_what_is_cut_off_would_be_noticed() -> None:
    figure = Figure(figsize=(2, 2))
    figure.text(0.5, 0.5, "much too long for two inches of paper")
    assert not whole(figure)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("small")
    index = generated_index(folder / "images", ["$a$", "b"], (2, 2, 3))
    return write_run(folder / "run", index, epochs=2)


def test_png_only_on_request(small: Run) -> None:
    written = figures.draw(small, small.folder / "figures", png=True)
    assert [path.suffix for path in written] == [".svg", ".png"] * len(figures.NAMES)
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in written[1::2])
    again = [path.read_bytes() for path in figures.draw(small, small.folder / "figures", png=True)]
    assert again == [path.read_bytes() for path in written]


def test_settings_of_matplotlib_are_left_alone_and_have_no_say(small: Run) -> None:
    table = figures.curves(small.history)
    expected = figures.svg(figures.plot_curves(table))
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red", "svg.fonttype": "none"}):
        before = dict(mpl.rcParams)
        assert figures.svg(figures.plot_curves(table)) == expected
        assert dict(mpl.rcParams) == before


def test_dollars_are_letters(small: Run) -> None:
    table = figures.class_counts(small.index)
    words = [text.get_text() for text in figures.plot_class_counts(table).findobj(Text)]
    assert "$a$" in words
    figure = figures.plot_class_counts(table)
    assert not any(text.get_parse_math() for text in figure.axes[0].texts)


def test_letters_are_outlines_unless_our_font_lacks_one() -> None:
    counts = np.array([[1, 0], [0, 1]])
    plain = figures.svg(figures.plot_confusion(figures.Confusion(("a", "b"), counts)))
    chinese = figures.svg(figures.plot_confusion(figures.Confusion(("a", "衬衫"), counts)))
    assert b"<text" not in plain
    assert "衬衫".encode() in chinese


def test_right_and_wrong_have_marks_that_the_font_has(small: Run) -> None:
    guesses = figures.random_guesses(small.predictions("test"), 1)
    marks = {figures.marked(guess)[0] for guess in guesses}
    assert marks <= {"✓", "✗"}
    figure = figures.plot_guesses(guesses, [None] * len(guesses))
    words = [text.get_text() for text in figure.findobj(Text)]
    assert sum(word.startswith(("✓ ", "✗ ")) for word in words) == len(guesses)
    assert b"<text" not in figures.svg(figure)


def test_nothing_to_show_still_draws(small: Run) -> None:
    told = made_up(small.index, "test")
    unknown = Predictions(
        told.classes, told.id, np.full(len(told), UNKNOWN), told.logits, told.problem
    )
    none = told.take(np.array([], np.int64))
    for predictions in (unknown, none):
        guesses = figures.random_guesses(predictions, 1)
        wrong = figures.mistakes(predictions)
        for figure in (
            figures.plot_confusion(figures.confusion(predictions)),
            figures.plot_guesses(guesses, [None] * len(guesses)),
            figures.plot_mistakes(wrong, []),
            figures.plot_reliability(figures.reliability(predictions)),
        ):
            assert whole(figure)
            assert figures.svg(figure)


def test_files_that_are_gone_leave_a_place(small: Run, tmp_path: Path) -> None:
    samples = figures.samples(small.index, 1)
    figure = figures.plot_samples(samples, [None] * len(samples))
    assert "cannot be\nshown" in [text.get_text() for text in figure.findobj(Text)]


def test_losses_that_are_no_numbers_draw(small: Run) -> None:
    rows = [
        {**row, "train_loss": float("nan"), "validation_loss": float("inf")}
        for row in small.history
    ]
    assert figures.svg(figures.plot_curves(figures.curves(rows)))


def test_curves_without_validation_draw_training_alone() -> None:
    figure = figures.plot_curves(figures.curves(history(5, validation=False)))
    words = [text.get_text() for text in figure.findobj(Text)]
    assert whole(figure)
    assert "validation" not in words
    assert any(word.startswith("no validation, the last epoch was kept") for word in words)


@pytest.mark.parametrize("rates", [[1e-3] * 3 + [3e-4] * 3, [1e-3, 9e-4, 6e-4, 3e-4, 1e-4, 1e-12]])
def test_a_learning_rate_that_changes_is_drawn(rates: list[float]) -> None:
    rows = [{**row, "rate": rate} for row, rate in zip(history(6), rates, strict=True)]
    figure = figures.plot_curves(figures.curves(rows))
    assert whole(figure)
    assert [axes.get_title("left") for axes in figure.axes].count("learning rate") == 2
    ticks = {label.get_text() for axes in figure.axes[3:] for label in axes.get_yticklabels()}
    assert ticks == ({"0.001", "0.0003"} if rates[-1] == 3e-4 else {"0.001"})  # none is made up


def test_a_learning_rate_that_stays_is_not_drawn() -> None:
    figure = figures.plot_curves(figures.curves(history(6)))
    assert "learning rate" not in [axes.get_title("left") for axes in figure.axes]


def test_runs_without_validation_are_drawn(tmp_path: Path) -> None:
    index = generated_index(tmp_path / "images", ["a", "b"], (3, 0, 3))
    made = write_run(tmp_path / "run", index, epochs=3, settings={"validation": False})
    written = figures.draw(made, tmp_path / "figures")
    assert [path.stem for path in written] == list(figures.NAMES)


def test_pyplot_is_never_imported() -> None:
    code = (
        "import sys, sureshot.figures, sureshot.report; print('matplotlib.pyplot' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"


def test_public_names_are_sorted_and_complete() -> None:
    names = figures.__all__
    assert names == sorted(names, key=lambda name: (not name.isupper(), name.islower(), name))
    assert all(hasattr(figures, name) for name in names)

"""Charts of a plan and of a temperature: whole, in their place, and drawn from their tables."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from made_plans import made_plan
from sureshot.figures import reliability, svg
from sureshot.figures.automation import plot_automation, plot_calibration
from sureshot.measure.risk import Curve
from sureshot.records import Predictions, strings


def curve(n: int, worst: float = 0.2) -> Curve:
    accepted = np.linspace(0, n, 101).astype(np.int64)
    wrong = (accepted * np.linspace(0, worst, 101)).astype(np.int64)
    return Curve(np.linspace(1, 0, 101), accepted, wrong, n)


def inside(figure: Figure) -> None:
    """Every word lies on the sheet."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    width, height = canvas.get_width_height()
    for axes in figure.axes:
        for text in [*axes.texts, axes.title, axes.xaxis.label, axes.yaxis.label]:
            box = text.get_window_extent()
            if text.get_text():
                assert box.x0 > -1, text.get_text()
                assert box.y0 > -1, text.get_text()
                assert box.x1 < width + 1, text.get_text()
                assert box.y1 < height + 1, text.get_text()


@pytest.mark.parametrize("n", [20, 5_000])
@pytest.mark.parametrize(
    ("automated", "threshold"), [(0.72, 0.93), (0.03, 0.9991), (1.0, 0.0), (0.0, None)]
)
def test_a_curve_is_drawn_with_its_promise(
    automated: float, threshold: float | None, n: int
) -> None:
    told, plan = curve(n), made_plan(threshold, automated=automated, n=n)
    figure = plot_automation(told, told.bounds(0.95), plan)
    inside(figure)
    words = " ".join(text.get_text() for axes in figure.axes for text in axes.texts)
    assert "promised 2 %" in words
    assert ("nothing can be promised" in words) == (threshold is None)
    seen, bound = figure.axes[1].lines[1], figure.axes[1].lines[0]
    np.testing.assert_allclose(seen.get_ydata(), told.error[told.accepted > 0])
    assert (np.asarray(bound.get_ydata()) >= np.asarray(seen.get_ydata())).all()
    assert svg(figure) == svg(plot_automation(told, told.bounds(0.95), plan))


def test_a_model_that_is_never_wrong_has_a_curve_too() -> None:
    told = curve(300, worst=0.0)
    figure = plot_automation(told, told.bounds(0.95), made_plan(0.0, automated=1.0, n=300))
    inside(figure)


def test_before_and_after_stand_side_by_side() -> None:
    draw = np.random.default_rng(0)
    label = draw.integers(0, 3, 400)
    logits = draw.normal(0, 4, (400, 3)).astype(np.float32)
    logits[np.arange(400), label] += 3
    predictions = Predictions(
        ("a", "b", "c"), strings([f"{i}" for i in range(400)]), label, logits, strings([""] * 400)
    )
    before, after = (reliability(replace(predictions, temperature=t)) for t in (1.0, 2.5))
    assert after.error < before.error
    figure = plot_calibration(before, after, "validation")
    inside(figure)
    names = {axes.get_title(loc="left") for axes in figure.axes}
    assert {"before", "after"} <= names
    words = " ".join(text.get_text() for text in figure.axes[0].texts)
    assert f"{before.error:.3f} before, {after.error:.3f} after" in words

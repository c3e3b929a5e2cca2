"""Tables about results, drawn with Plotly: the same numbers as in the report, to hover over.

Nothing is computed here but places and colours. Backgrounds and letters are left to the theme;
colours with a meaning are those of the figures. Shapes: `K` classes, `E` epochs.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from sureshot.dashboard.safe import label
from sureshot.figures import Confusion, Course, Curves, Reliability, learned, style
from sureshot.figures.style import INK, QUIET, RIGHT, WRONG
from sureshot.figures.tables import Counts
from sureshot.figures.words import percent
from sureshot.progress import duration

CELLS = 20  # classes up to which the numbers stand in the cells
STRONG = 0.55  # of a cell's colour: on a stronger one letters are white
SMALL = {"l": 8, "r": 8, "t": 28, "b": 8}
_ROOM = 0.25  # decades left free beside the points of a logarithmic axis
_TIMES: dict[float, str] = {  # ticks, in minutes
    **{seconds / 60: f"{seconds} s" for seconds in (1, 3, 10, 30)},
    **{minutes: f"{minutes} min" for minutes in (1, 3, 10, 30)},
    **{60 * hours: f"{hours} h" for hours in (1, 3, 10, 30)},
}
_SPEEDS = {step * 10.0**n: f"{step * 10.0**n:g} ms" for n in range(-4, 5) for step in (1, 2, 5)}
_DASHES = ("solid", "dash", "dot", "dashdot")
SYMBOLS = ("circle", "square", "diamond", "triangle-down", "triangle-up", "x", "cross")
_LINE = "#77818d"  # of no meaning: at least 3.9 : 1 by day and by night
COLOURS = (*learned.COLOURS[:-1], _LINE)  # of these, too, the last is too dark by night
SPLIT = style.SPLIT | {"test": "#a763a2"}  # the figures' colour is too dark by night
_CLEAR = "rgba(0,0,0,0)"


def curves(table: Curves) -> go.Figure:
    """Loss and accuracy by epoch; the line is the epoch that was chosen."""
    figure = make_subplots(1, 2, subplot_titles=("loss", "accuracy"), horizontal_spacing=0.09)
    told = {
        "train": (table.train_loss, table.train_accuracy),
        "validation": (table.validation_loss, table.validation_accuracy),
    }
    for split in told if table.validated else ("train",):
        for column, values in enumerate(told[split], 1):
            shown = "%{y:.1%}" if column == 2 else "%{y:.4f}"
            figure.add_scatter(
                x=table.epoch,
                y=values,
                name=split,
                mode="lines+markers" if len(table.epoch) <= 30 else "lines",
                line={"color": SPLIT[split], "dash": "dash" if split == "train" else "solid"},
                showlegend=column == 1,
                legendgroup=split,
                hovertemplate=f"epoch %{{x}}, {split}: {shown}<extra></extra>",
                row=1,
                col=column,
            )
    figure.add_vline(x=table.chosen, line={"dash": "dot", "color": QUIET, "width": 1.5})
    figure.update_yaxes(rangemode="tozero", row=1, col=1)
    figure.update_yaxes(tickformat=".0%", row=1, col=2)
    figure.update_xaxes(title="epoch", dtick=_step(len(table.epoch)))
    return figure.update_layout(height=360, margin=SMALL, legend=below())


def rate(table: Curves) -> go.Figure:
    """The learning rate by epoch, on a logarithmic scale."""
    figure = go.Figure(
        go.Scatter(
            x=table.epoch,
            y=table.rate,
            line={"shape": "hvh", "color": _LINE},
            hovertemplate="epoch %{x}: %{y:.3g}<extra></extra>",
        )
    )
    figure.update_yaxes(type="log", title="learning rate", dtick=1, tickformat="~g")
    figure.update_xaxes(title="epoch", dtick=_step(len(table.epoch)))
    return figure.update_layout(height=200, margin=SMALL)


def courses(table: Sequence[Course]) -> go.Figure:
    """Validation accuracy by epoch of every contender; training where there is no validation."""
    figure = go.Figure()
    for number, course in enumerate(table):
        watched = course.train if np.isnan(course.validation).all() else course.validation
        figure.add_scatter(
            x=np.arange(1, len(watched) + 1),
            y=watched,
            name=label(course.name),
            mode="lines+markers" if len(watched) <= 30 else "lines",
            line={"color": COLOURS[number % len(COLOURS)], "dash": _dash(number)},
            hovertemplate="%{fullData.name}, epoch %{x}: %{y:.1%}<extra></extra>",
        )
    longest = max((len(course.train) for course in table), default=1)
    figure.update_xaxes(title="epoch", dtick=_step(longest))
    figure.update_yaxes(tickformat=".0%", title="accuracy")
    return figure.update_layout(height=380, margin=SMALL, legend=below())


def confusion(table: Confusion) -> go.Figure:
    """Rows are true classes; green is right, orange is wrong; a marker on each cell can be chosen.

    A point's x is the column, its y the row.
    """
    classes, shares = len(table.classes), np.nan_to_num(table.shares())
    sign = np.where(np.eye(classes, dtype=bool), 1, -1)
    strength = shares**0.7  # as in the figure, so that small shares can be seen
    names = [label(name) for name in table.classes]
    figure = go.Figure(
        go.Heatmap(
            z=sign * strength,
            zmin=-1,
            zmax=1,
            colorscale=[[0, WRONG], [0.5, _pale(WRONG)], [0.5, _pale(RIGHT)], [1, RIGHT]],
            showscale=False,
            hoverinfo="skip",
            xgap=1,
            ygap=1,
        )
    )
    held = (table.counts > 0) | (classes <= CELLS)  # of a large matrix most cells are empty
    for strong in (False, True):
        chosen = np.argwhere(held & ((strength > STRONG) == strong))
        if len(chosen):
            figure.add_trace(_cells(table, names, chosen, "white" if strong else INK))
    side = 34 if classes <= CELLS else 16
    ticks = {"tickvals": np.arange(classes), "ticktext": names, "showgrid": False}
    figure.update_xaxes(**ticks, side="top", tickangle=-45, title="said to be", zeroline=False)
    figure.update_yaxes(**ticks, autorange="reversed", title="true class", zeroline=False)
    height = int(np.clip(150 + side * classes, 320, 1400))
    return figure.update_layout(height=height, margin=SMALL, showlegend=False, dragmode=False)


def reliability(table: Reliability, split: str) -> go.Figure:
    """The share that was right by how sure the model was, and how many images that were."""
    bins = table.bins
    held = bins.n > 0
    x, y = bins.confidence[held], bins.accuracy[held]
    figure = make_subplots(2, 1, shared_xaxes=True, row_heights=[0.76, 0.24], vertical_spacing=0.05)
    line = {"dash": "dash", "color": _LINE, "width": 1}
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line=line, hoverinfo="skip", row=1, col=1)
    over, under = bins.accuracy_high[held] - y, y - bins.accuracy_low[held]
    figure.add_scatter(
        x=x,
        y=y,
        mode="markers",
        marker={"color": SPLIT[split], "size": 8},
        error_y={"array": over, "arrayminus": under, "color": SPLIT[split], "width": 0},
        customdata=bins.n[held],
        hovertemplate="said %{x:.1%}, right %{y:.1%}, n = %{customdata:,}<extra></extra>",
        row=1,
        col=1,
    )
    figure.add_bar(
        x=(bins.low + bins.high) / 2,
        y=bins.n,
        marker_color=SPLIT[split],
        opacity=0.6,
        hovertemplate="%{y:,} images<extra></extra>",
        row=2,
        col=1,
    )
    figure.update_yaxes(tickformat=".0%", range=[-0.02, 1.02], title="right", row=1, col=1)
    figure.update_yaxes(title="images", tickformat=",", row=2, col=1)
    figure.update_xaxes(tickformat=".0%", range=[0, 1])
    figure.update_xaxes(title="probability that the model gave to its answer", row=2, col=1)
    return figure.update_layout(height=480, margin=SMALL, showlegend=False)


def against(rows: Sequence[Mapping[str, Any]], of: str) -> go.Figure:
    """Accuracy with its interval against "minutes" of training or "ms_per_image" of prediction.

    `rows` are those of `comparison.table`.
    """
    figure = go.Figure()
    for number, row in enumerate(rows):
        colour = COLOURS[number % len(COLOURS)]
        known = row["low"] == row["low"]  # NaN where there is no interval
        cost = duration(60 * row[of]) if of == "minutes" else f"{row[of]:.3g} ms"
        each = "of training" if of == "minutes" else "an image"
        value = row["accuracy"]
        ends = {"array": [row["high"] - value], "arrayminus": [value - row["low"]]}
        figure.add_scatter(
            x=[row[of]],
            y=[value],
            name=label(row["recipe"]),
            mode="markers",
            marker={"color": colour, "size": 11, "symbol": SYMBOLS[number % len(SYMBOLS)]},
            error_y={**ends, "color": colour, "width": 0} if known else None,
            hovertemplate=f"%{{fullData.name}}: {value:.1%}, {cost} {each}<extra></extra>",
        )
    words = {"minutes": "time of training", "ms_per_image": "time for one image"}[of]
    costs = [float(row[of]) for row in rows]
    figure.update_xaxes(type="log", title=words, **_ticks(costs, of))
    figure.update_yaxes(tickformat=".0%", title="accuracy")
    return figure.update_layout(height=380, margin=SMALL, legend=below())


def _cells(table: Confusion, names: Sequence[str], chosen: Counts, letters: str) -> go.Scatter:
    """Markers without colour on some cells, (n, 2), with their counts where there is room."""
    shares = table.shares()
    counts = [int(table.counts[i, j]) for i, j in chosen]
    words = [
        f"{names[i]} taken for {names[j]}: {count:,}, {percent(float(shares[i, j]))} of its images"
        if i != j
        else f"{names[i]} told right: {count:,}, {percent(float(shares[i, j]))} of its images"
        for (i, j), count in zip(chosen, counts, strict=True)
    ]
    few = len(table.classes) <= CELLS
    same = {"marker": {"opacity": 1}, "textfont": {"color": letters}}  # a choice dims nothing
    return go.Scatter(
        x=chosen[:, 1],
        y=chosen[:, 0],
        mode="markers+text" if few else "markers",
        text=[f"{count:,}" if count else "" for count in counts],
        textfont={"color": letters},
        hovertext=words,
        hoverinfo="text",
        marker={"size": 30 if few else 12, "symbol": "square", "color": _CLEAR},
        selected=same,
        unselected=same,
    )


def _ticks(costs: Sequence[float], of: str) -> dict[str, Any]:
    """A logarithmic axis that shows its unit at each tick, with room beside the points."""
    low, high = math.log10(min(costs)) - _ROOM, math.log10(max(costs)) + _ROOM
    told = _TIMES if of == "minutes" else _SPEEDS
    shown = {at: words for at, words in told.items() if low <= math.log10(at) <= high}
    return {"range": [low, high], "tickvals": list(shown), "ticktext": list(shown.values())}


def _step(epochs: int) -> int:
    """How many epochs there are from tick to tick: whole ones, and few enough for a phone."""
    return next(step for step in (1, 2, 5, 10, 20, 50, 100, 1000, 10_000) if epochs <= 8 * step)


def _pale(colour: str) -> str:
    """A colour of which just a breath is left, whatever it lies on."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.05)"


def _dash(number: int) -> str:
    return _DASHES[number // len(COLOURS) % len(_DASHES)]


def below() -> dict[str, Any]:
    """Where a legend takes no width from the chart."""
    return {"orientation": "h", "y": -0.2, "yanchor": "top", "x": 0}

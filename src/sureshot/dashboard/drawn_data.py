"""Tables about the images, drawn with Plotly: the same numbers as in the report, to hover over."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from sureshot.dashboard.drawn import COLOURS, SMALL, SPLIT, SYMBOLS, below
from sureshot.dashboard.safe import label
from sureshot.figures import ClassCounts, Map, Spread
from sureshot.figures.tables import Counts
from sureshot.figures.words import plural

BAR = 15  # pixels of height: as much as its number needs
ROWS = 60  # classes with bars of their own; assumed to be as many as a reader will look through


def class_counts(table: ClassCounts) -> go.Figure:
    """Bars by class, a colour a split; the ROWS largest classes where there are more."""
    order = np.argsort(-table.counts.sum(axis=1), kind="stable")[:ROWS]
    rows = np.sort(order) if len(order) < len(table.classes) else np.arange(len(table.classes))
    names = [label(table.classes[row]) for row in rows]
    figure = go.Figure()
    for number, split in enumerate(table.columns):
        counts = table.counts[rows, number]
        figure.add_bar(
            x=counts,
            y=np.arange(len(rows)),
            name=split,
            orientation="h",
            marker_color=SPLIT[split],
            text=[f"{count:,}" for count in counts],
            textposition="outside",
            textfont={"size": 10},
            cliponaxis=False,
            hovertext=[
                f"{name}, {split}: {count:,}" for name, count in zip(names, counts, strict=True)
            ],
            hoverinfo="text",
        )
    _upright(figure, names, 60 + len(rows) * (8 + BAR * len(table.columns)))
    figure.update_xaxes(title="images", tickformat=",")
    return figure.update_layout(barmode="group", legend=_above())


def spread(table: Spread) -> go.Figure:
    """How one quantity is spread over all readable images."""
    middle, width = (table.edges[:-1] + table.edges[1:]) / 2, np.diff(table.edges)
    unit = f" {table.unit}" if table.unit else ""
    told = [
        f"{low:,.3g} to {high:,.3g}{unit}: {plural(int(count), 'image')}"
        for low, high, count in zip(table.edges[:-1], table.edges[1:], table.counts, strict=True)
    ]
    bars = go.Bar(x=middle, y=table.counts, width=width, hovertext=told, hoverinfo="text")
    figure = go.Figure(bars.update(marker_color=SPLIT["validation"]))
    figure.update_xaxes(title=f"{table.name},{unit}" if unit else table.name)
    if table.logarithmic:
        figure.update_xaxes(type="log")
    figure.update_yaxes(title="images", tickformat=",")
    return figure.update_layout(height=240, margin=SMALL)


def image_map(table: Map, labels: Counts, classes: Sequence[str], ids: Sequence[str]) -> go.Figure:
    """Each image as a dot near those that look alike; `labels` and `ids` are of its M rows.

    A point's customdata is its place among the M.
    """
    figure = go.Figure()
    for number, k in enumerate(np.unique(labels)):
        at = np.flatnonzero(labels == k)
        name = label(classes[int(k)]) if k >= 0 else "no class"
        figure.add_scattergl(
            x=table.place[at, 0],
            y=table.place[at, 1],
            name=name,
            mode="markers",
            customdata=[int(place) for place in at],
            hovertext=[f"{name}: {label(ids[int(place)], 48)}" for place in at],
            hoverinfo="text",
            marker={
                "color": COLOURS[number % len(COLOURS)],
                "symbol": SYMBOLS[number // len(COLOURS) % len(SYMBOLS)],
                "size": 7,
                "opacity": 0.85,
            },
        )
    nothing = {"visible": False, "showgrid": False, "zeroline": False}
    figure.update_xaxes(**nothing)
    figure.update_yaxes(**nothing, scaleanchor="x")
    return figure.update_layout(height=560, margin=SMALL, legend=below(), dragmode="pan")


def _upright(figure: go.Figure, names: Sequence[str], height: float) -> None:
    """Bars from the top down, each with its name."""
    figure.update_yaxes(tickvals=np.arange(len(names)), ticktext=names, autorange="reversed")
    figure.update_layout(height=int(max(height, 220)), margin=SMALL, bargap=0.25)


def _above() -> dict[str, Any]:
    return {"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0}


def place_of(point: Mapping[str, Any]) -> int:
    """The place among the M of a point that was chosen; browsers tell it alone or in a list."""
    told = point["customdata"]
    return int(told[0] if isinstance(told, list) else told)

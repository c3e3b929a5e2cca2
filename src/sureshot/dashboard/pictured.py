"""An answer and a verdict, drawn with Plotly for a person to hover over.

Shapes: `K` classes.
"""

import math
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from sureshot.comparison import KINDS, Verdict
from sureshot.dashboard import safe
from sureshot.dashboard.answers import SURE
from sureshot.figures.claims import OUTCOME
from sureshot.figures.style import QUIET, RIGHT, SPLIT, WRONG
from sureshot.figures.words import percent

MOST = 10  # classes drawn, the most probable ones
ROW, AROUND = 34, 44  # pixels: a bar, and what is above and below all of them
SYMBOL = {"supported": "circle", "refuted": "x", "undecided": "diamond"}  # apart without colour too
TALL = 132  # pixels of a verdict's picture
BESIDE = 0.25  # of the span shown, left free on both sides


def bars(classes: Sequence[str], probabilities: NDArray[np.float64], true: str = "") -> go.Figure:
    """The most probable classes (K,), best first; the true one, where it is known, in its colour.

    The dotted line is where an answer begins to be one.
    """
    order = [int(k) for k in np.argsort(-probabilities, kind="stable")[:MOST]]
    told = [percent(float(probabilities[k])) for k in order]
    names = [safe.label(classes[k], safe.LONGEST) for k in order]
    figure = go.Figure(
        go.Bar(
            x=[float(probabilities[k]) for k in order],
            y=list(range(len(order))),
            orientation="h",
            marker_color=[_colour(classes[k], rank, true) for rank, k in enumerate(order)],
            text=told,
            textposition="outside",
            cliponaxis=False,
            hovertext=[f"{name}: {share}" for name, share in zip(names, told, strict=True)],
            hoverinfo="text",
        )
    )
    figure.add_vline(x=SURE, line={"color": QUIET, "width": 1, "dash": "dot"})
    figure.update_xaxes(range=[0, 1], tickvals=[0, 0.5, 1], ticktext=["0 %", "50 %", "100 %"])
    figure.update_yaxes(
        tickvals=list(range(len(order))),
        ticktext=[safe.label(classes[k]) for k in order],
        autorange="reversed",
        automargin=True,
    )
    return _plain(figure, AROUND + ROW * len(order), right=52)


def verdict(one: Verdict) -> go.Figure:
    """The interval that was found against the range that was claimed, which is shaded."""
    number, kind = one.number, KINDS[one.score]
    assert number is not None
    assert number.known
    low, high = span(one)
    colour = OUTCOME[one.outcome]
    said = f"{one.found}, {one.interval}"
    figure = go.Figure()
    for x, mode, look in (
        ([number.low, min(number.high, high)], "lines", {"line": {"color": colour, "width": 9}}),
        ([number.value], "markers", {"marker": _mark(one, colour)}),
    ):
        words = [f"found: {said}"] * len(x)
        figure.add_scatter(
            x=x, y=[0] * len(x), mode=mode, hovertext=words, hoverinfo="text", **look
        )
    _claimed(figure, one, low, high)
    ticks = [
        float(x)
        for x in MaxNLocator(3, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
        if low <= x <= high
    ]
    told = [kind.told(x, one.way) for x in ticks]
    figure.update_xaxes(range=[low, high], tickvals=ticks, ticktext=told, zeroline=False)
    figure.update_yaxes(range=[-1, 1], visible=False, fixedrange=True)
    return _plain(figure, TALL, top=30)


def span(one: Verdict) -> tuple[float, float]:
    """What is shown: interval and bounds, with room beside them, within the score's own range."""
    number = one.number
    assert number is not None
    ends = (number.value, number.low, number.high, one.at_least, one.at_most)
    shown = [end for end in ends if end is not None and math.isfinite(end)]
    width = (max(shown) - min(shown)) or abs(shown[0]) or 1.0
    least, most = KINDS[one.score].range(one.way)
    edge = 0.02 * width  # so that a mark at the end of the range is not cut
    low = max(min(shown) - BESIDE * width, least - edge)
    return low, min(max(shown) + BESIDE * width, most + edge)


def _claimed(figure: go.Figure, one: Verdict, low: float, high: float) -> None:
    """The range in which the claim is true, shaded, its bounds as lines."""
    left = low if one.at_least is None else one.at_least
    right = high if one.at_most is None else one.at_most
    figure.add_vrect(x0=left, x1=right, fillcolor=RIGHT, opacity=0.16, line_width=0, layer="below")
    for bound in (one.at_least, one.at_most):
        if bound is not None and math.isfinite(bound):
            figure.add_vline(x=bound, line={"color": QUIET, "width": 1.5})
    ends = ("left", left) if left - low < high - right else ("right", right)
    figure.add_annotation(
        x=ends[1],
        y=1,
        yref="paper",
        yanchor="bottom",
        xanchor=ends[0],
        text=f"claimed: {one.bounds}",
        showarrow=False,
    )


def _mark(one: Verdict, colour: str) -> dict[str, object]:
    edge = {"color": "white", "width": 1.5}
    return {"color": colour, "size": 15, "symbol": SYMBOL[one.outcome], "line": edge}


def _colour(name: str, rank: int, true: str) -> str:
    if true:
        return RIGHT if name == true else WRONG if rank == 0 else QUIET
    return SPLIT["validation"] if rank == 0 else QUIET


def _plain(figure: go.Figure, height: int, top: int = 8, right: int = 12) -> go.Figure:
    """No legend, no room wasted, nothing that zooms by accident on a phone."""
    figure.update_layout(
        height=height,
        margin={"l": 12, "r": right, "t": top, "b": 28},
        showlegend=False,
        dragmode=False,
        bargap=0.3,
    )
    return figure

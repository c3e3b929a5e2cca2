"""The confusion matrix, of which a person chooses a cell to see the images behind it."""

from functools import partial

import numpy as np
import streamlit as st

from sureshot import figures
from sureshot.dashboard import drawn, safe
from sureshot.dashboard.dressed import chart, empty, put, say
from sureshot.dashboard.shelf import ShelvedRun
from sureshot.figures import Confusion
from sureshot.figures.words import plural
from sureshot.report.judged import judged_of, said_card
from sureshot.report.markup import join, name, tag
from sureshot.report.material import Material
from sureshot.report.plates import cards

PICTURES = 24  # of one cell; assumed to be as many as are looked through
TRUE, SAID = "true class", "said class"  # where the choice is kept: numbers of classes


def show(run: ShelvedRun, material: Material) -> None:
    """The matrix, the cell that was chosen in it or below it, and its images."""
    table = figures.confusion(material.predictions)
    right = int(np.trace(table.counts))
    words = (
        f"{right:,} of {plural(table.n, f'{material.split} image')} right. Rows are the true "
        "classes, columns what the model said. Choose a cell to see its images."
    )
    key = f"matrix {run.name}"
    clicked = partial(_clicked, key, len(table.classes))
    chart(drawn.confusion(table), key, words, on_select=clicked, selection_mode="points")
    true, said = _cell(table)
    _images(material, table, true, said)


def _clicked(key: str, classes: int) -> None:
    """Take over the cell that was clicked: its row is the true class, its column what was said."""
    points = st.session_state[key]["selection"]["points"]
    if points:
        row, column = round(float(points[0]["y"])), round(float(points[0]["x"]))
        if 0 <= row < classes and 0 <= column < classes:
            st.session_state[TRUE], st.session_state[SAID] = row, column


def _cell(table: Confusion) -> tuple[int, int]:
    """The cell by name, for whoever would rather choose there; at first the worst mistake."""
    numbers = range(len(table.classes))
    worst = table.most_confused(1)
    first = (worst[0].true, worst[0].predicted) if worst else (table.classes[0],) * 2
    for key, label in zip((TRUE, SAID), first, strict=True):
        if st.session_state.get(key) not in numbers:
            st.session_state[key] = table.classes.index(label)
    for place, key, words in zip(
        st.columns(2), (TRUE, SAID), ("True class", "Said to be"), strict=True
    ):
        place.selectbox(words, numbers, format_func=lambda k: safe.plain(table.classes[k]), key=key)
    return int(st.session_state[TRUE]), int(st.session_state[SAID])


def _images(material: Material, table: Confusion, true: int, said: int) -> None:
    """The images of one cell, those first of which the model was surest."""
    scored = material.predictions.scored()
    places = np.flatnonzero((scored.label == true) & (scored.top() == said))
    sure = scored.take(places).probabilities().max(axis=1, initial=0)
    first = places[np.argsort(-sure, kind="stable")[:PICTURES]]
    told = join([name(table.classes[true]), " taken for ", name(table.classes[said])])
    told = join([name(table.classes[true]), " told right"]) if true == said else told
    if not len(places):
        empty("No image is in this cell.", "Choose another one.")
        return
    some = f", here the {len(first)} of which it was surest" if len(first) < len(places) else ""
    put(tag("h3", told, f": {plural(len(places), 'image')}{some}"))
    judged = judged_of(material)
    pictures = zip(first, judged.pictures(first), strict=True)
    put(cards([said_card(judged, int(at), picture) for at, picture in pictures], "small"))
    say("Below each picture what the model said, how sure it was, and the truth.", quiet=True)

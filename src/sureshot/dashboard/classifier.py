"""The page that classifies: what the model says of an image, how sure it is, and where it looked.

Shapes: `S` the side of what the network sees in pixels, `K` classes.
"""

from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from sureshot.bundle import Bundle
from sureshot.dashboard import remembered, safe
from sureshot.dashboard.answers import (
    SURE,
    Answer,
    Given,
    answer,
    as_csv,
    opened,
    outcome,
    record_in_words,
    table,
    unsure,
)
from sureshot.dashboard.dressed import chart, head, healthy, put, say, wrong
from sureshot.dashboard.handed import handed
from sureshot.dashboard.heat import heat_in_words, occlusion, overlaid
from sureshot.dashboard.pictured import bars
from sureshot.dashboard.shelf import Choice, Shelf
from sureshot.errors import SureshotError
from sureshot.figures import Picture
from sureshot.figures.words import percent, plural
from sureshot.images import digest
from sureshot.records import Predictions
from sureshot.report.markup import Html, name, tag
from sureshot.report.material import Material
from sureshot.report.plates import photograph

WIDE = 260  # pixels of a picture, and of the map over it: beside each other on a desk


def show(shelf: Shelf, choice: Choice) -> None:
    """Classify images with the model of the chosen run."""
    run = healthy(choice)
    if run is None:
        return
    try:
        material, bundle = remembered.material(run), opened(run.run.model_path)
        _introduced(material, bundle)
        given = handed(material)
    except (SureshotError, OSError) as error:
        wrong(str(error))
        return
    if given:
        _results(material, bundle, given)


def _introduced(material: Material, bundle: Bundle) -> None:
    side = bundle.preprocessing.size
    say(
        "The model of ",
        name(material.run.name),
        f" ({bundle.about.network}) knows {plural(len(bundle.classes), 'class', 'classes')} and "
        f"looks at {side} × {side} pixels. It answers here by the same path as in its scores.",
        quiet=True,
    )


def _results(material: Material, bundle: Bundle, given: Sequence[Given]) -> None:
    """All answers as a table where there are several, one of them at length, and all as CSV."""
    answers = _answered(bundle, given)
    predictions = table(bundle, given, answers)
    at = _several(predictions, given, answers) if len(given) > 1 else 0
    if answers[at].problem:
        put(tag("p", tag("b", name(given[at].name)), " cannot be read: ", answers[at].why))
    else:
        shares = predictions.take(np.array([at])).probabilities()[0]
        _one(material, bundle, given[at], answers[at], shares)
    st.download_button(
        "Download as CSV",
        as_csv(predictions),
        "predictions.csv",
        "text/csv",
        help="The same columns as from sureshot predict.",
    )


def _answered(bundle: Bundle, given: Sequence[Given]) -> list[Answer]:
    """An answer to each; what this person was told a moment ago is not computed again."""
    kept: dict[tuple[str, str], Answer] = st.session_state.get("answers", {})
    keys = [(bundle.about.graph_sha256, digest(one.content)) for one in given]
    with st.spinner("Looking …"):
        found = {
            key: kept.get(key) or answer(bundle, one.content)
            for key, one in zip(keys, given, strict=True)
        }
    st.session_state["answers"] = found
    return [found[key] for key in keys]


def _several(predictions: Predictions, given: Sequence[Given], answers: Sequence[Answer]) -> int:
    """All answers as a table; returns the place of the one that is to be shown."""
    shares = predictions.probabilities().max(axis=1)
    words = [outcome(one, float(share)) for one, share in zip(answers, shares, strict=True)]
    counts = ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))
    times = [one.reading + one.thinking for one in answers if not one.problem]
    spent = f"; {np.mean(times):.1f} ms an image" if times else ""
    head(plural(len(given), "image"), f"{counts}{spent}")
    names = [safe.plain(one.name) for one in given]
    said = [predictions.classes[k] if k >= 0 else "" for k in predictions.top()]
    st.dataframe(
        {
            "image": names,
            "answer": [safe.plain(word) for word in said],
            "probability": [percent(float(share)) for share in shares],
            "outcome": words,
            "why": [safe.plain(one.why, 200) for one in answers],
        },
        hide_index=True,
    )
    return st.selectbox(
        "Shown below", range(len(given)), format_func=lambda at: f"{at + 1}: {names[at]}"
    )


def _one(
    material: Material, bundle: Bundle, given: Given, one: Answer, shares: NDArray[np.float64]
) -> None:
    """The picture, the answer with its record, all probabilities (K,), and where it looked."""
    assert one.pixels is not None
    best = int(shares.argmax())
    share = float(shares[best])
    heat = _heat(bundle, one.pixels, best)
    left, middle, right = st.columns([1, 1, 1])
    with left:
        put(_plate(one.picture, f"{given.name}, as it was given"), tag("p", name(given.name)))
    with middle:
        words = f"where the network looked for {bundle.classes[best]}"
        put(_plate(overlaid(one.pixels, heat), words), tag("p", heat_in_words(heat)))
    with right:
        put(
            *_said(bundle.classes[best], share, given.true),
            tag("p", record_in_words(material, share), class_="quiet"),
            tag(
                "p",
                f"It took {one.reading + one.thinking:.1f} ms: {one.reading:.1f} ms to read the "
                f"image, {one.thinking:.1f} ms to answer.",
                class_="quiet",
            ),
        )
    alt = f"How probable each class is; below {percent(SURE)}, the dotted line, nothing is sure"
    chart(bars(bundle.classes, shares, given.true), "classifier-bars", alt)


def _said(answered: str, share: float, true: str) -> list[Html]:
    """The answer, or that there is none; and what is true, where that is known."""
    if unsure(share):
        told = [
            tag("h3", "Unsure"),
            tag(
                "p", f"No class reaches {percent(SURE)}, so this is no answer: let a person decide."
            ),
            tag("p", "The nearest is ", tag("b", name(answered)), f" with {percent(share)}."),
        ]
    else:
        told = [
            tag("h3", name(answered)),
            tag("p", f"with a probability of {percent(share)}"),
        ]
    if true:
        right = tag("span", "✓ right", class_="right")
        other = tag("span", "✗ wrong: it is ", name(true), class_="wrong")
        told.append(tag("p", right if true == answered else other))
    return told


def _heat(bundle: Bundle, pixels: NDArray[np.uint8], best: int) -> NDArray[np.float64]:
    """Where it looked (S, S); not computed again while a person goes on looking at it."""
    key = bundle.about.graph_sha256, digest(pixels), best
    kept, heat = st.session_state.get("heat", (None, None))
    if kept != key or heat is None:
        with st.spinner("Covering parts of the image …"):
            heat = occlusion(bundle.logits, pixels, best)
        st.session_state["heat"] = key, heat
    return np.asarray(heat)


def _plate(picture: Picture, alt: str) -> Html:
    """A picture as large as its column, a tiny one with its pixels as squares."""
    assert picture is not None
    times = max(WIDE // max(picture.shape[:2]), 1)
    return photograph(picture.repeat(times, axis=0).repeat(times, axis=1), alt)

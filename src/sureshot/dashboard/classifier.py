"""The page that classifies: what the model says of an image, how sure it is, and where it looked.

Shapes: `S` the side of what the network sees in pixels, `K` classes.
"""

from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from sureshot.bundle import Bundle
from sureshot.bundle.about import About
from sureshot.dashboard import remembered, safe
from sureshot.dashboard.answers import (
    DECIDED,
    SURE,
    Answer,
    Given,
    answer,
    as_csv,
    decision_in_words,
    model_of,
    outcome,
    record_in_words,
    table,
    unsure,
)
from sureshot.dashboard.dressed import chart, head, healthy, put, say, wrong
from sureshot.dashboard.handed import handed
from sureshot.dashboard.looked import attention, mapped, nearest_images, plate
from sureshot.dashboard.pictured import bars
from sureshot.dashboard.shelf import Choice, Shelf
from sureshot.errors import SureshotError
from sureshot.figures.words import percent, plural
from sureshot.images import digest
from sureshot.records import Predictions
from sureshot.report.markup import Html, name, tag
from sureshot.report.material import Material


def show(shelf: Shelf, choice: Choice) -> None:
    """Classify images with the model of the chosen run."""
    run = healthy(choice)
    if run is None:
        return
    try:
        material, bundle = remembered.material(run), model_of(run.run)
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
    at = _several(bundle, predictions, given, answers) if len(given) > 1 else 0
    if answers[at].problem:
        put(tag("p", tag("b", name(given[at].name)), " cannot be read: ", answers[at].why))
    else:
        shares = predictions.take(np.array([at])).probabilities()[0]
        _one(material, bundle, given[at], answers[at], shares)
        nearest_images(material, _seen(answers[at]))
    st.download_button(
        "Download as CSV",
        as_csv(predictions),
        "predictions.csv",
        "text/csv",
        help="The same columns as from sureshot predict.",
    )


def _answered(bundle: Bundle, given: Sequence[Given]) -> list[Answer]:
    """An answer to each; what this person was told a moment ago is not computed again."""
    kept: dict[tuple[About, str], Answer] = st.session_state.get("answers", {})
    keys = [(bundle.about, digest(one.content)) for one in given]
    with st.spinner("Looking …"):
        found = {
            key: kept.get(key) or answer(bundle, one.content)
            for key, one in zip(keys, given, strict=True)
        }
    st.session_state["answers"] = found
    return [found[key] for key in keys]


def _several(
    bundle: Bundle, predictions: Predictions, given: Sequence[Given], answers: Sequence[Answer]
) -> int:
    """All answers as a table; returns the place of the one that is to be shown."""
    shares = predictions.probabilities().max(axis=1)
    words = [outcome(one, float(share)) for one, share in zip(answers, shares, strict=True)]
    counts = ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))
    times = [one.reading + one.thinking for one in answers if not one.problem]
    spent = f"; {np.mean(times):.1f} ms an image" if times else ""
    head(plural(len(given), "image"), f"{counts}{spent}")
    names = [safe.plain(one.name) for one in given]
    said = [predictions.classes[k] if k >= 0 else "" for k in predictions.top()]
    plans = bundle.about.plan is not None or bundle.about.unlike is not None
    decided = [DECIDED.get(one.decision, "") for one in answers]
    st.dataframe(
        {
            "image": names,
            "answer": [safe.plain(word) for word in said],
            "probability": [percent(float(share)) for share in shares],
            "outcome": words,
            **({"if sorted": decided} if plans else {}),
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
    best, found = int(shares.argmax()), attention(bundle, _seen(one), given.name)
    share, decided = float(shares[best]), decision_in_words(bundle, one)
    left, *middle, right = st.columns(2 + len(found.maps))
    with left:
        put(plate(one.picture, f"{given.name}, as it was given"), tag("p", name(given.name)))
    for place, method in zip(middle, found.maps, strict=True):
        with place:
            put(*mapped(found, method))
    with right:
        put(
            *_said(bundle.classes[best], share, given.true),
            *([tag("p", decided)] if decided else []),
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


def _seen(one: Answer) -> NDArray[np.uint8]:
    """What the network saw of a readable image."""
    assert one.pixels is not None
    return one.pixels


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

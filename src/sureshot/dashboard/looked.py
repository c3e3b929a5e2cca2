"""Where the network looked on an image, and the training images that stand beside one.

Shapes: `S` the side of what the network sees in pixels, `C` channels.
"""

from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from sureshot.bundle import Bundle
from sureshot.dashboard import remembered
from sureshot.dashboard.answers import opened
from sureshot.dashboard.dressed import head, put
from sureshot.explaining import explain, nearest
from sureshot.figures import Picture, pictures
from sureshot.figures.heat import Attention, overlaid
from sureshot.figures.tables import Floats
from sureshot.images import digest
from sureshot.report.markup import Html, join, name, tag
from sureshot.report.material import Material
from sureshot.report.plates import cards, photograph

WIDE = 260  # pixels of a picture, and of the maps over it: beside each other on a desk
LITTLE = 0.05  # nats: where covering changes less than 5 % of a probability; assumed


def attention(bundle: Bundle, pixels: NDArray[np.uint8], called: str) -> Attention:
    """The maps of prepared pixels (S, S, C); not made again while a person goes on looking."""
    key = bundle.about.graph_sha256, digest(pixels)
    kept, found = st.session_state.get("attention", (None, None))
    if kept != key or found is None:
        with st.spinner("Covering parts of the image …"):
            found = explain(bundle, pixels, called)
        st.session_state["attention"] = key, found
    return found  # type: ignore[no-any-return]


def mapped(found: Attention, method: str) -> list[Html]:
    """One map over the image, and what it says."""
    heat = found.maps[method]
    shown = heat if moves(method, heat) else np.zeros_like(heat)
    words = f"where the network looked for {found.name}, by {method}"
    return [
        plate(overlaid(found.seen, shown), words),
        tag("p", tag("b", f"{method[0].upper()}{method[1:]}. "), heat_in_words(method, heat)),
    ]


def moves(method: str, heat: Floats) -> bool:
    """Whether any place matters by itself."""
    return method != "occlusion" or float(np.abs(heat).max()) >= LITTLE


def heat_in_words(method: str, heat: Floats) -> str:
    """What a map says, with its scale, without the name of the class."""
    if method != "occlusion":
        return "Orange places raise the number that the class is chosen by, blue ones lower it."
    if not moves(method, heat):
        return "No part of the image matters by itself: whatever is covered, the answer stays."
    words = "Orange parts speak for this class, blue parts against it."
    times = np.exp(float(heat.max()))
    if times < np.exp(LITTLE):
        return words
    factor = f"{times:,.1f}" if times < 1000 else "over 1,000"
    return f"{words} Where orange is strongest, covering makes it {factor} times less probable."


def plate(picture: Picture, alt: str, wide: int = WIDE) -> Html:
    """A picture as large as its column, a tiny one with its pixels as squares."""
    if picture is None:
        return photograph(None, alt)
    times = max(wide // max(picture.shape[:2]), 1)
    return photograph(picture.repeat(times, axis=0).repeat(times, axis=1), alt)


def nearest_images(material: Material, pixels: NDArray[np.uint8]) -> bool:
    """The training images that are most like one, (S, S, C); False where no features were kept."""
    kept = remembered.features(material.run)
    if kept is None:
        return False
    bundle = opened(material.run.model_path)
    near = nearest(kept, bundle.features(pixels[None])[0])
    head(
        "Nearest training images",
        "Those that are most like it to the network; 1 would be the same.",
    )
    told = [join([name(one.name), f", {one.likeness:.2f}"]) for one in near]
    _shown(material, [one.id for one in near], told)
    return True


def some_of_class(material: Material, label: int, count: int = 5) -> None:
    """A few training images of a class, far apart in their order."""
    rows = material.index.rows("train")
    rows = rows[material.index.label[rows] == label]
    some = rows[np.unique(np.linspace(0, max(len(rows) - 1, 0), count).astype(int))[: len(rows)]]
    head("Training images of the suggested class")
    _shown(material, [str(material.index.id[row]) for row in some], [""] * len(some))


def _shown(material: Material, ids: Sequence[str], told: Sequence[str]) -> None:
    found = pictures(material.index, ids, material.recipe.image.settled())
    put(
        cards(
            (
                join([photograph(picture, image), tag("p", words, class_="quiet")])
                for picture, image, words in zip(found, ids, told, strict=True)
            ),
            "small",
        )
    )

"""What becomes of an image before a network sees it, step by step, on an image that was chosen."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from sureshot import figures, seeds
from sureshot.containers import indexed
from sureshot.dashboard import safe
from sureshot.dashboard.dressed import put, say
from sureshot.dashboard.summary import FITTED
from sureshot.errors import SureshotError
from sureshot.images import prepare
from sureshot.recipe import Preprocessing
from sureshot.records import UNKNOWN, Index
from sureshot.report.markup import Html, join, name, tag
from sureshot.report.material import Material
from sureshot.report.plates import cards, photograph
from sureshot.report.prints import small_print

KEPT = 4  # images whose augmentation a run keeps: `sureshot.training.preview.IMAGES`
_MODES = {"L": "grey", "P": "a palette", "CMYK": "inks", "RGBA": "colours with transparency"}


def show(material: Material) -> None:
    """The way of one image through preprocessing, then what augmentation may make of it."""
    index, settings = material.index, material.recipe.image.settled()
    offered = _offered(material)
    if not len(offered):
        say("No image can be read.")
        return
    row = st.selectbox("Image", offered, format_func=lambda row: _titled(index, row))
    [plain] = figures.pictures(index, [str(index.id[row])], settings)
    try:
        pixels = prepare(indexed(index, row, settings.max_megabytes), settings)
    except (SureshotError, OSError) as error:
        say(f"This image cannot be shown: {error}")
        return
    steps = [
        (photograph(plain, "as it is"), "as it is", _as_it_is(index, row)),
        (photograph(plain, "upright, in colour"), "decoded", _decoded(index, row, settings)),
        (_square(pixels, "as a network sees it"), "prepared", _prepared(settings)),
    ]
    made = (
        join([picture, tag("p", what, class_="what"), _quiet(how)]) for picture, what, how in steps
    )
    put(cards(made, "small"))
    _augmentation(material, pixels)


def _augmentation(material: Material, pixels: NDArray[np.uint8]) -> None:
    """The variants that the run kept of this image; or which images it kept any of."""
    settings, kept = material.recipe.augment, material.augmented
    put(tag("h3", "Augmentation"))
    if kept is None or not settings.wanted:
        say("Training images were not augmented: each epoch showed the same pixels.")
        return
    words = figures.augmentation_in_words(settings)
    say(f"Each time that training shows an image, it is changed by chance: {words}.")
    own = next((one for one in kept if np.array_equal(one[0], pixels)), None)
    if own is None:
        say(
            "The run kept variants of the first images of the list; choose one of them.", quiet=True
        )
        return
    put(cards([_square(one, "as training may see it") for one in own[1:]], "small"))
    say("Each must still be right to a person's eye. Validation and test are never augmented.")


def _offered(material: Material) -> list[int]:
    """Rows to choose from: those whose variants were kept, then one of each class."""
    index, seed = material.index, material.recipe.seed
    kept: list[int] = []
    if material.augmented is not None:  # as `sureshot.training.preview` draws them
        drawn = seeds.generator("preview", seed).permutation(index.rows("train"))[:KEPT]
        kept = [int(row) for row in np.sort(drawn)]
    others = [one.row for one in figures.samples(index, seed) if one.row is not None]
    return list(dict.fromkeys([*kept, *others]))


def _titled(index: Index, row: int) -> str:
    label = int(index.label[row])
    said = index.classes[label] if label != UNKNOWN else "no class"
    return f"{safe.plain(said, 30)}: {safe.plain(index.id[row])}"


def _as_it_is(index: Index, row: int) -> Html:
    size = f"{index.width[row]} × {index.height[row]} pixels, {index.bytes[row] / 1000:,.1f} kB"
    return join([f"{index.format[row]}, {size}, ", name(index.id[row])])


def _decoded(index: Index, row: int, settings: Preprocessing) -> str:
    stored = str(index.mode[row])
    colour = "grey" if settings.channels == 1 else "red, green and blue"
    return (
        f"stored as {_MODES.get(stored, stored)}; turned upright, transparency on "
        f"{settings.background}, as {colour}"
    )


def _prepared(settings: Preprocessing) -> str:
    side = settings.size
    return f"{FITTED[settings.fit]}, resized to {side} × {side} pixels, values 0 to 255"


def _quiet(words: str) -> Html:
    return tag("p", words, class_="quiet")


def _square(pixels: NDArray[np.uint8], alt: str) -> Html:
    return tag("div", small_print(pixels, alt), class_="photo")

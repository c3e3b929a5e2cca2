"""The images themselves: one a class, several a class, their means, and what a network sees."""

import numpy as np
from numpy.typing import NDArray

from sureshot import figures
from sureshot.figures import Survey
from sureshot.figures.words import plural
from sureshot.recipe import Preprocessing
from sureshot.records import UNKNOWN, Index
from sureshot.report.markup import Html, join, name, section, tag
from sureshot.report.plates import cards
from sureshot.report.prints import shown_aspect, shown_picture, small_print

_FITTED = {
    "squash": "stretched to a square, whatever its shape",
    "crop": "cut to its central square",
    "pad": "set into a square, with background beside it",
}


def gallery_section(index: Index, told: Survey, settings: Preprocessing) -> Html:
    """One image of each class, then several, class by class."""
    chosen = figures.samples(index, told.seed)[: figures.SAMPLES]
    shown = figures.pictures(index, [sample.id for sample in chosen if sample.id], settings)
    found = iter(shown)
    pictures = [next(found) if sample.id else None for sample in chosen]
    made = []
    for sample, picture in zip(chosen, pictures, strict=True):
        size = f"{sample.width} × {sample.height}" if sample.row is not None else "no image"
        words = [
            tag("p", name(sample.name), class_="what"),
            tag("p", size, class_="quiet"),
        ]
        made.append(join([shown_picture(picture, f"An image of the class {sample.name}"), *words]))
    return section(
        "images",
        "The images",
        tag("p", f"{some_classes(index, told)}Chosen by chance; below each its width × height."),
        cards(made, "small"),
        tag("h3", "Several of each class"),
        tag("div", *(_several(index, told, k, settings) for k in range(len(told.classes)))),
    )


def some_classes(index: Index, told: Survey) -> str:
    """Which classes are shown, where not all are."""
    if len(told.classes) == len(index.classes):
        return ""
    return f"The first {len(told.classes)} of {len(index.classes):,} classes. "


def _several(index: Index, told: Survey, k: int, settings: Preprocessing) -> Html:
    several, label = told.samples[k], told.classes[k]
    n = int((index.readable & (index.label == k)).sum())
    prints = [
        small_print(
            pixels, f"{label}: {index.id[row]}", shown_aspect(index, row, settings), index.id[row]
        )
        for row, pixels in zip(several.rows, several.pixels, strict=True)
    ]
    head = tag("p", tag("b", name(label)), " ", tag("span", plural(n, "image"), class_="quiet"))
    shown = tag("div", *prints, class_="strip") if prints else tag("p", "no image", class_="quiet")
    return tag("div", head, shown, class_="several")


def means_section(index: Index, told: Survey) -> Html:
    """Mean and standard deviation of the pixels of each class, as pictures."""
    of = "training images" if "train" in told.tally.parts else "images"
    held = [k for k in range(len(told.classes)) if told.tally.averaged[k]]
    made = [
        join(
            [
                tag(
                    "div",
                    small_print(_bytes(told.tally.mean[k]), f"The mean of {told.classes[k]}"),
                    small_print(
                        _bytes(2 * told.tally.deviation[k]),
                        f"The standard deviation of {told.classes[k]}",
                    ),
                    class_="pair",
                ),
                tag("p", name(told.classes[k]), class_="what"),
                tag("p", f"n = {int(told.tally.averaged[k]):,}", class_="quiet"),
            ]
        )
        for k in held
    ]
    words = (
        f"{some_classes(index, told)}Left the mean of all {of} of a class, right how far they lie "
        "from it: the standard deviation of each pixel, twice as bright. A mean with a clear "
        "outline is of a class whose images are taken alike; what is dark on the right is the "
        "same in all of them."
    )
    if not made:
        words = f"{some_classes(index, told)}None of them has {of} that can be read."
        if not index.readable.any():
            words = "No image can be read."
        return section("means", "The mean of each class", tag("p", words))
    return section("means", "The mean of each class", tag("p", words), cards(made, "means"))


def prepared_section(
    index: Index, told: Survey, settings: Preprocessing, examples: NDArray[np.uint8] | None
) -> Html:
    """Some images as they are, as the network sees them, and as training may see them."""
    rows = told.prepared.rows
    if not len(rows):
        return section("prepared", "What a network sees", tag("p", "No image can be read."))
    seen = told.prepared.pixels[:, None] if examples is None else examples
    ids = [str(index.id[row]) for row in rows]
    shown = figures.pictures(index, ids, settings)
    made = [
        _prepared(index, int(row), settings, picture, variants)
        for row, picture, variants in zip(rows, shown, seen, strict=True)
    ]
    colours = "greyscale" if settings.channels == 1 else "colour"
    side = settings.size
    words = (
        f"Each image is {_FITTED[settings.fit]}, and resized to {side} × {side} pixels in "
        f"{colours}: the same in training, in evaluation and in use."
    )
    more = (
        " On the right, variants of it that augmentation may make in training. Each must still "
        "be right to a person's eye."
    )
    return section(
        "prepared",
        "What a network sees",
        tag("p", words + (more if seen.shape[1] > 1 else "")),
        tag("div", *made, class_="prepared"),
    )


def _prepared(
    index: Index,
    row: int,
    settings: Preprocessing,
    picture: figures.Picture,
    variants: NDArray[np.uint8],
) -> Html:
    label = index.label[row]
    said = index.classes[label] if label != UNKNOWN else "no class"
    size = f"{index.width[row]} × {index.height[row]}"
    side = f"{settings.size} × {settings.size}"
    first = _step(shown_picture(picture, f"{said}, as it is"), "as it is", size)
    second = _step(_square(variants[0], f"{said}, as a network sees it"), "prepared", side)
    others = [_square(variant, f"{said}, augmented") for variant in variants[1:]]
    after = [tag("div", *others, class_="variants")] if others else []
    arrow = tag("span", "→", class_="arrow", aria_hidden="true")
    return tag("div", first, arrow, second, *after, class_="steps")


def _step(picture: Html, what: str, size: str) -> Html:
    words = [tag("p", what, class_="what"), tag("p", size, class_="quiet")]
    return tag("div", picture, *words, class_="step")


def _square(pixels: NDArray[np.uint8], alt: str) -> Html:
    return tag("div", small_print(pixels, alt), class_="photo")


def _bytes(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.clip(values.round(), 0, 255).astype(np.uint8)

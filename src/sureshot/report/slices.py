"""Accuracy by light, sharpness, size and shape, with images of the worst slice."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sureshot import seeds
from sureshot.data import prepare_pixels
from sureshot.errors import DataError, StorageError
from sureshot.figures.slices import (
    LEAST,
    MOST,
    OF_PIXELS,
    Slice,
    Slices,
    Trait,
    looked_at,
    measured,
    slices,
)
from sureshot.figures.words import plural
from sureshot.progress import Progress
from sureshot.report.judged import Judged, between, in_words, said_card
from sureshot.report.markup import Html, join, table, tag
from sureshot.report.plates import cards

_STRIP = 10  # images of the worst slice: two rows of the page


def slices_part(whole: Judged, said: Progress) -> list[Html]:
    """Accuracy in each slice of what can be measured, and a sentence for each notable one."""
    title = tag("h3", "Light, sharpness, size and shape")
    n = len(whole.predictions)
    if n < 2 * LEAST:
        few = f"{plural(n, 'image')} {'is' if n == 1 else 'are'} too few to part"
        return [title, tag("p", f"{few}: each slice needs {LEAST}.")]
    judged = whole.take(looked_at(n, whole.seed))
    pixels, lacking = _pixels(judged, said)
    label, right = judged.predictions.label, judged.predictions.top() == judged.predictions.label
    known = measured(judged.index, judged.rows, pixels, said)
    found = slices(known, label, right, judged.everyone)
    return [
        title,
        tag("p", *_looked_at(judged, n, found, lacking)),
        *_sentences(found),
        *_table(found),
        *_strip(judged, found),
    ]


def _pixels(judged: Judged, said: Progress) -> tuple[NDArray[np.uint8] | None, str]:
    """Prepared pixels of the whole index, out of the cache or decoded; or why there are none."""
    try:
        return prepare_pixels(judged.index, judged.settings, said).array, ""
    except (DataError, StorageError) as error:  # images were moved since, or the cache is full
        return None, str(error)


def _looked_at(judged: Judged, n: int, found: Slices, lacking: str) -> list[str]:
    """What was parted by what, and what could not be."""
    images = plural(len(judged.rows), f"{judged.split} image")
    some = f", by chance out of {n:,}" if n > MOST else ""
    words = [
        f"Accuracy on {images}{some}, parted by what can be measured of each: dark or small "
        "is meant beside the other images of this data. "
    ]
    if found.of:
        words.append(_corrected(found))
    if lacking:
        words.append(f"{_listed(OF_PIXELS).capitalize()} are left out: {lacking}. ")
    else:
        words.append(
            f"Brightness is the mean of the grey picture at the {judged.settings.size} pixels a "
            "network sees, contrast its standard deviation, sharpness the variance of its "
            "Laplacian. "
        )
    if found.alike:
        names = _listed([trait.name for trait in found.alike])
        words.append(f"In {names} they are too much alike to be parted.")
    return words


def _corrected(found: Slices) -> str:
    every, notable = len(found.every), len(found.notable)
    test = "(Fisher's exact test, corrected for all of them: Holm)"
    if not notable:
        return f"None of {every} slices is worse than the others by more than chance {test}. "
    verb = "is" if notable == 1 else "are"
    words = f"{notable} of {every} slices, marked ✗, {verb} worse than the others by more than"
    return f"{words} chance {test}. "


def _listed(names: Sequence[str]) -> str:
    """ "brightness, contrast and sharpness"."""
    first, last = ", ".join(names[:-1]), names[-1]
    return f"{first} and {last}" if first else last


def _sentences(found: Slices) -> list[Html]:
    """One for each slice that is worse by more than chance."""
    listed = [tag("li", _sentence(one)) for one in found.notable]
    return [tag("ul", *listed)] if listed else []


def _strip(judged: Judged, found: Slices) -> list[Html]:
    """Images of the worst slice, where one is worse by more than chance."""
    if not found.notable:
        return []
    worst = found.notable[0]
    draw = seeds.generator("figures", judged.seed, "worst slice", worst.trait.name)
    places = [int(at) for at in draw.permutation(worst.places)[:_STRIP]]
    shown = zip(places, judged.pictures(places), strict=True)
    return [
        tag("p", f"{plural(len(places), f'{worst.name} image')}, chosen by chance:"),
        cards([said_card(judged, *one) for one in shown], "small"),
    ]


def _sentence(one: Slice) -> Html:
    told = one.rate
    words = (
        f" images ({one.trait.name} {_range(one)}{one.trait.unit}): {in_words(told.share)} right "
        f"({between(told)}, n = {told.n:,}) against {in_words(one.others)} of all others; their "
        f"classes alone would give {in_words(one.expected)}"
    )
    return join([tag("b", one.name.capitalize()), words])


def _range(one: Slice) -> str:
    """From the least to the greatest value, without the unit: "12 to 31"."""
    low, high = (f"{end:,.{one.trait.digits}f}" for end in (one.least, one.most))
    return low if low == high else f"{low} to {high}"


def _table(found: Slices) -> list[Html]:
    """One row a trait, one column a slice, the least values first."""
    if not found.of:
        return []
    most = max(len(parts) for parts in found.of.values())
    rows = [
        [_head(trait), *map(_cell, parts), *[""] * (most - len(parts))]
        for trait, parts in found.of.items()
    ]
    header = ["measured", "least", *[""] * (most - 2), "most"]
    return [table(header, rows, "Accuracy by slice")]


def _head(trait: Trait) -> Html:
    return join([trait.name, tag("span", trait.unit.strip(), class_="interval")])


def _cell(one: Slice) -> Html:
    """The slice, its accuracy with a mark where it is notable, and what that stands on."""
    told = one.rate
    value = f"✗ {in_words(told.share)}" if one.notable else in_words(told.share)
    others = [] if np.isnan(told.everyone) else [f"all models {in_words(told.everyone)}"]
    lines = [between(told), _range(one), *others]
    return join(
        [
            tag("span", one.name, class_="interval"),
            tag("b", value, class_="wrong" if one.notable else None),
            tag("span", f" n = {told.n:,}", class_="quiet"),
            *(tag("span", line, class_="interval") for line in lines),
        ]
    )

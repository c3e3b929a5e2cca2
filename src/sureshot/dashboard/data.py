"""The page about the images: how many, what they look like, what was noticed, are they the same."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from sureshot import figures, seeds
from sureshot.dashboard import drawn_data, preparation, remembered, safe, verifying
from sureshot.dashboard.choosing import part
from sureshot.dashboard.dressed import chart, empty, healthy, put, say
from sureshot.dashboard.shelf import Choice, Shelf, ShelvedRun
from sureshot.dashboard.waiting import Shown
from sureshot.data import prepare_pixels
from sureshot.figures import Survey
from sureshot.figures.tables import Counts
from sureshot.figures.words import plural
from sureshot.records import SPLITS, UNKNOWN, Index
from sureshot.report.gallery import means_section
from sureshot.report.markup import Html, details, join, name, table, tag
from sureshot.report.material import Material
from sureshot.report.pixels import spreads_section, values_section
from sureshot.report.plates import cards, photograph

PICTURES = 24  # shown at once; assumed: as many as are looked through, and decoded in a moment
ANY = "all"
PARTS = {
    "classes": "Classes",
    "images": "Images",
    "findings": "Findings",
    "preparation": "Preparation",
    "sizes": "Sizes and means",
    "map": "Map",
    "check": "Check",
}


def show(shelf: Shelf, choice: Choice) -> None:
    """One part of what is known about the images of the run that was chosen."""
    run = healthy(choice)
    if run is None:
        return
    chosen = part(choice, PARTS)
    material = remembered.material(run)
    pages: dict[str, Callable[[ShelvedRun, Material], None]] = {
        "classes": _classes,
        "images": _images,
        "findings": _findings,
        "preparation": lambda _, told: preparation.show(told),
        "sizes": _sizes,
        "map": _map,
        "check": lambda run, told: verifying.show(told),
    }
    pages[chosen](run, material)


def _classes(run: ShelvedRun, material: Material) -> None:
    """Bars by class and split, and the same as a table."""
    told = figures.class_counts(material.index)
    columns = ", ".join(
        f"{plural(int(total), 'image')} in {split}"
        for split, total in zip(told.columns, told.counts.sum(axis=0), strict=True)
    )
    some = (
        f" The {drawn_data.ROWS} largest are drawn." if len(told.classes) > drawn_data.ROWS else ""
    )
    words = f"{plural(len(told.classes), 'class', 'classes')}: {columns}.{some}"
    chart(drawn_data.class_counts(told), f"classes {run.name}", words)
    rows = [
        (name(label), *(f"{count:,}" for count in row), f"{row.sum():,}")
        for label, row in zip(told.classes, told.counts, strict=True)
    ]
    header = ("class", *told.columns, "all")
    put(details("The same as a table", table(header, rows, "Images by class and split")))


def _images(run: ShelvedRun, material: Material) -> None:
    """Some images by chance, of a class and a split; another click, other images."""
    index = material.index
    left, middle, right = st.columns((3, 2, 2), vertical_alignment="bottom")
    numbers = (UNKNOWN, *range(len(index.classes)))
    label = left.selectbox(
        "Class", numbers, format_func=lambda k: ANY if k < 0 else safe.plain(index.classes[k])
    )
    held = [split for split in SPLITS if len(index.rows(split))]
    split = middle.selectbox("Split", (ANY, *held))
    draws = f"draws of {run.name}"
    if right.button("Others", icon=":material/shuffle:", width="stretch"):
        st.session_state[draws] = st.session_state.get(draws, 0) + 1
    rows = index.readable.copy()
    if label != UNKNOWN:
        rows &= index.label == label
    if split != ANY:
        rows &= index.split == split
    found = np.flatnonzero(rows)
    draw = seeds.generator("dashboard", st.session_state.get(draws, 0), str(label), str(split))
    _pictures(material, draw.permutation(found)[:PICTURES], len(found))


def _pictures(material: Material, rows: Counts, of: int) -> None:
    """Pictures of some rows with class, split and size; how many there are in all."""
    index = material.index
    if not len(rows):
        empty("There is no such image.", "Choose another class or split.")
        return
    ids = [str(index.id[row]) for row in rows]
    shown = figures.pictures(index, ids, material.recipe.image.settled())
    made = [
        join(
            [
                photograph(picture, image),
                tag("p", name(_label(index, int(row))), class_="what"),
                tag("p", _about(index, int(row)), class_="quiet", title=safe.plain(image, 200)),
            ]
        )
        for row, image, picture in zip(rows, ids, shown, strict=True)
    ]
    say(f"{len(rows):,} of {plural(of, 'image')}, drawn by chance; size in pixels.", quiet=True)
    put(cards(made, "small"))


def _label(index: Index, row: int) -> str:
    label = int(index.label[row])
    return index.classes[label] if label != UNKNOWN else "no class"


def _about(index: Index, row: int) -> str:
    return f"{index.split[row] or 'no split'}, {index.width[row]} × {index.height[row]}"


def _findings(run: ShelvedRun, material: Material) -> None:
    """What was noticed before training, with the pictures that it is about."""
    put(Html(remembered.findings(run)))


def _sizes(run: ShelvedRun, material: Material) -> None:
    """Sizes, brightness, values and means: what one pass over all pixels gives."""
    told = _survey(run, material)
    if told is None:
        return
    for number, one in enumerate(told.spreads):
        if one.varies:
            words = f"{one.name.capitalize()} of {plural(int(one.counts.sum()), 'image')}."
            chart(drawn_data.spread(one), f"spread {number} {run.name}", words)
    put(
        means_section(material.index, told),
        spreads_section(material.index, told),
        values_section(told),
    )


def _map(run: ShelvedRun, material: Material) -> None:
    """Images that look alike lie near one another; those chosen are shown below."""
    told = _survey(run, material)
    if told is None:
        return
    rows, index = told.map.rows, material.index
    if len(rows) < 2:
        empty("There are too few images to draw a map of them.", "Two are the fewest.")
        return
    lacking = f" This is a plain projection: {told.map.lacking}." if told.map.lacking else ""
    words = (
        f"Each dot is an image ({len(rows):,} of {int(index.readable.sum()):,}), placed by "
        f"{told.map.method} so that images with like colours and rough shapes lie near one "
        f"another. Choose dots to see them below.{lacking}"
    )
    figure = drawn_data.image_map(
        told.map, index.label[rows], index.classes, index.id[rows].tolist()
    )
    event = chart(figure, f"map {run.name}", words, on_select="rerun")
    places = [drawn_data.place_of(point) for point in event.selection["points"]]
    if places:
        _pictures(material, rows[places][:PICTURES], len(places))


def _survey(run: ShelvedRun, material: Material) -> Survey | None:
    """One pass over all pixels, once it was asked for; None until then."""
    kept = remembered.kept_survey(run)
    if not kept:
        words = plural(int(material.index.readable.sum()), "image")
        say(f"This needs a look at every pixel of {words}; it is kept afterwards.")
        if not st.button("Look at every pixel", type="primary", icon=":material/visibility:"):
            return None
        said = Shown()
        settings = material.recipe.image.settled()
        pixels = prepare_pixels(material.index, settings, said).array
        kept["survey"] = figures.survey(material.index, pixels, material.recipe.seed, said)
        said.close()
        st.rerun()
    return kept["survey"]

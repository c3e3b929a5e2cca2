"""The map of images: dots in one drawing, a legend, and a lens that follows the pointer.

Without a script it is a plain picture. A dot is a line without length in the path of its class,
so that thousands of them are a few bytes each.
"""

import json
from collections import Counter

import numpy as np

from sureshot.figures import Map, Survey
from sureshot.figures.tables import Counts, Floats
from sureshot.figures.words import ems, shorten, visible
from sureshot.records import Index
from sureshot.report.markup import Html, join, name, section, tag
from sureshot.report.prints import sheet_of

COLOURS = 8  # Okabe and Ito's, as variables of style.css; from the ninth class the mark changes
_MARKS = ("disc", "ring", "square")
_LOOKS = [(f"c{colour}", mark) for mark in _MARKS for colour in range(COLOURS)]
_SHARED = ("other", "disc")  # grey: the smaller classes, and images without a class
_HYPHEN = "\N{NON-BREAKING HYPHEN}"
_SIDE = 1000.0  # units of the drawing
_EDGE = 24.0  # units left free all round
_ACROSS = 50  # thumbnails in a row of the sheet
_LEGIBLE = 10  # classes that a legend alone can tell apart
_LETTER = 30.0  # units, of the names at the middles of classes
_LONGEST = 9.0  # ems of such a name


def map_section(index: Index, told: Survey) -> Html:
    """Images that look alike lie near one another; the largest classes have colours and marks."""
    drawn = told.map
    if len(drawn.rows) < 2:
        words = tag("p", "There are too few images to draw a map of them.")
        return section("map", "A map of the images", words)
    labels = np.where(index.label[drawn.rows] < len(told.classes), index.label[drawn.rows], -1)
    order = np.argsort(labels, kind="stable")
    names = [visible(index.id[row]) for row in drawn.rows[order]]
    return section(
        "map",
        "A map of the images",
        *(tag("p", words) for words in _words(index, drawn, labels)),
        tag(
            "div",
            tag("div", _dots(told, labels), _lens(drawn, order), class_="sea"),
            _legend(told, labels),
            class_="map",
            data_names=json.dumps(names, ensure_ascii=False),
            data_across=_ACROSS,
        ),
    )


def _words(index: Index, drawn: Map, labels: Counts) -> list[str]:
    readable = int(index.readable.sum())
    n = len(drawn.rows)
    some = f"{n:,} of {readable:,} images, each class by its share"
    method = drawn.method.replace("-", _HYPHEN)
    first = (
        f"Each dot is an image ({some if n < readable else f'all {n:,} of them'}), placed by "
        f"{method} so that images with like colours and rough shapes lie near one another. A class "
        "that forms an island is easy to tell apart; where colours mix, a network has to find "
        "finer differences. A lone dot on another's island may be mislabelled. How far apart "
        "islands lie means little."
    )
    use = (
        "Point at a dot to see its image, or walk with the arrow keys; choose a class in the "
        "legend to bring it out."
    )
    grey = len(np.unique(labels[labels >= 0])) - len(_LOOKS)
    shared = (
        f"The {len(_LOOKS)} classes with the most dots have each a colour and mark of their own; "
        f"the other {grey:,} are grey."
        if grey > 0
        else ""
    )
    lacking = f"This is a plain projection: {drawn.lacking}." if drawn.lacking else ""
    return [words for words in (first, use, shared, lacking) if words]


def _dots(told: Survey, labels: Counts) -> Html:
    """The drawing: a path a class, and names where there are many classes."""
    place = told.map.place - told.map.place.min(axis=0)
    units = (_SIDE - 2 * _EDGE) / max(place.max(), 1e-9)
    at = place * units + _EDGE
    wide, tall = at.max(axis=0) + _EDGE
    size = float(np.clip(380 / np.sqrt(len(at)), 7, 26))
    looks = _looks(labels)
    paths = [_path(k, at[labels == k], size, looks.get(k, _SHARED)) for k in np.unique(labels)]
    here = tag("circle", r=f"{size:.0f}", class_="here", cx="-99", cy="-99")
    written = _names(told, labels, at, float(wide)) if len(told.classes) > _LEGIBLE else []
    return tag(
        "svg",
        *paths,
        *written,
        here,
        viewBox=f"0 0 {wide:.0f} {tall:.0f}",
        class_="dots",
        tabindex=0,
        role="img",
        aria_label=f"A map of {len(at):,} images, coloured by class",
    )


def _path(k: int, at: Floats, size: float, look: tuple[str, str]) -> Html:
    d = "".join(f"M{x:.0f} {y:.0f}h0" for x, y in at)
    colour, mark = look
    path = tag("path", d=d, class_=f"{colour} {mark}", stroke_width=f"{size:.1f}", data_class=k)
    if mark != "ring":
        return path
    inner = tag("path", d=d, class_="hole", stroke_width=f"{size * 0.45:.1f}")
    return tag("g", path, inner)


def _looks(labels: Counts) -> dict[int, tuple[str, str]]:
    """The colour and the mark, as classes of style.css, of the classes with the most dots."""
    counts = Counter(sorted(labels[labels >= 0].tolist()))
    largest = [k for k, _ in counts.most_common(len(_LOOKS))]
    return dict(zip(sorted(largest), _LOOKS, strict=False))


def _names(told: Survey, labels: Counts, at: Floats, wide: float) -> list[Html]:
    """Each class's name at its middle, moved aside where another stands there already."""
    taken: list[tuple[float, float, float]] = []
    written = []
    for k, _ in Counter(labels[labels >= 0].tolist()).most_common():
        words = shorten(told.classes[k], 72, _LONGEST)
        half = ems(words, bold=True) * _LETTER / 2
        x, y = np.median(at[labels == k], axis=0)
        x = float(np.clip(x, half, max(wide - half, half)))
        y = _free(x, float(y), half, taken)
        taken.append((x, y, half))
        written.append(tag("text", words, x=f"{x:.0f}", y=f"{y:.0f}", data_class=k))
    return written


def _free(x: float, y: float, half: float, taken: list[tuple[float, float, float]]) -> float:
    """The nearest height at which a name runs into no other."""
    near = [(b, w) for a, b, w in taken if abs(a - x) < half + w]
    steps = sorted((step * _LETTER / 3 for step in range(-60, 61)), key=abs)
    free = (y + s for s in steps if all(abs(y + s - b) >= _LETTER for b, _ in near))
    return next((height for height in free if height > _LETTER), y)


def _lens(drawn: Map, order: Counts) -> Html:
    """What appears beside a dot: its picture out of the sheet, its class and its path."""
    picture = tag("div", sheet_of(drawn.pictures[order], _ACROSS), class_="window")
    return tag(
        "div",
        picture,
        tag("p", class_="what"),
        tag("p", class_="quiet"),
        class_="lens",
        hidden="",
        aria_live="polite",
    )


def _legend(told: Survey, labels: Counts) -> Html:
    looks = _looks(labels)
    entries = []
    for k in sorted(set(labels.tolist()), key=lambda label: (label < 0, label)):
        words = name(told.classes[k]) if k >= 0 else "other or no class"
        colour, mark = looks.get(k, _SHARED)
        path = tag("path", d="M10 10h0", class_=f"{colour} {mark}", stroke_width=13)
        hole = tag("path", d="M10 10h0", class_="hole", stroke_width=6)
        drawn = [path, hole] if mark == "ring" else [path]
        swatch = tag("svg", *drawn, viewBox="0 0 20 20", aria_hidden="true")
        button = tag(
            "button",
            join([swatch, tag("span", words)]),
            type="button",
            aria_pressed="false",
            data_class=k,
        )
        entries.append(tag("li", button))
    return tag("ul", *entries, class_="legend")

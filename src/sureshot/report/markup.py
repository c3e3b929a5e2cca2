"""HTML that cannot forget to escape: words become markup only through `tag`.

`Html` marks what is markup already. Everything else that `tag` is given is text, and is escaped,
whatever a class, a file or a sentence holds.
"""

import base64
import html
from collections.abc import Iterable, Sequence
from typing import Final

from sureshot.figures.words import visible

_ALONE: Final = frozenset({"img", "meta"})  # tags without an end
_LONGEST: Final = 100  # letters of a name; the whole of it is then in its tooltip


class Html(str):
    """Words that are markup already."""

    __slots__ = ()


def tag(element: str, *inside: str, **attributes: str | int | None) -> Html:
    """One element; an attribute that is a word of Python is written with an underscore behind."""
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if element in _ALONE:
        return Html(f"<{element}{told}>")
    return Html(f"<{element}{told}>{join(inside)}</{element}>")


def join(parts: Iterable[str]) -> Html:
    """One after another; what is not markup is escaped."""
    return Html("".join(p if isinstance(p, Html) else html.escape(str(p)) for p in parts))


def name(words: object) -> Html:
    """The name of a class or file: on one line, and unable to turn the words around it."""
    told = visible(words)
    if len(told) <= _LONGEST:
        return tag("bdi", told)
    half = _LONGEST // 2
    return tag("bdi", f"{told[:half]}…{told[-half:]}", title=told)


def paths(ids: Iterable[str]) -> Html:
    """Images by name, one a line."""
    return tag("ul", *(tag("li", name(image)) for image in ids), class_="paths")


def image(content: bytes, kind: str, alt: str, **attributes: str | int | None) -> Html:
    """A picture inside the page itself."""
    data = f"data:{kind};base64,{base64.b64encode(content).decode()}"
    return tag("img", src=data, alt=visible(alt), **attributes)


def table(header: Sequence[str], rows: Iterable[Sequence[str]], about: str) -> Html:
    """A table whose first column names the rows; scrolls sideways where it is too wide."""
    head = tag("thead", tag("tr", *(tag("th", cell, scope="col") for cell in header)))
    body = tag("tbody", *(_row(row) for row in rows))
    inside = tag("table", head, body)
    return tag("div", inside, class_="scroll", tabindex=0, role="region", aria_label=about)


def details(summary: str, *inside: str) -> Html:
    """Something that opens on a click."""
    return tag("details", tag("summary", summary), *inside)


def section(place: str, title: str, *inside: str) -> Html:
    """A part of the page that the links at its top lead to."""
    return tag("section", tag("h2", title, id=place), *inside, aria_labelledby=place)


def facts(pairs: Iterable[tuple[str, str]]) -> Html:
    """Names and values, side by side."""
    return tag(
        "dl",
        *(tag("div", tag("dt", term), tag("dd", told)) for term, told in pairs),
        class_="facts",
    )


def _row(cells: Sequence[str]) -> Html:
    first, *rest = cells
    return tag("tr", tag("th", first, scope="row"), *(tag("td", cell) for cell in rest))

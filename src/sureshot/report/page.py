"""The frame of a page: one file with its style inside, that needs only a browser."""

import os
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from sureshot.errors import UsageError
from sureshot.report.markup import Html, tag
from sureshot.runs import require_unsealed

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_HEAD = 2_000  # bytes in which the mark of a page stands


def page(title: str, sections: Sequence[Html], verb: str = "") -> str:
    """A whole page out of its sections; `verb` is the command that may write over it."""
    style = (resources.files("sureshot.report") / "style.css").read_text("utf-8")
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        *([mark(verb)] if verb else []),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title),
        tag("style", Html(style)),
    )
    body = tag("body", tag("main", *sections))
    return "<!doctype html>\n" + tag("html", head, body, lang="en") + "\n"


def links(places: Sequence[tuple[str, str]]) -> Html:
    """The links at the top of a page to its sections."""
    return tag("nav", *(tag("a", words, href=f"#{place}") for place, words in places))


def require_page(path: Path, verb: str) -> Path:
    """The same path; UsageError where anything but a page of that command would be overwritten.

    So too where it lies in a complete run.
    """
    require_unsealed(path)
    if path.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"the page must end in .html, got {path.name!r}")
    if os.path.lexists(path) and not is_page(path, verb):
        raise UsageError(
            f"{path} is there already and is no page of sureshot {verb}; choose another --out"
        )
    return path


def is_page(path: Path, verb: str) -> bool:
    """Whether a file is a page that the command wrote."""
    try:
        with path.open("rb") as file:
            return mark(verb).encode() in file.read(_HEAD)
    except OSError:
        return False


def mark(verb: str) -> Html:
    """What says in a page's head which command wrote it."""
    return tag("meta", name="generator", content=f"sureshot {verb}")

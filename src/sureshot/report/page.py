"""The frame of a page: one file with its style inside, that needs only a browser."""

from collections.abc import Sequence
from importlib import resources

from sureshot.report.markup import Html, tag

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def page(title: str, sections: Sequence[Html]) -> str:
    """A whole page out of its sections."""
    style = (resources.files("sureshot.report") / "style.css").read_text("utf-8")
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title),
        tag("style", Html(style)),
    )
    body = tag("body", tag("main", *sections))
    return "<!doctype html>\n" + tag("html", head, body, lang="en") + "\n"

"""Names are shown as just the letters that they have, wherever something would read more in them.

Markdown is rendered here by a parser of its own, as a browser would; Plotly and Streamlit are seen
in test_dashboard_browser.py.
"""

import html

import pytest
from markdown_it import MarkdownIt

from hostile import CLASSES, FILE, RUN
from sureshot.dashboard import safe

NAMES = (
    *CLASSES,
    RUN,
    FILE,
    "two\nlines\tand a tab",
    "# heading",
    "1. first",
    "- item",
    "> quoted",
    "    code",
    "***bold***",
    "a\\b",
    "~~gone~~ ==",
    "<http://b.c>",
    "| a | b |",
    "\u202egnirts",
    "\ud800",
)
HIDDEN = str.maketrans("", "", safe.JOINER + safe.ISOLATE + safe.POP)


def rendered(markdown: str) -> str:
    """The words of a paragraph of Markdown; what is more than words fails."""
    page = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown)
    assert page.startswith("<p>"), page
    inside = page.removeprefix("<p>").removesuffix("</p>\n")
    assert "<" not in inside, page
    return html.unescape(inside).translate(HIDDEN)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_markdown_is_just_its_letters(name: str) -> None:
    assert rendered(safe.name(name)) == safe.plain(name).strip()


@pytest.mark.parametrize("name", NAMES)
def test_a_sentence_keeps_every_letter(name: str) -> None:
    shown = rendered(safe.sentence(f"cannot read {name}!"))
    assert shown == safe.plain(f"cannot read {name}!", 1000)


@pytest.mark.parametrize("name", NAMES)
def test_a_label_holds_no_markup_that_plotly_knows(name: str) -> None:
    label = safe.label(name, 1000)
    assert "<" not in label
    assert "%{" not in label
    assert html.unescape(label).translate(HIDDEN) == safe.plain(name, 1000)


@pytest.mark.parametrize("name", NAMES)
def test_a_plain_name_is_short_and_on_one_line(name: str) -> None:
    shown = safe.plain(name)
    assert len(shown) <= safe.LONGEST
    assert shown.isprintable()


@pytest.mark.parametrize("shortcut", [":smile:", ":+1:", ":material/check:", ":streamlit:"])
def test_what_becomes_an_icon_is_parted(shortcut: str) -> None:
    assert shortcut not in rendered_raw(safe.name(f"a {shortcut} b"))


@pytest.mark.parametrize("link", ["https://b.c", "www.b.c", "a@b.c"])
def test_what_becomes_a_link_is_parted(link: str) -> None:
    assert link not in rendered_raw(safe.name(link))


def rendered_raw(markdown: str) -> str:
    """The words that Streamlit's own additions would look through."""
    return html.unescape(MarkdownIt("commonmark").render(markdown))

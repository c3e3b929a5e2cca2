"""Words, tables and pictures on a page: the report's own HTML, in the colours of the theme.

Nothing goes to the page unescaped: what is put here was made by `report.markup`, which escapes
every name. The style is the report's, confined to what is put here.
"""

from functools import lru_cache
from importlib import resources
from typing import Any

import streamlit as st

from sureshot.dashboard import safe
from sureshot.dashboard.shelf import Choice, Shelf, ShelvedRun, ShelvedStudy
from sureshot.report.judged import in_words
from sureshot.report.markup import Html, join, name, tag

# Each colour as the report has it by day and by night; the browser takes the one that fits the
# theme which a person chose here, and not that of the whole system.
_COLOURS = {
    "paper": ("#fbfbfa", "#16181b"),
    "card": ("#ffffff", "#1e2125"),
    "ink": ("#1f2328", "#e8eaed"),
    "quiet": ("#5a636e", "#a2abb6"),
    "line": ("#e1e5ea", "#30353b"),
    "track": ("#eff1f4", "#2a2e34"),
    "accent": ("#0072b2", "#6db8e6"),
    "right": ("#00734f", "#58c7a0"),
    "wrong": ("#b4460a", "#f0945a"),
    "other": ("#c9ced5", "#505862"),
    "right-fill": ("#a3d3c2", "#1f6b52"),
    "wrong-fill": ("#eec0a2", "#8a4318"),
    "error": ("#a8321c", "#ff9079"),
    "warning": ("#8a5a00", "#e5b252"),
    "note": ("#4f5965", "#a2abb6"),
}
# Streamlit's own colours where they are not set by an option, and room that a phone needs.
_FRAME = """
.block-container { padding-top: 4.2rem; padding-bottom: 4rem; max-width: 76rem; }
@media (min-width: 34.01rem) { .stElementContainer:has(.phone) { display: none; } }
@media (max-width: 34rem) { .block-container { padding-left: 1rem; padding-right: 1rem; } }
.sureshot { color: var(--ink); font-variant-numeric: tabular-nums; overflow-wrap: break-word; }
.sureshot h1, .sureshot h2, .sureshot h3, .sureshot h4 { padding: 0; font-weight: 650; }
.js-plotly-plot text[style*="fill: rgb(31, 35, 40)"] {
  fill: light-dark(#1f2328, #e8eaed) !important; }
.sureshot > h2:first-child { margin-top: 0; padding-top: 0; border-top: 0; }
.sureshot > h3:first-child { margin-top: 0.6rem; }
.sureshot > .photo + p { margin-top: 0.5rem; }
.sureshot dl, .sureshot dl > div { margin-left: 0; padding-left: 0; }
.sureshot section:first-child > h2:first-child { margin-top: 0; padding-top: 0; border-top: 0; }
.sureshot .way { list-style: none; padding: 0; display: grid; gap: 1.2rem;
  grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); }
.sureshot .way h4 { margin: 0.5rem 0 0.2rem; font-size: 1rem; }
.sureshot .way p { font-size: 0.9rem; }
.sureshot .way .photo { max-width: 11rem; }
.sureshot .empty { padding: 1.4rem 1.6rem; border: 1px dashed var(--line); border-radius: 10px; }
.sureshot .empty p:last-child { margin: 0; }
"""
_MARKS = {"complete": "✓", "training": "…", "stopped": "◦", "broken": "✗"}


@lru_cache(maxsize=1)
def _style() -> Html:
    """The report's style below `.sureshot`, and what the frame adds to it."""
    report = (resources.files("sureshot.report") / "style.css").read_text("utf-8")
    colours = "".join(
        f"--{part}: light-dark({day}, {night});" for part, (day, night) in _COLOURS.items()
    )
    return tag("style", Html(f".sureshot {{ {colours} }}\n.sureshot {{\n{report}\n}}\n{_FRAME}"))


def dress() -> None:
    """Put the style on the page; once a run, before anything else."""
    st.html(_style())


def put(*parts: str) -> None:
    """Markup on the page, one part below the other; what is no markup is escaped."""
    st.html(tag("div", *parts, class_="sureshot"))


def say(*words: str, quiet: bool = False) -> None:
    """One paragraph; names go in as `report.markup.name` has them."""
    put(tag("p", *words, class_="quiet" if quiet else None))


def head(title: str, *below: str) -> None:
    """A heading, and a line below it."""
    put(tag("h3", title), *([tag("p", *below)] if below else []))


def empty(what: str, to_do: str, command: str = "") -> None:
    """What stands where there is nothing to show: why, and what to do about it."""
    shown = [tag("pre", command, tabindex=0)] if command else []
    put(tag("div", tag("p", tag("b", what)), tag("p", to_do), *shown, class_="empty"))


def wrong(sentence: str) -> None:
    """Something that cannot be shown, with its reason, in the place where it would stand."""
    put(tag("p", tag("b", "✗ ", class_="wrong"), sentence, class_="gravest"))


def chart(figure: Any, key: str, alt: str, **how: Any) -> Any:
    """A Plotly figure in the colours of the theme, as wide as the page; `alt` is for ears."""
    put(tag("p", alt, class_="quiet"))
    settings = {"displaylogo": False, "displayModeBar": False, "responsive": True}
    return st.plotly_chart(figure, theme="streamlit", key=key, config=settings, **how)


def marked(run: ShelvedRun, within: str = "") -> str:
    """A run as a list of choices has it: its mark, the one number, its name `within` a study."""
    told = in_words(run.accuracy) if run.accuracy is not None else run.state
    return f"{_MARKS[run.state]} {told}, {safe.plain(run.name.removeprefix(within))}"


def broken(shelf: Shelf) -> Html:
    """The runs and studies that cannot be read, each with its reason."""
    listed: list[ShelvedRun | ShelvedStudy] = [*shelf.runs, *shelf.studies]
    found = [one for one in listed if one.state == "broken"]
    rows = (tag("li", tag("b", name(one.name)), ": ", one.said) for one in found)
    return tag("ul", *rows) if found else join([])


def healthy(choice: Choice) -> ShelvedRun | None:
    """The run that was chosen where it is complete; otherwise None, and the page says why."""
    run = choice.run
    if run is None:
        empty("No run is chosen.", "Train one, or choose one at the left.", "sureshot train FOLDER")
        return None
    if run.state == "complete":
        return run
    if run.state == "broken":
        put(tag("h3", name(run.name), " is broken"))
        wrong(run.said)
        say("The other runs are not touched by this; choose one at the left.", quiet=True)
    elif run.state == "training":
        empty(f"{run.said[0].upper()}{run.said[1:]}.", "The page Live draws it as it goes.")
    else:
        empty(f"{run.said[0].upper()}{run.said[1:]}.", "It can be shown here once it is complete.")
    return None

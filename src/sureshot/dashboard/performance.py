"""The page about results: how it learned, where it is right and wrong, and against which others."""

from collections.abc import Callable

import streamlit as st

from sureshot import figures
from sureshot.dashboard import compared, confused, drawn, planned, remembered, scored
from sureshot.dashboard.choosing import part
from sureshot.dashboard.dressed import chart, healthy, put, say
from sureshot.dashboard.shelf import Choice, Shelf, ShelvedRun
from sureshot.report.automation import calibration_part, unlike_part
from sureshot.report.markup import Html, name, tag
from sureshot.report.material import Material

PARTS = {
    "scores": "Scores",
    "confusion": "Confusion",
    "curves": "Curves",
    "leaderboard": "Leaderboard",
    "flips": "Run against run",
    "calibration": "Calibration",
    "failures": "Where it fails",
    "plan": "Automation",
}


def show(shelf: Shelf, choice: Choice) -> None:
    """One part of what is known about how good the run is."""
    chosen = part(choice, PARTS)
    several = {"leaderboard": compared.leaderboard, "flips": compared.run_against_run}
    if chosen in several:
        several[chosen](shelf, choice)
        return
    run = healthy(choice)
    if run is None:
        return
    alone: dict[str, Callable[[ShelvedRun, Material], None]] = {
        "scores": scored.show,
        "confusion": confused.show,
        "curves": _curves,
        "calibration": _calibration,
        "failures": _failures,
        "plan": planned.show,
    }
    alone[chosen](run, remembered.material(run))


def _curves(run: ShelvedRun, material: Material) -> None:
    """Loss and accuracy by epoch, and what can be read off them."""
    table = figures.curves(material.history)
    put(tag("ul", *(tag("li", sentence) for sentence in figures.read_curves(table))))
    chart(drawn.curves(table), f"curves {run.name}", _first_up(figures.chosen_in_words(table)))
    if (table.rate != table.rate[0]).any():
        chart(drawn.rate(table), f"rate {run.name}", "The learning rate was changed on the way.")


def _calibration(run: ShelvedRun, material: Material) -> None:
    """Is it right as often as it says?"""
    told = figures.reliability(material.predictions)
    words = (
        f"Calibration error {told.error:.3f}, {told.n:,} {material.split} images. Each dot stands "
        "for the images of which the model was about equally sure, with its 95 % interval; on the "
        "dashed line an answer given with 80 % is right 80 times of 100."
    )
    chart(drawn.reliability(told, material.split), f"reliability {run.name}", words)
    if "calibration" in material.summary:
        put(*calibration_part(material))
    put(*unlike_part(material))


def _failures(run: ShelvedRun, material: Material) -> None:
    """Worst classes, confused pairs, slices by light and size, and the surest mistakes."""
    with st.spinner("Looking where it fails: the first time every image is looked at …"):
        told = remembered.failures(run)
    say("Of ", name(run.name), f", on {material.split} images.", quiet=True)
    put(Html(told))


def _first_up(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."

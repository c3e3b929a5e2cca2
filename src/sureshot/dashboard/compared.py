"""Runs side by side: a study's recipes, or runs that a person picks."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from sureshot import comparison, figures
from sureshot.comparison import Contest
from sureshot.dashboard import drawn, remembered, safe
from sureshot.dashboard.choosing import one_of
from sureshot.dashboard.dressed import chart, empty, head, put, say, wrong
from sureshot.dashboard.shelf import Choice, Shelf
from sureshot.errors import SureshotError
from sureshot.report.flips import flips_section
from sureshot.report.markup import name, table, tag
from sureshot.runs import Run
from sureshot.studies import telling

FIRST = 4  # runs that are picked until a person picks; assumed: few enough to wait for

Groups = Mapping[str, Sequence[Run]]


def leaderboard(shelf: Shelf, choice: Choice) -> None:
    """Every contender, the best first; accuracy against time and speed; how each learned."""
    groups = _picked(shelf, choice)
    contest = _met(groups)
    if contest is None:
        return
    standings = remembered.standings(groups)
    told = comparison.table(standings)
    rows = [
        (name(first), *rest, tag("span", better, class_="hint"))
        for first, *rest, better in telling.board_rows(told)
    ]
    put(table(telling.BOARD, rows, "Leaderboard"))
    say(
        f"On {contest.n:,} {contest.split} images that all of them were judged on, with 95 % "
        "intervals. The leader was found on the same images, which flatters it; so whether it is "
        "better is corrected for all pairs together (Holm).",
        quiet=True,
    )
    plain: list[dict[str, Any]] = told.to_dict("records")
    chart(drawn.against(plain, "ms_per_image"), "speed", "Accuracy against the time of one image.")
    chart(drawn.against(plain, "minutes"), "time", "Accuracy against the time of training.")
    courses = figures.courses(contest, standings)
    chart(drawn.courses(courses), "courses", "How each learned: means over seeds, by epoch.")


def run_against_run(shelf: Shelf, choice: Choice) -> None:
    """Every pair with its lead, and the images that turned between two that are chosen."""
    groups = _picked(shelf, choice)
    contest = _met(groups)
    if contest is None:
        return
    if len(groups) < 2:
        empty("One run alone cannot be compared.", "Pick another one beside it.")
        return
    order = [one.name for one in remembered.standings(groups)]
    left, right = st.columns(2)
    of = left.selectbox("This one", order, format_func=safe.plain)
    against = right.selectbox(
        "against", [one for one in order if one != of], format_func=safe.plain
    )
    put(flips_section(contest, [comparison.flips(contest, of, against)]))
    pairs = comparison.duel_table(comparison.duels(contest, order))
    head("All pairs")
    rows = [(name(one), *(cell or "–" for cell in rest)) for one, *rest in telling.pair_rows(pairs)]
    put(table(telling.PAIRS, rows, "All pairs"))


def _picked(shelf: Shelf, choice: Choice) -> Groups:
    """The study's recipes, each with its seeds, or single runs by name."""
    study = choice.study
    if study is not None and study.state != "broken":
        ways = {"recipes": "Recipes of the study", "runs": "Single runs"}
        if one_of("Compare", tuple(ways), key="compare", words=ways) == "recipes":
            return study.place.groups()
    whole = {run.name: run.run for run in shelf.healthy()}
    chosen = [choice.run.name] if choice.run and choice.run.name in whole else []
    beside = [n for n, run in whole.items() if run.folder.parent == _beside(choice)]
    first = list(dict.fromkeys([*chosen, *beside]))[:FIRST]
    names = st.multiselect("Runs", list(whole), default=first, format_func=safe.plain)
    return {name: [whole[name]] for name in names}


def _beside(choice: Choice) -> Any:
    """The folder in which the run that was chosen lies."""
    return choice.run.folder.parent if choice.run is not None else None


def _met(groups: Groups) -> Contest | None:
    """The runs on the images that all of them have; None where they cannot be compared."""
    if not groups:
        empty("There is no complete run to compare.", "Pick some above, or let one finish.")
        return None
    try:
        return remembered.contest(groups)
    except SureshotError as error:
        wrong(str(error))
        return None

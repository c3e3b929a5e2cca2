"""The page of a study's claims: what became of each, what would decide it, and how it all went."""

from collections.abc import Sequence

import streamlit as st

from sureshot.comparison import OUTCOMES, Verdict
from sureshot.dashboard import safe
from sureshot.dashboard.dressed import chart, empty, head, put, say, wrong
from sureshot.dashboard.pictured import verdict
from sureshot.dashboard.shelf import Choice, Shelf, ShelvedStudy
from sureshot.dashboard.verdicts import (
    counted,
    facts_of,
    history,
    negative,
    tries,
    verdicts,
)
from sureshot.errors import SureshotError
from sureshot.figures.words import plural
from sureshot.report.markup import Html, details, facts, name, table, tag
from sureshot.report.study import QUICK
from sureshot.report.verdicts import meaning
from sureshot.studies import judge_by_hand

MARK = {"supported": "✓ ", "refuted": "✗ ", "undecided": "– "}
COLOUR = {"supported": "right", "refuted": "wrong", "undecided": "quiet"}


def show(shelf: Shelf, choice: Choice) -> None:
    """Every claim of the chosen study with its verdict, and the study's history."""
    study = choice.study or (shelf.studies[0] if shelf.studies else None)
    if study is None:
        empty(
            "There is no study here yet.",
            "A study writes down what is expected before the first run, and judges it after.",
            "sureshot study list",
        )
    elif study.state == "broken":
        wrong(study.said)
    elif study.state == "begun":
        _begun(study)
    else:
        _concluded(shelf, study)


def _begun(study: ShelvedStudy) -> None:
    """The claims as they were put on record; nothing is known of them yet."""
    empty(
        f"The study {safe.plain(study.name)} is not concluded: some of its runs are missing.",
        "Go on with it where it was begun. These claims are on record already:",
    )
    put(tag("ul", *(tag("li", one.says) for one in study.place.original.claims.values())))


def _concluded(shelf: Shelf, study: ShelvedStudy) -> None:
    found, place = study.found, study.place
    told = verdicts(found)
    put(
        tag("p", "Study ", name(study.name), class_="kicker"),
        tag("h1", place.original.about.objective or study.name),
        tag("p", counted(told), class_="sentence"),
        *(_warning(words) for words in ([QUICK] if found.quick else [])),
        *(_warning(words) for words in found.notes),
        tag("p", meaning(told), class_="quiet"),
    )
    for number, one in enumerate(told):
        with st.container(border=True):
            _claim(shelf, study, one, number)
    _negative(told)
    _history(shelf, study, told)


def _warning(words: str) -> Html:
    return tag("p", tag("strong", words), class_="meaning")


def _claim(shelf: Shelf, study: ShelvedStudy, one: Verdict, number: int) -> None:
    """One claim: the verdict in words and as a picture, and what to do next."""
    mark = tag("span", MARK[one.outcome], aria_hidden="true")
    outcome = tag("b", tag("span", mark, one.outcome, class_=COLOUR[one.outcome]))
    parts = [tag("h3", one.says), tag("p", outcome, ": ", one.sentence)]
    if one.need and one.need != one.sentence and not one.by_hand:
        parts.append(tag("p", tag("b", "What would decide it: "), _sentence(one.need)))
    if one.remark:
        parts.append(_warning(_sentence(one.remark)))
    put(*parts)
    if one.number is not None and one.number.known:
        alt = f"What was found, against what was claimed: {one.bounds}, the shaded range"
        chart(verdict(one), f"claim-{number}", alt)
    put(details("What this stands on", facts(facts_of(one))))
    if one.by_hand:
        _by_hand(shelf, study, one)


def _by_hand(shelf: Shelf, study: ShelvedStudy, one: Verdict) -> None:
    """Who judged a claim and when, and a form to do it, where people may write here."""
    if one.who:
        say("Judged by ", name(one.who), f" on {one.when}.", quiet=True)
    if not shelf.writable:
        if one.need:
            say(_sentence(one.need), quiet=True)
        return
    with st.form(f"judge {study.name} {one.claim}"):
        outcome = st.radio(
            "Your verdict", OUTCOMES, index=OUTCOMES.index(one.outcome), horizontal=True
        )
        reason = st.text_area("Reason, a sentence", max_chars=2000)
        who = st.text_input("Your name", max_chars=100)
        if st.form_submit_button("Write the verdict down"):
            _judge(study, one.claim, outcome, reason, who)


def _judge(study: ShelvedStudy, claim: str, outcome: str, reason: str, who: str) -> None:
    """Put what a person says on record, and judge the study anew."""
    if not reason.strip() or not who.strip():
        wrong("A verdict needs a reason and a name, so that others can follow it.")
        return
    try:
        with st.spinner("Judging the study anew …"):
            judge_by_hand(study.folder, claim, outcome, reason, who)
    except SureshotError as error:
        wrong(str(error))
        return
    st.rerun()


def _negative(told: Sequence[Verdict]) -> None:
    """What did not hold, in one place: it is a result like any other."""
    refuted = negative(told)
    head("What did not hold")
    if not refuted:
        say("No claim was refuted.")
        return
    put(tag("ul", *(tag("li", tag("b", one.says), ": ", one.sentence) for one in refuted)))


def _history(shelf: Shelf, study: ShelvedStudy, told: Sequence[Verdict]) -> None:
    """Every step with its date, and every try of a search, whatever came of it."""
    head("History", "Every run and every judgement is kept here, whatever came of it.")
    rows = [
        [when, name(what), tag("bdi", came)] for when, what, came in history(shelf, study, told)
    ]
    put(table(("when", "what", "what came of it"), rows, "History of the study"))
    made = tries(study.folder)
    if made:
        columns = [key.replace("_", " ") for key in made[0]]
        cells = [[str(value or "–") for value in row.values()] for row in made]
        put(
            details(
                f"The search: {plural(len(made), 'try', 'tries')}", table(columns, cells, "Tries")
            )
        )


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."

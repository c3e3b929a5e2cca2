"""Claims and their verdicts: what was claimed, what was found, and what would decide it."""

from collections.abc import Sequence

from sureshot.comparison import KINDS, Verdict
from sureshot.figures import plot_verdict
from sureshot.figures.words import plural
from sureshot.report.markup import Html, join, name, section, tag
from sureshot.report.plates import chart

_MARK = {"supported": "✓", "refuted": "✗", "undecided": "–"}
_COLOUR = {"supported": "right", "refuted": "wrong", "undecided": "quiet"}


def verdicts_section(verdicts: Sequence[Verdict], mixed: str) -> Html:
    """Each claim with its verdict, its picture, and what would decide it.

    `mixed` is a sentence that belongs to times and speeds, "" where there is none.
    """
    if not verdicts:
        return section("verdicts", "Verdicts", tag("p", "The study makes no claims."))
    return section(
        "verdicts",
        "Verdicts",
        tag("p", meaning(verdicts)),
        *(part for one in verdicts for part in _verdict(one, mixed)),
    )


def meaning(verdicts: Sequence[Verdict]) -> str:
    """What the words and the intervals mean, and how sure all of them are together."""
    scored = [one for one in verdicts if not one.by_hand]
    first = sum(one.written != "after" or bool(one.changed) for one in scored)
    late = sum(one.written == "after" for one in scored)
    told = [
        "Supported means that the whole interval lies inside what was claimed, refuted that it "
        "lies outside."
    ]
    if any(one.about == "recipes" for one in scored):
        told.append("Intervals of recipes are over other images of this kind and other seeds.")
    if any(one.about == "models" for one in scored):
        told.append("Intervals of models as trained are over other images of this kind alone.")
    if any(_exact(one) for one in scored if one.score != "parameters"):
        told.append(
            "Those of accuracies and recalls of models as trained, and of their differences, are "
            "exact: they miss no more often than they say. All others are approximate."
        )
    if first > 1:
        sure = all(_exact(one) for one in scored if one.written != "after")
        told.append(
            f"The {first} claims that were on record before the first run are corrected together "
            f"(Holm), so that with {'' if sure else 'about '}95 % confidence not one of their "
            f"verdicts{' that are not marked' if late else ''} is wrong."
        )
    if late:
        told.append(
            f"For {plural(late, 'claim')} written or changed after data were seen nobody can give "
            "such a confidence; they are marked."
        )
    if any(one.need for one in scored):
        told.append(
            "What would decide a claim is said for a score that stays where it is; it moves, so "
            "about half of such studies decide."
        )
    return " ".join(told)


def _exact(verdict: Verdict) -> bool:
    """Whether its interval misses no more often than it says: of shares that images alone move."""
    shares = verdict.score in ("accuracy", "recall") and verdict.way != "ratio"
    return (shares and verdict.about == "models") or verdict.score == "parameters"


def written_in_words(verdicts: Sequence[Verdict], begun: str) -> str:
    """When the claims were written, against the first run."""
    record = f"The study file was put on record on {begun}, before the first run."
    late = sum(one.written == "after" for one in verdicts)
    if not verdicts:
        return record
    if not late:
        return f"{record} Every claim was in it, and is kept here whatever became of it."
    return (
        f"{record} {plural(len(verdicts) - late, 'claim')} stood in it unchanged, {late} "
        "came or changed after data were seen. All are kept here whatever became of them."
    )


def _verdict(verdict: Verdict, mixed: str) -> list[Html]:
    mark = tag("span", f"{_MARK[verdict.outcome]} ", aria_hidden="true")
    outcome = tag("span", mark, verdict.outcome, class_=_COLOUR[verdict.outcome])
    parts = [
        tag("h3", verdict.says),
        tag("p", tag("b", outcome), ": ", verdict.sentence),
        tag("p", _asked(verdict), class_="quiet"),
    ]
    if verdict.need and verdict.need != verdict.sentence:
        parts.append(tag("p", _sentence(verdict.need)))
    timed = mixed and verdict.score in KINDS and not KINDS[verdict.score].of_images
    for words in (_sentence(verdict.remark), mixed if timed else ""):
        if words:
            parts.append(tag("p", tag("strong", words), class_="meaning"))
    if verdict.number is not None and verdict.number.known:
        alt = f"{verdict.asked}: {verdict.sentence}, {verdict.outcome}"
        parts.append(chart(plot_verdict(verdict), alt, ""))
    return parts


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}." if words else ""


def _asked(verdict: Verdict) -> Html:
    if verdict.by_hand:
        by = f", by {verdict.who}, {verdict.when}" if verdict.who else ""
        return join([name(verdict.claim), f": judged by hand{by}"])
    told, number = f": {verdict.asked}", verdict.number
    if number is not None and number.known and verdict.p is not None:
        told += f"; interval at {100 * number.level:.3g} %, corrected two-sided p {_p(verdict.p)}"
    return join([name(verdict.claim), told])


def _p(value: float) -> str:
    return "below 0.001" if value < 0.001 else f"{value:.2g}"

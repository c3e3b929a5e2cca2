"""The page of a study: claims and verdicts, the leaderboard, and every model, in one file.

standings   the leaderboard, accuracy against time, how each model learned
models      precision, recall and confusion, model by model
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sureshot import figures, files
from sureshot.comparison import Contest, Standing, Verdict
from sureshot.figures import plot_verdict
from sureshot.figures.words import plural
from sureshot.records import SPLITS
from sureshot.report.markup import Html, details, facts, join, name, section, tag
from sureshot.report.models import models_section
from sureshot.report.page import page
from sureshot.report.plates import chart
from sureshot.report.standings import standings_section

_MARK = {"supported": "✓", "refuted": "✗", "undecided": "–"}
_COLOUR = {"supported": "right", "refuted": "wrong", "undecided": "quiet"}
_LINKS = (
    ("about", "About"),
    ("verdicts", "Verdicts"),
    ("leaderboard", "Leaderboard"),
    ("models", "Models"),
    ("data", "Data"),
    ("making", "How it was made"),
)
QUICK = (
    "This is the quick form of the study: fewer epochs, images and seeds. It shows that everything "
    "works; its numbers and verdicts say nothing about the claims."
)


@dataclass(frozen=True, eq=False)
class StudyMaterial:
    """Everything that the page of a study tells."""

    name: str
    objective: str
    requirements: Sequence[str]
    data: str  # as the study file names it
    begun: str  # when it was put on record
    quick: bool
    contest: Contest
    standings: Sequence[Standing]
    verdicts: Sequence[Verdict]
    notes: Sequence[str]  # what a reader must know of how the study went
    text: str  # the study file


def write_study(path: Path, told: StudyMaterial) -> Path:
    """Write the page of a study."""
    sections = [
        _top(told),
        tag("nav", *(tag("a", words, href=f"#{place}") for place, words in _LINKS)),
        _about(told),
        verdicts_section(told.verdicts),
        standings_section(told.contest, told.standings),
        models_section(told.contest, told.standings),
        _data(told),
        _making(told),
    ]
    content = page(f"{told.name}, a Sureshot study", sections)
    files.write_bytes(path, content.encode("utf-8", "replace"))
    return path


def _top(told: StudyMaterial) -> Html:
    counts = [
        f"{sum(one.outcome == outcome for one in told.verdicts)} {outcome}"
        for outcome in ("supported", "refuted", "undecided")
        if any(one.outcome == outcome for one in told.verdicts)
    ]
    claims = plural(len(told.verdicts), "claim")
    said = f"{claims}: {', '.join(counts)}" if counts else "There are no claims; models are ranked."
    leader = told.standings[0]
    best = tag(
        "p",
        "The best of ",
        plural(len(told.standings), "recipe"),
        " is ",
        name(leader.name),
        f", with an accuracy of {accuracy_in_words(leader)}.",
        class_="meaning",
    )
    warnings = ([QUICK] if told.quick else []) + list(told.notes)
    return tag(
        "header",
        tag("p", "Sureshot, study ", name(told.name), class_="kicker"),
        tag("h1", told.objective or told.name),
        tag("p", said, class_="sentence"),
        best,
        *(tag("p", tag("strong", words), class_="meaning") for words in warnings),
    )


def accuracy_in_words(standing: Standing) -> str:
    """ "79.5 % (78.1 to 80.9 %), 5 seeds, 10,000 images"."""
    known, seeds = standing.accuracy, plural(len(standing.by_seed), "seed")
    ends = f" ({100 * known.low:.1f} to {100 * known.high:.1f} %)" if known.known else ""
    return f"{100 * known.value:.1f} %{ends}, {seeds}, {plural(known.n, 'image')}"


def _about(told: StudyMaterial) -> Html:
    listed = [tag("li", words) for words in told.requirements]
    return section(
        "about",
        "About",
        *([tag("p", "What is required:"), tag("ul", *listed)] if listed else []),
        tag(
            "p",
            "Every claim was written into the study file before the first run, and is kept here "
            f"whatever became of it. The file was put on record on {told.begun}.",
        ),
    )


def verdicts_section(verdicts: Sequence[Verdict]) -> Html:
    """Each claim with its verdict, its picture, and what would decide it."""
    if not verdicts:
        return section("verdicts", "Verdicts", tag("p", "The study makes no claims."))
    scored = sum(not one.by_hand for one in verdicts)
    words = (
        "Supported means that the whole interval lies inside what was claimed, refuted that it "
        "lies outside. The intervals are of the recipes: over other images of this kind and other "
        "seeds."
    )
    several = (
        f" They are corrected for {scored} claims together (Holm), so that with 95 % confidence "
        "not one of these verdicts is wrong."
    )
    return section(
        "verdicts",
        "Verdicts",
        tag("p", words, several if scored > 1 else ""),
        *(part for one in verdicts for part in _verdict(one)),
    )


def _verdict(verdict: Verdict) -> list[Html]:
    mark = tag("span", f"{_MARK[verdict.outcome]} ", aria_hidden="true")
    outcome = tag("span", mark, verdict.outcome, class_=_COLOUR[verdict.outcome])
    parts = [
        tag("h3", verdict.says),
        tag("p", tag("b", outcome), ": ", verdict.sentence),
        tag("p", _asked(verdict), class_="quiet"),
    ]
    if verdict.need and verdict.need != verdict.sentence:
        parts.append(tag("p", f"{verdict.need[0].upper()}{verdict.need[1:]}."))
    if verdict.remark:
        told = f"{verdict.remark[0].upper()}{verdict.remark[1:]}."
        parts.append(tag("p", tag("strong", told), class_="meaning"))
    if verdict.number is not None and verdict.number.known:
        alt = f"{verdict.asked}: {verdict.sentence}, {verdict.outcome}"
        parts.append(chart(plot_verdict(verdict), alt, ""))
    return parts


def _asked(verdict: Verdict) -> Html:
    if verdict.by_hand:
        by = f", by {verdict.who}, {verdict.when}" if verdict.who else ""
        return join([name(verdict.claim), f": judged by hand{by}"])
    told = f": {verdict.asked}"
    if verdict.number is not None and verdict.number.known and verdict.p is not None:
        told += f"; interval at {100 * verdict.number.level:.3g} %, corrected p {_p(verdict.p)}"
    return join([name(verdict.claim), told])


def _p(value: float) -> str:
    return "below 0.001" if value < 0.001 else f"{value:.2g}"


def _data(told: StudyMaterial) -> Html:
    index = told.contest.index
    counts = figures.class_counts(index)
    alt = f"Bars: images by class in {', '.join(counts.columns)}"
    return section(
        "data",
        "Data",
        facts(
            [
                ("Source", name(told.data)),
                ("Images", ", ".join(f"{len(index.rows(s)):,} {s}" for s in SPLITS)),
                ("Classes", f"{len(index.classes):,}"),
                ("Judged on", plural(told.contest.n, f"{told.contest.split} image")),
                ("Data", tag("code", index.fingerprint())),
            ]
        ),
        tag("p", "All runs share one division into training, validation and test images."),
        chart(figures.plot_class_counts(counts), alt, "Each column has its own scale."),
    )


def _making(told: StudyMaterial) -> Html:
    runs = [run for one in told.contest.contenders for run in one.runs]
    speed = runs[0].summary.get("speed", {})
    return section(
        "making",
        "How it was made",
        facts(
            [
                ("On record since", told.begun),
                ("Runs", f"{len(runs)}, each a folder of its own with a report"),
                ("Machine", str(speed.get("on", "not known"))),
            ]
        ),
        details("The study file", tag("pre", told.text, tabindex=0)),
    )

"""The page of a study: claims and verdicts, the leaderboard, and every model, in one file.

verdicts    each claim, what was found, and what would decide it
standings   the leaderboard, accuracy against time, how each model learned
failures    where the models fail
flips       what turned right and wrong between the leader and the next
models      precision, recall and confusion, model by model
curve       what more training images would give
search      the best of many tries
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sureshot import figures, files
from sureshot.comparison import KINDS, Contest, Standing, Verdict, flips, tries_in_words
from sureshot.comparison.contest import SEARCHED
from sureshot.comparison.failures import NAME as ALL_WRONG
from sureshot.comparison.failures import all_wrong, write_all_wrong
from sureshot.figures.words import plural
from sureshot.records import SPLITS
from sureshot.report.curve import CurveMaterial, curve_section
from sureshot.report.failures import failures_section
from sureshot.report.flips import flips_section
from sureshot.report.markup import Html, details, facts, name, section, tag
from sureshot.report.models import models_section
from sureshot.report.page import links, page
from sureshot.report.plates import chart
from sureshot.report.search import search_section
from sureshot.report.standings import FLATTERED, standings_section
from sureshot.report.verdicts import verdicts_section, written_in_words

_FLIPPED = 2  # contenders that the leader is held against, picture by picture
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
    text: str  # the study file as it was put on record
    edited: str = ""  # as it is now, where somebody has changed it since
    curve: CurveMaterial | None = None  # where one was measured
    search: Path | None = None  # the study's folder, where there was a search


def write_study(path: Path, told: StudyMaterial) -> Path:
    """Write the page of a study, and beside it the list of images that all models get wrong."""
    contest = told.contest
    sections = [
        ("about", "About", _about(told)),
        ("verdicts", "Verdicts", verdicts_section(told.verdicts, contest.mixed)),
        ("leaderboard", "Leaderboard", standings_section(contest, told.standings)),
        ("failures", "Where it fails", failures_section(contest, told.standings)),
        *_flipped(told),
        ("models", "Model by model", models_section(contest, told.standings)),
        *([("curve", "Learning curve", curve_section(told.curve))] if told.curve else []),
        *_searched(told),
        ("data", "Data", _data(told)),
        ("making", "How it was made", _making(told)),
    ]
    top = [_top(told), links([(place, words) for place, words, _ in sections])]
    content = page(f"{told.name}, a Sureshot study", [*top, *(part for _, _, part in sections)])
    files.write_bytes(path, content.encode("utf-8", "replace"))
    write_all_wrong(path.with_name(ALL_WRONG), contest, all_wrong(contest))
    return path


def _flipped(told: StudyMaterial) -> list[tuple[str, str, Html]]:
    """The leader against the next ones, where there are any."""
    leader, *others = [one.name for one in told.standings]
    pairs = [flips(told.contest, leader, other) for other in others[:_FLIPPED]]
    return [("flips", "What flipped", flips_section(told.contest, pairs))] if pairs else []


def _searched(told: StudyMaterial) -> list[tuple[str, str, Html]]:
    """The search, where there was one, with the winner's runs as far as they are complete."""
    if told.search is None:
        return []
    again = [run for one in told.contest.contenders if one.name == SEARCHED for run in one.runs]
    return [("search", "Search", search_section(told.search, again))]


def _top(told: StudyMaterial) -> Html:
    counts = [
        f"{sum(one.outcome == outcome for one in told.verdicts)} {outcome}"
        for outcome in ("supported", "refuted", "undecided")
        if any(one.outcome == outcome for one in told.verdicts)
    ]
    claims = plural(len(told.verdicts), "claim")
    said = f"{claims}: {', '.join(counts)}" if counts else "There are no claims; models are ranked."
    warnings = [
        *([QUICK] if told.quick else []),
        *([FLATTERED] if told.contest.split != "test" else []),
        *dict.fromkeys([*told.notes, *([told.contest.mixed] if told.contest.mixed else [])]),
    ]
    return tag(
        "header",
        tag("p", "Sureshot, study ", name(told.name), class_="kicker"),
        tag("h1", told.objective or told.name),
        tag("p", said, class_="sentence"),
        _ahead(told),
        *(tag("p", tag("strong", words), class_="meaning") for words in warnings),
    )


def _ahead(told: StudyMaterial) -> Html:
    """Who leads, whether that is sure, and among how many tries it was found."""
    leader, *others = told.standings
    tries = f" ({tries_in_words(leader.tries)})" if leader.tries else ""
    accuracy = f" an accuracy of {accuracy_in_words(leader, told.contest.split)}."
    words: list[str] = [name(leader.name), tries, f" has{accuracy}"]
    if others:
        words = ["Ahead is ", name(leader.name), f"{tries}, with{accuracy} Is it really better "]
        sure = others[0].sure
        words += ["than the next, ", name(others[0].name), f"? {sure[0].upper()}{sure[1:]}."]
    return tag("p", *words, class_="meaning")


def accuracy_in_words(standing: Standing, split: str) -> str:
    """ "79.5 % (78.1 to 80.9 %), 5 seeds, 10,000 test images"."""
    kind, known = KINDS["accuracy"], standing.accuracy
    ends = f" ({kind.between(known.low, known.high)})" if known.known else ""
    seeds, images = plural(len(standing.by_seed), "seed"), plural(known.n, f"{split} image")
    return f"{kind.told(known.value)}{ends}, {seeds}, {images}"


def _about(told: StudyMaterial) -> Html:
    listed = [tag("li", words) for words in told.requirements]
    return section(
        "about",
        "About",
        *([tag("p", "What is required:"), tag("ul", *listed)] if listed else []),
        tag("p", written_in_words(told.verdicts, told.begun)),
    )


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
    edited = tag("pre", told.edited, tabindex=0)
    return section(
        "making",
        "How it was made",
        facts(
            [
                ("On record since", told.begun),
                ("Runs", f"{len(runs)}, each a folder of its own with a report"),
                ("Machine", "; ".join(told.contest.machines)),
            ]
        ),
        details("The study file as it was put on record", tag("pre", told.text, tabindex=0)),
        *([details("The study file as it is now", edited)] if told.edited else []),
    )

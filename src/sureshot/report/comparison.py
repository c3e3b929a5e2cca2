"""The page about runs side by side: the images that flipped first, then the numbers."""

from collections.abc import Sequence
from pathlib import Path

from sureshot import figures, files
from sureshot.comparison import KINDS, Contest, Duel, Flip, Standing
from sureshot.errors import UsageError
from sureshot.figures.words import plural
from sureshot.report.markup import Html, join, name, section, table, tag
from sureshot.report.models import models_section
from sureshot.report.page import page
from sureshot.report.plates import cards, photograph
from sureshot.report.standings import standings_section

_SHOWN = 24  # pictures of each kind; assumed to be as many as a reader will look through
_PAIRS = 6  # pairs whose pictures are shown; all of them are in the table
_MARK = '<meta name="generator" content="sureshot compare">'
_LINKS = (("flips", "What flipped"), ("pairs", "Pairs"), ("leaderboard", "Leaderboard"))


def require_page(path: Path) -> Path:
    """The same path; UsageError where it is no page of ours that may be written again."""
    if path.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"the page must end in .html, got {path.name!r}")
    if path.exists() and _MARK not in path.read_text("utf-8", "replace")[:2000]:
        raise UsageError(
            f"{path} is there already and is no page of sureshot compare; choose another --out"
        )
    return path


def write_comparison(
    path: Path, contest: Contest, standings: Sequence[Standing], duels: Sequence[Duel]
) -> Path:
    """Write the page about contenders, pictures first."""
    links = (*_LINKS, ("models", "Model by model"))
    sections = [
        _top(contest, standings),
        tag("nav", *(tag("a", words, href=f"#{place}") for place, words in links)),
        _flips_section(contest, duels[:_PAIRS]),
        _pairs_section(duels),
        standings_section(contest, standings),
        models_section(contest, standings),
    ]
    content = page("A Sureshot comparison", sections).replace("<title>", f"{_MARK}<title>", 1)
    files.write_bytes(path, content.encode("utf-8", "replace"))
    return path


def _top(contest: Contest, standings: Sequence[Standing]) -> Html:
    first, second = standings[0], standings[1]
    images = plural(contest.n, f"{contest.split} image")
    apart = (
        f" {plural(contest.apart, 'image')} that only some of them were judged on are left out."
        if contest.apart
        else ""
    )
    return tag(
        "header",
        tag("p", "Sureshot, a comparison", class_="kicker"),
        tag("h1", name(first.name), " against ", name(second.name), *_others(standings)),
        tag("p", f"{plural(len(standings), 'model')} on the same {images}.{apart}"),
    )


def _others(standings: Sequence[Standing]) -> list[str]:
    more = len(standings) - 2
    return [f" and {plural(more, 'other')}"] if more else []


def _flips_section(contest: Contest, duels: Sequence[Duel]) -> Html:
    return section(
        "flips",
        "What flipped",
        *(part for duel in duels for part in _flipped(contest, duel)),
    )


def _flipped(contest: Contest, duel: Duel) -> list[Html]:
    told = duel.flips
    unsteady = (
        f"; on {told.unsteady:,} the seeds do not agree among themselves" if told.unsteady else ""
    )
    words = (
        f"Of {told.n:,} images both get {told.both_right:,} right and {told.both_wrong:,} wrong"
        f"{unsteady}."
    )
    return [
        tag("h3", name(duel.of), " against ", name(duel.against)),
        tag("p", words),
        *_pictures(contest, told.gained, duel.of, duel.against),
        *_pictures(contest, told.lost, duel.against, duel.of),
    ]


def _pictures(contest: Contest, flips: Sequence[Flip], right: str, wrong: str) -> list[Html]:
    """The images that one has right and the other wrong, as many as are looked through."""
    if not flips:
        return [tag("p", "No image that ", name(right), " alone gets right.")]
    some = f", the first {_SHOWN}" if len(flips) > _SHOWN else ""
    title = [plural(len(flips), "image"), " that only ", name(right), f" gets right{some}:"]
    settings = contest.contenders[0].runs[0].recipe.image.settled()
    ids = [str(contest.index.id[flip.row]) for flip in flips[:_SHOWN]]
    shown = figures.pictures(contest.index, ids, settings)
    listed = [
        join(
            [
                photograph(picture, f"{image}: {flip.true}, {wrong} says {flip.wrong}"),
                tag("p", name(flip.true), class_="what right"),
                tag("p", name(wrong), ": ", name(flip.wrong), class_="quiet"),
            ]
        )
        for flip, image, picture in zip(flips, ids, shown, strict=False)
    ]
    return [tag("h4", *title), cards(listed, "small")]


def _pairs_section(duels: Sequence[Duel]) -> Html:
    header = ("pair", "lead in accuracy", "really better?", "only first", "only second", "McNemar")
    rows = [
        [
            join([name(duel.of), " against ", name(duel.against)]),
            join([tag("b", _lead(duel)), tag("span", _interval(duel), class_="interval")]),
            "yes" if duel.sure else "not sure",
            f"{len(duel.flips.gained):,}",
            f"{len(duel.flips.lost):,}",
            "–" if duel.p is None else f"p = {duel.p:.2g}",
        ]
        for duel in duels
    ]
    words = (
        "What is said to be sure is corrected for all pairs together (Holm). McNemar's exact test "
        "asks of two trained models whether the images that only one gets right are split by "
        "chance alone; of recipes with several seeds it says nothing."
    )
    return section("pairs", "Pairs", tag("p", words), table(header, rows, "Pairs"))


def _lead(duel: Duel) -> str:
    return KINDS["accuracy"].told(duel.lead.value, "difference")


def _interval(duel: Duel) -> str:
    if not duel.lead.known:
        return duel.lead.why
    kind = KINDS["accuracy"]
    about = "recipes" if duel.lead.recipes else "these trained models"
    return f"{kind.between(duel.lead.low, duel.lead.high, 'difference')}, {about}"

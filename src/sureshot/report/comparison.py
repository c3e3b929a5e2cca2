"""The page about runs side by side: the images that flipped first, then the numbers."""

from collections.abc import Sequence
from pathlib import Path

from sureshot import files
from sureshot.comparison import KINDS, Contest, Duel, Standing
from sureshot.comparison.failures import NAME as ALL_WRONG
from sureshot.comparison.failures import all_wrong, write_all_wrong
from sureshot.errors import UsageError
from sureshot.figures.words import plural
from sureshot.report.failures import failures_section
from sureshot.report.flips import flips_section
from sureshot.report.markup import Html, join, name, section, table, tag
from sureshot.report.models import models_section
from sureshot.report.page import links, page
from sureshot.report.standings import FLATTERED, standings_section

_PAIRS = 6  # pairs whose pictures are shown; all of them are in the table
_LINKS = (
    ("flips", "What flipped"),
    ("pairs", "Pairs"),
    ("leaderboard", "Leaderboard"),
    ("failures", "Where it fails"),
    ("models", "Model by model"),
)


def write_comparison(
    path: Path, contest: Contest, standings: Sequence[Standing], duels: Sequence[Duel]
) -> Path:
    """Write the page, and beside it the list of images that all models get wrong."""
    listed = _list_beside(path)
    sections = [
        _top(contest, standings),
        links(_LINKS),
        flips_section(contest, [duel.flips for duel in duels[:_PAIRS]]),
        _pairs_section(duels),
        standings_section(contest, standings),
        failures_section(contest, standings, listed.name),
        models_section(contest, standings),
    ]
    content = page("A Sureshot comparison", sections, "compare")
    files.write_bytes(path, content.encode("utf-8", "replace"))
    write_all_wrong(listed, contest, all_wrong(contest))
    return path


def require_list(page: Path) -> Path:
    """The same path; UsageError where the list beside it would overwrite another file."""
    beside = _list_beside(page)
    if beside.exists() and not beside.read_bytes().startswith(b"id,true,"):
        raise UsageError(
            f"{beside} is written beside the page and is there already, as no list of sureshot; "
            "choose another --out"
        )
    return page


def _list_beside(page: Path) -> Path:
    """The list of a page, under its name: several comparisons may lie in one folder."""
    return page.with_name(f"{page.stem}_{ALL_WRONG}")


def _top(contest: Contest, standings: Sequence[Standing]) -> Html:
    first, second = standings[0], standings[1]
    images = plural(contest.n, f"{contest.split} image")
    apart = (
        f" {plural(contest.apart, 'image')} that only some of them were judged on are left out."
        if contest.apart
        else ""
    )
    warnings = [*([FLATTERED] if contest.split != "test" else []), contest.mixed]
    return tag(
        "header",
        tag("p", "Sureshot, a comparison", class_="kicker"),
        tag("h1", name(first.name), " against ", name(second.name), *_others(standings)),
        tag("p", _headline(first, second), class_="sentence"),
        tag("p", f"{plural(len(standings), 'model')} on the same {images}.{apart}"),
        *(tag("p", tag("strong", words), class_="meaning") for words in warnings if words),
    )


def _headline(first: Standing, second: Standing) -> str:
    """ "accuracy 77.2 % against 66.7 %; really better? yes: by +10.5 points (+1.6 to …)"."""
    told = [KINDS["accuracy"].told(one.accuracy.value) for one in (first, second)]
    return f"accuracy {told[0]} against {told[1]}; really better? {second.sure}"


def _others(standings: Sequence[Standing]) -> list[str]:
    more = len(standings) - 2
    return [f" and {plural(more, 'other')}"] if more else []


def _pairs_section(duels: Sequence[Duel]) -> Html:
    header = (
        "pair",
        "lead in accuracy",
        "really better?",
        "only first right",
        "only second right",
        "McNemar's p",
    )
    rows = [
        [
            join([name(duel.of), " against ", name(duel.against)]),
            join([tag("b", _lead(duel)), tag("span", _interval(duel), class_="interval")]),
            "yes" if duel.sure else "not sure",
            f"{len(duel.flips.gained):,}",
            f"{len(duel.flips.lost):,}",
            "–" if duel.p is None else f"{duel.p:.2g}",
        ]
        for duel in duels
    ]
    words = (
        "What is said to be sure is corrected for all pairs together (Holm). McNemar's exact test "
        "asks of two trained models whether the images that only one gets right are split by "
        "chance alone; its p is two-sided, of each pair alone and not corrected, and the interval "
        "of two trained models is exact, too. Of recipes with several seeds it says nothing."
    )
    return section("pairs", "Pairs", tag("p", words), table(header, rows, "Pairs"))


def _lead(duel: Duel) -> str:
    return KINDS["accuracy"].told(duel.lead.value, "difference")


def _interval(duel: Duel) -> str:
    if not duel.lead.known:
        return duel.lead.why
    kind = KINDS["accuracy"]
    ends = kind.between(duel.lead.low, duel.lead.high, "difference")
    return f"{ends}{duel.lead.confidence}, {duel.lead.about}"

"""The images that turned right or wrong from one contender to another, pictures first."""

from collections.abc import Sequence

from sureshot import figures
from sureshot.comparison import Contest, Flip, Flips
from sureshot.figures.words import plural
from sureshot.report.markup import Html, join, name, section, tag
from sureshot.report.plates import cards, photograph

_SHOWN = 24  # pictures of each kind; assumed to be as many as a reader will look through


def flips_section(contest: Contest, told: Sequence[Flips]) -> Html:
    """Pairs of contenders, each with what only one of the two gets right."""
    parts = [part for one in told for part in _pair(contest, one)]
    return section("flips", "What flipped", *parts)


def _pair(contest: Contest, told: Flips) -> list[Html]:
    unsteady = (
        f"; on {told.unsteady:,} the seeds of one of them do not agree" if told.unsteady else ""
    )
    words = (
        f"Of {plural(told.n, f'{contest.split} image')} both get {told.both_right:,} right and "
        f"{told.both_wrong:,} wrong{unsteady}."
    )
    return [
        tag("h3", name(told.of), " against ", name(told.against)),
        tag("p", words),
        *_pictures(contest, told.gained, told.of, told.against),
        *_pictures(contest, told.lost, told.against, told.of),
    ]


def _pictures(contest: Contest, flips: Sequence[Flip], right: str, wrong: str) -> list[Html]:
    """The images that one has right and the other wrong, as many as are looked through."""
    which = [" that ", name(right), " gets right and ", name(wrong), " wrong"]
    if not flips:
        return [tag("p", "There is no image", *which, ".")]
    some = f", the first {_SHOWN}" if len(flips) > _SHOWN else ""
    settings = contest.contenders[0].runs[0].recipe.image.settled()
    ids = [str(contest.index.id[flip.row]) for flip in flips[:_SHOWN]]
    shown = figures.pictures(contest.index, ids, settings)
    listed = [
        join(
            [
                photograph(picture, f"{image}: {flip.true}, {wrong} says {flip.wrong}"),
                _said("✓", flip.true, "what right"),
                _said("✗", flip.wrong, "what wrong"),
            ]
        )
        for flip, image, picture in zip(flips, ids, shown, strict=False)
    ]
    return [
        tag("p", tag("b", plural(len(flips), "image")), *which, f"{some}:"),
        cards(listed, "small"),
    ]


def _said(mark: str, label: str, kind: str) -> Html:
    return tag("p", tag("span", f"{mark} ", aria_hidden="true"), name(label), class_=kind)

"""Where it fails: worst classes, confused pairs, slices, the surest mistakes, what all get wrong.

Shapes: `N` images that were scored.
"""

from collections.abc import Sequence

import numpy as np

from sureshot import figures
from sureshot.comparison import Contest, Standing
from sureshot.comparison.failures import NAME, AllWrong, Missed, all_wrong
from sureshot.figures import Picture, mistakes_in_words
from sureshot.figures.failures import ClassRate, Pair, confused_pairs, worst_classes
from sureshot.figures.words import percent, plural
from sureshot.progress import Progress, Silent
from sureshot.recipe import Preprocessing
from sureshot.report.judged import Judged, between, in_words, judged_in, judged_of, said_card
from sureshot.report.markup import Html, details, join, name, paths, section, table, tag
from sureshot.report.material import Material
from sureshot.report.plates import cards, guess_card, photograph
from sureshot.report.slices import slices_part

_SHOWN = 24  # pictures of images that all get wrong; assumed to be as many as are looked through


def failures_of_run(material: Material, said: Progress | None = None) -> list[Html]:
    """Where one run fails, as parts of its results."""
    return _parts(judged_of(material), said or Silent())


def failures_section(contest: Contest, standings: Sequence[Standing], listed: str = NAME) -> Html:
    """Where all models of a contest fail, and where the first run of its leader does.

    `listed` is the file beside the page that names every image that all models get wrong.
    """
    leader = contest[standings[0].name]
    judged = judged_in(contest, leader.name)
    words = ["First what all models get wrong, then all else of the leader, ", name(leader.name)]
    return section(
        "failures",
        "Where it fails",
        tag("p", *words, f", as trained with seed {leader.seeds[0]}."),
        *_all_wrong(contest, all_wrong(contest), judged.settings, listed),
        *_parts(judged, Silent()),
    )


def _parts(judged: Judged, said: Progress) -> list[Html]:
    return [
        *_classes(judged),
        *_pairs(judged),
        *slices_part(judged, said),
        *_mistakes(judged),
    ]


def _classes(judged: Judged) -> list[Html]:
    told = worst_classes(judged.predictions, judged.everyone)
    of = f"{len(told.shown)} of {told.classes} classes" if len(told.shown) < told.classes else ""
    right = judged.predictions.top() == judged.predictions.label
    whole = float(right.mean()) if len(right) else 0.0
    words = [
        f"Recall of {of or 'each class'}, the worst first: of the images that are a class, the "
        "share that was found, and the 95 % interval of it on a scale from 0 to 100 %. The thin "
        f"mark is the share of all images told right, {in_words(whole)}."
    ]
    if told.without:
        lacking = [part for label in told.without for part in (", ", name(label))][1:]
        words += [f" Nothing is known of what has no {judged.split} image: ", *lacking, "."]
    rows = [(name(one.name), _ruler(one, whole)) for one in told.shown]
    listed = [table(("class", "recall"), rows, "Recall of the worst classes")] if rows else []
    return [tag("h3", "Worst classes"), tag("p", *words), *listed]


def _ruler(one: ClassRate, whole: float) -> Html:
    """The recall in words, and below them its interval on a line from 0 to 100 %."""
    told = one.rate
    marks = [
        tag("span", class_="base", style=f"left:{_at(whole)}"),
        tag("span", class_="band", style=f"left:{_at(told.low)};right:{_at(1 - told.high)}"),
        tag("span", class_="point", style=f"left:{_at(told.share)}"),
    ]
    line = tag("div", *marks, class_="line")
    style = "min-width:min(24rem,52vw);margin-top:0.35rem"
    ruler = tag("div", line, class_="ruler", aria_hidden="true", style=style)
    others = "" if np.isnan(told.everyone) else f"; all models {in_words(told.everyone)}"
    words = f"{between(told)}, n = {told.n:,}{others}"
    return join([tag("b", in_words(told.share)), tag("span", words, class_="interval"), ruler])


def _at(share: float) -> str:
    return f"{share * 100:.2f}%"


def _pairs(judged: Judged) -> list[Html]:
    told = confused_pairs(judged.predictions)
    if not told:
        none = tag("p", "No image was taken for another class.")
        return [tag("h3", "Most confused pairs"), none]
    words = (
        "Images that were taken for another class, the most confident mistakes first; then one "
        "image of each of the two classes of which the model was surest, and right."
    )
    parts = [part for pair in told for part in _pair(judged, pair)]
    return [tag("h3", "Most confused pairs"), tag("p", words), *parts]


def _pair(judged: Judged, pair: Pair) -> list[Html]:
    confused = pair.confused
    often = f": {plural(confused.count, 'time')}, {percent(confused.share)} of its images"
    head = tag("h4", name(confused.true), " taken for ", name(confused.predicted), often)
    places = [int(at) for at in (*pair.mistaken, *pair.typical)]
    shown = zip(places, judged.pictures(places), strict=True)
    return [head, cards([said_card(judged, *one) for one in shown], "small")]


def _mistakes(judged: Judged) -> list[Html]:
    wrong = figures.mistakes(judged.predictions)
    ids = [guess.id for guess in wrong.surest]
    shown = figures.pictures(judged.index, ids, judged.settings)
    told = [
        tag("h3", "Most confident mistakes"),
        tag("p", f"{mistakes_in_words(wrong, judged.split)}.".capitalize()),
        cards((guess_card(*pair) for pair in zip(wrong.surest, shown, strict=True)), "wide"),
    ]
    return [*told, details("Their paths", paths(ids))] if ids else told


def _all_wrong(
    contest: Contest, found: AllWrong, settings: Preprocessing, listed: str
) -> list[Html]:
    """The images that no model gets right: pictures, and what is said of them."""
    title = tag("h3", "Wrong by all models")
    runs, of = len(found.runs), plural(contest.n, f"{contest.split} image")
    models = plural(len(contest.contenders), "model") + (
        f" with all seeds, {runs} runs" if runs > len(contest.contenders) else ""
    )
    if not found.images:
        return [title, tag("p", f"None of {of} is told wrong by all ({models}).")]
    wrong = len(found.images)
    agreed = f"; of {found.agreed:,} all runs say the same" if runs > 1 else ""
    some = f" The first {_SHOWN} are shown" if wrong > _SHOWN else " They are shown"
    words = (
        f"{wrong:,} of {of} {'is' if wrong == 1 else 'are'} told wrong by all ({models}){agreed}. "
        "Such images often have a wrong label or show more than one thing: look at them before "
        f"blaming the models.{some}, those first on which the runs agree; {listed} lists all."
    )
    first = found.images[:_SHOWN]
    ids = [str(contest.index.id[one.row]) for one in first]
    shown = zip(first, ids, figures.pictures(contest.index, ids, settings), strict=True)
    return [title, tag("p", words), cards([_missed(*one, runs) for one in shown], "small")]


def _missed(one: Missed, image: str, picture: Picture, runs: int) -> Html:
    by = [] if runs == 1 else [tag("p", f"{one.times} of {runs} runs", class_="quiet")]
    return join(
        [
            photograph(picture, f"{image}: {one.label}, said to be {one.said}"),
            tag("p", tag("span", "✗ ", aria_hidden="true"), name(one.said), class_="what wrong"),
            *by,
            tag("p", "label: ", name(one.label), class_="quiet"),
        ]
    )

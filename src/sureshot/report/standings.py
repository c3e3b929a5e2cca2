"""The leaderboard as a table, accuracy against time, and how each model learned."""

from collections.abc import Sequence

from sureshot import figures
from sureshot.comparison import KINDS, Contest, Standing, one_seed_in_words, tries_in_words
from sureshot.figures.words import plural
from sureshot.files import readable_size
from sureshot.measure.crossed import FEW_SEEDS
from sureshot.progress import duration
from sureshot.report.markup import Html, join, name, section, table, tag
from sureshot.report.plates import chart

_COLUMNS = (
    "recipe",
    "accuracy",
    "is the leader really better?",
    "standard deviation over seeds",
    "macro F1",
    "parameters",
    "training",
    "one image",
    "model file",
)
FLATTERED = (
    "There is no test split, so all of this stands on validation images. The epoch was chosen on "
    "them, which flatters every number: expect somewhat less on new images."
)


def standings_section(contest: Contest, standings: Sequence[Standing]) -> Html:
    """All contenders in order, and the two pictures of them."""
    return section(
        "leaderboard",
        "Leaderboard",
        tag("p", _stands_on(contest, standings)),
        table(_COLUMNS, [_row(one) for one in standings], "Leaderboard"),
        *_against_time(contest, standings),
        *_learned(contest, standings),
    )


def _stands_on(contest: Contest, standings: Sequence[Standing]) -> str:
    images = plural(contest.n, f"{contest.split} image")
    seeds = min(len(one.by_seed) for one in standings)
    said = f"Accuracy on {images}, with 95 % intervals over other images of this kind"
    if standings[0].accuracy.recipes:
        said += " and other seeds. "
        if seeds < FEW_SEEDS:
            said += f"With {seeds} seeds these are honest and wide; {FEW_SEEDS} make them useful. "
    else:
        said += f", for these trained models: {one_seed_in_words(standings)}. "
    return said + (
        "The leader was found on the same images, which flatters it; so whether it is really "
        "better is corrected for all pairs together (Holm)."
    )


def _row(one: Standing) -> list[Html | str]:
    known = one.accuracy
    kind = KINDS["accuracy"]
    ends = kind.between(known.low, known.high) if known.known else known.why
    seeds = plural(len(one.by_seed), "seed")
    spread = f"{100 * one.spread:.2f} points" if len(one.by_seed) > 1 else "–"
    listed = ", ".join(f"{100 * value:.1f}" for value in one.by_seed)
    tries = tag("span", tries_in_words(one.tries), class_="interval") if one.tries else ""
    return [
        join([name(one.name), tries]),
        join(
            [
                tag("b", kind.told(known.value)),
                tag("span", f"{ends}, n = {known.n:,}", class_="interval"),
            ]
        ),
        tag("span", one.sure, class_="hint"),
        join([spread, tag("span", f"{seeds}: {listed}", class_="interval")]),
        KINDS["macro_f1"].told(one.macro_f1),
        f"{one.parameters:,.0f}",
        duration(60 * one.minutes),
        KINDS["ms_per_image"].told(one.ms_per_image),
        readable_size(one.size),
    ]


def _against_time(contest: Contest, standings: Sequence[Standing]) -> list[Html]:
    best = standings[0]
    alt = (
        f"Accuracy against training time of {plural(len(standings), 'recipe')}; the first, "
        f"{best.name}, has {100 * best.accuracy.value:.1f} % after {duration(60 * best.minutes)}"
    )
    caption = (
        "Time is on a logarithmic scale. A bar is the 95 % interval of the accuracy. Marks that "
        "would cover one another are moved a little apart."
    )
    drawn = figures.plot_against_time(standings, contest.split)
    return [tag("h3", "Accuracy against time"), chart(drawn, alt, caption)]


def _learned(contest: Contest, standings: Sequence[Standing]) -> list[Html]:
    table = figures.courses(contest, standings)
    alt = f"Training and validation accuracy of {plural(len(table), 'recipe')} by epoch"
    caption = (
        f"Dashed is training, solid is validation, and the short thick line is the accuracy on "
        f"{contest.split} images. Curves are means over seeds, up to where the first of them ended."
    )
    drawn = figures.plot_courses(table, contest.split)
    return [tag("h3", "How each model learned"), chart(drawn, alt, caption)]

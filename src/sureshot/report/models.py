"""Precision, recall and confusion of every contender.

Shapes: `S` seeds, `K` classes.
"""

from collections.abc import Sequence

import numpy as np

from sureshot import figures, measure
from sureshot.comparison import Contender, Contest, Standing
from sureshot.figures import Confusion
from sureshot.figures.tables import Floats
from sureshot.figures.words import percent
from sureshot.report.judged import judged_in
from sureshot.report.markup import Html, details, join, name, section, table, tag
from sureshot.report.plates import cards, chart, photograph

_GRID = 25  # images of each model, five times five
_ROWS = 60  # classes listed at most; assumed to be as many as a reader will look through


def models_section(contest: Contest, standings: Sequence[Standing]) -> Html:
    """Every model in the order of the leaderboard, the leader's opened."""
    return section(
        "models",
        "Model by model",
        tag(
            "p",
            "Precision: of the images said to be a class, the share that is. Recall: of the "
            "images that are a class, the share that was found. Both are means over seeds.",
        ),
        *(
            part
            for number, standing in enumerate(standings)
            for part in _model(contest, contest[standing.name], opened=number == 0)
        ),
    )


def _model(contest: Contest, one: Contender, opened: bool) -> list[Html]:
    tables = [_table(contest, said) for said in one.top]
    rows = _rows(contest, tables)
    seed = f"seed {one.seeds[0]}"
    counted = Confusion(contest.classes, tables[0])
    alt = f"Confusion matrix of {one.name}, {seed}, {counted.n:,} {contest.split} images"
    caption = f"Of the run with {seed}. Rows are the true classes; each row adds up to 100 %."
    matrix = chart(figures.plot_confusion(counted, contest.split), alt, caption)
    inside = [table(("class", "images", "precision", "recall"), rows, f"By class: {one.name}")]
    if len(contest.classes) > _ROWS:
        inside.append(tag("p", f"The first {_ROWS} of {len(contest.classes):,} classes."))
    inside += [matrix, *_examples(contest, one)]
    return [tag("h3", name(one.name)), *inside] if opened else [details(one.name, *inside)]


def _examples(contest: Contest, one: Contender) -> list[Html]:
    """Images drawn by chance, with what the first of the contender's runs says of them.

    They are the same for every contender.
    """
    judged, chance = judged_in(contest, one.name), contest.contenders[0].seeds[0]
    guesses = figures.random_guesses(judged.predictions, chance, _GRID)
    shown = figures.pictures(judged.index, [guess.id for guess in guesses], judged.settings)
    listed = [
        join([photograph(picture, f"{guess.id}: {guess.names[0]}"), *_said(guess)])
        for guess, picture in zip(guesses, shown, strict=True)
    ]
    words = figures.guesses_in_words(guesses, contest.split)
    return [
        tag("p", f"What the run with seed {one.seeds[0]} says of {words}:"),
        cards(listed, "small"),
    ]


def _said(guess: figures.Guess) -> list[Html]:
    """The answer with its mark, and the truth where that is another."""
    mark, kind = figures.marked(guess)[0], "right" if guess.right else "wrong"
    answer = tag("p", f"{mark} ", name(guess.names[0]), class_=f"what {kind}")
    truth = "" if guess.right else join(["true: ", name(guess.true)])
    return [
        answer,
        tag("p", percent(guess.probabilities[0]), " " if truth else "", truth, class_="quiet"),
    ]


def _rows(contest: Contest, tables: Sequence[figures.tables.Counts]) -> list[list[Html | str]]:
    precision = np.stack([measure.precision(counts) for counts in tables])  # (S, K)
    recall = np.stack([measure.recall(counts) for counts in tables])
    images = tables[0].sum(axis=1)
    return [
        [name(label), f"{images[k]:,}", _cell(precision[:, k]), _cell(recall[:, k])]
        for k, label in enumerate(contest.classes[:_ROWS])
    ]


def _cell(values: Floats) -> Html:
    """The mean over seeds, and below it the least and the greatest."""
    if np.isnan(values).any():
        return tag("span", "–", class_="quiet")
    value = tag("b", percent(float(values.mean())))
    low, high = percent(float(values.min())), percent(float(values.max()))
    if low == high:
        return value
    return join([value, tag("span", f"{low} to {high}", class_="interval")])


def _table(contest: Contest, said: figures.tables.Counts) -> figures.tables.Counts:
    """How often each class was taken for each, shape (K, K)."""
    return measure.confusion(contest.label, said, len(contest.classes))

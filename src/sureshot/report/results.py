"""What came out: every score with interval and n, by class, where it fails, examples."""

from sureshot import figures
from sureshot.figures import guesses_in_words
from sureshot.figures.words import plural
from sureshot.progress import Progress
from sureshot.records import Score, Scores
from sureshot.report.attention import attention_part
from sureshot.report.automation import calibration_part, unlike_part
from sureshot.report.failures import failures_of_run
from sureshot.report.markup import Html, join, name, section, table, tag
from sureshot.report.material import Material
from sureshot.report.plates import cards, drawn, guess_card
from sureshot.report.weights import class_weights_part, kept_part

_LOSSES = ("log_loss", "brier", "calibration_error")  # not shares of images
_MEANING = {
    "accuracy": "share of images told right",
    "top_3": "the true class is among the three most probable",
    "top_5": "the true class is among the five most probable",
    "precision": "of what is said to be a class, the share that is",
    "recall": "of what is a class, the share that is found",
    "f1": "precision and recall in one number",
    "log_loss": "0 is perfect; being sure and wrong costs most",
    "brier": "0 is perfect, 2 is sure and wrong every time",
    "calibration_error": "how far stated probabilities are from what happens",
}


def results_section(material: Material, said: Progress | None = None) -> Html:
    """All results, from the numbers to the pictures."""
    return section(
        "results",
        "Results",
        *kept_part(material),
        *overall_part(material),
        *classes_part(material),
        *class_weights_part(material),
        *_confusion(material),
        *failures_of_run(material, said),
        *_examples(material),
        *attention_part(material),
        *calibration_part(material),
        *unlike_part(material),
    )


def overall_part(material: Material) -> list[Html]:
    """The overall scores of every split, with intervals and n."""
    columns = [f"{split}, n = {told.n:,}" for split, told in material.scores.items()]
    first = material.scores[material.split]
    rows = [
        (
            _title(kind),
            *(_cell(told.overall.get(kind), kind, told.n) for told in material.scores.values()),
            tag("span", _explained(kind), class_="hint"),
        )
        for kind in first.overall
    ]
    words = "Each number with its 95 % interval: the range in which the true value plausibly lies."
    left_out = [
        f"{plural(told.unreadable, f'{split} image')} could not be read and were left out. "
        for split, told in material.scores.items()
        if told.unreadable
    ]
    header = ["score", *columns, "meaning"]
    return [tag("p", words, " ", *left_out), table(header, rows, "All scores")]


_ENDINGS = {"_macro": ", mean of classes", "_weighted": ", weighted by class size"}


def _title(kind: str) -> str:
    """ "f1_macro" → "F1, mean of classes"."""
    for ending, words in _ENDINGS.items():
        if kind.endswith(ending):
            return _title(kind.removesuffix(ending)) + words
    return {"f1": "F1", "top_3": "Top 3", "top_5": "Top 5", "brier": "Brier score"}.get(
        kind, kind.replace("_", " ").capitalize()
    )


def _explained(kind: str) -> str:
    return _MEANING.get(kind.removesuffix("_macro").removesuffix("_weighted"), "")


def _cell(score: Score | None, kind: str, n: int) -> Html:
    """A number, its interval, and its n where that is not the column's."""
    if score is None:
        return tag("span", "–", class_="quiet")
    if any(kind.startswith(loss) for loss in _LOSSES):
        value, low, high = f"{score.value:.3f}", f"{score.low:.3f}", f"{score.high:.3f}"
    else:
        value = f"{score.value:.1%}".replace("%", " %")
        low, high = f"{score.low * 100:.1f}", f"{score.high:.1%}".replace("%", " %")
    other = "" if score.n == n else f", n = {score.n:,}"
    return join([tag("b", value), tag("span", f"{low} to {high}{other}", class_="interval")])


def classes_part(material: Material) -> list[Html]:
    """The scores of each class on the headline's split."""
    told: Scores = material.scores[material.split]
    found = told.confusion.sum(axis=1)
    rows = [
        (
            name(label),
            f"{int(count):,}",
            *(_cell(row.get(kind), kind, -1) for kind in ("precision", "recall", "f1")),
        )
        for (label, row), count in zip(told.per_class.items(), found, strict=True)
    ]
    return [
        tag("h3", "By class"),
        tag(
            "p",
            f"On {plural(told.n, f'{material.split} image')}. "
            "Precision: of the images said to be this class, the share that is. Recall: of the "
            "images that are this class, the share that was found. A dash stands where there is "
            "nothing to divide by.",
        ),
        table(("class", "images", "precision", "recall", "F1"), rows, "Scores by class"),
    ]


def _confusion(material: Material) -> list[Html]:
    counted = figures.confusion(material.predictions)
    pairs = counted.most_confused(1)
    worst = f"; most often {pairs[0].true} is taken for {pairs[0].predicted}" if pairs else ""
    alt = f"Confusion matrix of {counted.n:,} {material.split} images{worst}"
    caption = "Rows are the true classes, columns what the model said. Green is right."
    return [
        tag("h3", "Confusion"),
        drawn(material.run, "confusion", alt, caption),
    ]


def _examples(material: Material) -> list[Html]:
    settings = material.recipe.image.settled()
    guesses = figures.random_guesses(material.predictions, material.recipe.seed)
    shown = figures.pictures(material.index, [guess.id for guess in guesses], settings)
    by_chance = zip(guesses, shown, strict=True)
    return [
        tag("h3", "Predictions"),
        tag("p", f"{guesses_in_words(guesses, material.split)}.".capitalize()),
        cards((guess_card(*pair) for pair in by_chance), "wide"),
    ]

"""Every score of a run with its interval and n, in all and by class."""

from sureshot.dashboard.dressed import head, put, say
from sureshot.dashboard.shelf import ShelvedRun
from sureshot.figures.words import plural
from sureshot.records import Score
from sureshot.report.markup import Html, join, name, table, tag
from sureshot.report.material import Material, openings

_WORDS = {
    "accuracy": ("Accuracy", "share of images told right"),
    "top_3": ("Top 3", "the true class is among the three most probable"),
    "top_5": ("Top 5", "the true class is among the five most probable"),
    "precision": ("Precision", "of what is said to be a class, the share that is"),
    "recall": ("Recall", "of what is a class, the share that is found"),
    "f1": ("F1", "precision and recall in one number"),
    "log_loss": ("Log loss", "0 is perfect; being sure and wrong costs most"),
    "brier": ("Brier score", "0 is perfect, 2 is sure and wrong every time"),
    "calibration_error": (
        "Calibration error",
        "how far stated probabilities are from what happens",
    ),
}
_LOSSES = ("log_loss", "brier", "calibration_error")  # not shares of images
_MEANS = {"_macro": ", mean of classes", "_weighted": ", weighted by class size"}
_KINDS = ("precision", "recall", "f1")


def show(run: ShelvedRun, material: Material) -> None:
    """The overall scores of every split, then those of each class on the headline's split."""
    columns = [f"{split}, n = {told.n:,}" for split, told in material.scores.items()]
    rows = [
        (title, *(_cell(told.overall.get(kind), kind) for told in material.scores.values()), hint)
        for kind in material.scores[material.split].overall
        for title, hint in [_told(kind)]
    ]
    put(table(["score", *columns, "meaning"], rows, "All scores"))
    say("Below each number its 95 % interval. Test has been opened ", openings(material), ".")
    _by_class(material)


def _by_class(material: Material) -> None:
    told = material.scores[material.split]
    rows = [
        (name(label), f"{int(n):,}", *(_cell(row.get(kind), kind) for kind in _KINDS))
        for (label, row), n in zip(told.per_class.items(), told.confusion.sum(axis=1), strict=True)
    ]
    some = f"On {plural(told.n, f'{material.split} image')}. "
    head("By class", f"{some}A dash stands where there is nothing to divide by.")
    put(table(("class", "images", "precision", "recall", "F1"), rows, "Scores by class"))


def _told(kind: str) -> tuple[str, Html]:
    """A score's name, and what it means."""
    ending = next((one for one in _MEANS if kind.endswith(one)), "")
    title, meaning = _WORDS.get(kind.removesuffix(ending), (kind.replace("_", " "), ""))
    return title + _MEANS.get(ending, ""), tag("span", meaning, class_="hint")


def _cell(score: Score | None, kind: str) -> Html:
    """A number, and its interval below it."""
    if score is None:
        return tag("span", "–", class_="quiet")
    if kind in _LOSSES:
        value, ends = f"{score.value:.3f}", f"{score.low:.3f} to {score.high:.3f}"
    else:
        value, _, ends = score.percent().removesuffix(")").partition(" (")
    return join([tag("b", value), tag("span", ends, class_="interval")])

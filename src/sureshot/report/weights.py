"""What the choice of weights did: the last epoch's beside the kept ones, and classes weighted."""

from collections.abc import Mapping
from typing import Any

from sureshot import recipe
from sureshot.figures.style import RIGHT_MARK, WRONG_MARK
from sureshot.figures.words import percent
from sureshot.records import Score
from sureshot.report.markup import Html, join, name, table, tag
from sureshot.report.material import Material
from sureshot.runs import chosen_epoch

_VERDICTS = {  # the mark, the word, and the class that colours them
    "better": (RIGHT_MARK, "right"),
    "worse": (WRONG_MARK, "wrong"),
    "undecided": ("–", "quiet"),
}


def kept_part(material: Material) -> list[Html]:
    """The accuracy of the kept epoch beside that of the last, where both were wanted."""
    kept = chosen_epoch(material.history)
    last = material.run.last_scores(material.split)
    if not material.recipe.validation:
        return [tag("p", "No validation: the last epoch's weights were kept, and are scored here.")]
    if last:
        accuracy = last.overall["accuracy"]
        here = material.scores[material.split].overall["accuracy"]
        images = f"n = {accuracy.n:,} {material.split} images"
        return [
            tag(
                "p",
                f"Kept was epoch {kept}, with the least validation loss: accuracy ",
                tag("b", here.percent()),
                f". The last epoch, {len(material.history)}, has ",
                tag("b", accuracy.percent()),
                f", both on {images}. {_published(material)}All other numbers in this report are "
                "of the kept epoch.",
            )
        ]
    if material.recipe.score_last and kept == len(material.history):
        words = f"The last epoch, {kept}, was also the one that was kept: the scores are of both."
        return [tag("p", words)]
    return []


def _published(material: Material) -> str:
    """What the network's own recipe asks for the last epoch's scores for."""
    if not recipe.shipped(material.recipe.model).get("score_last"):
        return ""
    return "Published scores of this network are of the last epoch's weights. "


def class_weights_part(material: Material) -> list[Html]:
    """What the class weights did to each class, against the same training without them."""
    told = material.summary.get("class_weights")
    if not told:
        return []
    title = tag("h3", "What the class weights did")
    if not told["twin"]:
        rows = [(name(label), f"{weight:.2f}") for label, weight in told["weights"].items()]
        return [
            title,
            tag(
                "p",
                "In training each image counted by the weight of its class. What that did can only "
                "be seen beside the same training without weights: train with --class-weights none "
                "into the same runs folder first, then with --class-weights balanced under another "
                "name, and the comparison stands here.",
            ),
            table(("class", "weight"), rows, "Class weights"),
        ]
    recall = told["recall"]
    compared = [_row(label, weight, recall.get(label)) for label, weight in told["weights"].items()]
    return [
        title,
        tag(
            "p",
            "Recall of each class beside that of ",
            name(told["twin"]),
            ", the same training without weights, on the same ",
            f"{told['split']} images. The difference in percentage points has a 95 % interval: "
            "where it does not reach zero, the class is better or worse; elsewhere these images "
            "cannot tell. Of twenty classes that nothing happened to, about one looks better or "
            "worse by chance alone.",
        ),
        table(
            ("class", "weight", "recall without", "with", "difference", "verdict"),
            compared,
            "Recall by class without and with class weights",
        ),
    ]


def _row(label: str, weight: float, told: Mapping[str, Any] | None) -> list[Html | str]:
    if told is None:
        return [name(label), f"{weight:.2f}", "–", "–", "–", "–"]
    change = Score(**told["difference"])
    low, high = (f"{100 * value:+.1f}" for value in (change.low, change.high))
    verdict = "better" if change.low > 0 else "worse" if change.high < 0 else "undecided"
    mark, colour = _VERDICTS[verdict]
    interval = tag("span", f"{low} to {high}, n = {change.n:,}", class_="interval")
    return [
        name(label),
        f"{weight:.2f}",
        percent(told["without"]),
        percent(told["with"]),
        join([tag("b", f"{100 * change.value:+.1f}" if change.value else "0.0"), interval]),
        tag("span", tag("span", f"{mark} ", aria_hidden="true"), verdict, class_=colour),
    ]

"""What can be sorted without a look, as a page beside the bundle.

In the report: calibration, and what is unlike the training data.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sureshot import figures, files
from sureshot.bundle import Plan
from sureshot.figures.automation import plot_automation, plot_calibration
from sureshot.figures.tables import Floats
from sureshot.figures.words import percent, visible
from sureshot.measure import wilson
from sureshot.measure.risk import Curve, upper_bound
from sureshot.records import Score
from sureshot.report.markup import Html, details, facts, join, name, section, table, tag
from sureshot.report.material import Material
from sureshot.report.page import page
from sureshot.report.plates import chart

_LISTED = 20  # rows of the curve's table


def write_plan(
    path: Path,
    title: str,
    plan: Plan,
    curve: Curve,
    classes: tuple[str, ...],
    sentences: tuple[str, ...],
) -> Path:
    """Write the page of a plan; `sentences` say it in words. StorageError where it cannot be."""
    head = tag("header", tag("p", "Sureshot, a plan for", class_="kicker"), tag("h1", name(title)))
    sections = [head, *plan_sections(plan, curve, classes, sentences)]
    content = page(f"{visible(title)}, a plan by Sureshot", sections, "plan")
    files.write_bytes(path, content.encode("utf-8", "replace"))
    return path


def plan_sections(
    plan: Plan, curve: Curve, classes: tuple[str, ...], sentences: tuple[str, ...]
) -> list[Html]:
    """A plan in words, its curve, its classes, and how it was made."""
    words = (tag("p", f"{said[0].upper()}{said[1:]}.", class_="meaning") for said in sentences)
    curved = _curve_section(plan, curve, curve.bounds(plan.confidence))
    return [*words, curved, _classes_section(plan, classes), _making(plan)]


def _curve_section(plan: Plan, curve: Curve, bounds: Floats) -> Html:
    alt = (
        f"Error of what is sorted automatically against its share, {plan.n:,} images; the table "
        "below has the numbers"
    )
    caption = (
        "The line is what was seen. The dashed line above it is the largest error that is still "
        f"likely ({percent(plan.confidence)} confidence) at each threshold taken alone."
    )
    some = np.flatnonzero(curve.accepted > 0)
    shown = some[np.unique(np.linspace(0, len(some) - 1, _LISTED).round().astype(int))]
    rows = [
        (
            percent(float(curve.share[row])),
            f"{curve.threshold[row]:.4f}",
            f"{curve.wrong[row]:,} of {curve.accepted[row]:,}",
            f"{100 * curve.error[row]:.2f} %",
            f"{100 * bounds[row]:.2f} %",
        )
        for row in shown
    ]
    header = ("sorted automatically", "from a probability of", "wrong", "error", "at most")
    return section(
        "curve",
        "Share against error",
        chart(plot_automation(curve, bounds, plan), alt, caption),
        table(header, rows, "Share automated against error"),
    )


def _classes_section(plan: Plan, classes: tuple[str, ...]) -> Html:
    rows = [
        (
            name(label),
            f"{told.said:,}",
            f"{told.automated:,}",
            f"{told.wrong:,}",
            _bounded(told.wrong, told.automated, plan.confidence),
        )
        for label, told in zip(classes, plan.per_class, strict=True)
    ]
    words = (
        "The promise is for all classes together. What is said of one class is a guide, not a "
        "promise: how often images that were sorted into it belonged elsewhere, and the largest "
        "such error that is still likely for this class taken alone."
    )
    header = ("class", "said to be it", "sorted into it", "of these wrong", "at most")
    return section("classes", "By class", tag("p", words), table(header, rows, "By class"))


def _bounded(wrong: int, n: int, confidence: float) -> str:
    return f"{100 * upper_bound(wrong, n, confidence):.1f} %" if n else "nothing to say"


def _making(plan: Plan) -> Html:
    return section(
        "making",
        "How it was made",
        facts(
            [
                ("Method", plan.method),
                ("Promise", f"{100 * plan.max_error:g} %, {100 * plan.confidence:g} % confidence"),
                ("Images", f"{plan.n:,}, touched by no other choice"),
                ("Their fingerprint", tag("code", plan.rows)),
            ]
        ),
    )


def unlike_part(material: Material) -> list[Html]:
    """How many of the images look unlike the training data, where the model can tell."""
    judged = material.predictions.scored()
    if judged.unlike is None or not len(judged):
        return []
    right = judged.top() == judged.label
    rows = [
        (kind, f"{int(some.sum()):,}", _share_of(right[some]))
        for kind, some in (("unlike", judged.unlike), ("like it", ~judged.unlike))
    ]
    words = (
        "The model carries what the training images look like to it, and calls an image unlike "
        "them that is farther from that than nearly all validation images are. So a few of the "
        f"{material.split} images are called so too; many would say that they are of another kind. "
        "What is unlike is never sorted automatically."
    )
    return [
        tag("h3", "Unlike the training data"),
        tag("p", words),
        table(("to the model", f"{material.split} images", "told right"), rows, "Unlike or like"),
    ]


def _share_of(right: NDArray[np.bool_]) -> str:
    if not len(right):
        return "–"
    n = len(right)
    return Score(float(right.mean()), *wilson(int(right.sum()), n), n, "Wilson").percent()


def calibration_part(material: Material) -> list[Html]:
    """The reliability diagram, before and after where a temperature was fitted."""
    after = figures.reliability(material.predictions)
    told = material.summary.get("calibration")
    alt = f"Reliability diagram of {after.n:,} images, calibration error {after.error:.3f}"
    caption = (
        "Each dot stands for the images of which the model was about equally sure, with its 95 % "
        "interval. On the dashed line, an answer given with 80 % is right 80 times of 100."
    )
    if told is None:
        drawn = figures.plot_reliability(after, material.split)
        return [tag("h3", "Calibration"), chart(drawn, alt, caption)]
    before = figures.reliability(replace(material.predictions, temperature=1.0))
    drawn = plot_calibration(before, after, material.split)
    return [
        tag("h3", "Calibration"),
        tag("p", _temperature_in_words(told["temperature"])),
        _changed(material, told["before"]),
        chart(drawn, alt, caption),
    ]


def _temperature_in_words(temperature: float) -> str:
    kind = "surer than it is right" if temperature > 1 else "less sure than it is right"
    return (
        f"The network was {kind}. Its answers are divided by a temperature of {temperature:.2f}, "
        "fitted on the validation images, before they become probabilities; which class is the "
        "most probable stays as it was."
    )


def _changed(material: Material, before: dict[str, Any]) -> Html:
    rows = [
        (split, kind.replace("_", " "), _interval(Score(**score)), _interval(told.overall[kind]))
        for split, told in material.scores.items()
        for kind, score in before.get(split, {}).items()
    ]
    header = ("split", "score", "before", "after")
    numbers = table(header, rows, "Calibration before and after the temperature")
    return details("Before and after in numbers", join([numbers]))


def _interval(score: Score) -> str:
    return f"{score.value:.3f} ({score.low:.3f} to {score.high:.3f})"

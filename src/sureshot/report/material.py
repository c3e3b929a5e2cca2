"""Everything that the page tells, read from the run folder once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sureshot.figures import augmented_pictures
from sureshot.recipe import Recipe
from sureshot.records import Finding, Index, Layer, Predictions, Scores, Split
from sureshot.report.markup import Html, tag
from sureshot.runs import Run, times


@dataclass(frozen=True, eq=False)
class Material:
    """One run, as the sections of the page need it."""

    run: Run
    recipe: Recipe
    index: Index
    findings: list[Finding]
    environment: Mapping[str, Any]
    layers: list[Layer]
    augmented: NDArray[np.uint8] | None  # some training images, plain and augmented
    history: list[dict[str, float]]
    timing: list[dict[str, float]]
    summary: Mapping[str, Any]
    split: Split  # that the headline stands on
    predictions: Predictions  # of that split
    scores: Mapping[Split, Scores]  # the headline's split first


@dataclass(frozen=True)
class Baseline:
    """What always giving the same answer would reach."""

    answer: str  # the most frequent class in training
    share: float  # of the images that the headline stands on


def read(run: Run) -> Material:
    """Read a run; RunError names what is missing."""
    summary = run.summary
    split: Split = summary["headline"]["split"]
    order = sorted(summary["splits"], key=lambda other: other != split)
    return Material(
        run=run,
        recipe=run.recipe,
        index=run.index,
        findings=run.findings,
        environment=run.environment,
        layers=run.layers,
        augmented=augmented_pictures(run),
        history=run.history,
        timing=run.timing,
        summary=summary,
        split=split,
        predictions=run.predictions(split),
        scores={other: run.split_scores(other) for other in order},
    )


def openings(material: Material) -> Html:
    """How often test was opened; `Run.count_opening` finds the place by its class."""
    return tag("span", times(material.run.test_openings), class_="test-openings")


def baseline(material: Material) -> Baseline | None:
    """The most frequent class in training as the only answer; None without training images."""
    counts = material.index.counts()[:, 0]
    labels = material.predictions.scored().label
    if not counts.any() or not len(labels):
        return None
    most = int(counts.argmax())
    return Baseline(material.index.classes[most], float((labels == most).mean()))

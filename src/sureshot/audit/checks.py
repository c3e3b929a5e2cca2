"""All checks in their order: those that every training makes, and those that a look adds."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sureshot.audit.augmenting import augmentation_findings
from sureshot.audit.names import name_findings
from sureshot.audit.pictures import picture_findings
from sureshot.audit.quick import Features, sample_of
from sureshot.audit.shortcut import shortcut_findings
from sureshot.audit.structure import structure_findings
from sureshot.audit.suspects import suspect_findings
from sureshot.data import Listing
from sureshot.errors import MissingExtra
from sureshot.recipe import Recipe
from sureshot.records import Finding, Index

SEVERITIES = ("error", "warning", "note")


def audit(
    index: Index,
    pixels: NDArray[np.uint8],
    recipe: Recipe,
    listing: Listing,
) -> list[Finding]:
    """Everything noticed without a model, worst first; `pixels` is uint8 (N, S, S, C)."""
    return worst_first(
        [
            *structure_findings(index, listing),
            *name_findings(index),
            *picture_findings(index, pixels),
            *augmentation_findings(index, recipe),
        ]
    )


def suspicions(
    index: Index, pixels: NDArray[np.uint8], seed: int, features: Features | None = None
) -> list[Finding]:
    """What takes a small model to notice: label suspects, shortcuts; a note without the extra."""
    try:
        sample = sample_of(index, pixels, seed, features)
        if sample is None:
            return []
        return [*suspect_findings(index, sample), *shortcut_findings(index, pixels, sample)]
    except MissingExtra as error:
        return [Finding("not_searched", "note", str(error))]


def worst_first(found: Sequence[Finding]) -> list[Finding]:
    """The same findings, errors before warnings before notes."""
    return sorted(found, key=lambda finding: SEVERITIES.index(finding.severity))

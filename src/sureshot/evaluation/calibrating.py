"""How sure the network should be: its temperature, and what that changed."""

from dataclasses import asdict, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sureshot.bundle import TEMPERATURES, Session
from sureshot.evaluation.predicting import chunks
from sureshot.measure import score
from sureshot.measure.temperature import fit_temperature
from sureshot.records import Index, Predictions, Split

CHANGED = ("calibration_error", "log_loss")  # what a temperature is fitted for


def temperature_of(session: Session, index: Index, pixels: NDArray[np.uint8]) -> float:
    """The temperature of a network, fitted on validation images; 1 without any.

    `pixels` (N, H, W, C) are those of the whole index.
    """
    rows = index.rows("validation")
    if not len(rows):
        return 1.0
    logits = [session.logits(chunk) for _, chunk in chunks(pixels, rows)]
    return fit_temperature(index.label[rows], np.concatenate(logits), TEMPERATURES)


def calibration(predictions: dict[Split, Predictions]) -> dict[str, Any] | None:
    """The temperature, and by split what the scores were before it; None where it changes nothing.

    What they are with it stands among the scores of each split.
    """
    (temperature,) = {table.temperature for table in predictions.values()}
    if temperature == 1.0:
        return None
    before = {}
    for split, table in predictions.items():
        overall = score(replace(table, temperature=1.0)).overall
        before[split] = {name: asdict(overall[name]) for name in CHANGED}
    return {"temperature": temperature, "before": before}

"""How sure the network should be: its temperature, and what that changed."""

from dataclasses import asdict, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sureshot.bundle import TEMPERATURES
from sureshot.measure import score
from sureshot.measure.temperature import fit_temperature
from sureshot.records import Predictions, Split

CHANGED = ("calibration_error", "log_loss")  # what a temperature is fitted for


def temperature_of(logits: NDArray[np.float32], label: NDArray[np.int64]) -> float:
    """The temperature of a network by its logits (M, K) of validation images; 1 without any."""
    return fit_temperature(label, logits, TEMPERATURES) if len(label) else 1.0


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

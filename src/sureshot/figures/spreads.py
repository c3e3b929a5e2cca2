"""How size, shape, weight and brightness of the images are spread, in all and by class.

Shapes: `k` classes shown, `Q` quantiles, `B` bins.
"""

from dataclasses import dataclass

import numpy as np

from sureshot.figures.tables import Counts, Floats
from sureshot.records import Index

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_BINS = 32
_WIDE = 20.0  # times the least: what spreads further is drawn on a logarithmic scale; assumed


@dataclass(frozen=True, eq=False)
class Spread:
    """One quantity, over all readable images and over those of each class shown."""

    name: str
    unit: str
    logarithmic: bool
    edges: Floats  # (B + 1,)
    counts: Counts  # (B,)
    whole: Floats  # (Q,) quantiles of all images
    by_class: Floats  # (k, Q) NaN where a class has no image

    @property
    def varies(self) -> bool:
        """Whether the images differ in it at all."""
        return bool(self.edges[-1] > self.edges[0])


def spreads(index: Index, brightness: Floats, shown: int) -> list[Spread]:
    """Longer side, aspect, file size and brightness; [] where no image can be read."""
    readable = index.readable & (index.width > 0) & (index.height > 0)
    if not readable.any():
        return []
    width, height = (side[readable].astype(float) for side in (index.width, index.height))
    quantities = {
        ("longer side", "pixels"): np.maximum(width, height),
        ("width : height", ""): width / height,
        ("file size", "kB"): index.bytes[readable] / 1000,
        ("brightness", "%"): 100 * brightness[readable],
    }
    label = index.label[readable]
    return [
        _spread(name, unit, values, label, shown) for (name, unit), values in quantities.items()
    ]


def _spread(name: str, unit: str, values: Floats, label: Counts, shown: int) -> Spread:
    low, high = float(values.min()), float(values.max())
    logarithmic = name == "width : height" or (unit != "%" and high > _WIDE * low > 0)
    by_class = np.full((shown, len(QUANTILES)), np.nan)
    for k in np.unique(label[(label >= 0) & (label < shown)]):
        by_class[k] = np.quantile(values[label == k], QUANTILES)
    space = np.geomspace if logarithmic else np.linspace
    edges = space(low, high, _BINS + 1)
    counts = np.histogram(values, edges)[0] if high > low else np.array([len(values)])
    return Spread(name, unit, logarithmic, edges, counts, np.quantile(values, QUANTILES), by_class)

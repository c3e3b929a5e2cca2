"""One loss by epoch, and how it moves: medians and slopes that a single odd epoch cannot turn."""

from dataclasses import dataclass

import numpy as np

from sureshot.figures.tables import Floats


@dataclass(frozen=True, eq=False)
class Trend:
    """A loss of shape (E,), of at least 4 epochs."""

    name: str
    loss: Floats

    @property
    def smooth(self) -> Floats:
        """The running median of three, shape (E,)."""
        around = np.pad(self.loss, 1, mode="reflect")
        return np.asarray(np.median([around[:-2], around[1:-1], around[2:]], axis=0))

    @property
    def fallen(self) -> float:
        """How far it fell in all, a first epoch that stands out left aside."""
        smooth = self.smooth
        return float(smooth[0] - smooth.min())

    @property
    def noise(self) -> float:
        """The standard deviation of its noise: from how its steps change, trend and bends aside."""
        found = []
        for order, width in ((2, np.sqrt(6)), (3, np.sqrt(20))):
            bends = np.diff(self.loss, order)
            found.append(1.4826 * np.median(np.abs(bends - np.median(bends))) / width)
        return float(min(found)) if len(self.loss) > 4 else float(found[0])

    def median(self, start: int, stop: int | None = None) -> float:
        """The median of some epochs, counted as a slice counts."""
        return float(np.median(self.loss[start:stop]))

    def moved(self, epochs: int) -> float:
        """How far it went over its last epochs, by the Theil-Sen slope; below 0 where it fell."""
        last = self.loss[-epochs:]
        i, j = np.triu_indices(len(last), 1)
        return float(np.median((last[j] - last[i]) / (j - i)) * (len(last) - 1))

    def chance(self, epochs: int) -> float:
        """The standard deviation of `moved`, were there nothing but noise."""
        return self.noise * float(np.sqrt(12 * (epochs - 1) / (epochs * (epochs + 1))))

    def peaks(self, height: float) -> list[int]:
        """The places that stand above both of their neighbours by a height."""
        up, down = np.diff(self.loss)[:-1], -np.diff(self.loss)[1:]
        return [int(place) + 1 for place in np.flatnonzero((up >= height) & (down >= height))]

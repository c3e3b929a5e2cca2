"""The curves in words: what is seen, at which epoch, and what to try."""

import numpy as np

from sureshot.figures.diagnoses import (
    LOWERED,
    alone,
    astray,
    bumpy,
    by_heart,
    hardly,
    improving,
    standing,
    told,
)
from sureshot.figures.tables import Curves
from sureshot.figures.trends import Trend

FEWEST = 4  # epochs; fewer have no shape that could be read
NOISY = 0.05  # of all that the loss fell: with more noise than this, much remains unseen


SOLVED = (
    "Each epoch is a head solved for at one strength of regularisation, the strongest first; "
    "that with the least validation loss was kept."
)


def read_curves(curves: Curves, solved: bool = False) -> list[str]:
    """Plain sentences about the curves, one of them at least; of heads `solved` for, what they are.

    Those have no time to read: to go on from one to the next is not to learn longer.
    """
    if solved:
        return [SOLVED]
    if len(curves.epoch) < FEWEST:
        return [f"These are too few epochs to read the curves: it takes {FEWEST}."]
    train = Trend("training loss", curves.train_loss)
    watched = Trend("validation loss", curves.validation_loss) if curves.validated else train
    if not np.isfinite([*train.loss, *watched.loss]).all():
        return ["The losses are not all numbers, so the curves cannot be read."]
    first = [_lowered(curves), _unwatched(curves)]
    failed = astray(curves, train) or hardly(curves, train)
    moving = by_heart(curves, train, watched) or alone(curves, train, watched)
    moving = moving or improving(curves, train, watched)
    found = [failed] if failed else [moving, bumpy(watched)]
    if not any(found):
        found = [standing(curves, train, watched) or _calm(watched)]
    return [sentence for sentence in (*first, *found) if sentence]


def _lowered(curves: Curves) -> str:
    """When the learning rate was lowered, where that was done in a few steps."""
    changed = np.diff(curves.rate) != 0
    down = np.flatnonzero(curves.rate[1:] <= LOWERED * curves.rate[:-1]) + 1
    if not len(down) or changed.sum() > max(2, len(curves.epoch) / 4):
        return ""
    epochs = ", ".join(str(curves.epoch[place]) for place in down)
    noun = "epoch" if len(down) == 1 else "epochs"
    return (
        f"The learning rate was lowered before {noun} {epochs}, to {curves.rate[-1]:.2g} at last."
    )


def _unwatched(curves: Curves) -> str:
    if curves.validated:
        return ""
    return (
        "There were no validation images, so these curves cannot show whether the network learns "
        "its training images by heart."
    )


def _calm(watched: Trend) -> str:
    if watched.noise > NOISY * watched.fallen and watched.peaks(0):
        return (
            f"From epoch to epoch {watched.name} varies by about {told(watched.noise)}; beyond "
            "that nothing stands out."
        )
    return f"{watched.name.capitalize()} fell and settled; nothing here asks for a change."

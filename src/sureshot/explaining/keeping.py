"""Maps of some images for a run's report: those it was surest of and wrong, and some by chance."""

import numpy as np
from numpy.typing import NDArray

from sureshot import figures
from sureshot.bundle import Bundle
from sureshot.explaining.maps import explain
from sureshot.figures.heat import KEPT, write_attention
from sureshot.records import UNKNOWN
from sureshot.runs import Run

SHOWN = 4  # of each kind; assumed: 8 images take 1,352 answers, seconds on two cores


def keep_attention(run: Run, bundle: Bundle, pixels: NDArray[np.uint8]) -> None:
    """Write the maps of up to 2 × SHOWN images into a run that is not sealed yet.

    `pixels` (N, H, W, C) are those of its index, row by row.
    """
    index, predictions = run.index, run.predictions(figures.reported(run))
    by_chance = figures.random_guesses(predictions, run.recipe.seed, SHOWN)
    guesses = [*figures.mistakes(predictions, SHOWN).surest, *by_chance]
    ids = list(dict.fromkeys(guess.id for guess in guesses))
    rows = {str(name): row for row, name in enumerate(index.id)}
    table = []
    for row in (rows[name] for name in ids):
        label = int(index.label[row])
        squashed = bundle.preprocessing.fit == "squash" and index.height[row] > 0
        table.append(
            explain(
                bundle,
                np.asarray(pixels[row]),
                str(index.id[row]),
                true="" if label == UNKNOWN else index.classes[label],
                aspect=float(index.width[row] / index.height[row]) if squashed else 1.0,
            )
        )
    write_attention(run.folder / KEPT, table)

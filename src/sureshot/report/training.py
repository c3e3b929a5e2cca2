"""How training went: curves, the chosen epoch, time, device and precision with their reasons."""

import numpy as np

from sureshot import figures
from sureshot.figures.words import percent
from sureshot.progress import duration
from sureshot.report.markup import Html, facts, section
from sureshot.report.material import Material
from sureshot.report.plates import chart


def training_section(material: Material) -> Html:
    """Curves and the facts of the training."""
    curves = figures.curves(material.history)
    at = int(np.flatnonzero(curves.epoch == curves.chosen)[0])
    loss = f"{curves.validation_loss[at]:.3f}"
    accuracy = percent(float(curves.validation_accuracy[at]))
    n = len(material.index.rows("validation"))
    alt = (
        f"Loss and accuracy over {len(curves.epoch)} epochs; epoch {curves.chosen} was chosen, "
        f"with validation loss {loss} and accuracy {accuracy}"
    )
    device = material.environment["device"]
    return section(
        "training",
        "Training",
        facts(
            [
                ("Epochs", f"{len(curves.epoch)}, of which epoch {curves.chosen} was chosen"),
                (
                    "Chosen for",
                    f"the least validation loss, {loss}; accuracy there {accuracy} of {n:,} images",
                ),
                *_time(material),
                ("Device and precision", ", ".join(str(why) for why in device["reasons"])),
            ]
        ),
        chart(
            figures.plot_curves(curves),
            alt,
            "Where validation loss rises while training loss falls, the network learns its "
            "training images by heart. The ring marks the epoch whose weights were kept.",
        ),
    )


def _time(material: Material) -> list[tuple[str, str]]:
    if not material.timing:
        return []
    seconds = sum(row["seconds"] for row in material.timing)
    rate = float(np.median([row["images_per_second"] for row in material.timing]))
    return [("Time", f"{duration(seconds)}, {rate:,.0f} images a second")]

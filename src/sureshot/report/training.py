"""How training went: curves and their reading, the chosen epoch, time, device and precision."""

import numpy as np

from sureshot import figures
from sureshot.figures import Curves
from sureshot.figures.words import percent, plural
from sureshot.progress import duration
from sureshot.report.markup import Html, facts, section, tag
from sureshot.report.material import Material
from sureshot.report.network import augmentation_part, network_part
from sureshot.report.plates import drawn
from sureshot.runs import Run


def training_section(material: Material) -> Html:
    """The network, what it was shown, and how its training went."""
    curves = figures.curves(material.history)
    told = material.environment
    chosen = "; ".join(told.get("reasons", []))  # a run of an older version has none
    return section(
        "training",
        "Training",
        facts(
            [
                *_kept(material, curves),
                *_time(material),
                *([("Settled by the images", chosen)] if chosen else []),
                ("Device and precision", ", ".join(told["device"]["reasons"])),
            ]
        ),
        *network_part(material),
        *augmentation_part(material),
        *_curves(material.run, curves, material.recipe.on_features),
    )


def _kept(material: Material, curves: Curves) -> list[tuple[str, str]]:
    """How many epochs there were, which one was kept, and why."""
    count, most = len(curves.epoch), material.recipe.epochs
    early = material.recipe.early_stop.patience
    epochs = f"{count:,}"
    if count < most:
        epochs += f" of at most {most:,}, stopped early"
        epochs += f" after {plural(early, 'epoch')} without gain" if early else ""
    if not curves.validated:
        return [("Epochs", epochs), ("Kept", "no validation: the last epoch's weights were kept")]
    at = int(np.flatnonzero(curves.epoch == curves.chosen)[0])
    loss = f"{curves.validation_loss[at]:.3f}"
    accuracy = percent(float(curves.validation_accuracy[at]))
    n = len(material.index.rows("validation"))
    why = f"the least validation loss, {loss}; accuracy there {accuracy} of {n:,} images"
    return [("Epochs", f"{epochs}; epoch {curves.chosen} was chosen"), ("Chosen for", why)]


def _curves(run: Run, curves: Curves, solved: bool) -> list[Html]:
    alt = (
        f"Loss and accuracy over {plural(len(curves.epoch), 'epoch')}; "
        f"{figures.chosen_in_words(curves)}"
    )
    ring = "The ring marks the epoch whose weights were kept."
    if curves.validated and not solved:
        ring = (
            "Where validation loss rises while training loss falls, the network learns its "
            f"training images by heart. {ring}"
        )
    return [
        tag("h3", "Learning curves"),
        tag("ul", *(tag("li", sentence) for sentence in figures.read_curves(curves, solved))),
        drawn(run, "curves", alt, ring),
    ]


def _time(material: Material) -> list[tuple[str, str]]:
    if not material.timing:
        return []
    seconds = sum(row["seconds"] for row in material.timing)
    rate = float(np.median([row["images_per_second"] for row in material.timing]))
    return [("Time", f"{duration(seconds)}, {rate:,.0f} images a second")]

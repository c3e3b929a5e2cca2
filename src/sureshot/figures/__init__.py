"""Figures of a run: plain tables out of records, and Matplotlib figures out of tables.

`draw` writes all of them into the run folder. Tables and drawings can be had apart: `confusion`
gives numbers, `plot_confusion` draws them.
"""

from collections.abc import Iterator
from pathlib import Path

from matplotlib.figure import Figure

from sureshot import files
from sureshot.figures.against_time import plot_against_time
from sureshot.figures.augmentation import (
    augmentation_in_words,
    augmented_pictures,
    plot_augmentation,
)
from sureshot.figures.charts import plot_class_counts, plot_reliability
from sureshot.figures.claims import plot_verdict
from sureshot.figures.columns import Column
from sureshot.figures.learned import Course, courses, plot_courses
from sureshot.figures.learning import chosen_in_words, plot_curves
from sureshot.figures.mapping import Map
from sureshot.figures.matrix import plot_confusion
from sureshot.figures.network import plot_network, shape_in_words, trained_in_words
from sureshot.figures.pictures import (
    SAMPLES,
    Picture,
    guesses_in_words,
    marked,
    mistakes_in_words,
    pictures,
    plot_guesses,
    plot_mistakes,
    plot_samples,
)
from sureshot.figures.reading import read_curves
from sureshot.figures.spreads import Spread
from sureshot.figures.style import jpeg, png, svg
from sureshot.figures.survey import Several, Survey, survey
from sureshot.figures.survey_charts import plot_pixel_values, plot_spreads
from sureshot.figures.tables import (
    ClassCounts,
    Confused,
    Confusion,
    Curves,
    Guess,
    Mistakes,
    Reliability,
    Sample,
    class_counts,
    confusion,
    curves,
    mistakes,
    random_guesses,
    reliability,
    samples,
)
from sureshot.figures.tally import ChannelNumbers, Tally, channel_numbers
from sureshot.recipe import public_name
from sureshot.records import Split
from sureshot.runs import Run, require_unsealed

NAMES = (
    "class_counts",
    "samples",
    "network",
    "curves",
    "confusion",
    "predictions",
    "mistakes",
    "reliability",
)
FOLDER = "figures"  # of a run, where all of them lie
AUGMENTATION = "augmentation"  # drawn beside these where training images were augmented


def draw(run: Run, folder: Path | str, png: bool = False) -> list[Path]:
    """Write every figure of a run into a folder as `<name>.svg`, and as PNG on request.

    Images that are gone or changed since training are left blank. A complete run is sealed:
    UsageError where `folder` lies inside one.
    """
    place = Path(folder)
    require_unsealed(place)
    written = []
    for name, figure in _figures(run):
        for ending, render in _FORMS.items():
            if ending == "svg" or png:
                path = place / f"{name}.{ending}"
                files.write_bytes(path, render(figure))
                written.append(path)
    return written


_FORMS = {"svg": svg, "png": png}


def reported(run: Run) -> Split:
    """The split that results are shown on: test, or validation where there is no test."""
    return "test" if "test" in run.predicted else "validation"


def _figures(run: Run) -> Iterator[tuple[str, Figure]]:
    """Every figure by name, in the order of NAMES, augmentation behind the network."""
    index, recipe = run.index, run.recipe
    settings, seed = recipe.image.settled(), recipe.seed
    predictions, split = run.predictions(reported(run)), reported(run)
    yield "class_counts", plot_class_counts(class_counts(index))
    chosen = samples(index, seed)
    shown = pictures(index, [sample.id for sample in chosen[:SAMPLES]], settings)
    yield "samples", plot_samples(chosen, shown)
    image = settings.size, settings.size, settings.channels
    yield "network", plot_network(run.layers, public_name(recipe.model), image)
    augmented = augmented_pictures(run)
    if augmented is not None:
        words = augmentation_in_words(recipe.augment)
        yield AUGMENTATION, plot_augmentation(augmented, words)
    yield "curves", plot_curves(curves(run.history))
    yield "confusion", plot_confusion(confusion(predictions), split)
    guesses = random_guesses(predictions, seed)
    shown = pictures(index, [guess.id for guess in guesses], settings)
    yield "predictions", plot_guesses(guesses, shown, split)
    wrong = mistakes(predictions)
    shown = pictures(index, [guess.id for guess in wrong.surest], settings)
    yield "mistakes", plot_mistakes(wrong, shown, split)
    yield "reliability", plot_reliability(reliability(predictions), split)


__all__ = [
    "AUGMENTATION",
    "FOLDER",
    "NAMES",
    "SAMPLES",
    "ChannelNumbers",
    "ClassCounts",
    "Column",
    "Confused",
    "Confusion",
    "Course",
    "Curves",
    "Guess",
    "Map",
    "Mistakes",
    "Picture",
    "Reliability",
    "Sample",
    "Several",
    "Spread",
    "Survey",
    "Tally",
    "augmentation_in_words",
    "augmented_pictures",
    "channel_numbers",
    "chosen_in_words",
    "class_counts",
    "confusion",
    "courses",
    "curves",
    "draw",
    "guesses_in_words",
    "jpeg",
    "marked",
    "mistakes",
    "mistakes_in_words",
    "pictures",
    "plot_against_time",
    "plot_augmentation",
    "plot_class_counts",
    "plot_confusion",
    "plot_courses",
    "plot_curves",
    "plot_guesses",
    "plot_mistakes",
    "plot_network",
    "plot_pixel_values",
    "plot_reliability",
    "plot_samples",
    "plot_spreads",
    "plot_verdict",
    "png",
    "random_guesses",
    "read_curves",
    "reliability",
    "reported",
    "samples",
    "shape_in_words",
    "survey",
    "svg",
    "trained_in_words",
]

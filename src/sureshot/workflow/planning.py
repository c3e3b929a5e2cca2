"""What need not be looked at any more, promised on images that no choice has touched."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sureshot.errors import DataError, UsageError
from sureshot.progress import Progress, Terminal
from sureshot.records import CALIBRATION, SPLITS, Index, Predictions
from sureshot.runs import Run, holding, open_run, require_unsealed, times
from sureshot.workflow.indexing import PathLike, listed, require_all

if TYPE_CHECKING:
    from sureshot.automate import Planned
    from sureshot.bundle import Bundle
    from sureshot.data import Source


def plan(
    folder: PathLike,
    *,
    max_error: str | float | None = None,
    source: "PathLike | Source | None" = None,
    review_minutes: float | None = None,
    per_day: int | None = None,
    seconds_per_image: float | None = None,
    confidence: str | float | None = None,
    out: PathLike | None = None,
    progress: Progress | None = None,
) -> "Planned":
    """How much of new images can be sorted without a look, such that `max_error` is kept.

    The promise stands on the images that the run set aside for calibration, or on those of a
    labelled `source` that took part in no choice. With `review_minutes` a day for `per_day` images
    the time decides, and the error follows. Writes a new bundle that carries the plan, and beside
    it a page with the whole curve. Raises DataError where there are no such images.
    """
    from sureshot import automate
    from sureshot.bundle import bundle_of, write_contents
    from sureshot.report.automation import write_plan

    said, run = progress or Terminal(), open_run(Path(folder))
    asked = automate.goal(max_error, review_minutes, per_day, seconds_per_image, confidence)
    run.require_whole()
    bundle, place = bundle_of(run.folder), _place_for_plan(run, out)
    if "validation" not in run.predicted:
        raise DataError(
            f"a plan orders its thresholds by validation images, and {run.folder} has none; train "
            "with validation = true"
        )
    known = automate.rows_of(run.predictions("validation"), run.index, ("train",))
    rows = automate.rows_of(*_to_plan_on(run, bundle, source, said), ("train", "validation"))
    made = automate.plan(rows, known, asked, bundle.classes)
    write_contents(place, bundle.with_(plan=made.plan))
    write_plan(
        place.with_suffix(".html"), run.name, made.plan, made.curve, made.classes, made.sentences
    )
    return replace(made, model=place)


def _place_for_plan(run: Run, out: PathLike | None) -> Path:
    """Where a bundle with a plan is written; UsageError where something else would be lost."""
    from sureshot.bundle import read_contents
    from sureshot.report import require_page

    place = run.planned_path if out is None else Path(out)
    if place.suffix != ".shot":
        raise UsageError(f"a model with a plan is a *.shot file, got {place.name!r}")
    require_unsealed(place)
    if place.exists() and read_contents(place).about.plan is None:
        raise UsageError(f"{place} is there already and carries no plan; choose another --out")
    require_page(place.with_suffix(".html"), "plan")
    return place


def _to_plan_on(
    run: Run, bundle: "Bundle", source: "PathLike | Source | None", said: Progress
) -> tuple[Predictions, Index]:
    """Predictions of labelled images that no choice has touched, and their index."""
    from sureshot.data import source_of
    from sureshot.evaluation import predict_source

    if source is not None:
        index = _untouched(run, bundle, source_of(source), said)
        return predict_source(bundle, index, said), index
    if not run.predictions_path(CALIBRATION).exists():
        raise DataError(
            f"a plan needs labelled images that no choice was made on, and {run.folder} set none "
            "aside: train with --calibrate 20%, or name a folder of such images with --source (the "
            "test images are taken only if you name them there, and are then no test any more)"
        )
    return run.predictions(CALIBRATION), run.index


def _untouched(run: Run, bundle: "Bundle", source: "Source", said: Progress) -> Index:
    """The index of a labelled source without what the run was trained or chosen on."""
    import numpy as np

    from sureshot.data import families, grouped_with

    require_all(source)
    listing, index = listed(source, bundle.preprocessing, said)
    splits = sorted({str(entry.split) for entry in listing.entries if entry.split})
    if splits:
        raise DataError(
            f"{source.place} has the splits {', '.join(splits)}, and a plan must not guess which "
            "of them was left untouched; name the folder of that one"
        )
    before = run.index
    known = before.take(np.concatenate([before.rows(split) for split in SPLITS]))
    both = grouped_with(index, known, run.recipe.image, said)
    family = families(both)
    own, theirs = family[: len(index)], family[len(index) :]
    used = np.isin(own, theirs[known.split != "test"])
    if used.any():
        said.say(
            f"left out: {int(used.sum()):,} images that the run was trained or chosen on, or that "
            "are like one of those"
        )
    again = np.isin(own, theirs[known.split == "test"])
    if again.any():
        with holding(run, "planning"):
            opened = times(run.count_opening())
        said.say(
            f"{int(again.sum()):,} of the run's own test images are planned on, opened {opened} by "
            "now; after a choice on them they are no test of it"
        )
    index = replace(index, group=both.group[: len(index)])
    return index.take(np.flatnonzero(~used & ~index.excluded))

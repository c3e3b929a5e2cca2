"""A learning curve: one recipe trained on more and more of a study's training images.

Every seed draws its own images, in proportion to each class, a smaller number within a larger one;
so what the seeds vary holds which images chance has chosen. Validation and test images are the
study's own.

    curve/curve.json              what is measured
    curve/left_out/500-111.csv    the images that a run does not have
    curve/plain-500-111/          ordinary runs, to be gone on with
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sureshot import files, workflow
from sureshot.comparison import meet
from sureshot.data import subset, without_validation
from sureshot.errors import RunError, UsageError
from sureshot.measure.forecast import FEWEST, Point, forecast
from sureshot.progress import Progress, cell
from sureshot.recipe import has_presets
from sureshot.records import ASIDE, Index
from sureshot.runs import Run, csv_text
from sureshot.studies import costs, dividing, planning
from sureshot.studies.costs import Cost, Left
from sureshot.studies.folder import StudyFolder
from sureshot.studies.planning import Further
from sureshot.studies.reading import Study

if TYPE_CHECKING:
    from sureshot.report.curve import CurveMaterial


@dataclass(frozen=True)
class _Planned:
    """One training of the curve."""

    recipe: str
    images: int
    seed: int
    run: Run


def require_possible(study: Study, index: Index) -> None:
    """UsageError with the line where its network is not here, or too few seeds or images are."""
    curve, at = study.curve, study.origin.at
    if curve is None:
        return
    planning.require_weights(study, curve.recipe, "curve", "recipe")
    if study.quick:
        return
    if curve.seeds and curve.seeds > len(study.seeds):
        raise UsageError(
            f"curve.seeds must be at most {len(study.seeds)}, for the study has no more, got "
            f"{curve.seeds} ({at('curve', 'seeds')})"
        )
    known = _trained_on(study, curve.recipe, index)
    there = len(known.rows("train"))
    if max(curve.images) > there:
        raise UsageError(
            f"curve.images must be at most {there:,}, the study's training images, got "
            f"{max(curve.images):,} ({at('curve', 'images')})"
        )
    try:
        for seed in study.seeds:
            _drawn(known, min(curve.images), seed)
    except UsageError:
        raise UsageError(
            "curve.images must leave every class images to train on, got "
            f"{min(curve.images):,} ({at('curve', 'images')}); use larger numbers"
        ) from None


def measure_curve(study: Study, folder: Path, said: Progress) -> dict[str, str]:
    """Train what the curve lacks, each an ordinary run below `folder/curve`.

    A run that is complete is passed over, one that was stopped is gone on with. Returns why, for
    each that came to no end.
    """
    if study.curve is None:
        return {}
    index = dividing.kept(folder)
    require_possible(study, index)
    told = _asked(study, index)
    files.write_json(folder / "curve" / "curve.json", told)
    wanted = _planned(told, folder)
    for one in wanted:
        planning.require_same(study, one.recipe, one.seed, one.run)
    lacking = [one for one in wanted if not one.run.complete]
    if not lacking:
        return {}
    left = Left(_seconds(study, lacking, index, _cost(study, folder, index, said)))
    for one in lacking:
        words = f"learning curve, run {wanted.index(one) + 1} of {len(wanted)}: {one.run.name}"
        said.say(f"{words}{left.words}")
        with left.trying(one.run.name, said):
            _train(study, folder, index, one, said)
    return left.failed


def foreseen(study: Study, folder: Path, index: Index, known: Mapping[str, Cost]) -> Further:
    """The runs that a study's curve lacks, and how long they take."""
    if study.curve is None:
        return Further()
    wanted = _planned(_asked(study, index), folder)
    lacking = [one for one in wanted if not one.run.complete]
    seconds = _seconds(study, lacking, index, known[study.curve.recipe])
    return Further(len(seconds), sum(seconds.values()))


def points(folder: Path) -> list[Point]:
    """What the curve has measured, by rising number of images; all judged on the same images."""
    groups: dict[str, list[Run]] = {}
    for one in _planned(_told(folder), folder):
        if one.run.complete:
            groups.setdefault(str(one.images), []).append(one.run)
    if not groups:
        return []
    contest = meet(groups)
    found = [Point(int(one.name), one.top == contest.label) for one in contest.contenders]
    return sorted(found, key=lambda point: point.images)


def runs_of(folder: Path) -> list[Run]:
    """The complete runs of a curve; none where none was measured."""
    if not (folder / "curve" / "curve.json").exists():
        return []
    return [one.run for one in _planned(_told(folder), folder) if one.run.complete]


def material(folder: Path) -> "CurveMaterial | None":
    """All that the page shows of a curve; None where too little of it is measured."""
    from sureshot.report.curve import CurveMaterial

    runs = runs_of(folder)
    if not runs:
        return None
    told, found = _told(folder), points(folder)
    if len(found) < FEWEST or found[-1].images < told["more"]:  # the forecast would reach too far
        return None
    split = runs[0].summary["headline"]["split"]
    return CurveMaterial(told["recipe"], split, found, forecast(found, told["more"]))


def _asked(study: Study, index: Index) -> dict[str, Any]:
    """What is measured; a quick study takes parts of the few images that it has."""
    curve = study.curve
    assert curve is not None
    sizes, more = sorted(curve.images), curve.more
    if study.quick:
        there = len(index.rows("train"))
        sizes, more = [there // 4, there // 2, there], min(more, there)
    seeds = list(study.seeds[: curve.seeds])
    return {"recipe": curve.recipe, "images": sizes, "seeds": seeds, "more": more}


def _cost(study: Study, folder: Path, index: Index, said: Progress) -> Cost:
    """What a run with all images takes."""
    assert study.curve is not None
    name, known = study.curve.recipe, costs.noted(StudyFolder(folder))
    runs = planning.planned_runs(study, folder)
    return costs.costs(study, [name], runs, index, known, said)[name]


def _seconds(study: Study, wanted: list[_Planned], index: Index, cost: Cost) -> dict[str, float]:
    """What each of some runs takes; fewer images train for less long."""
    there = len(index.rows("train"))

    def share(one: _Planned) -> float:
        """Of the training of a run with all images; a preset has more epochs of fewer images."""
        return 1.0 if has_presets(study.recipes[one.recipe].model) else one.images / there

    return {one.run.name: cost.around + cost.training * share(one) for one in wanted}


def _told(folder: Path) -> dict[str, Any]:
    path = folder / "curve" / "curve.json"
    try:
        told: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise RunError(f"{path} is missing: no learning curve was measured there") from None
    except (OSError, ValueError) as error:
        raise RunError(f"{path} is damaged: {error}") from None
    return told


def _planned(told: Mapping[str, Any], folder: Path) -> list[_Planned]:
    """Every run of the curve, seed after seed, so that a whole curve is there early."""
    name = told["recipe"]
    return [
        _Planned(name, images, seed, Run(folder / "curve" / f"{name}-{images}-{seed}"))
        for seed in told["seeds"]
        for images in told["images"]
    ]


def _train(study: Study, folder: Path, index: Index, one: _Planned, said: Progress) -> None:
    if (one.run.folder / "recipe.toml").exists():
        workflow.resume(one.run.folder, progress=said)
        return
    data = dividing.divided(study, folder)
    workflow.train(
        replace(data.source, exclude=_left_out(study, folder, index, one)),
        recipe=study.table(one.recipe, one.seed),
        name=one.run.name,
        runs=folder / "curve",
        split_from=data.split_from,
        progress=said,
    )


def _left_out(study: Study, folder: Path, index: Index, one: _Planned) -> Path | None:
    """The list of all images that a run does not have; None where it has all there are."""
    drawn = _drawn(_trained_on(study, one.recipe, index), one.images, one.seed)
    aside = np.flatnonzero(drawn.readable & (drawn.split == ASIDE))
    if not len(aside):
        return None
    path = folder.absolute() / "curve" / "left_out" / f"{one.images}-{one.seed}.csv"
    rows = [{"path": cell(f"./{drawn.id[row]}")} for row in aside]
    files.write_text(path, csv_text(rows))
    return path


def _trained_on(study: Study, name: str, index: Index) -> Index:
    """The images as a recipe has them."""
    return index if study.recipes[name].validation else without_validation(index)


def _drawn(index: Index, images: int, seed: int) -> Index:
    """Only so many of the training images; the others set aside, validation left as it is."""
    return replace(subset(replace(index, made=()), images, seed), made=index.made)

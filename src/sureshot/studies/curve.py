"""A learning curve: one recipe trained on more and more of a study's training images.

Every seed draws its own images, in proportion to each class, a smaller number within a larger one;
so what the seeds vary holds which images chance has chosen. Validation and test images are the
study's own.

    curve/curve.json              what is measured
    curve/left_out/500-111.csv    the images that a run does not have
    curve/plain-500-111/          ordinary runs, to be gone on with
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from sureshot import files, workflow
from sureshot.comparison import meet
from sureshot.data import require_trainable, subset, without_validation
from sureshot.errors import DataError, RunError, UsageError
from sureshot.measure.forecast import FEWEST, Point, forecast, require_near
from sureshot.progress import Progress, cell
from sureshot.records import ASIDE, Index
from sureshot.runs import Run, csv_text
from sureshot.studies import dividing, planning
from sureshot.studies.lines import Origin
from sureshot.studies.words import did_you_mean, first_error

if TYPE_CHECKING:
    from sureshot.report.curve import CurveMaterial
    from sureshot.studies.reading import Study


class Curve(BaseModel):
    """The `[curve]` table: which recipe is trained on how many images, and what is asked."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    recipe: str = Field(min_length=1, description="the name of a recipe")
    images: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        min_length=FEWEST,
        strict=False,
        description=f"a list of {FEWEST} numbers or more, such as [500, 1000, 2000]",
    )
    more: int = Field(ge=1, description="a number of images, at least 1")
    seeds: int | None = Field(
        None, ge=1, description="how many of the study's seeds, at least 1; all if left out"
    )


@dataclass(frozen=True)
class _Planned:
    """One training of the curve."""

    recipe: str
    images: int
    seed: int
    run: Run


def read_curve(table: Mapping[str, Any], recipes: Collection[str], origin: Origin) -> Curve:
    """The table as a curve; UsageError says what is wrong with it, on which line, what to do."""
    told = first_error(Curve, table, ("curve",), origin)
    if told:
        raise UsageError(told)
    curve = Curve.model_validate(dict(table))
    if curve.recipe not in recipes:
        raise UsageError(
            f"curve.recipe must name a recipe, one of {', '.join(recipes)}, got {curve.recipe!r} "
            f"({origin.at('curve', 'recipe')})" + did_you_mean(curve.recipe, recipes)
        )
    twice = [n for place, n in enumerate(curve.images) if n in curve.images[:place]]
    if twice:
        raise UsageError(
            f"curve.images must be different numbers, got {twice[0]:,} twice "
            f"({origin.at('curve', 'images')}); remove one"
        )
    try:
        require_near(curve.more, max(curve.images))
    except UsageError as error:
        raise UsageError(f"curve.{error} ({origin.at('curve', 'more')})") from None
    return curve


def require_possible(study: "Study", index: Index) -> None:
    """UsageError with the line where the study has not as many seeds or images as its curve asks.

    DataError where so few images leave a class without any.
    """
    curve, at = study.curve, study.origin.at
    if curve is None or study.quick:
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
        require_trainable(_drawn(known, min(curve.images), study.seeds[0]), validation=False)
    except DataError as error:
        raise DataError(f"{error} ({at('curve', 'images')}: use larger numbers)") from None


def measure_curve(study: "Study", folder: Path, said: Progress) -> None:
    """Train what the curve lacks, each an ordinary run below `folder/curve`.

    A run that is complete is passed over, one that was stopped is gone on with.
    """
    if study.curve is None:
        return
    index = dividing.kept(folder)
    require_possible(study, index)
    _record(study, index, folder)
    wanted = _planned(folder)
    for one in wanted:
        planning.require_same(study, one.recipe, one.seed, one.run)
    for number, one in enumerate(wanted, 1):
        if one.run.complete:
            continue
        said.say(f"learning curve, run {number} of {len(wanted)}: {one.run.name}")
        if (one.run.folder / "recipe.toml").exists():
            workflow.resume(one.run.folder, progress=said)
        else:
            _train(study, folder, index, one, said)


def points(folder: Path) -> list[Point]:
    """What the curve has measured, by rising number of images; all judged on the same images."""
    wanted = _planned(folder)
    groups: dict[str, list[Run]] = {}
    for one in wanted:
        if one.run.complete:
            groups.setdefault(str(one.images), []).append(one.run)
    if not groups:
        return []
    contest = meet(groups)
    found = [Point(int(one.name), one.top == contest.label) for one in contest.contenders]
    return sorted(found, key=lambda point: point.images)


def material(folder: Path) -> "CurveMaterial":
    """All that the page shows of a curve whose runs are complete."""
    from sureshot.report.curve import CurveMaterial

    told, found = _told(folder), points(folder)
    run = next(one.run for one in _planned(folder) if one.run.complete)
    split = run.summary["headline"]["split"]
    return CurveMaterial(told["recipe"], split, found, forecast(found, told["more"]))


def _record(study: "Study", index: Index, folder: Path) -> None:
    """Write down what is measured; a quick study takes parts of the few images that it has."""
    curve = study.curve
    assert curve is not None
    sizes, more = sorted(curve.images), curve.more
    if study.quick:
        there = len(index.rows("train"))
        sizes, more = [there // 4, there // 2, there], min(more, there)
    seeds = study.seeds[: curve.seeds]
    told = {"recipe": curve.recipe, "images": sizes, "seeds": list(seeds), "more": more}
    files.write_json(folder / "curve" / "curve.json", told)


def _told(folder: Path) -> dict[str, Any]:
    path = folder / "curve" / "curve.json"
    try:
        told: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise RunError(f"{path} is missing: no learning curve was measured there") from None
    except (OSError, ValueError) as error:
        raise RunError(f"{path} is damaged: {error}") from None
    return told


def _planned(folder: Path) -> list[_Planned]:
    """Every run of the curve, seed after seed, so that a whole curve is there early."""
    told = _told(folder)
    name = told["recipe"]
    return [
        _Planned(name, images, seed, Run(folder / "curve" / f"{name}-{images}-{seed}"))
        for seed in told["seeds"]
        for images in told["images"]
    ]


def _train(study: "Study", folder: Path, index: Index, one: _Planned, said: Progress) -> None:
    data = dividing.divided(study, folder)
    workflow.train(
        replace(data.source, exclude=_left_out(study, folder, index, one)),
        recipe=study.table(one.recipe, one.seed),
        name=one.run.name,
        runs=folder / "curve",
        split_from=data.split_from,
        progress=said,
    )


def _left_out(study: "Study", folder: Path, index: Index, one: _Planned) -> Path | None:
    """The list of all images that a run does not have; None where it has all there are."""
    drawn = _drawn(_trained_on(study, one.recipe, index), one.images, one.seed)
    aside = np.flatnonzero(drawn.readable & (drawn.split == ASIDE))
    if not len(aside):
        return None
    path = folder.absolute() / "curve" / "left_out" / f"{one.images}-{one.seed}.csv"
    rows = [{"path": cell(f"./{drawn.id[row]}")} for row in aside]
    files.write_text(path, csv_text(rows))
    return path


def _trained_on(study: "Study", name: str, index: Index) -> Index:
    """The images as a recipe has them."""
    return index if study.recipes[name].validation else without_validation(index)


def _drawn(index: Index, images: int, seed: int) -> Index:
    """Only so many of the training images; the others set aside, validation left as it is."""
    return replace(subset(replace(index, made=()), images, seed), made=index.made)

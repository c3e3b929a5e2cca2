"""What a study will train, in which order, before anything runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sureshot import device
from sureshot.data import settle_images, without_validation
from sureshot.errors import UsageError
from sureshot.pretrained import lacking
from sureshot.progress import Silent
from sureshot.recipe import Recipe, has_presets
from sureshot.records import SPLITS, Index, Split
from sureshot.runs import Run
from sureshot.studies.changes import differing
from sureshot.studies.foreseeing import Judges
from sureshot.studies.reading import Study
from sureshot.workflow.settling import Asked, suited

if TYPE_CHECKING:
    import pandas as pd

State = Literal["to train", "to finish", "done"]


@dataclass(frozen=True)
class PlannedRun:
    """One training of a study."""

    recipe: str
    seed: int
    run: Run
    state: State

    @property
    def name(self) -> str:
        """Its folder's name."""
        return self.run.name


@dataclass(frozen=True)
class Further:
    """Tries of a search or runs of a curve that are still to be made."""

    count: int = 0
    seconds: float = 0.0  # of all of them, at most


@dataclass(frozen=True)
class StudyPlan:
    """All trainings of a study, how long each recipe takes, and what the test set can decide."""

    study: Study
    folder: Path
    runs: tuple[PlannedRun, ...]
    images: Mapping[Split, int]
    parameters: Mapping[str, int]  # by recipe
    seconds: Mapping[str, float]  # one run of each recipe, at most, all included
    search: Further = Further()  # its seconds are those of the winner's runs too
    curve: Further = Further()
    deciding: Mapping[str, str] = field(default_factory=dict)  # by claim: a sentence

    @property
    def left(self) -> float:
        """Seconds that are still to go, at most."""
        runs = sum(self.seconds[one.recipe] for one in self.runs if one.state != "done")
        return runs + self.search.seconds + self.curve.seconds

    def to_pandas(self) -> "pd.DataFrame":
        """One row a run."""
        import pandas as pd

        columns = ("recipe", "seed", "state", "parameters", "seconds", "folder")
        rows = [
            (
                one.recipe,
                one.seed,
                one.state,
                self.parameters[one.recipe],
                self.seconds[one.recipe],
                str(one.run.folder),
            )
            for one in self.runs
        ]
        return pd.DataFrame(rows, columns=list(columns))


def planned_runs(study: Study, folder: Path) -> tuple[PlannedRun, ...]:
    """Every run of the study, seed after seed, so that the first comparison is early.

    UsageError where a run that is there was trained by another recipe than the file has now.
    """
    runs = []
    for seed in study.seeds:
        for name in trainable(study):
            run = Run(folder / "runs" / f"{name}-{seed}")
            require_same(study, name, seed, run)
            begun = (run.folder / "recipe.toml").exists()
            state: State = "done" if run.complete else "to finish" if begun else "to train"
            runs.append(PlannedRun(name, seed, run, state))
    return tuple(runs)


def trainable(study: Study) -> tuple[str, ...]:
    """The recipes whose networks are here; those without their weights are left out, not failed.

    UsageError where none is.
    """
    out = _absent(study)
    if len(out) == len(study.recipes):
        raise UsageError(f"no network of the study can be trained: {next(iter(out.values()))}")
    return tuple(name for name in study.recipes if name not in out)


def left_out(study: Study) -> dict[str, str]:
    """Each recipe that is not trained here, with a sentence why; its claims stay undecided."""
    return {
        name: f"{name} is left out, and its claims stay undecided: {why}"
        for name, why in _absent(study).items()
    }


def _absent(study: Study) -> dict[str, str]:
    """The recipes whose networks are not here, and what is lacking."""
    found = {name: lacking(recipe.model) for name, recipe in study.recipes.items()}
    return {name: why for name, why in found.items() if why}


def require_weights(study: Study, name: str, *key: str) -> None:
    """UsageError with the line of the key that names a recipe, where its network is not here."""
    why = lacking(study.recipes[name].model)
    if why:
        raise UsageError(
            f"{'.'.join(key)} must name a recipe whose network is here, got {name!r} "
            f"({study.origin.at(*key)}): {why}"
        )


def parameters_of(study: Study, index: Index) -> dict[str, int]:
    """The parameters of each recipe's network; UsageError with the line where it has none."""
    device.require_torch()
    from sureshot.models import layers_of

    found = {}
    for name in trainable(study):
        try:
            layers = layers_of(settled(study, name, index), len(index.classes))
        except UsageError as error:
            raise UsageError(f"{error} ({study.origin.at('recipes', name)})") from None
        found[name] = sum(layer.parameters for layer in layers)
    return found


def settled(study: Study, name: str, index: Index) -> Recipe:
    """A recipe with the study's first seed, as it would be trained here, on whatever device."""
    from sureshot.models import smallest

    recipe = _following(study, name, study.seeds[0], index)
    return settle_images(recipe, index, smallest(recipe.model))[0]


def _following(study: Study, name: str, seed: int, index: Index) -> Recipe:
    """What was written of a recipe, with what follows from the images, as a training has it."""
    recipe, table = study.recipe(name, seed), study.table(name, seed)
    rows = index if recipe.validation else without_validation(index)
    return suited(Asked((None, table, ()), recipe), rows, Silent())[0]


def images_of(index: Index) -> dict[Split, int]:
    """How many images there are to train on, to choose by and to judge by."""
    return {split: len(index.rows(split)) for split in SPLITS if len(index.rows(split))}


def judges_of(index: Index) -> Judges:
    """The images to judge by: those of test, or of validation where there is no test."""
    column = SPLITS.index("test" if len(index.rows("test")) else "validation")
    counts = index.counts()[:, column]
    by_class = {name: int(n) for name, n in zip(index.classes, counts, strict=True)}
    return Judges(SPLITS[column], {"": int(counts.sum())} | by_class)


def require_same(study: Study, name: str, seed: int, run: Run) -> None:
    """UsageError where the run that is there is not one of this recipe."""
    if not (run.folder / "recipe.toml").exists():
        return
    there = run.recipe
    image = there.image.settled()
    wanted = _following(study, name, seed, run.index).settle(image.size, image.channels)
    wanted = wanted.on(_cpu_or_cuda(there.device), _fp32_or_bf16(there.precision))
    if has_presets(wanted.model) and "epochs" not in study.tables[name]:
        # they follow from a number of images that was counted before all were decoded
        wanted = wanted.model_copy(update={"epochs": there.epochs})
    if there != wanted:
        changed = ", ".join(differing(there.model_dump(), wanted.model_dump()))
        raise UsageError(
            f"recipes.{name} has runs that were trained with another {changed} "
            f"({study.origin.at('recipes', name)}); give the changed recipe a name of its own, or "
            f"remove {run.folder.parent / name}-*, and its claims will count as no predictions"
        )


def _cpu_or_cuda(name: str) -> Literal["cpu", "cuda"]:
    return "cuda" if name == "cuda" else "cpu"


def _fp32_or_bf16(name: str) -> Literal["fp32", "bf16"]:
    return "bf16" if name == "bf16" else "fp32"

"""`train(before=…)`: a run that can be compared with an earlier one, image by image."""

from pathlib import Path

from sureshot.errors import DataError
from sureshot.presets import assembled_like
from sureshot.progress import Progress
from sureshot.records import Index
from sureshot.runs import Run
from sureshot.workflow.settling import Asked, Given


def as_before(first: Run, given: Given, said: Progress) -> Asked:
    """What is asked, and where nothing is said, what was trained before."""
    first.require_whole()
    model, recipe, settings = given
    chosen, repeated = assembled_like(first.recipe, model, recipe, settings)
    recipe = {"model": first.recipe.model} if recipe is None else recipe
    said.say(f"{'recipe and splits' if repeated else 'splits'} as in {first.folder}")
    return Asked((model, recipe, settings), chosen, repeated)


def splits_of(first: Run, asked: Asked) -> Index | None:
    """What a later run keeps the splits of; None where all of them came with the images."""
    index = first.index
    return index if index.made or asked.recipe.calibrate else None


def before_after(run: Run) -> Path:
    """Where the page lies that compares a run with the one before it."""
    return run.folder.with_name(f"{run.name}-before-after.html")


def require_place_to_compare(run: Run) -> None:
    """Raise UsageError where the page would overwrite something else."""
    from sureshot.report import require_page

    require_page(before_after(run), "compare")


def require_comparable(index: Index, first: Run) -> None:
    """Raise DataError where a run on these images could not be compared with an earlier one."""
    before, split = first.index, first.summary["headline"]["split"]
    if index.classes != before.classes:
        raise DataError(
            f"runs are compared where they have the same classes; {first.folder} has "
            f"{', '.join(before.classes)}, and {index.root} has {', '.join(index.classes)}; leave "
            "out --before"
        )
    if not set(index.sha256[index.rows(split)]) & set(before.sha256[before.rows(split)]):
        raise DataError(
            f"runs are compared on the {split} images that both have; {first.folder} and "
            f"{index.root} have none in common; leave out --before, or name the images it had"
        )

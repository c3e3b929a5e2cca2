"""What is asked → a recipe with nothing left to "auto", each choice with its reason.

model, recipe, settings ─→ preset or transfer ─→ image size ─→ network ─→ device ─→ epochs
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from sureshot import device
from sureshot.device import Device, Work
from sureshot.errors import UsageError
from sureshot.presets import settled_preset, splitting
from sureshot.progress import Progress, duration
from sureshot.recipe import Recipe, assemble, has_presets, is_own, is_pretrained
from sureshot.records import Index, Layer
from sureshot.workflow.indexing import PathLike

if TYPE_CHECKING:
    from sureshot.data import Pixels

ENDING = 15.0  # seconds kept back from a budget for export, figures and report; assumed

# model, recipe and settings, as `assemble` takes them
Given = tuple[str | None, PathLike | Mapping[str, Any] | None, Sequence[str] | Mapping[str, Any]]


@dataclass(frozen=True)
class Asked:
    """What is to be trained, as far as it can be known without any image."""

    given: Given
    recipe: Recipe
    repeated: bool = False  # from an earlier run; no preset is laid under it again
    most: int | None = None  # epochs that a budget leaves


@dataclass(frozen=True)
class Settled:
    """What will be trained, and where."""

    recipe: Recipe  # nothing is left to "auto"
    layers: list[Layer]
    where: Device
    reasons: list[str]  # of preset or transfer, and of the images' size; the device has its own


def settled_on(rows: Index, every: Index, asked: Asked, said: Progress) -> Settled:
    """What was asked, settled by the images: `rows` is what is trained on, `every` all there is."""
    from sureshot.data import settle_images
    from sureshot.models import layers_of, smallest
    from sureshot.training import tried

    classes = len(every.classes)
    recipe, reasons = (asked.recipe, []) if asked.repeated else suited(asked, rows, said)
    if asked.most is not None:
        recipe = recipe.model_copy(update={"epochs": min(recipe.epochs, asked.most)})
    recipe, why = settle_images(recipe, every, smallest(recipe.model))
    layers = layers_of(recipe, classes)
    if is_own(recipe.model):
        said.say(tried(recipe, classes))
    where = device.choose(recipe.device, recipe.precision, Work.of(layers, recipe.batch))
    reasons.append(why)
    for reason in (*reasons, *where.reasons):
        said.say(reason)
    return Settled(recipe.on(where.name, where.precision), layers, where, reasons)


def suited(asked: Asked, rows: Index, said: Progress) -> tuple[Recipe, list[str]]:
    """The recipe with what follows from the images: a preset, or a way of transfer; and why.

    `rows` is what will be trained on.
    """
    from sureshot.audit import known

    given, recipe = asked.given, asked.recipe
    split, reasons = splitting(recipe), list[str]()
    if is_pretrained(recipe.model):
        from sureshot.training import settled_transfer

        harm = known(rows, recipe).harm
        recipe, reasons = settled_transfer(given, recipe, rows, harm, said)
    elif has_presets(recipe.model):
        seen = known(rows, recipe)
        recipe, reasons = settled_preset(recipe, seen, partial(assemble, *given), asked.most)
    return recipe.model_copy(update=split), reasons


def within(until: float, settled: Settled, index: Index, pixels: "Pixels") -> tuple[int, list[str]]:
    """How many of its epochs fit before `until`, on the monotonic clock; and that in words.

    UsageError where not even one does; or not all, where a look at the images is what takes long.
    """
    from sureshot.training import Data, seconds_an_epoch

    recipe = settled.recipe
    each = seconds_an_epoch(recipe, Data.of(index, pixels), settled.where)
    fewest = recipe.epochs if recipe.on_features else 1  # one look is for the heads of all epochs
    needed, left = each * fewest, until - time.monotonic()
    if left - ENDING < needed:
        what = "a look at all images, and their heads, take" if fewest > 1 else "one epoch takes"
        raise UsageError(
            f"the budget is too short: {duration(max(left, 0))} are left of it, {what} about "
            f"{duration(needed)} here, and export and report about {duration(ENDING)}; give it "
            f"{duration(needed + ENDING - left)} more"
        )
    epochs = min(int((left - ENDING) / each), recipe.epochs)
    fitting = f"{epochs} of {recipe.epochs} epochs are in budget"
    return epochs, [f"about {duration(each)} an epoch: {fitting}"]


def foretold(settled: Settled, index: Index, pixels: "Pixels") -> list[str]:
    """About how long the training will take, where its epochs follow from the images."""
    from sureshot.training import Data, seconds_an_epoch, transfer_in_words

    recipe, where = settled.recipe, settled.where
    if is_pretrained(recipe.model):
        return [transfer_in_words(recipe, Data.of(index, pixels), where)]
    if has_presets(recipe.model):
        each = seconds_an_epoch(recipe, Data.of(index, pixels), where)
        return [f"about {duration(each * recipe.epochs)} for {recipe.epochs} epochs"]
    return []

"""What a network's recipe leaves to the data: presets, a table for each kind of images.

A network that has a folder of its own in `recipes` comes in three presets: quick, good and best.
Which numbers these stand for depends on what the images are, and how many: `shown` is how many
images training shows, whatever their number, and is turned into epochs here. Where these are many,
or the user's own are, the table `often` is laid over the preset.
"""

import os
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sureshot.errors import UsageError
from sureshot.recipe import Recipe, assemble, is_own, presets_of

SMALL = 64  # pixels; what is larger is a photograph
OFTEN = 50  # epochs, from which on images are learned by heart, unless they are mixed; docs/log.md
USUAL: Literal["good"] = "good"  # what "auto" stands for
WORDS = {
    "photographs": "photographs",
    "small_colour": "small images in colour",
    "small_grey": "small greyscale images",
}


@dataclass(frozen=True)
class Known:
    """What is known of the images before anything is chosen."""

    size: int  # pixels, as asked or as proposed
    channels: int  # 1 or 3
    images: int  # to train on
    harm: str = ""  # what mirroring them would do to their classes; "" where it does none

    @property
    def kind(self) -> str:
        """The file of presets that is for such images."""
        if self.size > SMALL:
            return "photographs"
        return "small_colour" if self.channels == 3 else "small_grey"


def preset(recipe: Recipe, known: Known, often: bool = False) -> dict[str, Any]:
    """The layer to lay under a recipe of such a network; `often` where images are shown so."""
    name = USUAL if recipe.preset == "auto" else recipe.preset
    file = presets_of(recipe.model) / f"{known.kind}.toml"
    tables = tomllib.loads(file.read_text("utf-8"))
    layer = _over(tables["always"], tables[name])
    shown, most = layer.pop("shown"), layer.pop("most_epochs")
    layer["epochs"] = min(max(round(shown / max(known.images, 1)), 1), most)
    if often:
        layer = _over(layer, tables.get("often", {}))
    return _over(layer, {"augment": {"flip": False}}) if known.harm else layer


def settled_preset(
    recipe: Recipe,
    known: Known,
    assembled: Callable[[dict[str, Any]], Recipe],
    most: int | None = None,
) -> tuple[Recipe, list[str]]:
    """A recipe over its preset with the preset named, and what was chosen and why, in sentences.

    `assembled` puts it together again over a layer: the user's own choices stay above that, but for
    `most` epochs that a budget leaves.
    """
    name = USUAL if recipe.preset == "auto" else recipe.preset
    found = assembled(preset(recipe, known))
    epochs = found.epochs if most is None else min(found.epochs, most)
    often = epochs >= OFTEN  # which the user may have chosen, too
    if often:
        found = assembled(preset(recipe, known, often=True))
    found = found.model_copy(update={"epochs": epochs})
    reasons = [f"preset {name} for {WORDS[known.kind]}: {epochs} epochs of {known.images:,} images"]
    if often and found.augment.cutmix:
        reasons.append(
            f"images that are shown {OFTEN} times or more are mixed (augment.cutmix), for they "
            "would be learned by heart"
        )
    if known.harm and not found.augment.flip:
        reasons.append(f"no image is mirrored: {known.harm}")
    return found.model_copy(update={"preset": name}), reasons


def assembled_like(
    before: Recipe,
    model: str | None,
    recipe: str | os.PathLike[str] | Mapping[str, Any] | None,
    settings: Sequence[str] | Mapping[str, Any],
) -> tuple[Recipe, bool]:
    """A recipe whose run shall be compared with one of `before`; and whether it is that, settled.

    All of `before` stays but what is said, where no other network, file, preset or way is; its seed
    and the share set aside stay in any case where nothing is said of them, so that splits do.
    """
    if is_own(before.model) and model is None and recipe is None:
        raise UsageError(
            f"a network of one's own must be named on the command line, for its file is run; got "
            f"none; if it is to be the one from before, give --model {before.model}"
        )
    if recipe is None:
        named = {"model": before.model}
        found = assemble(model, named, settings, before.choices())
        if _way(found) == _way(before):
            return found, True
        recipe = named
    found = assemble(model, recipe, settings, splitting(before))
    return assemble(model, recipe, settings).model_copy(update=splitting(found)), False


def splitting(recipe: Recipe) -> dict[str, Any]:
    """The choices of a recipe that decide where an image stands."""
    return {"seed": recipe.seed, "calibrate": recipe.calibrate}


def _way(recipe: Recipe) -> tuple[str, str, str]:
    return recipe.model, recipe.preset, recipe.transfer.way


def _over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """One table laid over another, tables in them too."""
    both = {
        key: _over(below[key], above[key])
        for key in below.keys() & above.keys()
        if isinstance(above[key], dict)
    }
    return {**below, **above, **both}

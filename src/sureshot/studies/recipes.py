"""The recipes of a study file: a network's own, with what was written of it."""

import re
from collections.abc import Mapping
from typing import Any

from sureshot import recipe
from sureshot.errors import UsageError
from sureshot.recipe import Recipe
from sureshot.studies.lines import Origin


def read_recipe(name: str, table: Mapping[str, Any], seed: int, origin: Origin) -> Recipe:
    """A table as a recipe with a seed; UsageError names line and cure."""
    place = ("recipes", name)
    if "seed" in table:
        where = origin.at(*place, "seed")
        raise UsageError(
            f"recipes.{name}.seed would do nothing ({where}): a study's seeds stand at its top, "
            "such as seeds = [111, 112, 113]"
        )
    if "model" not in table:
        known = ", ".join(recipe.model_names())
        raise UsageError(
            f"recipes.{name}.model is missing ({origin.at(*place)}); it must be one of {known}"
        )
    if recipe.is_own(str(table["model"])):
        where = origin.at(*place, "model")
        raise UsageError(
            f"recipes.{name}.model must be a network of Sureshot's own ({where}): a study's file "
            f"runs no code, got {table['model']!r}"
        )
    try:
        return recipe.assemble(recipe=table).model_copy(update={"seed": seed})
    except UsageError as error:
        raise UsageError(_placed(str(error), place, origin)) from None


def _placed(sentence: str, place: tuple[str, str], origin: Origin) -> str:
    """What `recipe` says of a table, with the line that it is about."""
    told = re.match(r"(?:unknown key ')?([\w.]+)", sentence)
    keys = told[1].split(".") if told else []
    where = origin.at(*place, *keys)
    if where == origin.at(*place):  # "there is no network called …"
        where = origin.at(*place, "model")
    named = f"[{'.'.join(place)}]: {where}"
    if "(the recipe given)" in sentence:
        return sentence.replace("the recipe given", named, 1)
    return f"{sentence} ({named})"

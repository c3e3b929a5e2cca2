"""A study file as an object: recipes to compare, claims about them, data and seeds.

Read from TOML (or a table of Python) into a frozen object; whatever is wrong with it ends in one
sentence with the line and the cure, before anything is trained.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from sureshot import recipe
from sureshot.errors import UsageError
from sureshot.recipe import Recipe
from sureshot.studies.claims import Claim, read_claim
from sureshot.studies.lines import Origin, lines_of
from sureshot.studies.words import first_error

QUICK_EPOCHS = 2  # assumed: enough that every step of the way is walked
QUICK_IMAGES = 600  # assumed: some seconds of training for the networks here
QUICK_SEEDS = 2  # the fewest that show a spread
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")  # a folder's name and a bare key of TOML


class About(BaseModel):
    """The `[about]` table: what the study is for."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    objective: str = Field("", description="a sentence: what the study is for")
    requirements: tuple[str, ...] = Field(
        (), strict=False, description='a list of sentences such as ["a model of at least 70 %"]'
    )


class _Top(BaseModel):
    """The keys of a study file; recipes and claims are looked at one by one afterwards."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    data: str = Field(min_length=1, description="a dataset's name, or a path")
    subset: int | None = Field(None, ge=1, description="a number of images, at least 1")
    seeds: tuple[Annotated[int, Field(ge=0, lt=2**31)], ...] = Field(
        min_length=1, strict=False, description="a list of whole numbers such as [111, 112, 113]"
    )
    about: dict[str, Any] = Field({}, description="a table")
    recipes: dict[str, dict[str, Any]] = Field(
        min_length=1, description="tables, such as [recipes.plain]"
    )
    claims: dict[str, dict[str, Any]] = Field({}, description="tables, such as [claims.baseline]")


@dataclass(frozen=True)
class Study:
    """One study, completely described and checked as far as that goes without its data."""

    name: str
    data: str
    subset: int | None
    seeds: tuple[int, ...]
    about: About
    recipes: Mapping[str, Recipe]  # with the first seed; `recipe` gives another
    claims: Mapping[str, Claim]
    origin: Origin
    folder: Path  # what `data` is relative to
    text: str  # as TOML
    quick: bool = False

    def recipe(self, name: str, seed: int) -> Recipe:
        """One recipe with one of the seeds."""
        return self.recipes[name].model_copy(update={"seed": seed})

    def quickened(self) -> "Study":
        """Fewer epochs and seeds; the images are cut when it is known how many there are."""
        short = {
            name: one.model_copy(update={"epochs": min(one.epochs, QUICK_EPOCHS)})
            for name, one in self.recipes.items()
        }
        return replace(self, recipes=short, seeds=self.seeds[:QUICK_SEEDS], quick=True)


def read_study(path: str | os.PathLike[str], name: str | None = None) -> Study:
    """Read a study file; UsageError names line and cure."""
    place = Path(path)
    return parse_study(_text(place), str(place), place.absolute().parent, name or place.stem)


def table_study(table: Mapping[str, Any], name: str) -> Study:
    """A study from a table of Python; paths in it are relative to the current folder."""
    plain = _plain(table)
    text = "\n".join(recipe._toml_lines(plain)) + "\n"
    return _study(plain, Origin("the study given"), Path.cwd(), name, text)


def parse_study(text: str, origin: str, folder: Path, name: str) -> Study:
    """A study from TOML; `folder` is what its data are relative to."""
    try:
        table = tomllib.loads(text)
    except RecursionError:
        raise UsageError(f"{origin} cannot be read as TOML: it is nested too deeply") from None
    except ValueError as error:  # it tells line and column itself
        raise UsageError(f"{origin} cannot be read as TOML: {error}") from None
    return _study(table, Origin(origin, lines_of(text)), folder, name, text)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        raise UsageError(
            f"there is no study file {path}; sureshot study list names those that are shipped"
        ) from None
    except OSError as error:
        why = os.strerror(error.errno or 0).lower()
        raise UsageError(f"the study {path} cannot be read: {why}") from None
    except UnicodeDecodeError:
        raise UsageError(f"the study {path} cannot be read: it is not UTF-8 text") from None


def _plain(table: Mapping[str, Any]) -> dict[str, Any]:
    """Paths as words and mappings as dictionaries, as TOML has them."""

    def told(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {str(key): told(inner) for key, inner in value.items()}
        return os.fspath(value) if isinstance(value, os.PathLike) else value

    return {str(key): told(value) for key, value in table.items()}


def _study(table: Mapping[str, Any], origin: Origin, folder: Path, name: str, text: str) -> Study:
    wrong = first_error(_Top, table, (), origin)
    if wrong:
        raise UsageError(wrong)
    top = _Top.model_validate(dict(table))
    wrong = first_error(About, top.about, ("about",), origin)
    if wrong:
        raise UsageError(wrong)
    _require_names(name, top, origin)
    recipes = {key: _recipe(key, one, top.seeds[0], origin) for key, one in top.recipes.items()}
    return Study(
        name=name,
        data=top.data,
        subset=top.subset,
        seeds=top.seeds,
        about=About.model_validate(top.about),
        recipes=recipes,
        claims={key: read_claim(key, one, recipes, origin) for key, one in top.claims.items()},
        origin=origin,
        folder=folder,
        text=text,
    )


def _require_names(name: str, top: _Top, origin: Origin) -> None:
    """UsageError where a name cannot be a folder's, or a seed stands twice."""
    what = "letters, digits, '_' and '-', starting with a letter or digit"
    if not NAME.fullmatch(name):
        raise UsageError(f"a study's name must hold {what}, got {name!r}; rename {origin.name}")
    for kind, names in (("recipes", top.recipes), ("claims", top.claims)):
        for key in names:
            if not NAME.fullmatch(key):
                where = origin.at(kind, key)
                raise UsageError(f"a name in [{kind}] must hold {what}, got {key!r} ({where})")
    twice = [seed for number, seed in enumerate(top.seeds) if seed in top.seeds[:number]]
    if twice:
        where = origin.at("seeds")
        raise UsageError(f"seeds must be different, got {twice[0]} twice ({where}); remove one")


def _recipe(name: str, table: Mapping[str, Any], seed: int, origin: Origin) -> Recipe:
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

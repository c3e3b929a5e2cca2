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

from sureshot.comparison.contest import SEARCHED
from sureshot.comparison.numbers import OTHERS
from sureshot.errors import UsageError, reason_of
from sureshot.recipe import Recipe
from sureshot.studies.asked import Curve, read_curve
from sureshot.studies.claims import Claim, read_claim
from sureshot.studies.lines import Origin, lines_of
from sureshot.studies.recipes import read_recipe
from sureshot.studies.tables import as_toml
from sureshot.studies.wanted import Search, read_search
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
    """The keys of a study file; its tables are looked at one by one afterwards."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    data: str = Field(min_length=1, description="a dataset's name, or a path")
    subset: int | None = Field(None, ge=1, description="a number of images, at least 1")
    seeds: tuple[Annotated[int, Field(ge=0, lt=2**31)], ...] = Field(
        min_length=1,
        strict=False,
        description="a list of whole numbers from 0 to 2147483647, such as [111, 112, 113]",
    )
    about: dict[str, Any] = Field({}, description="a table")
    recipes: dict[str, dict[str, Any]] = Field(
        min_length=1, description="tables, such as [recipes.plain]"
    )
    claims: dict[str, dict[str, Any]] = Field({}, description="tables, such as [claims.baseline]")
    curve: dict[str, Any] | None = Field(None, description="a table")
    search: dict[str, Any] | None = Field(None, description="a table")


@dataclass(frozen=True)
class Study:
    """One study, completely described and checked as far as that goes without its data."""

    name: str
    data: str
    subset: int | None
    seeds: tuple[int, ...]
    about: About
    recipes: Mapping[str, Recipe]  # with the first seed; `recipe` gives another
    tables: Mapping[str, Mapping[str, Any]]  # the same recipes, only what was written of them
    claims: Mapping[str, Claim]
    origin: Origin
    folder: Path  # what `data` is relative to
    text: str  # as TOML
    curve: Curve | None = None
    search: Search | None = None
    quick: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all recipes, that of the search's winner too, before there is one."""
        found = (SEARCHED,) if self.search is not None and SEARCHED not in self.recipes else ()
        return (*self.recipes, *found)

    def recipe(self, name: str, seed: int) -> Recipe:
        """One recipe with one of the seeds."""
        return self.recipes[name].model_copy(update={"seed": seed})

    def table(self, name: str, seed: int) -> dict[str, Any]:
        """What was written of a recipe, with one of the seeds: what `workflow.train` is given.

        What was left open a network's preset may still choose.
        """
        return {**self.tables[name], "seed": seed}

    def with_winner(self, winner: Recipe) -> "Study":
        """The same study with the recipe that its search has found."""
        seeded = winner.model_copy(update={"seed": self.seeds[0]})
        return replace(
            self,
            recipes={**self.recipes, SEARCHED: seeded},
            tables={**self.tables, SEARCHED: winner.model_dump()},
        )

    def quickened(self) -> "Study":
        """Fewer epochs and seeds; the images are cut when it is known how many there are."""
        tables = {
            name: {**table, "epochs": min(self.recipes[name].epochs, QUICK_EPOCHS)}
            for name, table in self.tables.items()
        }
        short = {
            name: one.model_copy(update={"epochs": tables[name]["epochs"]})
            for name, one in self.recipes.items()
        }
        seeds = self.seeds[:QUICK_SEEDS]
        return replace(self, recipes=short, tables=tables, seeds=seeds, quick=True)


def read_study(path: str | os.PathLike[str], name: str | None = None) -> Study:
    """Read a study file; UsageError names line and cure."""
    place = Path(path)
    text, chosen = _text(place), require_name(name or place.stem, str(place))
    return parse_study(text, str(place), place.absolute().parent, chosen)


def table_study(table: Mapping[str, Any], name: str) -> Study:
    """A study from a table of Python; paths in it are relative to the current folder."""
    origin = "the study given"
    chosen, (plain, text) = require_name(name, origin), as_toml(table, origin)
    return _study(plain, Origin(origin), Path.cwd(), chosen, text)


def parse_study(text: str, origin: str, folder: Path, name: str) -> Study:
    """A study from TOML; `folder` is what its data are relative to."""
    try:
        table = tomllib.loads(text)
    except RecursionError:
        raise UsageError(f"{origin} cannot be read as TOML: it is nested too deeply") from None
    except ValueError as error:  # it tells line and column itself
        raise UsageError(f"{origin} cannot be read as TOML: {error}") from None
    return _study(table, Origin(origin, lines_of(text)), folder, name, text)


def require_name(name: str, origin: str) -> str:
    """The same name; UsageError where it cannot be a folder's."""
    if not NAME.fullmatch(name):
        raise UsageError(
            f"a study's name must hold {_LETTERS}, at most 80 of them, got {name!r}; rename "
            f"{origin}"
        )
    return name


_LETTERS = "letters, digits, '_' and '-', starting with a letter or digit"


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")  # some editors begin with a mark of the encoding
    except FileNotFoundError:
        raise UsageError(
            f"there is no study file {path}; sureshot study list names those that are shipped"
        ) from None
    except OSError as error:
        why = reason_of(error)
        raise UsageError(
            f"the study {path} cannot be read: {why}; it must be a TOML file, or one of those that "
            "sureshot study list names"
        ) from None
    except UnicodeDecodeError:
        raise UsageError(f"the study {path} cannot be read: it is not UTF-8 text") from None


def _study(table: Mapping[str, Any], origin: Origin, folder: Path, name: str, text: str) -> Study:
    _require(_Top, table, (), origin)
    top = _Top.model_validate(dict(table))
    _require(About, top.about, ("about",), origin)
    _require_names(top, origin)
    recipes = {key: read_recipe(key, one, top.seeds[0], origin) for key, one in top.recipes.items()}
    study = Study(
        name=name,
        data=top.data,
        subset=top.subset,
        seeds=top.seeds,
        about=About.model_validate(top.about),
        recipes=recipes,
        tables=top.recipes,
        claims={},
        origin=origin,
        folder=folder,
        text=text,
        curve=_curve(top, recipes, origin),
        search=_search(top, recipes, origin),
    )
    names = study.names
    claims = {key: read_claim(key, one, names, origin) for key, one in top.claims.items()}
    return replace(study, claims=claims)


def _curve(top: _Top, recipes: Mapping[str, Recipe], origin: Origin) -> Curve | None:
    return None if top.curve is None else read_curve(top.curve, recipes, origin)


def _search(top: _Top, recipes: Mapping[str, Recipe], origin: Origin) -> Search | None:
    return None if top.search is None else read_search(top.search, recipes, top.seeds, origin)


def _require(kind: type[BaseModel], table: Mapping[str, Any], place: Any, origin: Origin) -> None:
    wrong = first_error(kind, table, place, origin)
    if wrong:
        raise UsageError(wrong)


def _require_names(top: _Top, origin: Origin) -> None:
    """UsageError where a recipe or a claim cannot be called so, or a seed stands twice."""
    for kind, names in (("recipes", top.recipes), ("claims", top.claims)):
        for key in names:
            if not NAME.fullmatch(key):
                where = origin.at(kind, key)
                raise UsageError(f"a name in [{kind}] must hold {_LETTERS}, got {key!r} ({where})")
    meanings = {OTHERS: "all other recipes"} | (
        {SEARCHED: "the recipe that [search] finds"} if top.search is not None else {}
    )
    for key in meanings.keys() & top.recipes.keys():
        raise UsageError(
            f"no recipe may be called {key!r} ({origin.at('recipes', key)}): in a claim that means "
            f"{meanings[key]}; choose another name"
        )
    twice = [seed for number, seed in enumerate(top.seeds) if seed in top.seeds[:number]]
    if twice:
        where = origin.at("seeds")
        raise UsageError(f"seeds must be different, got {twice[0]} twice ({where}); remove one")

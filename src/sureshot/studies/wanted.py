"""What a search wants: the `[search]` table, each value in it tried on the recipe it changes."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from sureshot.errors import UsageError
from sureshot.recipe import Recipe, assemble, has_presets
from sureshot.studies.lines import Origin, Path
from sureshot.studies.words import did_you_mean, first_error

_EXAMPLE = "a list of values such as [32, 64], or a range such as { low = 1e-4, high = 1e-1 }"


class Range(BaseModel):
    """All numbers between two; whole ones where both ends are whole and so is the field."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    low: int | float = Field(description="a number")
    high: int | float = Field(description="a number")
    log: bool = Field(False, description="true or false")

    @property
    def whole(self) -> bool:
        """Whether only whole numbers are meant."""
        return isinstance(self.low, int) and isinstance(self.high, int)


class Search(BaseModel):
    """The `[search]` table; `over` holds a Range or a tuple of values for each dotted field."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    base: str = Field(min_length=1, description="the name of a recipe")
    tries: int = Field(ge=1, le=10_000, description="a whole number between 1 and 10000")
    seed: int = Field(
        ge=0, lt=2**31, description="a whole number that is none of the study's seeds"
    )
    over: dict[str, Any] = Field(min_length=1, description="a table, such as [search.over]")


def read_search(
    table: Mapping[str, Any],
    recipes: Mapping[str, Recipe],
    seeds: Collection[int],
    origin: Origin,
) -> Search:
    """The table as a search; UsageError says what is wrong with it, on which line, what to do.

    `seeds` are the study's, which confirm the winner.
    """
    told = first_error(Search, table, ("search",), origin)
    if told:
        raise UsageError(told)
    search = Search.model_validate(dict(table))
    if search.base not in recipes:
        raise UsageError(
            f"search.base must name a recipe, one of {', '.join(recipes)}, got {search.base!r} "
            f"({origin.at('search', 'base')})" + did_you_mean(search.base, recipes)
        )
    if search.seed in seeds:
        raise UsageError(
            f"search.seed must be none of the study's seeds, for these confirm the winner, got "
            f"{search.seed} ({origin.at('search', 'seed')}); choose another"
        )
    base = recipes[search.base]
    if not base.validation:
        raise UsageError(
            f"search.base must name a recipe with validation images, for these choose the winner; "
            f"{search.base} has validation = false ({origin.at('search', 'base')})"
        )
    over: dict[str, Any] = {}
    for path, value in _leaves(search.over):
        key, place = ".".join(path), ("search", "over", *path)
        if key in over:
            raise UsageError(f"search.over.{key} stands there twice ({origin.at(*place)})")
        over[key] = _wanted(key, value, base, place, origin)
    found = search.model_copy(update={"over": over})
    require_each(found, base, lambda recipe: None, origin)
    return found


def variant(base: Recipe, values: Mapping[str, Any]) -> Recipe:
    """The base with some fields otherwise; what these leave without effect is at its default."""
    table = base.model_dump()
    for key, value in values.items():
        *parents, leaf = key.split(".")
        holder = table
        for parent in parents:
            holder = holder[parent]
        holder[leaf] = value
    return assemble(recipe={"model": table["model"]}, preset=table)


def require_each(
    search: Search, base: Recipe, check: Callable[[Recipe], object], origin: Origin
) -> None:
    """UsageError, with the line, where a value is refused, or does nothing, whatever it is with.

    `check` raises UsageError for a recipe that it refuses.
    """
    for key, wanted in search.over.items():
        others = [
            {other: value}
            for other, values in search.over.items()
            if other != key
            for value in tried(values)
        ]
        for value in tried(wanted):
            told = _problem(base, key, value, {}, check)
            if told and all(_problem(base, key, value, other, check) for other in others):
                where = origin.at("search", "over", *_path(key, origin))
                raise UsageError(f"{_named(key, told)} ({where})")


def tried(wanted: Any) -> tuple[Any, ...]:
    """The values that stand for all that a field may take."""
    if not isinstance(wanted, Range):
        return tuple(wanted)
    return (wanted.low, wanted.high, *([wanted.low + 1] if wanted.whole else []))


def _problem(
    base: Recipe,
    key: str,
    value: Any,
    other: Mapping[str, Any],
    check: Callable[[Recipe], object],
) -> str:
    """What is wrong with a value beside another one; "" where nothing is."""
    try:
        found = variant(base, {**other, key: value})
        check(found)
    except UsageError as error:
        return _without_origin(str(error))
    if has_presets(base.model) or _held(found, key) == _listed(value):
        return ""
    try:
        assemble(recipe=base.model_dump(), settings={key: value})
    except UsageError as error:
        return _without_origin(str(error))
    return f"{key} = {json.dumps(value)} would do nothing"


def _named(key: str, told: str) -> str:
    """A sentence about a field of a recipe as one about the search."""
    return f"search.over.{told}" if told.startswith(key) else f"search.over.{key}: {told}"


def _without_origin(sentence: str) -> str:
    """A sentence about a recipe, less where that stood."""
    for origin in ("the settings given", "the recipe given", "the preset of"):
        before, found, after = sentence.partition(f" ({origin}")
        if found:
            return before + after.partition(")")[2]
    return sentence


def _leaves(table: Mapping[str, Any], above: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every field with what it may be; `optimizer.rate` may be written with quotes or without."""
    for key, value in table.items():
        path = (*above, key)
        if isinstance(value, Mapping) and value and not value.keys() & Range.model_fields.keys():
            yield from _leaves(value, path)
        else:
            yield path, value


def _path(key: str, origin: Origin) -> Path:
    """A dotted key as the study file has it: in one, or in parts."""
    return (key,) if ("search", "over", key) in origin.lines else tuple(key.split("."))


def _wanted(key: str, value: Any, base: Recipe, place: Path, origin: Origin) -> Any:
    """A Range, or a tuple of at least two values, none of them tried yet."""
    where, told = origin.at(*place), f"search.over.{key}"
    if key == "seed":
        raise UsageError(f"{told} would only choose by luck ({where}); remove it")
    try:
        held = _held(base, key)
    except (KeyError, TypeError):
        raise UsageError(f"{_unknown(key)} ({where})") from None
    if isinstance(held, dict):
        raise UsageError(
            f"{told} is a table; name single fields of it, {told}.{min(held)} ({where})"
        )
    if isinstance(value, list):
        _require_choices(key, value, base, where)
        return tuple(value)
    if not isinstance(value, Mapping):
        raise UsageError(f"{told} must be {_EXAMPLE}, got {value!r} ({where})")
    return _range(told, value, isinstance(held, float), place, origin)


def _require_choices(key: str, values: list[Any], base: Recipe, where: str) -> None:
    different = {json.dumps(value, sort_keys=True, default=str) for value in values}
    if len(different) < max(2, len(values)):
        raise UsageError(
            f"search.over.{key} must hold two values or more, all different, got {values} ({where})"
        )
    if key == "validation":
        raise UsageError(
            "search.over.validation must hold true alone, for validation images choose the winner "
            f"({where}); remove it"
        )
    open_ = [name for name in values if isinstance(name, str) and has_presets(name)]
    if key == "model" and open_ and not has_presets(base.model):
        raise UsageError(
            f"search.over.model must leave out {open_[0]}, whose settings follow from the data "
            f"({where}); search it apart, with a base of its own"
        )


def _range(told: str, table: Mapping[str, Any], real: bool, place: Path, origin: Origin) -> Range:
    wrong = first_error(Range, table, place, origin)
    if wrong:
        raise UsageError(wrong)
    found = Range.model_validate(dict(table))
    if found.low >= found.high:
        raise UsageError(
            f"{told}.high must be above low = {found.low:g}, got {found.high:g} "
            f"({origin.at(*place)}); exchange the two"
        )
    if found.log and found.low <= 0:
        raise UsageError(
            f"{told}.low must be above 0 where log = true, got {found.low:g} ({origin.at(*place)})"
        )
    ends = {"low": float(found.low), "high": float(found.high)} if real else {}
    return found.model_copy(update=ends)


def _unknown(key: str) -> str:
    """The sentence about a field that no recipe has."""
    try:
        assemble(settings={key: 0})
    except UsageError as error:
        return _without_origin(str(error)).replace("unknown key '", "unknown key 'search.over.")
    raise AssertionError(key)


def _held(found: Recipe, key: str) -> Any:
    """What a recipe has in a dotted field; KeyError or TypeError where there is none."""
    value: Any = found.model_dump()
    for part in key.split("."):
        value = value[part]
    return value


def _listed(value: Any) -> Any:
    """A value as a recipe holds it."""
    return tuple(value) if isinstance(value, list) else value

"""The sentences of a study file's errors: key, what is allowed, what was found, on which line."""

import difflib
import reprlib
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from sureshot.studies.lines import Origin, Path


def did_you_mean(word: str, allowed: Iterable[str]) -> str:
    """ "; did you mean accuracy?", or nothing where no word is near."""
    near = difflib.get_close_matches(word, list(allowed), n=1)
    return f"; did you mean {near[0]}?" if near else ""


def first_error(
    kind: type[BaseModel], table: Mapping[str, Any], place: Path, origin: Origin
) -> str | None:
    """What is wrong first with a table as one of a kind, as a sentence; None where it is well."""
    try:
        kind.model_validate(dict(table))
    except ValidationError as error:
        listed = error.errors()
        unknown_ones = (one for one in listed if one["type"] == "extra_forbidden")
        first = next(unknown_ones, listed[0])  # a key that is missing may be there, misspelt
        key = str(first["loc"][0])
        where = origin.at(*place, key)
        fields = {field.alias or name: field for name, field in kind.model_fields.items()}
        told = ".".join((*place, key))
        if first["type"] == "extra_forbidden":
            return unknown(told, key, fields, place, where)
        wanted = fields[key].description
        if first["type"] == "missing":
            return f"{told} is missing ({where}); it must be {wanted}"
        return f"{told} must be {wanted}, got {reprlib.repr(table[key])} ({where})"
    return None


def unknown(told: str, key: str, allowed: Iterable[str], place: Path, where: str) -> str:
    """The sentence about a key that nobody knows."""
    known = list(allowed)
    table = f"[{'.'.join(place)}]" if place else "a study"
    return f"unknown key {told!r} ({where}); {table} may hold {', '.join(known)}" + did_you_mean(
        key, known
    )

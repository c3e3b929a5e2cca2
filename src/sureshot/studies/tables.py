"""A table of Python as TOML has it."""

import json
import os
import re
import tomllib
from collections.abc import Mapping
from typing import Any

from sureshot import recipe
from sureshot.errors import UsageError

_BARE = re.compile(r"[A-Za-z0-9_-]+")  # a key that needs no quotes


def as_toml(table: Mapping[str, Any], origin: str) -> tuple[dict[str, Any], str]:
    """The table as reading its text would give it, and the text.

    UsageError where it holds what TOML cannot.
    """
    plain = _plain(table)
    try:
        text = "\n".join(recipe.toml_lines(_quoted(plain))) + "\n"
        same = tomllib.loads(text) == plain
    except (TypeError, ValueError) as error:
        raise UsageError(f"{origin} must hold what TOML can, got {error}") from None
    if not same:
        raise UsageError(f"{origin} must hold what TOML can: texts, numbers, lists and tables")
    return plain, text


def _plain(value: Any) -> Any:
    """A table of Python as TOML has it: paths are words, and what is None is left out."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return os.fspath(value) if isinstance(value, os.PathLike) else value


def _quoted(table: Mapping[str, Any]) -> dict[str, Any]:
    """The same table with quotes around the keys that need them."""
    return {
        key if _BARE.fullmatch(key) else json.dumps(key): _quoted(value)
        if isinstance(value, Mapping)
        else value
        for key, value in table.items()
    }

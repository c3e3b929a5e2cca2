"""On which line of a TOML file each key stands; `tomllib` reads values and forgets their places."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

Path = tuple[str, ...]  # ("recipes", "plain", "model")


@dataclass(frozen=True)
class Origin:
    """Where a study was written, so that an error can point at the line."""

    name: str
    lines: Mapping[Path, int] = field(default_factory=lambda: MappingProxyType({}))

    def at(self, *path: str) -> str:
        """ "study.toml, line 12": of the key itself, or of the table that it would stand in."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.lines:
                return f"{self.name}, line {self.lines[path[:length]]}"
        return self.name


def lines_of(text: str) -> dict[Path, int]:
    """The line, counted from 1, of each table and key of a valid TOML text."""
    found: dict[Path, int] = {}
    table: Path = ()
    for number, statement in _statements(text):
        told = tomllib.loads(statement)
        header = statement.lstrip().startswith("[")
        if header:
            table = ()
        for path in _paths(told, table):
            found.setdefault(path, number)
            if header:
                table = path
    return found


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Each header and each key with its value, which may run over several lines."""
    waiting: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        waiting.append(line)
        if len(waiting) > 1 and not _may_end(line):
            continue
        statement = "\n".join(waiting)
        try:
            tomllib.loads(statement)
        except tomllib.TOMLDecodeError:  # it ends further below
            continue
        yield number - len(waiting) + 1, statement
        waiting = []


def _may_end(line: str) -> bool:
    """Whether a value that began further above can end here; a comment may hide where it does."""
    return "#" in line or line.rstrip().endswith(("]", "}", '"""', "'''"))


def _paths(told: Mapping[str, Any], above: Path) -> Iterator[Path]:
    for key, value in told.items():
        yield (*above, key)
        if isinstance(value, Mapping):
            yield from _paths(value, (*above, key))

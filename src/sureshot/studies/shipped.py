"""The studies that come with Sureshot: published projects, carried through to their verdicts."""

import itertools
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from types import MappingProxyType

from sureshot.errors import UsageError
from sureshot.studies.reading import Study, parse_study
from sureshot.studies.words import did_you_mean


def names() -> tuple[str, ...]:
    """The studies there are, sorted."""
    folder = resources.files("sureshot") / "studies" / "ready"
    found = (file.name for file in folder.iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml")))


def text_of(name: str) -> str:
    """A study's file; UsageError lists the studies that there are."""
    if name not in names():
        raise UsageError(
            f"there is no study called {name!r}; there are {', '.join(names())}"
            + did_you_mean(name, names())
        )
    folder = resources.files("sureshot") / "studies" / "ready"
    return (folder / f"{name}.toml").read_text("utf-8")


def about(name: str) -> tuple[str, ...]:
    """What a study's file says at its head: what it is, what it costs."""
    lines = text_of(name).splitlines()
    head = itertools.takewhile(lambda line: line.startswith("#"), lines)
    return tuple(line.removeprefix("#").strip() for line in head)[1:]  # the first is the command


def shipped(name: str) -> Study:
    """One of the studies."""
    return parse_study(text_of(name), f"the study {name}", Path("nowhere"), name)


def overview() -> Mapping[str, tuple[str, ...]]:
    """Every study with what its file says at its head."""
    return MappingProxyType({name: about(name) for name in names()})

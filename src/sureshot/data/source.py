"""What a person names: a place, how to read it, and which of its images are wanted."""

import os
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sureshot.errors import DataError, UsageError


@dataclass(frozen=True)
class Source:
    """A folder of classes, a table, a container, or the name of a fetched dataset.

    `label` and `image` name columns of a table that has several candidates, `root` is the folder
    that its file names are below, where that is not the table's own. `merge` maps a new
    class to those that become it; `classes`, by the names after merging, are the only ones wanted.
    `subset` is how many of the images to train on are wanted, those to choose the epoch on among
    them; test stays whole. `exclude` is a CSV of images to leave out; `add` is one of images that
    lie anywhere, with the columns path and label, to train on too.
    """

    place: str | os.PathLike[str]
    label: str | None = None
    image: str | None = None
    root: str | os.PathLike[str] | None = None
    classes: Iterable[str] = ()
    merge: Mapping[str, Iterable[str]] = field(default_factory=lambda: MappingProxyType({}))
    subset: int | None = None
    exclude: str | os.PathLike[str] | None = None
    add: str | os.PathLike[str] | None = None

    @property
    def path(self) -> Path:
        """The place as a path."""
        return Path(self.place)

    def words(self) -> str:
        """The place and what is chosen of it, as on the command line."""
        told = [os.fspath(self.place)]
        for option in ("label", "image", "root", "subset", "exclude", "add"):
            if getattr(self, option) is not None:
                told += [f"--{option}", str(getattr(self, option))]
        if self.classes:
            told += ["--classes", ",".join(self.classes)]
        for new, old in self.merge.items():
            told += ["--merge", f"{','.join(old)}={new}"]
        return shlex.join(told)

    def to_json(self) -> dict[str, Any]:
        """Plain values for a run's record."""
        return {
            "place": os.fspath(self.place),
            "label": self.label,
            "image": self.image,
            "root": None if self.root is None else os.fspath(self.root),
            "classes": list(self.classes),
            "merge": {new: list(old) for new, old in self.merge.items()},
            "subset": self.subset,
            "exclude": None if self.exclude is None else os.fspath(self.exclude),
            "add": None if self.add is None else os.fspath(self.add),
        }


def source_of(named: str | os.PathLike[str] | Source) -> Source:
    """What was named, as a Source; a fetched dataset's name becomes its folder."""
    source = named if isinstance(named, Source) else Source(named)
    return replace(source, place=place_of(source.place))


def place_of(named: str | os.PathLike[str]) -> str:
    """A place as it was named; where that is a fetched dataset's name, its folder."""
    name = os.fspath(named)
    if os.path.lexists(name):
        return name
    from sureshot.downloads import CATALOGUE, located

    if name not in CATALOGUE:
        return name
    folder = located(name)
    if folder is None:
        raise DataError(
            f"there is no file or folder {name}; the dataset of that name is fetched with: "
            f"sureshot get {name}"
        )
    return str(folder)


def parse_merge(words: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """["shirt,t-shirt=top"] → {"top": ("shirt", "t-shirt")}; UsageError where one is not such."""
    merged: dict[str, tuple[str, ...]] = {}
    for word in words:
        old, _, new = word.rpartition("=")
        names = tuple(name for name in old.split(",") if name.strip())
        if not names or not new.strip():
            raise UsageError(f"--merge must be such as shirt,t-shirt=top, got {word!r}")
        merged[new.strip()] = merged.get(new.strip(), ()) + names
    return merged


def parse_classes(words: str) -> tuple[str, ...]:
    """ "a, b" → ("a", "b"); UsageError where nothing is named."""
    names = tuple(dict.fromkeys(name.strip() for name in words.split(",") if name.strip()))
    if not names:
        raise UsageError(f"--classes must name classes, such as a,b,c, got {words!r}")
    return names

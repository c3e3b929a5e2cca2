"""Runs side by side: the same test images for all of them, matched by content.

Shapes: `N` images that all runs were judged on, `K` classes, `S` seeds of one contender.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sureshot.errors import DataError, RunError
from sureshot.records import UNKNOWN, Index, Predictions, Split
from sureshot.runs import Run

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
Key = tuple[str, str, int]  # an image: content, class, and which it is of several such copies

SEARCHED = "searched"  # the recipe that a study's search has found


@dataclass(frozen=True, eq=False)
class Contender:
    """One recipe with all its runs, or one run alone."""

    name: str
    runs: tuple[Run, ...]  # one a seed
    seeds: tuple[int, ...]
    logits: NDArray[np.float32]  # (S, N, K)

    @cached_property
    def top(self) -> Labels:
        """What each run says of each image, shape (S, N)."""
        return np.asarray(self.logits.argmax(axis=2))

    def facts(self, score: str) -> Floats:
        """A score that does not come from images, of each run, shape (S,)."""
        return np.array([_FACTS[score](run) for run in self.runs], np.float64)

    @cached_property
    def tries(self) -> int:
        """How many tries of a study's search its recipe is the best of; 0 where it was written."""
        first = self.runs[0]
        path = first.folder.absolute().parent.parent / "search" / "trials.csv"
        if first.name != f"{SEARCHED}-{self.seeds[0]}" or not path.exists():
            return 0
        with path.open(newline="", encoding="utf-8") as lines:
            return len({row.get("number") for row in csv.DictReader(lines)})

    @property
    def size(self) -> float:
        """Bytes of the bundle, the mean over seeds; 0 where there is none."""
        sizes = [run.model_path.stat().st_size for run in self.runs if run.model_path.exists()]
        return float(np.mean(sizes)) if sizes else 0.0


@dataclass(frozen=True, eq=False)
class Contest:
    """Contenders, and the images on which all of them were judged."""

    split: Split
    classes: tuple[str, ...]
    label: Labels  # (N,)
    rows: Labels  # (N,) in `index`
    index: Index  # of the first run; where pictures come from
    contenders: tuple[Contender, ...]
    apart: int  # images that only some of the runs were judged on, left out

    @property
    def n(self) -> int:
        """The images that count."""
        return len(self.label)

    @property
    def first_seeds(self) -> "Contest":
        """The same with the first run of each contender alone: these trained models."""
        first = [
            Contender(one.name, one.runs[:1], one.seeds[:1], one.logits[:1])
            for one in self.contenders
        ]
        return replace(self, contenders=tuple(first))

    @cached_property
    def machines(self) -> tuple[str, ...]:
        """What the runs were trained and timed on, each machine once; several mix their times."""
        runs = [run for one in self.contenders for run in one.runs]
        return tuple(dict.fromkeys(words for run in runs for words in _machines(run)))

    @property
    def mixed(self) -> str:
        """That times were taken on several machines, as a sentence; "" where on one."""
        if len(self.machines) == 1:
            return ""
        return (
            f"Not all runs were trained and timed on one machine ({'; '.join(self.machines)}), so "
            "times and speeds differ for that reason, too."
        )

    def __getitem__(self, name: str) -> Contender:
        return next(one for one in self.contenders if one.name == name)


def _machines(run: Run) -> list[str]:
    """Where a run ended, and before that where it began, if that was on another processor."""
    begun, ended = run.environment, str(run.summary["speed"]["on"])
    device, processor = begun["device"]["name"], str(begun["processor"])
    found = [] if ended.startswith(processor) else [f"{processor}, {device}"]
    return [*found, f"{ended}, {device}"]


def _minutes(run: Run) -> float:
    return sum(row["seconds"] for row in run.timing) / 60


_FACTS = {
    "images_per_second": lambda run: run.summary["speed"]["images_per_second"],
    "ms_per_image": lambda run: run.summary["speed"]["milliseconds_per_image"],
    "parameters": lambda run: sum(layer.parameters for layer in run.layers),
    "minutes": _minutes,
}


def meet(groups: Mapping[str, Sequence[Run]]) -> Contest:
    """Bring complete runs together on the images that all of them were judged on.

    DataError where they have no image or not the same classes in common; RunError where there is
    no run, or one is not complete.
    """
    if not groups:
        raise RunError("a comparison needs complete runs, got none; run the study first")
    for run in (run for runs in groups.values() for run in runs):
        run.require_complete()
    first = next(iter(groups.values()))[0]
    split: Split = first.summary["headline"]["split"]
    indexes = {run.folder: run.index for runs in groups.values() for run in runs}
    _require_alike(indexes, {folder: Run(folder).summary for folder in indexes})
    told = {folder: _judged(Run(folder), index, split) for folder, index in indexes.items()}
    places = {folder: _places(one, indexes[folder]) for folder, one in told.items()}
    shared = [key for key in places[first.folder] if all(key in one for one in places.values())]
    if not shared:
        raise DataError(
            f"runs are compared on the {split} images that all of them have; {first.folder} and "
            "the others have none in common; train again with --split-from one of them"
        )

    def logits(run: Run) -> NDArray[np.float32]:
        place = places[run.folder]
        return told[run.folder].logits[[place[key] for key in shared]]

    index = indexes[first.folder]
    own = told[first.folder].take(np.array([places[first.folder][key] for key in shared]))
    row_of = {image: row for row, image in enumerate(index.id)}
    return Contest(
        split=split,
        classes=index.classes,
        label=own.label,
        rows=np.array([row_of[image] for image in own.id], np.int64),
        index=index,
        contenders=tuple(
            Contender(
                name,
                tuple(runs),
                tuple(run.recipe.seed for run in runs),
                np.stack([logits(run) for run in runs]),
            )
            for name, runs in groups.items()
        ),
        apart=len(set().union(*places.values())) - len(shared),
    )


def _require_alike(
    indexes: Mapping[Path, Index], summaries: Mapping[Path, Mapping[str, Any]]
) -> None:
    """DataError where runs have other classes, or are judged on another split."""
    folders = list(indexes)
    first = folders[0]
    for folder in folders[1:]:
        if indexes[folder].classes != indexes[first].classes:
            odd = sorted(set(indexes[folder].classes) ^ set(indexes[first].classes))
            raise DataError(
                f"runs are compared where they have the same classes; {folder} and {first} differ "
                f"in {', '.join(odd[:3])}; train one of them again on the other's data"
            )
        splits = [summaries[one]["headline"]["split"] for one in (first, folder)]
        if splits[0] != splits[1]:
            raise DataError(
                f"runs are compared on one split; {first} was judged on {splits[0]} and {folder} "
                f"on {splits[1]}; train one of them again on the other's data"
            )


def _judged(run: Run, index: Index, split: Split) -> Predictions:
    """The scored rows of a run; an image that one cannot read, all cannot."""
    told = run.predictions(split)
    return told.take(np.flatnonzero(told.readable & (told.label != UNKNOWN)))


def _places(told: Predictions, index: Index) -> dict[Key, int]:
    """Where each image stands in the predictions, by its content and class."""
    content = dict(zip(index.id, index.sha256, strict=True))
    seen: dict[tuple[str, str], int] = {}
    places: dict[Key, int] = {}
    for place, (image, label) in enumerate(zip(told.id, told.label, strict=True)):
        known = (str(content[image]), index.classes[label])
        seen[known] = seen.get(known, 0) + 1
        places[(*known, seen[known])] = place
    return places

"""A search: recipes tried one after another, each drawn by what came of those before it.

A try is a training that is judged by its validation log loss; test images are not even read. The
best becomes the recipe "searched", which the study then trains with its own seeds like any other:
so what it is worth is not measured by the images and the seed that chose it.

    search/search.json     what is searched
    search/trials.sqlite   Optuna's own record, from which a search goes on
    search/trials.csv      the tries as a table
    search/tries/7/        recipe.toml, history.csv and timing.csv of a try
    search/winner.json     which try was the best
    search/winner.toml     its recipe
"""

import csv
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sureshot import device, files, recipe
from sureshot.comparison.contest import SEARCHED
from sureshot.data import prepare_pixels
from sureshot.device import Device, Work
from sureshot.errors import RunError, TrainingError, UsageError
from sureshot.progress import Progress, Silent, duration
from sureshot.recipe import Preprocessing, Recipe, has_presets
from sureshot.records import Index
from sureshot.runs import Run, csv_text
from sureshot.studies import dividing, planning, tries
from sureshot.studies.costs import Cost
from sureshot.studies.planning import Further
from sureshot.studies.reading import QUICK_EPOCHS, Study
from sureshot.studies.wanted import Search, require_each, variant

if TYPE_CHECKING:
    from sureshot.training import Data, Tracker

QUICK_TRIES = 3  # assumed: enough that every step of the way is walked


@dataclass(frozen=True, eq=False)
class _Bench:
    """All that the tries of one search share."""

    study: Study
    search: Search
    base: Recipe
    folder: Path  # of the search
    kept: Index  # as the study's runs have it: the size of images is settled by all of them
    seen: Index  # without test images
    data: "Callable[[Preprocessing], Data]"

    @property
    def tries(self) -> int:
        """How many there are to be."""
        return _wanted(self.study, self.search)

    def variant(self, values: Mapping[str, Any]) -> Recipe:
        """The base with some fields otherwise, as it may be trained again."""
        found = variant(self.base, values)
        epochs = min(found.epochs, QUICK_EPOCHS) if self.study.quick else found.epochs
        return found.model_copy(update={"epochs": epochs})

    def ready(self, found: Recipe) -> tuple[Recipe, Device]:
        """A recipe as a try trains it here; UsageError where network and images do not agree."""
        from sureshot.models import layers_of

        settled = planning.settled(self.study.with_winner(found), SEARCHED, self.kept)
        work = Work.of(layers_of(settled, len(self.kept.classes)), settled.batch)
        where = device.choose(settled.device, settled.precision, work)
        chosen = settled.on(where.name, where.precision)
        return chosen.model_copy(update={"seed": self.search.seed}), where


def require_possible(study: Study, index: Index) -> None:
    """UsageError, with the line, where the base is not here, or cannot be with a value."""
    if study.search is not None:
        planning.require_weights(study, study.search.base, "search", "base")
        bench = _bench(study, Path(), index)
        require_each(bench.search, bench.base, bench.ready, study.origin)


def search(study: Study, folder: Path, said: Progress) -> Recipe:
    """The recipe that a study's `[search]` finds; goes on where it was stopped.

    Where there is a winner on record, that is the answer. UsageError, with the line, where the
    search is not the one that was begun, TrainingError where no try came to its end.
    """
    bench = _bench(study, folder, dividing.kept(folder))
    _require_same(bench)
    there = winner_of(folder)
    if there is not None:
        return there
    tries.require_optuna()
    files.write_json(bench.folder / "search.json", _record(bench))
    best = _best(bench, said)
    found = bench.variant(best.values).model_copy(update={"seed": study.seeds[0]})
    files.write_json(bench.folder / "winner.json", {"number": best.number})
    files.write_text(bench.folder / "winner.toml", found.to_toml())
    return recipe.load(bench.folder / "winner.toml")


def winner_of(folder: Path) -> Recipe | None:
    """The recipe that a study's search has found; None where it is not over."""
    path = folder / "search" / "winner.toml"
    return recipe.load(path) if path.exists() else None


def foreseen(study: Study, folder: Path, costs: Mapping[str, Cost]) -> Further:
    """The tries that are to be made, and how long they and the winner's own runs take.

    Each is taken to be as long as its base.
    """
    if study.search is None or winner_of(folder) is not None:
        return Further()
    base, path = costs[study.search.base], folder / "search" / "trials.csv"
    made = set()
    if path.exists():
        with path.open(newline="", encoding="utf-8") as lines:
            made = {row["number"] for row in csv.DictReader(lines) if row["why"] != tries.KILLED}
    left = max(_wanted(study, study.search) - len(made), 0)
    return Further(left, left * base.training + len(study.seeds) * base.whole)


def _wanted(study: Study, search: Search) -> int:
    return min(search.tries, QUICK_TRIES) if study.quick else search.tries


def _bench(study: Study, folder: Path, kept: Index) -> _Bench:
    assert study.search is not None
    seen = kept.take(np.flatnonzero(np.isin(kept.split.astype(str), ("train", "validation"))))
    base = study.recipes[study.search.base]
    if has_presets(base.model):  # what these leave to the data is settled first
        base = planning.settled(study, study.search.base, kept)

    @lru_cache(maxsize=1)
    def data(settings: Preprocessing) -> "Data":
        from sureshot.training import Data

        pixels = prepare_pixels(seen, settings, Silent())
        return Data.of(seen.with_problems(pixels.problems), pixels)

    return _Bench(study, study.search, base, folder / "search", kept, seen, data)


def _record(bench: _Bench) -> dict[str, Any]:
    """What makes a search this one."""
    base = bench.base.model_copy(update={"seed": bench.search.seed})
    told = bench.search.model_dump() | {"recipe": base.hash(), "data": bench.seen.fingerprint()}
    return dict(json.loads(json.dumps(told)))


def _require_same(bench: _Bench) -> None:
    """UsageError where the tries that are there belong to another search."""
    path = bench.folder / "search.json"
    if not path.exists():
        return
    try:
        there = json.loads(path.read_text("utf-8"))
        changed = [key for key, value in _record(bench).items() if there[key] != value]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(f"{path} is damaged: {error}") from None
    if changed:
        base = ("recipes", bench.search.base)
        key = {"recipe": base, "data": ("data",)}.get(changed[0], ("search", changed[0]))
        raise UsageError(
            f"{'.'.join(key)} must stay what it was when {bench.folder} began "
            f"({bench.study.origin.at(*key)}); put it back, or remove that folder and the runs of "
            "the recipe that it found"
        )


def _best(bench: _Bench, said: Progress) -> "tries.Row":
    """Try until there are tries enough; the best that came to its end."""
    image = bench.ready(bench.base)[0].image.settled()
    prepare_pixels(bench.seen, image, said)  # with a bar of its own, before that of the tries
    with tries.opened(bench.folder, bench.search.over) as record:
        left = range(record.count, bench.tries)
        if left and record.count:
            said.say(f"{record.count} of {bench.tries} tries are done and passed over")
        with said.track("searching, in tries", len(left)) as track:
            for more in reversed(range(len(left))):
                said.say(_try(bench, record) + _left(record.rows(), more))
                track.advance()
        _note(bench, record)  # the last one was not, where it was killed in between
        rows = record.rows()
    done = [row for row in rows if row.state == "complete"]
    if not done:
        raise TrainingError(
            f"none of the {bench.tries} tries came to its end, the last because {rows[-1].why}; "
            f"narrow [search.over] ({bench.study.origin.at('search', 'over')})"
        )
    best = min(done, key=lambda row: (row.log_loss, row.number))
    said.say(f"the best of {bench.tries} tries: {best.sentence}")
    return best


def _left(rows: "Sequence[tries.Row]", more: int) -> str:
    """How long so many more tries take, as those before them did; "" where none is to come."""
    each = sum(row.seconds for row in rows) / len(rows)
    return f"; about {duration(more * each)} left of the search" if more else ""


def _note(bench: _Bench, record: "tries.Record") -> None:
    """Every try as a row; one that was killed as failed, and again under the same number."""
    files.write_text(bench.folder / "trials.csv", csv_text(record.table()))


def _try(bench: _Bench, record: "tries.Record") -> str:
    """One more try; what came of it, as a sentence."""
    asked = record.ask(bench.search.seed)
    run = Run(bench.folder / "tries" / str(asked.number))
    shutil.rmtree(run.folder, ignore_errors=True)  # of the same try, where it was killed

    def train(watching: "Tracker") -> None:
        from sureshot.training import train

        settled, where = bench.ready(bench.variant(asked.values))
        files.write_text(run.folder / "recipe.toml", settled.to_toml())
        train(run, settled, bench.data(settled.image.settled()), where, Silent(), watching)

    row = record.tell(asked, run, train)
    shutil.rmtree(run.folder / "checkpoints", ignore_errors=True)
    _note(bench, record)
    return f"try {row.number} of {bench.tries}: {row.sentence}"

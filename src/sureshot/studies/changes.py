"""What was changed after a study was put on record: each change may have been made to please.

Whoever has seen the data can choose claims, recipes and seeds by what came out. So everything that
is otherwise than on record marks the claims that it touches.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sureshot.comparison import Contest
from sureshot.comparison.contest import SEARCHED
from sureshot.studies.folder import StudyFolder, hashes_of
from sureshot.studies.reading import Study

_STOPPING = "Choosing seeds by what they show makes false verdicts more frequent than is said here."


@dataclass(frozen=True)
class Changes:
    """What is otherwise than it was on record; seeds by recipe, among those that were trained."""

    record: tuple[str, ...]  # the names of what was changed in the record itself
    recipes: Mapping[str, str]  # the settings that are others now, by recipe
    curve: str  # the settings of the learning curve that are others now; "" where none is
    new: tuple[str, ...]  # recipes
    seeds: tuple[int, ...]  # on record, as study.toml has them
    added: Mapping[str, tuple[int, ...]]  # seeds that were judged and are not on record
    missing: Mapping[str, tuple[int, ...]]  # seeds on record without a complete run, others have

    def of(self, named: Collection[str], first_only: bool = False) -> str:
        """What was changed of some recipes and their seeds, in words; "" where nothing was."""
        told = [f"{name} on record" for name in ("seeds", "data", "subset") if name in self.record]
        for name in sorted(named):
            missing = [
                one for one in self.missing.get(name, ()) if not first_only or one == self.seeds[0]
            ]
            if name in self.record:
                told.append(f"the recipe {name} on record")
            if name in self.recipes:
                told.append(f"the recipe {name} ({self.recipes[name]})")
            if name in self.added and not first_only:
                told.append(f"the seeds of {name} ({_listed(self.added[name])} added)")
            if missing:
                told.append(f"the seeds of {name} ({_listed(missing)} without a complete run)")
        return ", ".join(told)

    def notes(self) -> list[str]:
        """What a reader of any verdict must know, a sentence each."""
        notes = []
        if self.record:
            named = ", ".join(self.record)
            notes.append(f"The record itself was changed after the study had begun: {named}.")
        if self.recipes:
            named = "; ".join(f"{keys} of {name}" for name, keys in self.recipes.items())
            notes.append(f"Changed after the study had begun: {named}.")
        if self.curve:
            notes.append(
                f"Changed after the study had begun: {self.curve} of the learning curve. Sizes "
                "that are chosen by what they show make a forecast look surer than it is."
            )
        if self.new:
            notes.append(f"Added after the study had begun: {', '.join(self.new)}.")
        for words, seeds in (("Added after it had begun", self.added),
                             ("On record, without a complete run", self.missing)):  # fmt: skip
            by_recipe = "; ".join(f"{_seeds(each)} of {name}" for name, each in seeds.items())
            if by_recipe:
                notes.append(f"{words}: {by_recipe}. {_STOPPING}")
        return notes


def changes(folder: StudyFolder, contest: Contest) -> Changes:
    """Compare what was judged with what is on record."""
    original, current = folder.original, folder.current
    trained = {one.name: one.seeds for one in contest.contenders}
    on_record = {name: trained.get(name, ()) for name in original.names}
    return Changes(
        record=_tampered(folder.record["hashes"], original),
        recipes=_recipes(original, current),
        curve=_curve(original, current),
        new=tuple(name for name in current.names if name not in original.names),
        seeds=original.seeds,
        added=_others(on_record, original.seeds),
        missing={
            name: others
            for name, seeds in on_record.items()
            if seeds and (others := tuple(one for one in original.seeds if one not in seeds))
        },
    )


def _tampered(hashes: Mapping[str, object], original: Study) -> tuple[str, ...]:
    """What study.toml has otherwise than begun.json says; claims are marked one by one."""
    told = hashes_of(original)
    recipes = hashes["recipes"]
    assert isinstance(recipes, Mapping)
    single = [
        name
        for name in ("seeds", "data", "subset", "curve")
        if hashes.get(name, told[name]) != told[name]  # an older record knows of no curve
    ]
    return (*single, *(name for name, one in told["recipes"].items() if recipes.get(name) != one))


def _recipes(original: Study, current: Study) -> dict[str, str]:
    """The settings of each recipe that are not what they were; what was removed is no change."""
    found = {}
    for name in original.recipes.keys() & current.recipes.keys():
        was, now = (study.recipes[name].model_dump() for study in (original, current))
        was["seed"] = now["seed"]  # of the study, not of the recipe
        if was != now:
            found[name] = ", ".join(differing(was, now))
    if original.search is not None and current.search is not None:
        was, now = original.search.model_dump(), current.search.model_dump()
        if was != now:
            found[SEARCHED] = ", ".join(differing(was, now))
    return dict(sorted(found.items()))


def _curve(original: Study, current: Study) -> str:
    """The settings of the learning curve that are not what they were; a removed one is none."""
    if current.curve is None or current.curve == original.curve:
        return ""
    was = {} if original.curve is None else original.curve.model_dump()
    return ", ".join(differing(was, current.curve.model_dump()))


def differing(
    there: Mapping[str, object], wanted: Mapping[str, object], above: str = ""
) -> list[str]:
    """The dotted names of what differs."""
    names = []
    for key in dict.fromkeys((*wanted, *there)):
        value, other = wanted.get(key), there.get(key)
        if isinstance(value, Mapping) and isinstance(other, Mapping):
            names += differing(other, value, f"{above}{key}.")
        elif value != other:
            names.append(f"{above}{key}")
    return names


def _others(
    trained: Mapping[str, Sequence[int]], seeds: Collection[int]
) -> dict[str, tuple[int, ...]]:
    found = {name: tuple(one for one in own if one not in seeds) for name, own in trained.items()}
    return {name: others for name, others in found.items() if others}


def _seeds(seeds: Sequence[int]) -> str:
    return f"seed{'s' if len(seeds) > 1 else ''} {_listed(seeds)}"


def _listed(seeds: Sequence[int]) -> str:
    return ", ".join(map(str, seeds))

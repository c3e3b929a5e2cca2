"""What lies below a folder, runs, studies and sorted images, and the little to say of it at once.

Only recipe.toml, scores.json and the lines of history.csv are read here, each once for as long as
it is not written anew: a folder of a hundred runs is listed in a moment. Tables, predictions and
models wait until a page asks for them.
"""

import json
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from sureshot.errors import SureshotError, UsageError
from sureshot.recipe import Recipe
from sureshot.runs import LOCK, Run, headline

if TYPE_CHECKING:
    from sureshot.studies import Studied
    from sureshot.studies.folder import StudyFolder

State = Literal["complete", "training", "stopped", "broken"]
DEEPEST = 4  # folders below the one given: studies/NAME/runs/RECIPE-SEED is the fourth
REMEMBERED = 4096  # runs whose facts are kept in memory; assumed: more than anybody opens
_MARKS = ("recipe.toml", "manifest.json", "environment.json", "history.csv")  # of a run
_DATED = ("recipe.toml", "manifest.json", "scores.json", "history.csv", LOCK)
MANIFEST = "manifest.csv"  # of a folder that was sorted into
_INNER = frozenset({"checkpoints", "figures", "predictions"})  # of a run whose marks are lost


@dataclass(frozen=True)
class ShelvedRun:
    """One run folder as a list shows it."""

    name: str  # its path below the shelf's folder, with forward slashes
    folder: Path
    state: State
    said: str  # the headline of a complete run; of another, what is the matter with it
    model: str = ""
    seed: int = 0
    epochs: int = 0  # written so far
    wanted: int = 0  # epochs that the recipe asks for
    accuracy: float | None = None  # a share, of the headline
    changed: float = 0.0  # seconds since 1970: when the newest of its files was written
    study: str = ""  # the name of the study that it belongs to

    @property
    def run(self) -> Run:
        """The run itself, whose files are read when asked for."""
        return Run(self.folder)


@dataclass(frozen=True)
class ShelvedStudy:
    """One study folder as a list shows it."""

    name: str
    folder: Path
    state: Literal["concluded", "begun", "broken"]
    said: str  # the outcomes counted; of another, what is the matter with it

    @property
    def place(self) -> "StudyFolder":
        """The study's folder, whose files are read when asked for."""
        from sureshot.studies.folder import StudyFolder

        return StudyFolder(self.folder)

    @property
    def found(self) -> "Studied":
        """Leaderboard and verdicts, which are read when asked for."""
        from sureshot.studies import Studied

        return Studied(self.folder)


@dataclass(frozen=True)
class Shelf:
    """All that lies below a folder, the newest first; `writable` where people may judge.

    `filled` are the folders that `sureshot sort` has filled, by name.
    """

    folder: Path
    runs: tuple[ShelvedRun, ...]
    studies: tuple[ShelvedStudy, ...]
    writable: bool = False
    filled: Mapping[str, Path] = field(default_factory=lambda: MappingProxyType({}))

    def run(self, name: str | None) -> ShelvedRun | None:
        """The run of a name; None where there is none."""
        return next((run for run in self.runs if run.name == name), None)

    def study(self, name: str | None) -> ShelvedStudy | None:
        """The study of a name; None where there is none."""
        return next((study for study in self.studies if study.name == name), None)

    def healthy(self) -> tuple[ShelvedRun, ...]:
        """The complete runs."""
        return tuple(run for run in self.runs if run.state == "complete")


@dataclass(frozen=True)
class Choice:
    """What a person looks at: a page, the run and the study chosen, and what the link said."""

    page: str = "summary"
    run: ShelvedRun | None = None
    study: ShelvedStudy | None = None
    query: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def find(folder: Path, writable: bool = False) -> Shelf:
    """Everything below a folder; UsageError where there is no such folder."""
    if not folder.is_dir():
        raise UsageError(
            f"the dashboard shows a folder of runs and studies, and there is no folder {folder}; "
            "train first, or name another"
        )
    places = list(_places(folder, folder, 0))
    studies = {path for kind, path in places if kind == "study"}
    runs = [_run(folder, path, studies) for kind, path in places if kind == "run"]
    listed = sorted(runs, key=lambda run: (-run.changed, run.name))
    told = (_study(folder, path) for path in sorted(studies))
    filled = {_name(folder, path): path for kind, path in places if kind == "sorted"}
    return Shelf(folder, tuple(listed), tuple(told), writable, MappingProxyType(filled))


def _places(top: Path, folder: Path, depth: int) -> Iterator[tuple[str, Path]]:
    """What there is at or below a folder; what lies inside a run is never looked at."""
    names, folders = _entries(folder)
    if {"begun.json", "study.toml"} & names:
        yield "study", folder
        if (folder / "runs").is_dir():  # data, search and curve hold recipes of their own
            yield from _places(top, folder / "runs", depth + 1)
    elif MANIFEST in names and _is_sorted(folder / MANIFEST):
        yield "sorted", folder
    elif set(_MARKS) & names or len(_INNER & {path.name for path in folders}) > 1:
        yield "run", folder
    elif depth < DEEPEST:
        for path in folders:
            yield from _places(top, path, depth + 1)


def _is_sorted(path: Path) -> bool:
    from sureshot.sorting.manifest import is_manifest  # which takes the time of ONNX Runtime

    return is_manifest(path)


def _entries(folder: Path) -> tuple[set[str], list[Path]]:
    """The names of a folder's files, and its folders; hidden ones and links are passed over."""
    names, folders = set(), []
    with suppress(OSError), os.scandir(folder) as entries:  # a folder that may not be read is empty
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if not entry.name.startswith("."):
                    folders.append(Path(entry.path))
            else:
                names.add(entry.name)
    return names, sorted(folders)


def _run(top: Path, folder: Path, studies: set[Path]) -> ShelvedRun:
    study = folder.parent.parent
    of = _name(top, study) if folder.parent.name == "runs" and study in studies else ""
    return _facts(_name(top, folder), folder, of, dates(folder), _held(folder))


def _name(top: Path, folder: Path) -> str:
    return folder.relative_to(top).as_posix() if folder != top else folder.resolve().name


def dates(folder: Path) -> tuple[float, ...]:
    """When each of the files that are read here was written; 0 where it is missing."""
    found = []
    for name in _DATED:
        try:
            found.append((folder / name).stat().st_mtime)
        except OSError:
            found.append(0.0)
    return tuple(found)


def _held(folder: Path) -> bool:
    """Whether the process that wrote its name into the lock is alive, as far as we can see."""
    try:
        words = (folder / LOCK).read_text("utf-8").split()
        process, host = int(words[words.index("process") + 1]), words[words.index("on") + 1]
    except (OSError, ValueError, IndexError):
        return False
    if host.rstrip(",") != socket.gethostname():
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it lives, and is somebody else's
        return True
    return True


@lru_cache(maxsize=REMEMBERED)
def _facts(name: str, folder: Path, study: str, when: tuple[float, ...], held: bool) -> ShelvedRun:
    """What is known of a run from its small files; `when` only says whether it was read before."""
    run, changed = Run(folder), max(when)
    try:
        recipe = run.recipe
        epochs = _epochs(folder)
        state, said, accuracy = _standing(run, recipe, epochs, held)
    except (SureshotError, OSError, ValueError, TypeError, KeyError) as error:
        return ShelvedRun(
            name, folder, "broken", _said(error, folder), changed=changed, study=study
        )
    told = recipe.model, recipe.seed, epochs, recipe.epochs
    return ShelvedRun(name, folder, state, said, *told, accuracy, changed, study)


def _standing(run: Run, recipe: Recipe, epochs: int, held: bool) -> tuple[State, str, float | None]:
    if not run.complete:
        done = f"{epochs} of {recipe.epochs} epochs"
        if held:
            return "training", f"in training: {done} so far", None
        return "stopped", f"stopped after {done}; go on: {run.resuming}", None
    lacking = run.missing()
    if lacking:
        return "broken", f"{', '.join(lacking)} missing, though the run was finished", None
    summary = run.summary
    return "complete", headline(summary), float(summary["headline"]["value"])


def _epochs(folder: Path) -> int:
    """How many epochs history.csv holds, 0 where there is none yet."""
    try:
        lines = (folder / "history.csv").read_bytes().splitlines()
    except FileNotFoundError:
        return 0
    return max(0, len(lines) - 1)


def _said(error: Exception, folder: Path) -> str:
    """What is the matter, in words, without the folder's path."""
    ours = isinstance(error, SureshotError)
    told = str(error) if ours else f"one of its files is damaged: {error}"
    return told.replace(f"{folder}{os.sep}", "")


def _study(top: Path, folder: Path) -> ShelvedStudy:
    name = _name(top, folder)
    if not (folder / "begun.json").exists():
        return ShelvedStudy(name, folder, "broken", "begun.json is missing: it never began")
    try:
        date = (folder / "verdicts.json").stat().st_mtime
    except OSError:
        return ShelvedStudy(name, folder, "begun", "not concluded yet: some runs are missing")
    return _concluded(name, folder, date)


@lru_cache(maxsize=REMEMBERED)
def _concluded(name: str, folder: Path, date: float) -> ShelvedStudy:
    """The outcomes of a study, counted; `date` only says whether it was read before."""
    from sureshot.comparison import OUTCOMES

    try:
        told = json.loads((folder / "verdicts.json").read_text("utf-8"))
        outcomes = [claim["outcome"] for claim in told["claims"]]
    except (OSError, ValueError, TypeError, KeyError) as error:
        return ShelvedStudy(name, folder, "broken", f"verdicts.json is damaged: {error}")
    counts = ((outcomes.count(word), word) for word in OUTCOMES)
    said = ", ".join(f"{count} {word}" for count, word in counts if count)
    return ShelvedStudy(name, folder, "concluded", said or "no claims")

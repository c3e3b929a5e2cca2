"""The run folder: one training of one recipe on one index, and everything known about it.

    recipe.toml  environment.json  index.parquet  findings.json   before training
    network.json                                                  its layers
    augmentation.npy                                              where images are augmented
    checkpoints/                                                  during
    history.csv  timing.csv                                       one row an epoch
    model.shot  predictions/  scores.json  figures/  report.html  after
    last.shot                                                     where the last epoch is scored too
    manifest.json                                                 last: SHA-256 of all of these
    test_openings.json                                            grows with each look at test

A run is complete when its manifest is there. Until then it can be resumed. Whoever works in the
folder holds its lock; the system frees the lock when the process ends, however it ends.
"""

import csv
import hashlib
import html
import io
import json
import os
import re
import shlex
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from sureshot import files, recipe, records
from sureshot.errors import RunError, UsageError
from sureshot.recipe import Recipe
from sureshot.records import Finding, Index, Layer, Predictions, Scores, Split

OPENINGS = "test_openings.json"
OPENINGS_SPAN = re.compile(
    rb'(<span class="test-openings">)[^<]*(</span>)'
)  # where the report says it
_DAMAGE = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, OSError)

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
LOCK = ".lock"
ATTEMPTS = 50  # to hold a lock whose folder others take away; assumed to be more than enough


@dataclass(frozen=True)
class Run:
    """One run folder. Everything is read from disk when asked for."""

    folder: Path

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def resuming(self) -> str:
        """The command that goes on with it."""
        return f"sureshot resume {shlex.quote(str(self.folder))}"

    @property
    def recipe(self) -> Recipe:
        """What was trained, with nothing left to "auto"."""
        return recipe.load(self.folder / "recipe.toml")

    @property
    def index(self) -> Index:
        """What it was trained and tested on."""
        return Index.load(self.folder / "index.parquet")

    @property
    def findings(self) -> list[Finding]:
        """What was noticed about the data before training."""
        with self._reading("findings.json"):
            return records.load_findings(self.folder / "findings.json")

    @property
    def environment(self) -> dict[str, Any]:
        """Versions, hardware, device and precision with their reasons."""
        return self._json("environment.json")

    @property
    def history(self) -> list[dict[str, float]]:
        """One row an epoch: epoch, rate, train_loss, train_accuracy, validation_loss, …"""
        return self._table("history.csv")

    @property
    def timing(self) -> list[dict[str, float]]:
        """One row an epoch: epoch, seconds, images_per_second."""
        return self._table("timing.csv")

    @property
    def model_path(self) -> Path:
        """The bundle."""
        return self.folder / "model.shot"

    @property
    def planned_path(self) -> Path:
        """Where `plan` writes the model with its plan: beside the folder, which is sealed."""
        return self.folder.parent / f"{self.name}-planned.shot"

    @property
    def last_path(self) -> Path:
        """The bundle of the last epoch's weights, where the recipe wants them scored too."""
        return self.folder / "last.shot"

    @property
    def augmentation_path(self) -> Path:
        """Some training images, plain and augmented: uint8 (images, 1 + variants, H, W, C)."""
        return self.folder / "augmentation.npy"

    @property
    def layers(self) -> list[Layer]:
        """The network, layer by layer."""
        with self._reading("network.json"):
            return records.load_layers(self.folder / "network.json")

    @property
    def report_path(self) -> Path:
        """The report page."""
        return self.folder / "report.html"

    @property
    def complete(self) -> bool:
        """Whether everything was written."""
        return (self.folder / "manifest.json").exists()

    def predictions(self, split: Split, which: str = "") -> Predictions:
        """What the bundle said of every image of a split; `which` "last" for the last epoch's."""
        return Predictions.load(self.predictions_path(split, which))

    def predictions_path(self, split: Split, which: str = "") -> Path:
        """Where the predictions of a split lie, or will; `which` "last" for the last epoch's."""
        name = f"{split}_{which}" if which else split
        return self.folder / "predictions" / f"{name}.parquet"

    @property
    def predicted(self) -> tuple[Split, ...]:
        """The splits that have predictions."""
        return tuple(s for s in records.SPLITS if self.predictions_path(s).exists())

    @property
    def summary(self) -> dict[str, Any]:
        """`scores.json` as it stands: headline, speed, splits."""
        return self._json("scores.json")

    @property
    def scores(self) -> Scores:
        """The scores that the headline stands on: test, or validation where there is no test."""
        with self._reading("scores.json"):
            return self.split_scores(self.summary["headline"]["split"])

    def split_scores(self, split: Split) -> Scores:
        """All numbers of one split."""
        with self._reading("scores.json"):
            return Scores.from_json(self.summary["splits"][split])

    def last_scores(self, split: Split) -> Scores | None:
        """All numbers of one split for the last epoch's weights; None where they have none."""
        with self._reading("scores.json"):
            last = self.summary.get("last")
            return None if last is None else Scores.from_json(last["splits"][split])

    def missing(self) -> list[str]:
        """The names of files that a complete run has and this one lacks."""
        return [name for name in _WANTED if not (self.folder / name).exists()]

    @property
    def test_openings(self) -> int:
        """How often somebody has looked at the test scores; training's own look is the first."""
        if not (self.folder / OPENINGS).exists():
            return int("test" in self.predicted)
        with self._reading(OPENINGS):
            return int(self._json(OPENINGS)["openings"])

    def count_opening(self) -> int:
        """Note one more look at the test scores, here and in the report; returns how many."""
        openings = self.test_openings + 1
        files.write_json(self.folder / OPENINGS, {"openings": openings})
        with self._reading("report.html"):
            page = self.report_path.read_bytes()
        told = OPENINGS_SPAN.sub(rb"\g<1>" + times(openings).encode() + rb"\g<2>", page)
        files.write_bytes(self.report_path, told)
        return openings

    def seal(self) -> None:
        """Write the manifest: the SHA-256 of every file. Makes the run complete."""
        listed = {name: self._digest(name) for name in self._sealed()}
        files.write_json(self.folder / "manifest.json", {"schema": 1, "files": listed})

    def damage(self) -> list[str]:
        """One sentence for each file that differs from the manifest; none where all is well."""
        with self._reading("manifest.json"):
            wanted: dict[str, str] = dict(self._json("manifest.json")["files"])
        found = self._sealed()
        said = [f"{name} is missing" for name in sorted({*wanted, *_WANTED} - set(found))]
        said += [f"{name} is not in the manifest" for name in found if name not in wanted]
        changed = [name for name in found if wanted.get(name, "") not in ("", self._digest(name))]
        return said + [f"{name} was changed: its SHA-256 is another" for name in changed]

    def require_whole(self) -> None:
        """Raise RunError where the run is not complete, or a file is not as it was written."""
        self.require_complete()
        damage = self.damage()
        if damage:
            raise RunError(f"{self.folder} is damaged: {'; '.join(damage)}")

    def _sealed(self) -> list[str]:
        """The names of the files that a manifest covers, sorted; none that is being written."""
        paths = (path for path in self.folder.rglob("*") if path.is_file())
        names = {path.relative_to(self.folder).as_posix() for path in paths}
        partial = {name for name in names if f"/{files.PARTIAL}" in f"/{name}"}
        return sorted(names - partial - {"manifest.json", OPENINGS, LOCK})

    def _digest(self, name: str) -> str:
        """A file's SHA-256; of the report without the number of openings, which may grow."""
        if name != "report.html":
            return files.sha256_of(self.folder / name)
        page = OPENINGS_SPAN.sub(rb"\g<1>\g<2>", self.report_path.read_bytes())
        return hashlib.sha256(page).hexdigest()

    def require_complete(self) -> None:
        """Raise RunError, with what to do, where the run is not complete."""
        if not self.complete:
            lacking = ", ".join(self.missing()) or "manifest.json"
            raise RunError(
                f"{self.folder} is not complete: {lacking} missing; go on with: {self.resuming}"
            )

    def _json(self, name: str) -> dict[str, Any]:
        with self._reading(name):
            loaded: dict[str, Any] = json.loads((self.folder / name).read_text("utf-8"))
            return loaded

    @contextmanager
    def _reading(self, name: str) -> Iterator[None]:
        """Turn what can go wrong with a file of the run into a RunError."""
        try:
            yield
        except FileNotFoundError:
            raise RunError(f"{self.folder / name} is missing; the run is not complete") from None
        except _DAMAGE as error:
            raise RunError(f"{self.folder / name} is damaged: {error}") from None

    def _table(self, name: str) -> list[dict[str, float]]:
        with self._reading(name), (self.folder / name).open(newline="", encoding="utf-8") as lines:
            return [
                {key: float(value) for key, value in row.items()} for row in csv.DictReader(lines)
            ]

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(str(self))}</p>" + (
            self.scores._repr_html_() if self.complete else ""
        )

    def __str__(self) -> str:
        if not self.complete:
            return f"run {self.folder}, not complete"
        return f"run {self.folder}: {headline(self.summary)}"

    __repr__ = __str__


_WANTED = (
    "recipe.toml",
    "environment.json",
    "index.parquet",
    "findings.json",
    "history.csv",
    "timing.csv",
    "model.shot",
    "scores.json",
    "report.html",
)


def times(n: int) -> str:
    """How often, in words: "once", "twice", "3 times"."""
    return {1: "once", 2: "twice"}.get(n, f"{n} times")


def chosen_epoch(history: Sequence[Mapping[str, float]]) -> int:
    """The epoch whose weights are kept: the first with the least validation loss.

    The last, where there was no validation.
    """
    if "validation_loss" not in history[-1]:
        return int(history[-1]["epoch"])
    return int(min(history, key=lambda row: row["validation_loss"])["epoch"])


def headline(summary: Mapping[str, Any]) -> str:
    """The one sentence: "accuracy 75.8 % (71.2 to 79.9 %) on 372 test images"."""
    told = summary["headline"]
    score = records.Score(**{k: told[k] for k in ("value", "low", "high", "n", "method")})
    caveat = "" if told["split"] == "test" else "; the epoch was chosen on them, which flatters it"
    return f"accuracy {score.percent()} on {score.n:,} {told['split']} images{caveat}"


def require_free(run: Run, source: Path) -> None:
    """Raise RunError where the folder is somebody else's: the images' own, or no run at all."""
    if run.folder.resolve().is_relative_to(source.resolve()):
        raise RunError(
            f"{run.folder} lies inside {source}, and images are only read there; "
            "choose another place with --runs"
        )
    begun = {LOCK, "environment.json", "network.json", "index.parquet", "findings.json"}
    if run.folder.is_dir() and not (run.folder / "recipe.toml").exists():
        names = {path.name for path in run.folder.iterdir()}
        others = sorted(n for n in names - begun if not n.startswith(files.PARTIAL))
        if others:
            raise RunError(
                f"{run.folder} holds other things ({', '.join(others[:3])}) and is no run; "
                "choose another name"
            )


def require_unsealed(place: Path) -> None:
    """Raise UsageError where what is written to a place would lie in a complete run."""
    whole = place.resolve()
    for folder in (whole, *whole.parents):
        if (folder / "recipe.toml").exists() and Run(folder).complete:
            raise UsageError(f"{folder} is complete and sealed; choose a place outside of it")


def require_new(run: Run) -> None:
    """Raise RunError where the folder holds a run already."""
    if (run.folder / "recipe.toml").exists():
        go_on = "" if run.complete else f", or go on with it: {run.resuming}"
        raise RunError(f"{run.folder} exists already; choose another name{go_on}")


def open_run(path: Path | str) -> Run:
    """An existing run; RunError where the folder is none."""
    folder = Path(path)
    if folder.name in ("", ".."):  # a run's name is its folder's
        folder = folder.resolve()
    if not folder.is_dir():
        raise RunError(f"there is no run folder {folder}")
    if not (folder / "recipe.toml").exists():
        raise RunError(
            f"{folder} is not a run: it has no recipe.toml; a training that was stopped before "
            "its first epoch is begun again with: sureshot train"
        )
    return Run(folder)


def new_run(runs: Path, name: str | None, model: str) -> Run:
    """A run folder that does not exist yet; without a name the next free `<model>-<n>`."""
    if name is None:
        taken = {path.name for path in runs.iterdir()} if runs.is_dir() else set()
        name = next(n for n in (f"{model}-{i}" for i in range(1, 10**6)) if n not in taken)
    if not NAME.fullmatch(name):
        raise RunError(
            f"a run's name holds letters, digits, '.', '_' and '-' and starts with a letter or "
            f"digit, got {name!r}"
        )
    return Run(runs / name)


@contextmanager
def holding(run: Run, doing: str) -> Iterator[None]:
    """Hold the folder's lock for the block; RunError at once where somebody else holds it."""
    fresh = not run.folder.parent.exists()
    with files.storing(run.folder / LOCK):
        lock = _locked(run.folder)
    with lock:
        since = time.strftime("%Y-%m-%d %H:%M:%S")
        holder = f"{doing}, process {os.getpid()} on {socket.gethostname()}, since {since}\n"
        with files.storing(run.folder / LOCK):
            lock.truncate(0)
            lock.write(holder)
            lock.flush()
        try:
            yield
        finally:
            lock.truncate(0)
            if [path.name for path in run.folder.iterdir()] == [LOCK]:  # nothing came of it
                (run.folder / LOCK).unlink()
                with suppress(OSError):  # somebody else may be coming in
                    run.folder.rmdir()
                    if fresh:
                        run.folder.parent.rmdir()


def _locked(folder: Path) -> IO[str]:
    """The lock file of a folder, opened and held; RunError where somebody else holds it."""
    import fcntl

    for attempt in range(ATTEMPTS):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = (folder / LOCK).open("a+")
        except (FileNotFoundError, FileExistsError):  # taken away or made anew in this moment
            if attempt == ATTEMPTS - 1:
                raise
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip() or "another process"
            lock.close()
            raise RunError(
                f"{folder} is in use: {holder}; wait for it, or train under another name"
            ) from None
        with suppress(FileNotFoundError):  # its last holder may have taken it away
            if os.path.samestat(os.fstat(lock.fileno()), os.stat(folder / LOCK)):
                return lock
        lock.close()
    raise RunError(f"{folder} is in use: others come and go; train under another name")


def csv_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as CSV; floats in the shortest form that reads back to the same bits."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()

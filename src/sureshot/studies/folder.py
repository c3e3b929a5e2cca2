"""The folder of a study: what was asked, before anything was known, and what came of it.

study.toml          the study file as it was when the first run began
study_edited.toml   as it is now, where somebody has changed it since
begun.json          when that was, and hashes of claims, recipes, seeds and images
seconds.json        how long things took
data/               the images, divided once for all runs
runs/RECIPE-SEED/   ordinary runs
search/  curve/     what belongs to these
judged.json         what people have judged by hand
leaderboard.csv  verdicts.json  all_wrong.csv  study.html
"""

import hashlib
import json
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sureshot import files
from sureshot.comparison.contest import SEARCHED
from sureshot.errors import RunError, UsageError
from sureshot.runs import LOCK, Run
from sureshot.studies.claims import Claim
from sureshot.studies.reading import Study, parse_study

SCHEMA = 2  # of begun.json; what is hashed there is only what a person wrote, so keys may be added
SEARCH = "search/search.json"  # is there as soon as a search has begun
SECONDS = "seconds.json"  # how long things took
_BEFORE = frozenset({"data", "study.toml", SECONDS, LOCK})  # what a start that was killed may leave


@dataclass(frozen=True)
class Images:
    """The images of a study: where they lie, and SHA-256s over what they are."""

    place: Path
    content: str  # over what they show, and their classes
    divided: str = ""  # over the same with the splits that came with them


@dataclass(frozen=True)
class StudyFolder:
    """Where everything of one study lies. Read from disk when asked for."""

    path: Path

    @property
    def begun(self) -> bool:
        """Whether the study file has been put on record."""
        return (self.path / "begun.json").exists()

    @property
    def record(self) -> dict[str, Any]:
        """What was put on record at the start."""
        told = self.read_json("begun.json")
        if told.get("schema") != SCHEMA:
            raise RunError(
                f"{self.path} was begun by another version of Sureshot, {told.get('sureshot')}; "
                "go on with that one, or give the study another name"
            )
        return told

    @property
    def original(self) -> Study:
        """The study as it was when the first run began."""
        return self._study("study.toml")

    @property
    def current(self) -> Study:
        """The study as it is now."""
        edited = (self.path / "study_edited.toml").exists()
        return self._study("study_edited.toml" if edited else "study.toml")

    @property
    def verdicts_path(self) -> Path:
        """The verdicts."""
        return self.path / "verdicts.json"

    @property
    def leaderboard_path(self) -> Path:
        """The leaderboard."""
        return self.path / "leaderboard.csv"

    @property
    def judged_path(self) -> Path:
        """What people have judged."""
        return self.path / "judged.json"

    @property
    def page(self) -> Path:
        """The page."""
        return self.path / "study.html"

    def groups(self) -> dict[str, list[Run]]:
        """The complete runs of each recipe that was ever in the study, in the order of the file."""
        found: dict[str, list[Run]] = {}
        for study in (self.current, self.original):
            for name in study.names:
                runs = [Run(self.path / "runs" / f"{name}-{seed}") for seed in self.seeds]
                found.setdefault(name, [run for run in runs if run.complete])
        return {name: runs for name, runs in found.items() if runs}

    @property
    def seeds(self) -> tuple[int, ...]:
        """Every seed that was ever in the study."""
        return tuple(dict.fromkeys((*self.original.seeds, *self.current.seeds)))

    def begin(self, study: Study, images: Images) -> None:
        """Put the study on record; from now on its claims count as written before the runs."""
        files.write_text(self.path / "study.toml", study.text)
        files.write_json(
            self.path / "begun.json",
            {
                "schema": SCHEMA,
                "sureshot": version("sureshot"),
                "begun": time.strftime("%Y-%m-%d %H:%M:%S"),
                "quick": study.quick,
                "images": {
                    "place": str(images.place),
                    "content": images.content,
                    "divided": images.divided,
                },
                "hashes": hashes_of(study),
            },
        )

    def require_same(self, study: Study, images: Images) -> None:
        """UsageError where a study file has become another study since this one began."""
        if study.quick != self.record["quick"]:
            raise UsageError(
                f"{self.path} holds the quick form of another study; rename {study.origin.name}"
            )
        self._require_images(study, images)
        if self.original.subset != study.subset:
            raise UsageError(
                f"subset must stay what it was when {self.path} began, {self.original.subset!r}, "
                f"got {study.subset!r} ({study.origin.at('subset')}); a study on other images "
                "needs another name"
            )
        searched = (self.path / SEARCH).exists()
        if searched and study.search != self.current.search:
            raise UsageError(
                f"search must stay what it was when it began ({study.origin.at('search')}); remove "
                f"{(self.path / SEARCH).parent}, and claims about its winner will count as no "
                "predictions"
            )

    def _require_images(self, study: Study, images: Images) -> None:
        was, where = self.record["images"], study.origin.at("data")
        if images.content != was["content"]:
            there = "have been changed" if was["place"] == str(images.place) else "are others"
            raise UsageError(
                f"the images in {images.place} {there} ({where}): {self.path} began with those of "
                f"{was['place']}; put them back, or give the study another name"
            )
        if images.divided != was.get("divided", images.divided):
            raise UsageError(
                f"images in {images.place} were moved between train, validation and test since "
                f"{self.path} began ({where}); put them back, or give the study another name"
            )

    def follow(self, study: Study) -> None:
        """Take in a study file that may have changed since."""
        edited = self.path / "study_edited.toml"
        if study.text != self.original.text:
            files.write_text(edited, study.text)
        else:
            edited.unlink(missing_ok=True)

    def remove_leftovers(self) -> None:
        """Remove what an earlier process was writing when it was killed; runs see to their own."""
        for place in (self.path, self.path / "search", self.path / "curve"):
            for leftover in place.glob(f"{files.PARTIAL}*"):
                leftover.unlink(missing_ok=True)
        for inner in ("data", "search/tries", "curve/left_out"):
            files.remove_leftovers(self.path / inner)

    def require_free(self, images: Path) -> None:
        """RunError where the folder lies among the images, or holds other things."""
        if self.path.resolve().is_relative_to(images.resolve()):
            raise RunError(
                f"{self.path} lies inside {images}, and images are only read there; choose "
                "another place with --studies"
            )
        if self.path.is_dir() and not self.begun:
            found = {path.name for path in self.path.iterdir()} - _BEFORE
            others = sorted(name for name in found if not name.startswith(files.PARTIAL))
            if others:
                raise RunError(
                    f"{self.path} holds other things ({', '.join(others[:3])}) and is no study; "
                    "choose another place with --studies"
                )

    def _study(self, name: str) -> Study:
        quick, path = self.record["quick"], self.path / name
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            raise RunError(f"{path} is missing or cannot be read") from None
        study = parse_study(text, str(path), self.path, self.path.name)
        return study.quickened() if quick else study

    def read_json(self, name: str) -> dict[str, Any]:
        """One of the folder's tables; RunError where it is missing or no table."""
        try:
            told: dict[str, Any] = json.loads((self.path / name).read_text("utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            raise RunError(
                f"{self.path} is no study: {name} is missing; it must be the folder of one that "
                "has begun, such as studies/NAME"
            ) from None
        except (OSError, ValueError) as error:
            raise RunError(f"{self.path / name} is damaged: {error}") from None
        if not isinstance(told, dict):
            raise RunError(f"{self.path / name} is damaged: it must be a table, got {told!r:.40}")
        return told


def hashes_of(study: Study) -> dict[str, Any]:
    """A SHA-256 over each claim and recipe, and over each other thing that is on record."""
    recipes = {name: _hash(table) for name, table in study.tables.items()}
    if study.search is not None:
        recipes |= {SEARCHED: _hash(study.search.model_dump(by_alias=True, exclude_unset=True))}
    return {
        "claims": {name: claim_hash(claim) for name, claim in study.claims.items()},
        "recipes": recipes,
        "seeds": _hash(study.seeds),
        "data": _hash(study.data),
        "subset": _hash(study.subset),
        "curve": _hash(study.curve and study.curve.model_dump(exclude_unset=True)),
    }


def claim_hash(claim: Claim) -> str:
    """A SHA-256 over everything that was written of a claim."""
    return _hash(claim.model_dump(by_alias=True, exclude_unset=True))


def _hash(written: Any) -> str:
    return hashlib.sha256(json.dumps(written, sort_keys=True).encode()).hexdigest()

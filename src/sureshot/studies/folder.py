"""The folder of a study: what was asked, before anything was known, and what came of it.

study.toml          the study file as it was when the first run began
study_edited.toml   as it is now, where somebody has changed it since
begun.json          when that was, and the hash of each claim
data/               the images, divided once for all runs
runs/RECIPE-SEED/   ordinary runs
judged.json         what people have judged by hand
leaderboard.csv  verdicts.json  study.html
"""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sureshot import files
from sureshot.comparison import OUTCOMES
from sureshot.errors import RunError, UsageError
from sureshot.runs import LOCK, Run
from sureshot.studies.claims import Claim
from sureshot.studies.reading import Study, parse_study

_BEFORE = frozenset({"data", "study.toml", LOCK})  # what a start that was killed may leave


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
        return self._json("begun.json")

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
            for name in study.recipes:
                runs = [Run(self.path / "runs" / f"{name}-{seed}") for seed in self.seeds]
                found.setdefault(name, [run for run in runs if run.complete])
        return {name: runs for name, runs in found.items() if runs}

    @property
    def seeds(self) -> tuple[int, ...]:
        """Every seed that was ever in the study."""
        return tuple(dict.fromkeys((*self.original.seeds, *self.current.seeds)))

    @property
    def judged(self) -> dict[str, dict[str, str]]:
        """What people have judged: by claim, verdict, reason, who and when."""
        told: dict[str, Any] = self._json("judged.json") if self.judged_path.exists() else {}
        for claim, one in told.items():
            said = one.get("verdict") if isinstance(one, Mapping) else one
            if said not in OUTCOMES:
                raise UsageError(
                    f"the verdict of {claim} must be one of {', '.join(OUTCOMES)}, got {said!r} "
                    f"({self.judged_path})"
                )
        return told

    def begin(self, study: Study) -> None:
        """Put the study on record; from now on its claims count as written before the runs."""
        files.write_text(self.path / "study.toml", study.text)
        files.write_json(
            self.path / "begun.json",
            {
                "schema": 1,
                "sureshot": version("sureshot"),
                "begun": time.strftime("%Y-%m-%d %H:%M:%S"),
                "quick": study.quick,
                "claims": {name: claim_hash(claim) for name, claim in study.claims.items()},
            },
        )

    def require_same(self, study: Study) -> None:
        """UsageError where a study file has become another study since this one began."""
        if study.quick != self.record["quick"]:
            raise UsageError(
                f"{self.path} holds the quick form of another study; rename {study.origin.name}"
            )
        first = self.original
        for key in ("data", "subset"):
            was, now = getattr(first, key), getattr(study, key)
            if was != now:
                raise UsageError(
                    f"{key} must stay what it was when {self.path} began, {was!r}, got {now!r} "
                    f"({study.origin.at(key)}); a study on other images needs another name"
                )

    def follow(self, study: Study) -> None:
        """Take in a study file that may have changed since; UsageError as `require_same`."""
        self.require_same(study)
        edited = self.path / "study_edited.toml"
        if study.text != self.original.text:
            files.write_text(edited, study.text)
        else:
            edited.unlink(missing_ok=True)

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
        path = self.path / name
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            raise RunError(f"{path} is missing or cannot be read") from None
        study = parse_study(text, str(path), self.path, self.path.name)
        return study.quickened() if self.record["quick"] else study

    def _json(self, name: str) -> dict[str, Any]:
        try:
            told: dict[str, Any] = json.loads((self.path / name).read_text("utf-8"))
        except FileNotFoundError:
            raise RunError(f"{self.path / name} is missing; {self.path} is no study") from None
        except (OSError, ValueError) as error:
            raise RunError(f"{self.path / name} is damaged: {error}") from None
        return told


def claim_hash(claim: Claim) -> str:
    """A SHA-256 over everything that a claim says."""
    told: Mapping[str, Any] = claim.model_dump(by_alias=True)
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()

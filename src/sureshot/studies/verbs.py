"""The two verbs: `study` runs claims to their verdicts, `compare` looks at runs that exist."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, overload

from sureshot.progress import Progress, Terminal
from sureshot.studies import shipped
from sureshot.studies.planning import StudyPlan
from sureshot.studies.reading import Study, read_study, table_study
from sureshot.studies.results import Studied, conclude
from sureshot.studies.running import begin, folder_of, held, plan, train_all

PathLike = str | os.PathLike[str]


@overload
def study(
    named: PathLike | Mapping[str, Any],
    *,
    name: str | None = ...,
    studies: PathLike = ...,
    quick: bool = ...,
    dry_run: Literal[False] = ...,
    progress: Progress | None = ...,
) -> Studied: ...
@overload
def study(
    named: PathLike | Mapping[str, Any],
    *,
    name: str | None = ...,
    studies: PathLike = ...,
    quick: bool = ...,
    dry_run: Literal[True],
    progress: Progress | None = ...,
) -> StudyPlan: ...
def study(
    named: PathLike | Mapping[str, Any],
    *,
    name: str | None = None,
    studies: PathLike = "studies",
    quick: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Studied | StudyPlan:
    """Run a study to its verdicts, or go on with it; everything lies in `studies/name`.

    `named` is a TOML file, one of the shipped studies, or a table such as the file holds. `quick`
    is the short form, which says nothing about the claims; `dry_run` gives the plan instead: what
    would run, how long it would take, and what the test set can decide. Raises the errors of
    `sureshot.errors`; a broken study is one sentence with line and cure.
    """
    said = progress or Terminal()
    wanted = named_study(named, name)
    wanted = wanted.quickened() if quick else wanted
    folder = folder_of(wanted, Path(studies))
    if dry_run:
        return plan(wanted, folder, said)
    with held(folder):
        begin(wanted, folder, said)
        train_all(wanted, folder, said, _again(named, studies, quick))
        said.say("judging the claims and writing the page")
        conclude(folder)
    return Studied(folder.path)


def named_study(named: PathLike | Mapping[str, Any], name: str | None = None) -> Study:
    """A study from a file, a shipped one's name, or a table."""
    if isinstance(named, Mapping):
        return table_study(named, name or "study")
    words = os.fspath(named)
    if os.path.lexists(words) or words.endswith(".toml"):
        return read_study(words, name)
    return replace(shipped.shipped(words), name=name or words)


def _again(named: PathLike | Mapping[str, Any], studies: PathLike, quick: bool) -> str:
    """The command that goes on with a study."""
    if isinstance(named, Mapping):
        return "the same call of sureshot.study"
    place = "" if os.fspath(studies) == "studies" else f" --studies {os.fspath(studies)}"
    return f"sureshot study run {os.fspath(named)}{' --quick' if quick else ''}{place}"

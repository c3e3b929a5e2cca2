"""The two verbs: `study` runs claims to their verdicts, `compare` looks at runs that exist."""

import os
import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, overload

from sureshot.errors import TrainingError, UsageError
from sureshot.progress import Progress, Terminal
from sureshot.studies import shipped
from sureshot.studies.curve import measure_curve
from sureshot.studies.folder import StudyFolder
from sureshot.studies.planning import StudyPlan, left_out
from sureshot.studies.reading import Study, read_study, require_name, table_study
from sureshot.studies.results import Studied, conclude
from sureshot.studies.running import begin, folder_of, goes_on, held, plan, train_all
from sureshot.studies.searching import search

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

    `named` is a TOML file, one of the shipped studies, or a table such as the file holds, which
    needs a `name`. `quick` is the short form, which says nothing about the claims; `dry_run` gives
    the plan instead: what would run, how long it would take, and what the test set can decide.
    Raises the errors of `sureshot.errors`; a broken study is one sentence with line and cure. Where
    a training comes to no end, all else is trained and judged before TrainingError says so.
    """
    said = progress or Terminal()
    wanted = named_study(named, name)
    wanted = wanted.quickened() if quick else wanted
    folder = folder_of(wanted, Path(studies))
    for sentence in left_out(wanted).values():
        said.say(sentence)
    if dry_run:
        return plan(wanted, folder, said)
    again = _again(named, name, studies, quick)
    with held(folder):
        with goes_on("the preparation", again):
            begin(wanted, folder, said)
        if wanted.search is not None:
            with goes_on("the search", again):
                wanted = wanted.with_winner(search(wanted, folder.path, said))
        failed = train_all(wanted, folder, said, again)
        with goes_on("the learning curve", again):
            failed |= measure_curve(wanted, folder.path, said)
        if folder.groups() or not failed:
            said.say("judging the claims and writing the page")
            with goes_on("the judging", again):
                conclude(folder)
    _require_all(failed, folder)
    return Studied(folder.path)


def _require_all(failed: Mapping[str, str], folder: StudyFolder) -> None:
    """TrainingError where runs came to no end, with where the others were judged."""
    if failed:
        judged = f"all else is judged in {folder.page}; " if folder.page.exists() else ""
        raise TrainingError(
            f"some trainings of the study came to no end ({', '.join(failed)}), the first because "
            f"{next(iter(failed.values()))}; {judged}a recipe with other settings needs a name of "
            "its own"
        )


def named_study(named: PathLike | Mapping[str, Any], name: str | None = None) -> Study:
    """A study from a file, a shipped one's name, or a table."""
    if isinstance(named, Mapping):
        if name is None:
            raise UsageError(
                'a study from a table needs a name, such as name="first": its folder is called so, '
                "and two tables of one name would be one study"
            )
        return table_study(named, name)
    words = os.fspath(named)
    there = os.path.lexists(words) and words not in shipped.names()  # the photographs may lie there
    if there or Path(words).is_file() or words.endswith(".toml"):
        return read_study(words, name)
    return replace(shipped.shipped(words), name=require_name(name or words, "it"))


def _again(
    named: PathLike | Mapping[str, Any], name: str | None, studies: PathLike, quick: bool
) -> str:
    """The command that goes on with a study; there is none for what only Python can ask."""
    if isinstance(named, Mapping) or name is not None:
        return "the same call of sureshot.study"
    words = ["sureshot", "study", "run", os.fspath(named), *(["--quick"] if quick else [])]
    place = os.fspath(studies)
    return shlex.join([*words, *([] if place == "studies" else ["--studies", place])])

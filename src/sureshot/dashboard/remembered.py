"""What pages read from disk, kept in memory for as long as the files are the same.

Every reader is given the dates of a run's files, so that a run that is written anew is read anew.
Streamlit hashes arguments unless their names begin with an underscore.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import streamlit as st

from sureshot.comparison import Contest, Standing, leaderboard, meet
from sureshot.dashboard.answers import opened
from sureshot.dashboard.shelf import ShelvedRun, dates
from sureshot.explaining import Kept, features_there
from sureshot.explaining.nearest import features_path
from sureshot.figures import Survey
from sureshot.report.failures import failures_of_run
from sureshot.report.markup import join
from sureshot.report.material import Material, read
from sureshot.report.noticed import noticed_section
from sureshot.runs import Run

Dates = tuple[float, ...]
Groups = tuple[tuple[str, tuple[str, ...]], ...]  # a contender's name, and its run folders


def material(run: ShelvedRun) -> Material:
    """Everything about one complete run; RunError or DataError names what is damaged."""
    return _material(str(run.folder), dates(run.folder))


def contest(groups: Mapping[str, Sequence[Run]]) -> Contest:
    """Runs side by side; errors as `comparison.meet` raises them."""
    return _contest(*_key(groups))


def standings(groups: Mapping[str, Sequence[Run]]) -> list[Standing]:
    """The leaderboard of these runs, the best first."""
    return _standings(*_key(groups))


def kept_survey(run: ShelvedRun) -> dict[str, Survey]:
    """A place, the same for everybody, where a run's survey is put once it is made."""
    return _kept(str(run.folder), dates(run.folder))


def _key(groups: Mapping[str, Sequence[Run]]) -> tuple[Groups, Dates]:
    plain = tuple((name, tuple(str(run.folder) for run in runs)) for name, runs in groups.items())
    return plain, tuple(d for runs in groups.values() for run in runs for d in dates(run.folder))


@st.cache_resource(max_entries=8, show_spinner="Reading the run …")
def _material(folder: str, when: Dates) -> Material:
    return read(Run(Path(folder)))


@st.cache_resource(max_entries=4, show_spinner="Bringing the runs together …")
def _contest(groups: Groups, when: Dates) -> Contest:
    return meet({name: [Run(Path(folder)) for folder in folders] for name, folders in groups})


@st.cache_resource(max_entries=4, show_spinner="Comparing the runs …")
def _standings(groups: Groups, when: Dates) -> list[Standing]:
    return leaderboard(_contest(groups, when))


@st.cache_resource(max_entries=2, show_spinner=False)
def _kept(folder: str, when: Dates) -> dict[str, Survey]:
    return {}


def features(run: Run) -> Kept | None:
    """The features of a run's training images, where they were kept beside it."""
    path = features_path(run)
    if not path.exists():
        return None
    return _features(str(run.folder), (*dates(run.folder), path.stat().st_mtime))


@st.cache_resource(max_entries=2, show_spinner="Reading features …")
def _features(folder: str, when: Dates) -> Kept | None:
    run = Run(Path(folder))
    return features_there(run, opened(run.model_path))


def failures(run: ShelvedRun) -> str:
    """Where a run fails, as the report has it: markup."""
    return _failures(str(run.folder), dates(run.folder))


def findings(run: ShelvedRun) -> str:
    """What was noticed about a run's images, with their pictures: markup."""
    return _findings(str(run.folder), dates(run.folder))


@st.cache_data(max_entries=8, show_spinner=False)
def _failures(folder: str, when: Dates) -> str:
    return join(failures_of_run(_material(folder, when)))


@st.cache_data(max_entries=8, show_spinner="Reading the pictures …")
def _findings(folder: str, when: Dates) -> str:
    told = _material(folder, when)
    return noticed_section(told.index, told.findings, told.recipe.image.settled())

"""Runs that exist, against one another: leaderboard, pairs, and the images that flipped."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sureshot.comparison import Contest, Duel, Standing, duel_table, duels, leaderboard, meet, table
from sureshot.errors import UsageError
from sureshot.progress import Progress, Terminal
from sureshot.runs import Run, holding, open_run, times

if TYPE_CHECKING:
    import pandas as pd

PathLike = str | os.PathLike[str]


@dataclass(frozen=True, eq=False)
class Compared:
    """Runs that were compared."""

    contest: Contest
    standings: Sequence[Standing]
    duels: Sequence[Duel]
    page: Path | None = None

    @property
    def leaderboard(self) -> "pd.DataFrame":
        """One row a run, or a recipe with several seeds, the best first."""
        return table(self.standings)

    @property
    def pairs(self) -> "pd.DataFrame":
        """One row a pair."""
        return duel_table(self.duels)

    def _repr_html_(self) -> str:
        return str(self.leaderboard.to_html(index=False)) + str(self.pairs.to_html(index=False))


def compare(
    *runs: PathLike, out: PathLike | None = None, progress: Progress | None = None
) -> Compared:
    """Compare complete runs on the test images that all of them have; `out` is a page to write.

    Runs of one recipe that differ only in their seed count as one contender. Each look at a run's
    test images is counted in it. DataError where runs have no test images in common.
    """
    from sureshot.report import require_page, write_comparison

    said = progress or Terminal()
    if len(runs) < 2:
        raise UsageError(f"compare wants two runs or more, got {len(runs)}")
    page = None if out is None else require_page(Path(out))
    opened = [open_run(Path(run)) for run in runs]
    twice = [run.folder for number, run in enumerate(opened) if run in opened[:number]]
    if twice:
        raise UsageError(f"compare wants different runs, got {twice[0]} twice")
    for run in opened:
        run.require_whole()
    contest = meet(_grouped(opened))
    if contest.apart:
        said.say(
            f"{contest.apart:,} images judge only some of the runs and are left out; compared on "
            f"{contest.n:,}"
        )
    _count(opened, contest, said)
    standings = leaderboard(contest)
    found = Compared(contest, standings, duels(contest, [one.name for one in standings]), page)
    if page is not None:
        write_comparison(page, contest, standings, found.duels)
    return found


def _grouped(runs: Sequence[Run]) -> dict[str, list[Run]]:
    """Runs by recipe, seeds together, under a name that tells them apart."""
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(run.recipe.model_copy(update={"seed": 0}).hash(), []).append(run)
    named: dict[str, list[Run]] = {}
    for group in groups.values():
        name = group[0].name
        if len(group) > 1:
            name = name.removesuffix(f"-{group[0].recipe.seed}")
        named[str(group[0].folder) if name in named else name] = group
    return named


def _count(runs: Sequence[Run], contest: Contest, said: Progress) -> None:
    """Count the look at each run's test images, here and in its report."""
    if contest.split != "test":
        said.say("the epoch was chosen on these images, which flatters all of the runs")
        return
    for run in runs:
        with holding(run, "comparing"):
            said.say(f"test split of {run.folder}, opened {times(run.count_opening())}")

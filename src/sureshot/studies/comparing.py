"""Runs that exist, against one another: leaderboard, pairs, and the images that flipped."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sureshot.comparison import Contest, Duel, Standing, duel_table, duels, leaderboard, meet, table
from sureshot.data import without_validation
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

    Runs of one recipe on the same images that differ only in their seed count as one contender,
    where another is left to compare it with; otherwise each run stands for itself. Each look at a
    run's test images is counted in it. DataError where runs have no test images in common.
    """
    from sureshot.report import require_list, require_page, write_comparison

    said = progress or Terminal()
    if len(runs) < 2:
        raise UsageError(f"compare wants two runs or more, got {len(runs)}")
    page = None if out is None else require_list(require_page(Path(out), "compare"))
    opened = [open_run(Path(run)) for run in runs]
    places = [run.folder.resolve() for run in opened]
    twice = [run.folder for n, run in enumerate(opened) if places[n] in places[:n]]
    if twice:
        raise UsageError(f"compare wants different runs, got {twice[0]} twice")
    for run in opened:
        run.require_whole()
    contest = meet(grouped(opened))
    if contest.apart:
        said.say(
            f"compared on {contest.n:,} images; {contest.apart:,} more, on which only some of the "
            "runs were judged, are left out"
        )
    _count(opened, contest, said)
    standings = leaderboard(contest)
    found = Compared(contest, standings, duels(contest, [one.name for one in standings]), page)
    if page is not None:
        write_comparison(page, contest, standings, found.duels)
    return found


def grouped(runs: Sequence[Run]) -> dict[str, list[Run]]:
    """Runs by recipe, seeds together, under a name that tells them apart; two groups or more."""
    alike: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        recipe = run.recipe.model_copy(update={"seed": 0}).hash()
        alike.setdefault((recipe, without_validation(run.index).fingerprint()), []).append(run)
    groups = [group for found in alike.values() for group in _by_seed(found)]
    if len(groups) < 2:
        groups = [[run] for run in runs]
    named: dict[str, list[Run]] = {}
    for group in groups:
        name = group[0].name
        if len(group) > 1:
            name = name.removesuffix(f"-{group[0].recipe.seed}")
        named[str(group[0].folder) if name in named else name] = group
    return named


def _by_seed(runs: list[Run]) -> list[list[Run]]:
    """The runs as one group, or each alone where two have the same seed."""
    seeds = {run.recipe.seed for run in runs}
    return [runs] if len(seeds) == len(runs) else [[run] for run in runs]


def _count(runs: Sequence[Run], contest: Contest, said: Progress) -> None:
    """Count the look at each run's test images, here and in its report."""
    if contest.split != "test":
        said.say("the epoch was chosen on these images, which flatters all of the runs")
        return
    for run in runs:
        with holding(run, "comparing"):
            said.say(f"test split of {run.folder}, opened {times(run.count_opening())}")

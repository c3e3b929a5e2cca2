"""What a study has found, written down: leaderboard.csv, verdicts.json and the page."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sureshot import files
from sureshot.comparison import OUTCOMES, Contest, Verdict, leaderboard, meet, table
from sureshot.data import without_validation
from sureshot.errors import RunError, UsageError
from sureshot.runs import Run, holding
from sureshot.studies.folder import StudyFolder
from sureshot.studies.judging import judge

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Studied:
    """A study that was run to its end. Everything is read from its folder when asked for."""

    folder: Path

    @property
    def leaderboard(self) -> "pd.DataFrame":
        """One row a recipe, the best first; shares are between 0 and 1."""
        import pandas as pd

        return pd.read_csv(StudyFolder(self.folder).leaderboard_path)

    @property
    def verdicts(self) -> "pd.DataFrame":
        """One row a claim."""
        import pandas as pd

        rows = []
        for claim in self.told:
            told = claim["number"] or {}
            row = {key: claim[key] for key in ("claim", "says", "outcome", "sentence", "need")}
            row |= {key: told.get(key) for key in ("value", "low", "high", "level", "n", "seeds")}
            rows.append(row | {key: claim[key] for key in ("p", "written", "asked")})
        return pd.DataFrame(rows)

    @property
    def told(self) -> list[dict[str, Any]]:
        """The verdicts as `verdicts.json` has them."""
        listed: list[dict[str, Any]] = StudyFolder(self.folder)._json("verdicts.json")["claims"]
        return listed

    @property
    def page(self) -> Path:
        """The page."""
        return StudyFolder(self.folder).page

    def __repr__(self) -> str:
        counts = [f"{sum(one['outcome'] == word for one in self.told)} {word}" for word in OUTCOMES]
        return f"<Studied {self.folder}: {', '.join(counts)}>"

    def _repr_html_(self) -> str:
        shown = ["claim", "outcome", "sentence", "need"]
        claims = self.verdicts[shown].to_html(index=False) if self.told else ""
        return f"{claims}{self.leaderboard.to_html(index=False, float_format='{:.4g}'.format)}"


def conclude(folder: StudyFolder) -> list[Verdict]:
    """Judge a study by its complete runs, and write what was found."""
    from sureshot.report import StudyMaterial, write_study

    contest = meet(folder.groups())
    _require_one_division(folder, contest)
    standings, verdicts = leaderboard(contest), judge(folder, contest)
    quick = bool(folder.record["quick"])
    board = table(standings).assign(quick=quick)
    files.write_text(folder.leaderboard_path, board.to_csv(index=False))
    files.write_json(
        folder.verdicts_path,
        {"schema": 1, "quick": quick, "claims": [one.to_json() for one in verdicts]},
    )
    original = folder.original
    write_study(
        folder.page,
        StudyMaterial(
            name=folder.path.name,
            objective=original.about.objective,
            requirements=original.about.requirements,
            data=original.data,
            begun=str(folder.record["begun"]),
            quick=quick,
            contest=contest,
            standings=standings,
            verdicts=verdicts,
            notes=_notes(folder),
            text=folder.current.text,
        ),
    )
    return verdicts


def judge_by_hand(
    folder: Path | str, claim: str, verdict: str, reason: str, who: str
) -> list[Verdict]:
    """Write down what a person says of a claim that is judged by hand, and conclude anew.

    UsageError where there is no such claim, or something is left empty.
    """
    place = StudyFolder(Path(folder))
    by_hand = [name for name, one in place.current.claims.items() if one.judged_by]
    if claim not in by_hand:
        known = ", ".join(by_hand) or "none"
        raise UsageError(f"a claim judged by hand must be one of {known}, got {claim!r}")
    if verdict not in OUTCOMES:
        raise UsageError(f"a verdict must be one of {', '.join(OUTCOMES)}, got {verdict!r}")
    if not reason.strip() or not who.strip():
        raise UsageError("a verdict by hand needs a reason and who says so; give both")
    told = {"verdict": verdict, "reason": reason.strip(), "who": who.strip()}
    told["when"] = time.strftime("%Y-%m-%d %H:%M")
    with holding(Run(place.path), "judging"):
        files.write_json(place.judged_path, {**place.judged, claim: told})
        return conclude(place)


def _notes(folder: StudyFolder) -> list[str]:
    """What happened to the study after it was put on record."""
    original, current = folder.original, folder.current
    notes = []
    more = [str(seed) for seed in current.seeds if seed not in original.seeds]
    if more:
        notes.append(
            f"The seeds {', '.join(more)} were added after the study had begun. Adding seeds until "
            "a verdict is liked makes false ones more frequent than the intervals say."
        )
    new = [name for name in current.recipes if name not in original.recipes]
    if new:
        notes.append(f"Added after the study had begun: {', '.join(new)}.")
    return notes


def _require_one_division(folder: StudyFolder, contest: Contest) -> None:
    """RunError where the runs were not trained and judged on the same images."""
    runs: Sequence[Run] = [run for one in contest.contenders for run in one.runs]
    prints = {run.name: without_validation(run.index).fingerprint() for run in runs}
    first = runs[0].name
    odd = [name for name, seen in prints.items() if seen != prints[first]]
    if odd:
        raise RunError(
            f"{folder.path / 'runs' / odd[0]} was trained on other images than {first}: the data "
            f"were changed in between; put them back, take {odd[0]} away, and run the study again"
        )

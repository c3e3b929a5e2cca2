"""What a study has found, written down: leaderboard.csv, verdicts.json and the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sureshot import files
from sureshot.comparison import OUTCOMES, Contest, Verdict, leaderboard, meet, table
from sureshot.data import without_validation
from sureshot.errors import RunError
from sureshot.runs import Run, holding
from sureshot.studies.changes import changes
from sureshot.studies.curve import material, runs_of
from sureshot.studies.folder import StudyFolder
from sureshot.studies.judged import judgement, write_judged
from sureshot.studies.judging import judge, labels_by_hand
from sureshot.studies.planning import left_out, require_same
from sureshot.studies.telling import QUICK

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

        path = StudyFolder(self.folder).leaderboard_path
        plain = {"keep_default_na": False, "na_values": [""]}  # a recipe may be called None, or 32
        return pd.read_csv(path, dtype={"recipe": str}, **plain)

    @property
    def verdicts(self) -> "pd.DataFrame":
        """One row a claim."""
        import pandas as pd

        rows = []
        for claim in self.told:
            told = claim["number"] or {}
            row = {key: claim[key] for key in ("claim", "says", "outcome", "sentence", "need")}
            row |= {key: told.get(key) for key in ("value", "low", "high", "level", "n", "seeds")}
            rows.append(row | {key: claim[key] for key in ("p", "written", "remark", "asked")})
        return pd.DataFrame(rows).assign(quick=self.quick)

    @property
    def told(self) -> list[dict[str, Any]]:
        """The verdicts as `verdicts.json` has them."""
        listed: list[dict[str, Any]] = self._found["claims"]
        return listed

    @property
    def notes(self) -> list[str]:
        """What happened to the study after it was put on record, in sentences."""
        listed: list[str] = self._found["notes"]
        return listed

    @property
    def quick(self) -> bool:
        """Whether this is the quick form, which says nothing about the claims."""
        return bool(self._found["quick"])

    @property
    def _found(self) -> dict[str, Any]:
        return StudyFolder(self.folder).read_json("verdicts.json")

    @property
    def page(self) -> Path:
        """The page."""
        return StudyFolder(self.folder).page

    def __repr__(self) -> str:
        counts = [f"{sum(one['outcome'] == word for one in self.told)} {word}" for word in OUTCOMES]
        quick = f"; {QUICK}" if self.quick else ""
        return f"<Studied {self.folder}: {', '.join(counts)}{quick}>"

    def _repr_html_(self) -> str:
        shown = ["claim", "outcome", "sentence", "need", "remark"]
        said = "".join(f"<p>{escape(words)}</p>" for words in [QUICK] * self.quick + self.notes)
        claims = self.verdicts[shown].to_html(index=False) if self.told else ""
        board = self.leaderboard.to_html(index=False, float_format="{:.4g}".format)
        return f"{said}{claims}{board}"


def conclude(folder: StudyFolder) -> list[Verdict]:
    """Judge a study by its complete runs, and write what was found; each look at test is counted.

    RunError where no run is complete.
    """
    contest = _met(folder)
    verdicts = judge(folder, contest)
    _write(folder, contest, verdicts)
    return verdicts


def judge_by_hand(
    folder: Path | str, claim: str, verdict: str, reason: str, who: str
) -> list[Verdict]:
    """Write down what a person says of a claim that is judged by hand, and conclude anew.

    UsageError where there is no such claim, or something is left empty; RunError where no run of
    the study is complete.
    """
    place = StudyFolder(Path(folder))
    told, by_hand = {"verdict": verdict, "reason": reason, "who": who}, labels_by_hand(place)
    with holding(Run(place.path), "judging"):
        judged = judgement(place, claim, told, by_hand)
        contest = _met(place)
        verdicts = judge(place, contest, judged)
        write_judged(place, judged)
        _write(place, contest, verdicts)
    return verdicts


def _met(folder: StudyFolder) -> Contest:
    """The complete runs; RunError or UsageError where they are not those of this study."""
    groups, original, current = folder.groups(), folder.original, folder.current
    for name, run in ((name, run) for name, runs in groups.items() for run in runs):
        study = current if name in current.recipes else original
        if name in study.recipes:  # the winner of a search is none that was written
            require_same(study, name, run.recipe.seed, run)
    contest = meet(groups)
    _require_one_division(folder, contest)
    return contest


def _write(folder: StudyFolder, contest: Contest, verdicts: list[Verdict]) -> None:
    """leaderboard.csv, verdicts.json and the page."""
    from sureshot.report import StudyMaterial, write_study

    if contest.split == "test":
        runs = [run for one in contest.contenders for run in one.runs]
        for run in (*runs, *runs_of(folder.path)):
            with holding(run, "judging"):
                run.count_opening()
    standings, original = leaderboard(contest), folder.original
    quick, notes = bool(folder.record["quick"]), changes(folder, contest).notes()
    notes += _without_a_run(folder, contest)
    notes += [contest.mixed] if contest.mixed else []
    board = table(standings).assign(quick=quick)
    files.write_text(folder.leaderboard_path, board.to_csv(index=False))
    files.write_json(
        folder.verdicts_path,
        {
            "schema": 1,
            "quick": quick,
            "notes": notes,
            "claims": [one.to_json() for one in verdicts],
        },
    )
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
            notes=notes,
            text=original.text,
            edited=folder.current.text if folder.current.text != original.text else "",
            curve=material(folder.path),
            search=folder.path if (folder.path / "search" / "winner.toml").exists() else None,
        ),
    )


def _without_a_run(folder: StudyFolder, contest: Contest) -> list[str]:
    """A sentence for each recipe without a complete run."""
    trained, out = {one.name for one in contest.contenders}, left_out(folder.current)
    names = dict.fromkeys((*folder.original.names, *folder.current.names))
    return [
        out.get(name, f"{name} has no complete run, and its claims stay undecided")
        for name in names
        if name not in trained
    ]


def _require_one_division(folder: StudyFolder, contest: Contest) -> None:
    """RunError where the runs were not trained and judged on the same images."""
    runs: Sequence[Run] = [run for one in contest.contenders for run in one.runs]
    prints = {run.name: without_validation(run.index).fingerprint() for run in runs}
    first = runs[0].name
    odd = [name for name, seen in prints.items() if seen != prints[first]]
    if odd:
        raise RunError(
            f"{folder.path / 'runs' / odd[0]} was trained on other images than {first}: the data "
            f"were changed in between; put them back, remove {odd[0]}, and run the study again"
        )

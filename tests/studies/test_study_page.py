"""The page of a study: what it says of claims, of when they were written, and of what it shows."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sureshot.comparison import Contest, Number, Verdict, leaderboard, meet, table
from sureshot.measure.forecast import Point, forecast
from sureshot.report import StudyMaterial, write_study
from sureshot.report.curve import CurveMaterial
from sureshot.runs import Run
from sureshot.studies.folder import StudyFolder
from sureshot.studies.reading import Study

Trained = tuple[Study, StudyFolder]
NUMBER = Number(0.8, 0.75, 0.85, 0.95, 24, 2, True)
CLAIM = Verdict(
    "plain", "It works", "supported", "80.0 %", score="accuracy", of="plain",
    at_least=0.7, number=NUMBER, p=0.0123,
)  # fmt: skip
LATE = replace(CLAIM, claim="late", written="after")


@pytest.fixture(scope="module")
def told(trained: Trained) -> StudyMaterial:
    contest = meet(trained[1].groups())
    return StudyMaterial(
        name="small", objective="Tell bars from discs", requirements=[], data="shapes",
        begun="2026-01-02 03:04:05", quick=False, contest=contest,
        standings=leaderboard(contest), verdicts=[CLAIM], notes=[], text="seeds = [1]",
    )  # fmt: skip


def written(told: StudyMaterial, folder: Path) -> str:
    return write_study(folder / "study.html", told).read_text()


def test_every_link_leads_somewhere_and_all_sections_are_linked(
    told: StudyMaterial, tmp_path: Path
) -> None:
    page = written(told, tmp_path)
    ids = re.findall(r'<h2 id="([a-z]+)"', page)
    assert re.findall(r'href="#([a-z]+)"', page) == ids
    assert ids == [
        "about", "verdicts", "leaderboard", "failures", "flips", "models", "data", "making"
    ]  # fmt: skip
    assert (tmp_path / "all_wrong.csv").read_text().startswith("id,true,")
    assert not re.search(r'(?:src|href)="(?!data:|#)', page)


def test_the_leader_is_held_against_the_next_picture_by_picture(
    told: StudyMaterial, tmp_path: Path
) -> None:
    page = written(told, tmp_path)
    flips = page[page.index('id="flips"') : page.index('id="models"')]
    assert "<bdi>plain</bdi> against <bdi>blind</bdi>" in flips
    assert flips.count('class="photo"') == flips.count("✓ ") == flips.count("✗ ") > 0
    assert "alone" not in flips


def test_a_learning_curve_has_its_section_where_one_was_measured(
    told: StudyMaterial, tmp_path: Path
) -> None:
    random = np.random.default_rng(0)
    points = [Point(n, random.random((2, 60)) < 0.9 - 2 / n) for n in (10, 20, 40)]
    curve = CurveMaterial("plain", "test", points, forecast(points, 20))
    page = written(replace(told, curve=curve), tmp_path)
    assert '<a href="#curve">Learning curve</a>' in page
    assert page.index('id="models"') < page.index('id="curve"') < page.index('id="data"')
    assert 'id="curve"' not in written(told, tmp_path)


def test_one_recipe_has_nothing_to_flip_against(told: StudyMaterial, tmp_path: Path) -> None:
    single: Contest = replace(told.contest, contenders=told.contest.contenders[:1])
    alone = replace(told, contest=single, standings=leaderboard(single))
    assert 'id="flips"' not in written(alone, tmp_path)


@pytest.mark.parametrize(
    ("verdicts", "has", "lacks"),
    [
        (
            [CLAIM, replace(CLAIM, claim="other")],
            [
                "Every claim was in it", "The 2 claims that were on record", "two-sided p 0.012",
                "with about 95 % confidence not one of their verdicts is wrong",
            ],
            ["after data were seen", "are exact"],
        ),
        (
            [CLAIM, replace(CLAIM, claim="other"), LATE],
            [
                "2 claims stood in it unchanged, 1 came or changed after data were seen",
                "The 2 claims that were on record",
                "For 1 claim written or changed after data were seen nobody can give such",
                "This claim was written or edited after its data were seen",
            ],
            ["Every claim was in it"],
        ),
        ([LATE], ["0 claims stood in it unchanged, 1 came"], ["not one of their verdicts"]),
        ([CLAIM], ["other images of this kind and other seeds"], ["models as trained"]),
        (
            [replace(CLAIM, about="models")],
            ["models as trained", "accuracy of plain as trained, at least 70.0 %"],
            ["Intervals of recipes"],
        ),
        (
            [replace(CLAIM, about="models"), replace(CLAIM, about="models", claim="other")],
            [
                "accuracies and recalls of models as trained, and of their differences, are exact",
                "with 95 % confidence not one of their verdicts is wrong",
            ],
            [],
        ),
        (
            [CLAIM, replace(CLAIM, about="models", score="macro_f1", claim="other")],
            ["with about 95 % confidence"],
            ["are exact"],
        ),
        (
            [replace(LATE, changed="the recipe plain (epochs)")],
            ["Changed after data were seen: the recipe plain (epochs); so this is no prediction."],
            [],
        ),
        (
            [replace(CLAIM, against="others", way="difference", at_least=0.0)],
            ["accuracy of plain minus that of every other recipe, at least 0.0 points"],
            [],
        ),
        ([], ["The study makes no claims."], ["Every claim"]),
    ],
)  # fmt: skip
def test_what_is_said_of_claims_is_true_of_them(
    verdicts: list[Verdict], has: list[str], lacks: list[str], told: StudyMaterial, tmp_path: Path
) -> None:
    page = written(replace(told, verdicts=verdicts), tmp_path)
    for words in has:
        assert words in page, words
    for words in lacks:
        assert words not in page, words


def test_the_file_on_record_and_the_edited_one_stand_apart(
    told: StudyMaterial, tmp_path: Path
) -> None:
    page = written(replace(told, edited="seeds = [2] <script>"), tmp_path)
    assert page.index("as it was put on record") < page.index("seeds = [1]")
    assert page.index("as it is now") < page.index("seeds = [2] &lt;script&gt;")
    assert "as it is now" not in written(told, tmp_path)


def test_numbers_on_validation_images_say_so_at_the_top(
    told: StudyMaterial, tmp_path: Path
) -> None:
    flattered = replace(told, contest=replace(told.contest, split="validation"))
    page = written(flattered, tmp_path)
    assert page.index("which flatters every number") < page.index("<nav>")
    assert "24 validation images" in page[: page.index("<nav>")]
    assert "which flatters every number" not in written(told, tmp_path)


def test_the_leader_is_said_to_be_ahead_with_how_sure_that_is(
    told: StudyMaterial, tmp_path: Path
) -> None:
    page = written(told, tmp_path)
    top = page[: page.index("<nav>")]
    second = told.standings[1]
    assert "Ahead is <bdi>plain</bdi>, with an accuracy of " in top
    assert f"better than the next, <bdi>{second.name}</bdi>? {second.sure.capitalize()}." in top
    assert "The best of" not in top
    single: Contest = replace(told.contest, contenders=told.contest.contenders[:1])
    alone = replace(told, contest=single, standings=leaderboard(single))
    assert "<bdi>plain</bdi> has an accuracy of " in written(alone, tmp_path)


def test_every_model_shows_what_it_says_of_the_same_images(
    told: StudyMaterial, tmp_path: Path
) -> None:
    page = written(told, tmp_path)
    models = page[page.index('id="models"') : page.index('id="data"')]
    assert models.count("What the run with seed 111 says of ") == len(told.standings) == 2
    first, second = models.split("<details>")
    shown = [re.findall(r'alt="([^":]+): ', part) for part in (first, second)]
    assert shown[0] == shown[1]
    assert len(shown[0]) == min(25, told.contest.n)


def test_of_many_classes_only_the_first_are_listed(
    told: StudyMaterial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "The first " not in written(told, tmp_path)
    monkeypatch.setattr("sureshot.report.models._ROWS", 1)
    assert written(told, tmp_path).count("The first 1 of 2 classes.") == 2


def test_times_from_several_machines_are_said_to_be(
    told: StudyMaterial, trained: Trained, tmp_path: Path
) -> None:
    assert told.contest.mixed == ""
    runs = Path(shutil.copytree(trained[1].path / "runs", tmp_path / "runs"))
    scores = runs / "blind-112" / "scores.json"
    summary = json.loads(scores.read_text())
    summary["speed"]["on"] = "Another processor, 8 threads"
    scores.write_text(json.dumps(summary))
    names = {one.name: [Run(runs / f"{one.name}-{seed}") for seed in one.seeds]
             for one in told.contest.contenders}  # fmt: skip
    contest = meet(names)
    assert len(contest.machines) == 3  # two that it began on, and the one that it ended on
    number = Number(1.0, 0.5, 2.0, 0.95, 0, 2, True)
    quick = replace(CLAIM, score="minutes", at_least=None, at_most=5.0, number=number)
    mixed = replace(told, contest=contest, verdicts=[quick, CLAIM], notes=[contest.mixed])
    page = written(mixed, tmp_path)
    assert page.count("Not all runs were trained and timed on one machine (") == 2
    assert page.index("Not all runs") < page.index("<nav>")
    verdicts = page[page.index('id="verdicts"') : page.index('id="leaderboard"')]
    assert verdicts.count("Another processor, 8 threads") == 1
    assert "; Another processor, 8 threads" in page[page.index('id="making"') :]


def test_how_many_tries_it_is_the_best_of_stands_beside_its_name(
    told: StudyMaterial, trained: Trained, tmp_path: Path
) -> None:
    for name in ("plain-111", "searched-111", "searched-wide-111"):
        shutil.copytree(trained[1].path / "runs" / "plain-111", tmp_path / "runs" / name)
    (tmp_path / "search").mkdir()
    (tmp_path / "search" / "trials.csv").write_text(
        "number,state\n1,complete\n2,failed\n2,complete\n3,pruned\n"
    )
    names = ("searched", "plain", "searched-wide")
    runs = {name: [Run(tmp_path / "runs" / f"{name}-111")] for name in names}
    contest = meet(runs)
    standings = leaderboard(contest)
    tries = table(standings).set_index("recipe").tries.to_dict()
    assert tries == {"searched": 3, "plain": 0, "searched-wide": 0}
    page = written(replace(told, contest=contest, standings=standings), tmp_path)
    assert "Ahead is <bdi>searched</bdi> (best of 3 tries), with an accuracy" in page
    assert '<bdi>searched</bdi><span class="interval">best of 3 tries</span></th>' in page
    assert page.count("best of 3 tries") == 2

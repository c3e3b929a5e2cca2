"""What a study leaves behind: leaderboard, verdicts, and a page that holds all of it."""

import html
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from study_small import SMALL

from sureshot.comparison import leaderboard, meet
from sureshot.errors import DataError, RunError, UsageError
from sureshot.records import Index, Predictions
from sureshot.runs import Run
from sureshot.studies import telling
from sureshot.studies.folder import Images, StudyFolder
from sureshot.studies.reading import Study, parse_study
from sureshot.studies.results import Studied, conclude, judge_by_hand

Trained = tuple[Study, StudyFolder]


@pytest.fixture
def copy(trained: Trained, tmp_path: Path) -> StudyFolder:
    """The trained study, to be changed."""
    return StudyFolder(Path(shutil.copytree(trained[1].path, tmp_path / "small")))


@pytest.fixture(scope="module")
def concluded(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Studied:
    place = tmp_path_factory.mktemp("concluded") / "small"
    shutil.copytree(trained[1].path, place)
    conclude(StudyFolder(place))
    return Studied(place)


def test_the_leaderboard_is_what_the_runs_say(concluded: Studied) -> None:
    board = concluded.leaderboard.set_index("recipe")
    assert list(board.index) == ["plain", "blind"]
    runs = [Run(concluded.folder / "runs" / f"plain-{seed}") for seed in (111, 112)]
    each = [run.scores.overall["accuracy"].value for run in runs]
    assert board.accuracy["plain"] == pytest.approx(np.mean(each))
    assert board.spread["plain"] == pytest.approx(np.std(each, ddof=1))
    assert board.n["plain"] == runs[0].scores.n
    assert board.seeds["plain"] == 2
    minutes = [sum(row["seconds"] for row in run.timing) / 60 for run in runs]
    assert board.minutes["plain"] == pytest.approx(np.mean(minutes))
    assert board.bytes["plain"] == pytest.approx(
        np.mean([run.model_path.stat().st_size for run in runs]), abs=1
    )
    assert board.low["plain"] <= board.accuracy["plain"] <= board.high["plain"]
    assert board.really_better["plain"] == "leads"
    assert board.really_better["blind"].startswith(("yes: by +", "not sure: by +"))


def test_the_verdicts_are_those_of_the_file_in_its_order(concluded: Studied) -> None:
    told = concluded.verdicts.set_index("claim")
    assert list(told.index) == ["plain", "better", "small", "disc", "eda"]
    assert told.outcome["small"] == "supported"
    assert told.value["small"] == pytest.approx(1538 / 308402)
    assert told.asked["small"] == "number of parameters of blind / plain, at most ×0.5"
    assert told.asked["disc"] == "recall of disc by plain, at least 90.0 %"
    assert set(told.written) == {"before"}
    saved = json.loads((concluded.folder / "verdicts.json").read_text())
    assert saved["quick"] is False
    assert "supported" in repr(concluded)
    assert "<table" in concluded._repr_html_()


def test_the_page_needs_nothing_but_itself(concluded: Studied) -> None:
    page = concluded.page.read_text()
    for words in (
        "Tell bars from discs", "a model of at least 70 %", "Discs are found", "Leaderboard",
        "Accuracy against time", "How each model learned", "nobody has judged it yet",
        "[claims.better]", "Model by model",
    ):  # fmt: skip
        assert words in page, words
    assert not re.search(r'(?:src|href)="(?!data:|#)', page)
    assert "<script" not in page
    assert page.count("<figure") == 4 + 3 + 2  # verdicts, three overviews, confusion matrices


def test_words_of_a_study_cannot_break_its_page(copy: StudyFolder) -> None:
    text = SMALL.replace("Discs are found", "<script>alert(1)</script> & \\u202e $x^2$")
    text = text.replace("Tell bars from discs", "<img src=x onerror=alert(1)>")
    (copy.path / "study.toml").write_text(text)
    conclude(copy)
    page = copy.page.read_text()
    assert "<script" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_verdict_by_hand_is_written_and_shown(copy: StudyFolder) -> None:
    found = judge_by_hand(copy.path, "eda", "supported", "dark pictures stood out", "Ada")
    assert [one.outcome for one in found if one.by_hand] == ["supported"]
    page = copy.page.read_text()
    assert "dark pictures stood out" in page
    assert "by Ada, 2" in page
    for wrong, sentence in (
        (("edda", "supported", "x", "Ada"), "must be one of 'eda', got 'edda'"),
        (("plain", "supported", "x", "Ada"), "must be one of 'eda', got 'plain'"),
        (("eda", "true", "x", "Ada"), "verdict must be one of supported, refuted, undecided, got"),
        (("eda", "refuted", " ", "Ada"), "eda.reason must be a sentence: why, got ' '"),
        (("eda", "refuted", "x", ""), "eda.who must be the name of who says so, got ''"),
    ):
        with pytest.raises(UsageError, match=sentence):
            judge_by_hand(copy.path, *wrong)
    for odd in (copy.path / "study.toml", copy.path / "nothing"):
        with pytest.raises(RunError, match=r"is no study: .* missing; it must be the folder of on"):
            judge_by_hand(odd, "eda", "supported", "x", "Ada")


def test_who_is_to_judge_is_told_the_whole_command(concluded: Studied) -> None:
    (need,) = (one["need"] for one in concluded.told if one["claim"] == "eda")
    words = f"sureshot study judge {concluded.folder} eda VERDICT --reason WHY --who NAME"
    assert need == f"a person judges it: {words}"


LATE = {
    "a seed dropped": ("[111, 112]", "[111]", "plain-112", "a complete run: seed 112 of plain"),
    "a recipe added": (
        "[claims.plain]", '[recipes.late]\nmodel = "nn"\n[claims.plain]', "",
        "Added after the study had begun: late.",
    ),
    "a recipe changed": (
        "epochs = 3", "epochs = 4", "", "Changed after the study had begun: epochs of plain.",
    ),
}  # fmt: skip


def as_if_trained_for(epochs: int, copy: StudyFolder) -> None:
    for seed in (111, 112):
        path = copy.path / "runs" / f"plain-{seed}" / "recipe.toml"
        path.write_text(path.read_text().replace("epochs = 3", f"epochs = {epochs}"))


@pytest.mark.parametrize("kind", LATE)
def test_what_came_late_is_told_on_the_page_and_beside_the_verdicts(
    kind: str, copy: StudyFolder
) -> None:
    old, new, removed, sentence = LATE[kind]
    copy.follow(parse_study(SMALL.replace(old, new, 1), "small.toml", copy.path, "small"))
    if removed:
        shutil.rmtree(copy.path / "runs" / removed)
    if "epochs = 4" in new:
        with pytest.raises(UsageError, match="recipes.plain has runs that were trained with anoth"):
            conclude(copy)
        as_if_trained_for(4, copy)
    conclude(copy)
    told = Studied(copy.path)
    assert any(sentence in note for note in told.notes)
    assert json.loads(copy.verdicts_path.read_text())["notes"] == told.notes
    assert all(note in html.unescape(copy.page.read_text()) for note in told.notes)
    marked = told.verdicts.set_index("claim").written
    assert (marked["plain"] == "after") == (kind != "a recipe added")


def test_nothing_can_be_judged_before_a_run_is_complete(copy: StudyFolder) -> None:
    shutil.rmtree(copy.path / "runs")
    with pytest.raises(RunError, match="run the study first"):
        judge_by_hand(copy.path, "eda", "supported", "it did", "Ada")
    assert not copy.judged_path.exists()


def test_each_look_at_test_is_counted(copy: StudyFolder) -> None:
    run = Run(copy.path / "runs" / "plain-111")
    before = run.test_openings
    conclude(copy)
    assert run.test_openings == before + 1
    run.require_whole()


@pytest.mark.parametrize("name", ["None", "NA", "32", "1e5", "true"])
def test_a_recipe_keeps_its_name(name: str, copy: StudyFolder) -> None:
    text = SMALL.replace("[recipes.plain]", f"[recipes.{name}]").replace('"plain"', f'"{name}"')
    study = parse_study(text, "small.toml", copy.path, "small")
    shutil.rmtree(copy.path / "runs" / "blind-112")
    for seed in (111, 112):
        runs = copy.path / "runs"
        (runs / f"plain-{seed}").rename(runs / f"{name}-{seed}")
    copy.begin(study, Images(copy.path, "same"))
    conclude(copy)
    board = Studied(copy.path).leaderboard
    assert list(board.recipe) == [name, "blind"]
    assert {cells[0] for cells in telling.board_rows(board)} == {name, "blind"}
    assert board.behind_by.isna().sum() == 1


def test_a_quick_study_says_so_everywhere(copy: StudyFolder) -> None:
    record = json.loads((copy.path / "begun.json").read_text())
    (copy.path / "begun.json").write_text(json.dumps(record | {"quick": True}))
    as_if_trained_for(2, copy)
    conclude(copy)
    assert "This is the quick form of the study" in copy.page.read_text()
    assert json.loads(copy.verdicts_path.read_text())["quick"] is True
    told = Studied(copy.path)
    assert told.leaderboard["quick"].all()
    assert told.verdicts["quick"].all()
    for shown in (repr(told), told._repr_html_()):
        assert "quick form: this says nothing about the claims" in shown
    with pytest.raises(UsageError, match="holds the quick form of another study; rename small"):
        copy.require_same(
            parse_study(SMALL, "small.toml", copy.path, "small"), Images(copy.path, "same")
        )


def test_runs_on_other_images_are_not_compared_in_a_study(copy: StudyFolder) -> None:
    path = copy.path / "runs" / "plain-112" / "index.parquet"
    index = Index.load(path)
    index.split[index.rows("train")[0]] = ""
    index.save(path)
    with pytest.raises(RunError, match="plain-112 was trained on other images than plain-111"):
        conclude(copy)


def test_only_images_that_judge_all_runs_count(copy: StudyFolder) -> None:
    one, other = (Run(copy.path / "runs" / name) for name in ("plain-111", "blind-111"))
    whole = meet({"plain": [one], "blind": [other]})
    told = other.predictions("test")
    shuffled = np.random.default_rng(0).permutation(len(told))[:15]
    told.take(shuffled).save(other.predictions_path("test"))
    fewer = meet({"plain": [one], "blind": [other]})
    assert (whole.n, whole.apart) == (24, 0)
    assert (fewer.n, fewer.apart) == (15, 9)
    truth = dict(zip(told.id, told.top(), strict=True))
    for row, said in zip(fewer.rows, fewer["blind"].top[0], strict=True):
        assert truth[fewer.index.id[row]] == said
    assert {one.accuracy.n for one in leaderboard(fewer)} == {15}


def test_runs_that_have_nothing_in_common_are_refused(copy: StudyFolder) -> None:
    one, other = (Run(copy.path / "runs" / name) for name in ("plain-111", "blind-111"))
    told, index = other.predictions("test"), other.index
    other.predictions_path("test").unlink()
    Predictions(("bar", "ring"), told.id, told.label, told.logits, told.problem).save(
        other.predictions_path("test")
    )
    Index.load(other.folder / "index.parquet")
    renamed = index.sha256.copy()
    index.sha256[:] = [f"x{sha}" for sha in index.sha256]
    index.save(other.folder / "index.parquet")
    with pytest.raises(DataError, match="have none in common; train again with --split"):
        meet({"plain": [one], "blind": [other]})
    index.sha256[:] = renamed
    object.__setattr__(index, "classes", ("bar", "ring"))
    index.save(other.folder / "index.parquet")
    with pytest.raises(DataError, match="where they have the same classes; .* differ in disc, ri"):
        meet({"plain": [one], "blind": [other]})


def test_the_csv_is_plain_for_a_spreadsheet(concluded: Studied) -> None:
    again = pd.read_csv(concluded.folder / "leaderboard.csv")
    assert again.select_dtypes("number").shape[1] >= 13

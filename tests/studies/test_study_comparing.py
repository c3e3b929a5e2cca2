"""Runs that exist, side by side: who leads, which images flipped, and a page that shows them."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from planted import contest

from sureshot import Silent
from sureshot.comparison import duels, flips, leaderboard, meet
from sureshot.errors import DataError, RunError, UsageError
from sureshot.measure.paired import mcnemar
from sureshot.runs import Run, open_run
from sureshot.studies import compare
from sureshot.studies.comparing import grouped
from sureshot.studies.folder import StudyFolder
from sureshot.studies.reading import Study

Trained = tuple[Study, StudyFolder]


@pytest.fixture
def runs(trained: Trained, tmp_path: Path) -> Path:
    """The study's runs, to be looked at and changed."""
    return Path(shutil.copytree(trained[1].path / "runs", tmp_path / "runs"))


def test_flips_are_the_images_that_one_alone_has_right() -> None:
    both = contest({"old": 0.6, "new": 0.8}, n=300, seeds=1)
    told = flips(both, "new", "old")
    right = {name: both[name].top[0] == both.label for name in ("new", "old")}
    gained, lost = right["new"] & ~right["old"], right["old"] & ~right["new"]
    assert [flip.row for flip in told.gained] == list(both.rows[gained])
    assert [flip.row for flip in told.lost] == list(both.rows[lost])
    assert told.both_right == (right["new"] & right["old"]).sum()
    assert told.both_right + told.both_wrong + len(told.gained) + len(told.lost) == 300
    for flip in told.gained:
        assert flip.true == both.classes[both.label[flip.row]]
        assert flip.wrong == both.classes[both["old"].top[0, flip.row]]


def test_with_several_seeds_only_what_all_agree_on_flips() -> None:
    both = contest({"old": 0.6, "new": 0.8}, n=300, seeds=4)
    told = flips(both, "new", "old")
    new, old = ((both[name].top == both.label).mean(axis=0) for name in ("new", "old"))
    assert len(told.gained) == ((new == 1) & (old == 0)).sum()
    assert told.unsteady == (~np.isin(new, (0, 1)) | ~np.isin(old, (0, 1))).sum()


@pytest.mark.parametrize(("rates", "sure"), [((0.7, 0.9), True), ((0.8, 0.801), False)])
def test_a_lead_is_sure_where_it_was_planted(rates: tuple[float, float], sure: bool) -> None:
    both = contest(dict(zip(("old", "new"), rates, strict=True)), n=400, seeds=1)
    (pair,) = duels(both, ["new", "old"])
    assert pair.sure is sure
    assert pair.p is not None
    assert (pair.p < 0.05) is sure  # for McNemar's test and the interval are one
    assert pair.p == mcnemar(len(pair.flips.gained), len(pair.flips.lost))
    assert pair.lead.recipes is False


def test_runs_are_compared_pictures_first_and_each_look_is_counted(
    runs: Path, tmp_path: Path
) -> None:
    named = (runs / "plain-111", runs / "blind-111")
    found = compare(*named, out=tmp_path / "page.html", progress=Silent())
    assert [row.name for row in found.standings] == ["plain-111", "blind-111"]
    assert found.leaderboard.seeds.tolist() == [1, 1]
    assert [Run(run).test_openings for run in named] == [2, 2]
    Run(runs / "plain-111").require_whole()  # still sealed
    page = (tmp_path / "page.html").read_text()
    assert page.index("What flipped") < page.index("Leaderboard")
    assert page.count('class="photo"') >= len(found.duels[0].flips.gained[:24])
    assert "with one seed nobody can say" in page
    compare(*named, out=tmp_path / "page.html", progress=Silent())  # its own page may be replaced
    assert len(found.pairs) == 1
    assert found.pairs.about[0] == "trained models"
    assert "<table" in found._repr_html_()


def test_runs_of_one_recipe_are_one_contender(runs: Path) -> None:
    found = compare(
        *(runs / f"{name}-{seed}" for seed in (111, 112) for name in ("plain", "blind")),
        progress=Silent(),
    )
    assert [row.name for row in found.standings] == ["plain", "blind"]
    assert found.standings == sorted(found.standings, key=lambda row: -row.accuracy.value)
    assert found.pairs.about[0] == "recipes"
    assert found.page is None


def test_two_seeds_of_one_recipe_alone_are_two_models(runs: Path, tmp_path: Path) -> None:
    found = compare(
        runs / "plain-111", runs / "plain-112", out=tmp_path / "page.html", progress=Silent()
    )
    assert sorted(row.name for row in found.standings) == ["plain-111", "plain-112"]
    assert found.pairs.about[0] == "trained models"
    page = (tmp_path / "page.html").read_text()
    assert "McNemar" in page
    assert (tmp_path / "page_all_wrong.csv").read_text().startswith("id,true,")


def test_each_page_has_a_list_of_its_own(runs: Path, tmp_path: Path) -> None:
    pairs = {"one": ("plain-111", "blind-111"), "two": ("plain-112", "blind-112")}
    for name, both in pairs.items():
        compare(*(runs / one for one in both), out=tmp_path / f"{name}.html", progress=Silent())
    for name, both in pairs.items():
        listed = (tmp_path / f"{name}_all_wrong.csv").read_text()
        assert all(one in listed.partition("\n")[0] for one in both)
        page = (tmp_path / f"{name}.html").read_text()
        assert f"{name}_all_wrong.csv lists all" in page or "is told wrong by all" in page


def test_only_runs_on_the_same_images_with_other_seeds_are_one_contender(runs: Path) -> None:
    named = [open_run(runs / f"{one}-{seed}") for one in ("plain", "blind") for seed in (111, 112)]
    assert [len(group) for group in grouped(named).values()] == [2, 2]
    again = open_run(Path(shutil.copytree(runs / "plain-111", runs / "again-111")))
    alone = grouped([*named, again])  # the same seed twice is no second seed
    assert [len(group) for group in alone.values()] == [1, 1, 1, 2]
    index = named[1].index
    index.split[index.rows("train")[0]] = ""
    index.save(named[1].folder / "index.parquet")
    assert list(grouped(named)) == ["plain-111", "plain-112", "blind"]


def test_one_single_run_makes_the_whole_board_about_trained_models(runs: Path) -> None:
    found = compare(
        *(runs / name for name in ("plain-111", "plain-112", "blind-111")), progress=Silent()
    )
    assert [len(row.by_seed) for row in found.standings] == [2, 1]
    assert {row.accuracy.about for row in found.standings} == {"trained models"}
    assert set(found.pairs.about) == {"trained models"}
    assert found.standings[1].accuracy.known


def test_board_and_pairs_say_the_same(runs: Path) -> None:
    named = [runs / f"{one}-{seed}" for one in ("plain", "blind") for seed in (111, 112)]
    for chosen in (named, [named[0], named[2]]):
        found = compare(*chosen, progress=Silent())
        leader = found.standings[0].name
        for row in found.standings[1:]:
            pair = next(p for p in found.duels if (p.of, p.against) == (leader, row.name))
            assert row.gap == pair.lead
            assert (row.really == "behind") == pair.sure


def test_what_cannot_be_compared_is_a_sentence(runs: Path, tmp_path: Path) -> None:
    one, other = runs / "plain-111", runs / "blind-111"
    (tmp_path / "mine.html").write_text("<p>mine</p>")
    (tmp_path / "folder.html").mkdir()
    (tmp_path / "link").symlink_to(one)
    for call, kind, sentence in (
        ((one,), UsageError, "compare wants two runs or more, got 1"),
        ((one, one), UsageError, "compare wants different runs, got .*plain-111 twice"),
        ((one, tmp_path / "link"), UsageError, "compare wants different runs, got .*link twice"),
        ((one, one.parent / ".." / "runs" / one.name), UsageError, "different runs, got .* twice"),
        ((one, tmp_path), RunError, "is not a run"),
        ((one, tmp_path / "none"), RunError, "there is no run folder"),
    ):
        with pytest.raises(kind, match=sentence):
            compare(*call, progress=Silent())
    for name in ("mine.html", "folder.html"):
        with pytest.raises(UsageError, match="is no page of sureshot compare; choose another --o"):
            compare(one, other, out=tmp_path / name, progress=Silent())
    with pytest.raises(UsageError, match=r"the page must end in \.html, got 'page\.txt'"):
        compare(one, other, out=tmp_path / "page.txt", progress=Silent())
    (tmp_path / "new_all_wrong.csv").write_text("mine")
    with pytest.raises(UsageError, match=r"new_all_wrong.csv is written beside the page and is th"):
        compare(one, other, out=tmp_path / "new.html", progress=Silent())
    (other / "manifest.json").unlink()
    with pytest.raises(RunError, match="is not complete"):
        compare(one, other, progress=Silent())


def test_runs_of_other_classes_are_refused(runs: Path) -> None:
    one, other = Run(runs / "plain-111"), Run(runs / "blind-111")
    index = other.index
    object.__setattr__(index, "classes", ("bar", "ring"))
    index.save(other.folder / "index.parquet")
    with pytest.raises(DataError, match="differ in disc, ring"):
        meet({"a": [one], "b": [other]})


def test_the_board_is_sorted_and_names_its_leader(runs: Path) -> None:
    told = meet({"blind": [Run(runs / "blind-111")], "plain": [Run(runs / "plain-111")]})
    board = leaderboard(told)
    assert board[0].really == "leader"
    assert board[0].gap is None
    assert board[1].gap is not None
    assert board[1].gap.value == pytest.approx(board[0].accuracy.value - board[1].accuracy.value)

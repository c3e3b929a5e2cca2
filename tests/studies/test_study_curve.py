"""A learning curve on little pictures: its images, what is gone on with, and what is said."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from study_small import SMALL, write_study

from sureshot import Silent, figures
from sureshot.errors import RunError, UsageError
from sureshot.figures.curve import plot_learning_curve
from sureshot.measure.forecast import Point, forecast
from sureshot.records import Index
from sureshot.report.curve import CurveMaterial, curve_section, forecast_in_words
from sureshot.runs import Run
from sureshot.studies.asked import read_curve
from sureshot.studies.curve import _asked, material, measure_curve, points, require_possible
from sureshot.studies.dividing import kept
from sureshot.studies.folder import StudyFolder
from sureshot.studies.lines import Origin
from sureshot.studies.reading import Study
from sureshot.studies.running import begin, plan

TABLE = '[curve]\nrecipe = "plain"\nimages = [40, 10, 20]\nmore = 30\n'
SIZES = (10, 20, 40)
Measured = tuple[Study, Path]


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    """A study whose curve has been measured, and nothing else."""
    place = tmp_path_factory.mktemp("curve")
    study, folder = write_study(place, SMALL + TABLE), StudyFolder(place / "studies" / "small")
    begin(study, folder, Silent())
    measure_curve(study, folder.path, Silent())
    return study, folder.path


def trained_on(run: Run) -> set[str]:
    index = run.index
    return {str(index.id[row]) for row in index.rows("train")}


def test_each_seed_draws_balanced_images_a_smaller_number_within_a_larger(
    measured: Measured,
) -> None:
    study, folder = measured
    index = kept(folder)
    mine = {str(index.id[row]) for row in index.rows("train")}
    drawn = {}
    for seed in study.seeds:
        before: set[str] = set()
        for images in SIZES:
            run = Run(folder / "curve" / f"plain-{images}-{seed}")
            chosen = trained_on(run)
            assert len(chosen) == images
            assert before < chosen <= mine
            assert abs(sum(name.startswith("bar") for name in chosen) - images / 2) <= 1
            before = drawn[images, seed] = chosen
            for split in ("validation", "test"):
                own = run.index
                assert set(own.id[own.rows(split)]) == set(index.id[index.rows(split)])
    assert drawn[10, 111] != drawn[10, 112]


def test_points_are_judged_on_the_same_images_and_told_as_they_are(measured: Measured) -> None:
    study, folder = measured
    found = points(folder)
    assert [point.images for point in found] == list(SIZES)
    for point in found:
        for seed, accuracy in zip(study.seeds, point.by_seed, strict=True):
            run = Run(folder / "curve" / f"plain-{point.images}-{seed}")
            assert accuracy == pytest.approx(run.scores.overall["accuracy"].value)
    assert {point.right.shape for point in found} == {(2, len(kept(folder).rows("test")))}
    assert found[0].accuracy < found[-1].accuracy


def test_the_page_tells_the_forecast_and_every_point(measured: Measured) -> None:
    told = material(measured[1])
    assert told is not None
    page = curve_section(told)
    assert "30 more training images than 40 would give +" in page
    assert f"{100 * told.points[0].accuracy:.1f} %" in page
    assert page.count("<tr>") == 1 + len(SIZES)
    assert "other seeds, each of which drew its own images" in page


def test_a_curve_is_gone_on_with_and_ends_the_same(measured: Measured, tmp_path: Path) -> None:
    study, folder = measured
    copy = Path(shutil.copytree(folder, tmp_path / "small"))
    shutil.rmtree(copy / "curve" / "plain-20-111")
    (copy / "curve" / "plain-40-112" / "manifest.json").unlink()
    untouched = copy / "curve" / "plain-10-111" / "model.shot"
    before = untouched.stat().st_mtime_ns
    measure_curve(study, copy, Silent())
    assert untouched.stat().st_mtime_ns == before
    for name in ("plain-20-111", "plain-40-112"):
        for file in ("predictions/test.parquet", "history.csv", "model.shot"):
            once, again = ((place / "curve" / name / file).read_bytes() for place in (folder, copy))
            assert once == again, (name, file)


def test_runs_of_another_recipe_are_not_taken_for_the_curves(measured: Measured) -> None:
    study, folder = measured
    other = study.recipes["plain"].model_copy(update={"epochs": 9})
    changed = replace(study, recipes={**study.recipes, "plain": other})
    with pytest.raises(UsageError, match="trained with another epochs"):
        measure_curve(changed, folder, Silent())


def test_a_recipe_without_validation_draws_from_what_validates_too(measured: Measured) -> None:
    study, folder = measured
    index = kept(folder)
    there = len(index.rows("train")) + len(index.rows("validation"))
    table = {"recipe": "blind", "images": [10, 20, there], "more": 1}
    require_possible(replace(study, curve=curve(table)), index)
    table["images"] = [10, 20, there + 1]
    with pytest.raises(UsageError, match=f"must be at most {there}, the study's training images"):
        require_possible(replace(study, curve=curve(table)), index)


def test_too_little_of_a_curve_is_not_shown(measured: Measured, tmp_path: Path) -> None:
    """Without its largest size the forecast would reach beyond twice the largest that is there."""
    copy = Path(shutil.copytree(measured[1], tmp_path / "small"))
    for seed in (111, 112):
        shutil.rmtree(copy / "curve" / f"plain-40-{seed}")
    assert len(points(copy)) == 2
    assert material(copy) is None


def test_a_quick_curve_is_of_parts_of_what_is_there(measured: Measured) -> None:
    study, folder = measured
    index = kept(folder)
    wanted = replace(study, curve=curve(WHOLE)).quickened()
    require_possible(wanted, index)  # though there are no 2,000 images
    told, there = _asked(wanted, index), len(index.rows("train"))
    assert told["images"] == [there // 4, there // 2, there]
    assert told["more"] == there


def test_where_nothing_was_measured_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no learning curve was measured there"):
        points(tmp_path)


def curve(table: Mapping[str, Any]) -> Any:
    return read_curve(table, ("plain", "blind"), Origin("study.toml", {("curve", "more"): 7}))


WHOLE = {"recipe": "plain", "images": [500, 1000, 2000], "seeds": 3, "more": 1000}
BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "unknown key": (
        {"image": 3},
        "unknown key 'curve.image' (study.toml); [curve] may hold recipe, images, more, seeds; did "
        "you mean images?",
    ),
    "unknown recipe": (
        {"recipe": "plian"},
        "curve.recipe must name a recipe, one of plain, blind, got 'plian' (study.toml); did you "
        "mean plain?",
    ),
    "two sizes": (
        {"images": [500, 1000]},
        "curve.images must be a list of 3 numbers or more, such as [500, 1000, 2000], got "
        "[500, 1000] (study.toml)",
    ),
    "size no number": ({"images": [500, 1000, "all"]}, "curve.images must be a list of 3 numbers"),
    "size 0": ({"images": [0, 1000, 2000]}, "curve.images must be a list of 3 numbers or more"),
    "size twice": (
        {"images": [500, 500, 1000]},
        "curve.images must be different numbers, got 500 twice (study.toml); remove one",
    ),
    "too far": (
        {"more": 2001},
        "curve.more must be between 1 and 2,000, got 2,001: a forecast beyond twice the largest "
        "number of images is a guess; measure a larger one, or ask for less (study.toml, line 7)",
    ),
    "no seeds": ({"seeds": 0}, "curve.seeds must be how many of the study's seeds, at least 1"),
    "half an image": ({"more": 0.5}, "curve.more must be a number of images, at least 1, got 0.5"),
}


def test_a_whole_table_is_read() -> None:
    told = curve(WHOLE)
    assert (told.recipe, told.images, told.seeds, told.more) == (
        "plain", (500, 1000, 2000), 3, 1000,
    )  # fmt: skip
    assert curve({key: WHOLE[key] for key in ("recipe", "images", "more")}).seeds is None


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_table_is_one_sentence(kind: str) -> None:
    change, sentence = BROKEN[kind]
    with pytest.raises(UsageError) as found:
        curve({**WHOLE, **change})
    assert sentence in str(found.value)


def test_what_only_the_study_and_its_images_show_is_said_before_training(
    measured: Measured,
) -> None:
    study, folder = measured
    index: Index = kept(folder)
    for table, kind, sentence in (
        ({"seeds": 3}, UsageError, "curve.seeds must be at most 2, for the study has no more"),
        ({"images": [10, 20, 4000]}, UsageError, "curve.images must be at most "),
        ({"images": [1, 20, 40]}, UsageError, "curve.images must leave every class images to tr"),
    ):
        wanted = curve({"recipe": "plain", "images": [10, 20, 40], "more": 1} | table)
        with pytest.raises(kind, match=sentence):
            require_possible(replace(study, curve=wanted), index)


AWAY = '[recipes.away]\nmodel = "mobilenet_v2"\n'
SEARCH = '[search]\nbase = "away"\ntries = 2\nseed = 7\n[search.over]\nbatch = [8, 16]\n'


@pytest.mark.parametrize("quick", [False, True])
@pytest.mark.parametrize(
    ("asked", "key"),
    [(TABLE.replace('"plain"', '"away"'), "curve.recipe"), (SEARCH, "search.base")],
)
def test_a_network_that_is_not_here_is_refused_before_anything_stands_on_it(
    asked: str, key: str, quick: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other recipes without their weights are left out; nothing is fetched in silence."""
    monkeypatch.delenv("SURESHOT_MIRROR", raising=False)
    monkeypatch.setenv("SURESHOT_DATA", str(tmp_path / "data"))
    study = write_study(tmp_path, SMALL + AWAY + asked)
    wanted, folder = study.quickened() if quick else study, StudyFolder(tmp_path / "small")
    line = (SMALL + AWAY + asked).splitlines().index(f'{key.split(".")[1]} = "away"') + 1
    said = f"{key} must name a recipe whose network is here, got 'away' \\(.*line {line}\\): the we"
    for step in (plan, begin):
        with pytest.raises(UsageError, match=said):
            step(wanted, folder, Silent())
    assert not folder.path.exists()


@pytest.mark.parametrize("seeds", [1, 3])
@pytest.mark.parametrize("sizes", [(500, 1000, 2000), (100, 101, 102, 5000)])
def test_any_curve_can_be_drawn_and_read(sizes: tuple[int, ...], seeds: int) -> None:
    draw = np.random.default_rng(0)
    found = [Point(n, draw.random((seeds, 400)) < 1 - 3 * n**-0.5) for n in sizes]
    told = forecast(found, 1000 if seeds > 1 else 1)
    figure = plot_learning_curve(found, told)
    assert figures.svg(figure) == figures.svg(plot_learning_curve(found, told))
    figure.canvas.draw()
    ticks = [tick.get_window_extent() for tick in figure.axes[1].get_xticklabels()]
    assert len(ticks) >= 2
    for number, one in enumerate(ticks):
        assert not any(one.overlaps(other) for other in ticks[:number])
    page = curve_section(CurveMaterial("plain", "test", found, told))
    assert ("No interval can be given: one seed" in page) == (seeds == 1)
    words = forecast_in_words(told)
    assert ("(" in words) == (seeds > 1)
    assert ("1 more training image than" in words) == (seeds == 1)

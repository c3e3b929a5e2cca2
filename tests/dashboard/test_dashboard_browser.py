"""Every page in a real browser, on runs that were really trained: nothing complains or is cut."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from hostile import CLASSES, RUN
from looking import looking, parts, require_sound, settle, words_on
from sureshot import files
from sureshot.dashboard.verdicts import verdicts
from sureshot.report.verdicts import meaning
from sureshot.runs import Run
from sureshot.studies import Studied

FIRST = "runs/first"


@pytest.mark.parametrize("name", ["data", "performance"])
def test_a_page_fits_and_hostile_names_are_words(chromium: Any, address: str, name: str) -> None:
    with looking(chromium, address, run=f"runs/{RUN}", page=name) as page:
        for part in parts(page, name):
            require_sound(page)
            assert page.locator("img[src='x'], [onerror]").count() == 0, part


def test_a_broken_run_says_why(chromium: Any, address: str) -> None:
    with looking(chromium, address, page="summary", run="runs/broken") as page:
        words = words_on(page)
        assert "runs/broken is broken" in words
        assert "recipe.toml" in words


def test_a_training_is_drawn_as_it_goes(chromium: Any, address: str, shelf: Path) -> None:
    going, whole = shelf / "runs" / "going", shelf / "runs" / "first"
    with looking(chromium, address, page="live", run="runs/going") as page:
        page.get_by_text("Epoch 2 of 3, about").wait_for()
        for name in ("timing.csv", "history.csv"):
            files.write_text(going / name, (whole / name).read_text())
        page.get_by_text("Epoch 3 of 3; now the model is exported").wait_for()
        require_sound(page)


def test_claims_have_their_verdicts_and_one_is_judged(
    chromium: Any, address: str, shelf: Path
) -> None:
    told = json.loads((shelf / "studies" / "small" / "verdicts.json").read_text())["claims"]
    with looking(chromium, address, page="hypotheses", study="studies/small") as page:
        words = words_on(page)
        assert meaning(verdicts(Studied(shelf / "studies" / "small"))) in words
        for claim in told:
            assert claim["says"] in words
            assert f"{claim['outcome']}: {claim['sentence']}" in words
        known = [one for one in told if one["number"] and one["number"]["low"] is not None]
        assert page.locator(".js-plotly-plot").count() == len(known)
        require_sound(page)
        judged = shelf / "studies" / "small" / "judged.json"
        page.get_by_text("Write the verdict down").click()
        page.get_by_text("A verdict needs a reason and a name").wait_for()
        assert not judged.exists()
        page.get_by_text("refuted", exact=True).last.click()
        page.get_by_label("Reason, a sentence").fill("It took <b>longer</b>")
        page.get_by_label("Your name").fill("Ada")
        page.get_by_text("Write the verdict down").click()
        page.get_by_text("Judged by Ada").wait_for()
        assert "refuted: It took <b>longer</b>" in words_on(page)
    assert json.loads(judged.read_text())["eyes"]["verdict"] == "refuted"


def test_a_link_opens_what_it_names_letter_by_letter(chromium: Any, address: str) -> None:
    with looking(chromium, address, page="classifier", run=f"runs/{RUN}") as page:
        assert page.get_by_text("Images to classify").count() == 1
        assert f"{len(CLASSES)} classes" in words_on(page)
        require_sound(page)
        page.get_by_text("Summary", exact=True).click()
        page.wait_for_function("location.search.includes('page=summary')")
        require_sound(page)
        words = page.locator("bdi").all_text_contents()
        assert {*CLASSES[:3], RUN} <= {*words}
        assert page.locator("img[src='x'], [onerror]").count() == 0


def test_numbers_are_those_of_scores_json_and_going_back_shows_them_again(
    chromium: Any, address: str, first: Run
) -> None:
    told = json.loads((first.folder / "scores.json").read_text())["headline"]
    numbers = [f"{100 * told[key]:.1f}" for key in ("value", "low", "high")]
    with looking(chromium, address, page="summary", run=FIRST) as page:
        words = words_on(page)
        assert [number in words for number in [*numbers, f"{told['n']:,}"]] == [True] * 4
        for name, link in (("Data", "page=data"), ("Images", "part=images")):
            page.get_by_text(name, exact=True).first.click()
            page.wait_for_function(f"location.search.includes('{link}')")
            settle(page)
        page.go_back()
        page.get_by_text("2 classes: ").wait_for()
        page.go_back()
        page.get_by_text("From an image to an answer").wait_for()
    with looking(chromium, address, page="performance", run=FIRST) as page:
        words = words_on(page)
        for scores in first.scores.per_class.values():
            for score in filter(None, scores.values()):
                assert f"n = {score.n:,}" in words


def test_the_page_of_a_link_to_nothing_says_so(chromium: Any, address: str) -> None:
    started = time.monotonic()
    with looking(chromium, address, run="runs/<b>none</b>") as page:
        page.get_by_text("runs/<b>none</b>").wait_for()
    assert time.monotonic() - started < 20


# Where on the screen the middle of a cell of the matrix is.
CELL = """([row, column]) => {
    const drawn = document.querySelector(".js-plotly-plot");
    const {x, y} = drawn.getBoundingClientRect(), {xaxis, yaxis} = drawn._fullLayout;
    return [x + xaxis._offset + xaxis.d2p(column), y + yaxis._offset + yaxis.d2p(row)];
}"""


def test_a_click_on_a_cell_shows_its_images(chromium: Any, address: str, first: Run) -> None:
    told = json.loads((first.folder / "scores.json").read_text())["splits"]["test"]["confusion"]
    names = first.index.classes
    view = {"page": "performance", "part": "confusion", "run": FIRST}
    with looking(chromium, address, **view) as page:
        page.locator(".js-plotly-plot").scroll_into_view_if_needed()
        for row, column in ((1, 0), (0, 0)):  # at first it may be another one
            page.wait_for_timeout(400)  # two clicks within 300 ms would be a double click
            page.mouse.click(*page.evaluate(CELL, [row, column]))
            n = told[row][column]
            if not n:
                page.get_by_text("No image is in this cell.").wait_for()
                continue
            what = "told right" if row == column else f"taken for {names[column]}"
            images = "1 image" if n == 1 else f"{n} images"
            page.get_by_role("heading", name=f"{names[row]} {what}: {images}").wait_for()
            settle(page)
            assert page.locator(".sureshot .cards li").count() == n

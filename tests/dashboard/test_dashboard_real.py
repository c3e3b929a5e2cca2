"""Every page of every run in a folder of real runs, named by SURESHOT_RUNS."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from looking import PARTS, looking, parts, require_sound, served, words_on
from sureshot.dashboard.shelf import Shelf, find


@pytest.fixture(scope="module")
def real() -> Shelf:
    """What lies in the folder; the tests are skipped where none is named."""
    given = os.environ.get("SURESHOT_RUNS")
    if not given:
        pytest.skip("SURESHOT_RUNS does not name a folder of real runs")
    return find(Path(given))


@pytest.fixture(scope="module")
def place(real: Shelf) -> Iterator[str]:
    with served(real.folder) as where:
        yield where


@pytest.mark.parametrize("name", PARTS)
def test_every_part_of_every_run_is_sound(
    chromium: Any, place: str, real: Shelf, name: str
) -> None:
    for run in real.runs:
        with looking(chromium, place, run=run.name, page=name) as page:
            whole = run.state == "complete" or name in ("live", "hypotheses")
            for _ in parts(page, name) if whole else ("",):
                require_sound(page)


def test_the_numbers_are_those_of_scores_json(chromium: Any, place: str, real: Shelf) -> None:
    for run in real.healthy():
        told = json.loads((run.folder / "scores.json").read_text())
        wanted = told["splits"][told["headline"]["split"]]["overall"]
        view = {"page": "performance", "part": "scores", "run": run.name}
        with looking(chromium, place, **view) as page:
            words = words_on(page)
        for kind in ("accuracy", "f1_macro", "recall_macro"):
            assert f"{100 * wanted[kind]['value']:.1f} %" in words, (run.name, kind)
            assert f"{100 * wanted[kind]['low']:.1f} to" in words, (run.name, kind)

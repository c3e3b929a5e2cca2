"""The page of a plan, and calibration in the report: whole, escaped, with the numbers they tell."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_report_page import Walk

from fake_run import CLOTHES, HOSTILE, generated_index, write_run
from sureshot.automate import Rows, goal, plan
from sureshot.automate.planning import Planned
from sureshot.evaluation.calibrating import calibration
from sureshot.measure import score
from sureshot.records import Predictions
from sureshot.report.automation import calibration_part, unlike_part, write_plan
from sureshot.report.material import Material, read
from sureshot.report.page import is_page
from sureshot.runs import Run


def planned(n: int, classes: tuple[str, ...]) -> Planned:
    draw = np.random.default_rng(0)

    def rows(size: int) -> Rows:
        confidence = draw.uniform(0.4, 1, size)
        right = draw.random(size) < np.sqrt(confidence)
        return Rows(confidence, draw.integers(0, len(classes), size), right, len(classes), "abc")

    return plan(rows(n), rows(300), goal("10%"), classes)


@pytest.mark.parametrize("n", [3, 2_000])
@pytest.mark.parametrize("names", [CLOTHES, HOSTILE])
def test_the_page_tells_the_plan(n: int, names: tuple[str, ...], tmp_path: Path) -> None:
    made = planned(n, tuple(names))
    path = tmp_path / "plan.html"
    title = "<script>alert(1)</script>"
    write_plan(path, title, made.plan, made.curve, made.classes, made.sentences)
    page = path.read_text()
    walk = Walk(page)
    text = walk.text
    assert is_page(path, "plan")
    assert not {"script", "link"} & {tag for tag, _ in walk.tags}
    assert all(str(image["src"]).startswith("data:image/") for image in walk.all("img"))
    for sentence in made.sentences:
        assert sentence[1:] in text
    for each in made.plan.per_class:
        assert f"<td>{each.said:,}</td>" in page
    assert "The promise is for all classes together" in text


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Material:
    """A run whose network was too sure: its predictions have a temperature."""
    folder = tmp_path_factory.mktemp("warm")
    run: Run = write_run(folder / "a", generated_index(folder / "images", CLOTHES, (2, 2, 2)))
    material = read(run)
    predictions = replace(material.predictions, temperature=1.8)
    told: dict[str, Any] | None = calibration({"test": predictions})
    assert told is not None
    scores = {"test": score(predictions.settled())}
    summary = {**material.summary, "calibration": told}
    return replace(material, predictions=predictions, summary=summary, scores=scores)


def test_the_report_tells_calibration_before_and_after(warm: Material) -> None:
    text = "".join(calibration_part(warm))
    assert "surer than it is right" in text
    assert "temperature of 1.80" in text
    raw: Predictions = replace(warm.predictions, temperature=1.0)
    for table in (raw, warm.predictions.settled()):
        assert f"{score(table).overall['log_loss'].value:.3f} (" in text
    assert text.count("<figure") == 1


def test_without_a_temperature_the_diagram_is_as_it_was(run: Run) -> None:
    text = "".join(calibration_part(read(run)))
    assert "temperature" not in text
    assert text.count("<figure") == 1


def test_what_is_unlike_is_counted_and_judged(run: Run) -> None:
    material = read(run)
    assert unlike_part(material) == []  # a model that cannot tell
    n = len(material.predictions.scored())
    for strange in (np.zeros(n, bool), np.arange(n) < 2, np.ones(n, bool)):
        predictions = replace(material.predictions.scored(), unlike=strange)
        text = "".join(unlike_part(replace(material, predictions=predictions)))
        right = (predictions.top() == predictions.label)[strange]
        share = f"{right.mean():.1%}".replace("%", " %") if strange.any() else "–"
        assert f"<td>{int(strange.sum())}</td><td>{share}" in text

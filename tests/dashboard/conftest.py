"""A folder as people have it: finished runs, a broken one, one in training, a study; and a browser.

Everything is trained here, on little pictures, and served as `sureshot dashboard` serves it.
"""

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import sureshot
from hostile import CLASSES, RUN
from looking import served
from shapes import write_shapes
from sureshot import Silent
from sureshot.bundle import open_bundle
from sureshot.explaining import kept_features
from sureshot.runs import LOCK, Run

INBOXES = ("sorted", "sorted twice")
SETTINGS = {"model": "nn", "epochs": 3, "batch": 8, "image.size": 16}
STUDY = """\
data = "shapes"
seeds = [111]

[about]
objective = "Tell bars from discs"
requirements = ["a model of at least 70 %"]

[recipes.plain]
model = "nn"
epochs = 2
batch = 8
image = { size = 16 }

[claims.half]
says = "A dense layer tells more than one of ten"
about = "models"
score = "accuracy"
of = "plain"
at_least = 0.1

[claims.perfect]
says = "Not one disc is missed"
about = "models"
score = "recall"
class = "disc"
of = "plain"
at_least = 0.999

[claims.small]
says = "It has fewer than ten parameters"
score = "parameters"
of = "plain"
at_most = 10

[claims.eyes]
says = "Looking first helps"
judged_by = "hand"
"""


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder that is served."""
    place = tmp_path_factory.mktemp("served")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SURESHOT_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
        _filled(place)
        yield place


def _filled(place: Path) -> None:
    write_shapes(place / "shapes", each=40)
    write_shapes(place / "odd", each=16, classes=CLASSES)
    first = _trained(place / "shapes", place / "runs", "first", calibrate=0.3)
    _put_to_work(Run(first), place)
    odd = _trained(place / "odd", place / "runs", "odd")
    odd.rename(odd.with_name(RUN))
    broken = shutil.copytree(first, first.with_name("broken"))
    (broken / "recipe.toml").write_text("model = ")
    _going(shutil.copytree(first, first.with_name("going")))
    (place / "small.toml").write_text(STUDY)
    sureshot.study(place / "small.toml", studies=place / "studies", progress=Silent())


def _trained(images: Path, runs: Path, name: str, **more: float) -> Path:
    settings = SETTINGS | more
    run = sureshot.train(images, settings=settings, runs=runs, name=name, progress=Silent())
    return run.folder


def _put_to_work(run: Run, place: Path) -> None:
    """A plan, kept features, and two folders sorted without a promise, so that all is to review."""
    sureshot.plan(run.folder, max_error="40%", progress=Silent())
    kept_features(run, open_bundle(run.model_path), Silent())
    write_shapes(place / "inbox", each=3)
    for name in INBOXES:
        sureshot.sort(run.model_path, place / "inbox", place / name, progress=Silent())


def _going(folder: Path) -> None:
    """Make of a finished run one that is in its third epoch, held by this process."""
    for name in ("manifest.json", "scores.json", "model.shot", "report.html"):
        (folder / name).unlink()
    for name in ("history.csv", "timing.csv"):
        lines = (folder / name).read_text().splitlines(keepends=True)
        (folder / name).write_text("".join(lines[:3]))
    since = f"training, process {os.getpid()} on {socket.gethostname()}, since 2026-01-01 00:00:00"
    (folder / LOCK).write_text(since + "\n")


@pytest.fixture(scope="session")
def first(shelf: Path) -> Run:
    """The finished run on bars and discs."""
    return Run(shelf / "runs" / "first")


@pytest.fixture(scope="session")
def address(shelf: Path) -> Iterator[str]:
    """Where the folder is served, and judging allowed."""
    with served(shelf, "--write") as where:
        yield where


@pytest.fixture(scope="session")
def chromium(browser: Any) -> Any:
    """A window of a real browser, whose pages share what was loaded once."""
    window = {"width": 1280, "height": 900}
    return browser.new_context(viewport=window, permissions=["camera"])

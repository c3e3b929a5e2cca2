"""The made-up run of tests/figures, for the tests of the page as well."""

import pytest

from fake_run import CLOTHES, HOSTILE, generated_index, write_run
from sureshot import report
from sureshot.runs import Run


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Ten classes, twenty test images, its report written."""
    folder = tmp_path_factory.mktemp("ten")
    made = write_run(folder / "first", generated_index(folder / "images", CLOTHES, (2, 2, 2)))
    report.write(made)
    return made


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Names that would break a page which trusts them, and no test split; its report written."""
    folder = tmp_path_factory.mktemp("hostile")
    index = generated_index(folder / "<img src=x>", sorted(HOSTILE), (2, 3, 0))
    made = write_run(folder / "first", index, epochs=2)
    report.write(made)
    return made


@pytest.fixture(scope="session")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """All that a recipe can switch on, with names that would break a page; its report written."""
    folder = tmp_path_factory.mktemp("rich")
    index = generated_index(folder / "images", sorted(HOSTILE), (2, 2, 3))
    settings = {
        "score_last": True,
        "class_weights": "balanced",
        "augment.flip": True,
        "augment.rotation": 10,
        "schedule.name": "cosine",
        "early_stop.patience": 4,
    }
    made = write_run(folder / "rich", index, settings=settings, twin="plain-1")
    report.write(made)
    return made


@pytest.fixture(scope="session")
def lean(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A training without validation images, weighted without a twin; its report written."""
    folder = tmp_path_factory.mktemp("lean")
    index = generated_index(folder / "images", CLOTHES, (3, 0, 3))
    settings = {"validation": False, "class_weights": "balanced"}
    made = write_run(folder / "lean", index, epochs=5, settings=settings)
    report.write(made)
    return made

"""One small training for the whole folder."""

from pathlib import Path

import pytest

import sureshot
from shapes import write_shapes
from sureshot.progress import Silent
from sureshot.runs import Run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder: Path = tmp_path_factory.mktemp("sql")
    source = write_shapes(folder / "shapes", each=20)
    settings = {"epochs": 2}
    return sureshot.train(
        source, model="linear", settings=settings, name="a", runs=folder, progress=Silent()
    )

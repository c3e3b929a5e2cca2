"""What several tests share: small real folders, the real datasets where they are, a quiet cache."""

import os
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(Path(__file__).parent))  # for the corpus of odd and broken images


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", type=int, default=2, help="how often to kill a training")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or fills the user's own cache."""
    monkeypatch.setenv("SURESHOT_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(scope="session")
def mirror() -> Path:
    """The folder with the real datasets; the test is skipped where there is none."""
    given = os.environ.get("SURESHOT_MIRROR")
    if not given:
        pytest.skip("SURESHOT_MIRROR does not name a folder with the real datasets")
    return (ROOT / given).resolve()


@pytest.fixture(scope="session")
def clothing(mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real clothing-dataset-small: 3,781 photographs in 10 classes."""
    folder = tmp_path_factory.mktemp("clothing")
    with tarfile.open(mirror / "datasets" / "clothing-dataset-small.tar") as archive:
        archive.extractall(folder, filter="data")
    return folder / "clothing-dataset-small"


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """scikit-learn's handwritten digits as a flat folder of PNGs: 1,797 images, 10 classes."""
    sys.path.insert(0, str(ROOT / "examples"))
    from digits import write

    folder = tmp_path_factory.mktemp("digits")
    write(folder)
    return folder


def write_shapes(folder: Path, each: int = 12, classes: tuple[str, ...] = ("bar", "disc")) -> Path:
    """A flat folder of little colour pictures that a small network can tell apart."""
    draw = np.random.default_rng(1)
    rows, columns = np.mgrid[:20, :24]
    for k, name in enumerate(classes):
        for number in range(each):
            picture = draw.integers(0, 60, (20, 24, 3), np.uint8)
            centre = draw.integers(6, 14, 2)
            if k % 2:
                mask = (rows - centre[0]) ** 2 + (columns - centre[1]) ** 2 < 25
            else:
                mask = abs(columns - centre[1]) < 3
            picture[mask, k % 3] = 230
            path = folder / name / f"{number:03d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture).save(path)
    return folder


@pytest.fixture
def shapes(tmp_path: Path) -> Path:
    """24 little pictures of two classes, in a flat folder of this test's own."""
    return write_shapes(tmp_path / "shapes")

"""What several tests share: small real folders, the real datasets where they are, a quiet cache."""

import functools
import os
import signal
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from onnxscript._framework_apis import torch_2_5 as operators

from shapes import write_shapes

ROOT = Path(__file__).parent.parent
CHROMIUM = Path("/usr/bin/chromium")
QUIETLY = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
    *("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"),
)
# Begun first, the longest before all, so that no worker is left with one of them at the end: over
# 30 s each (measured).
LONG = (
    "test_cli.py",
    "test_trainer_options.py",
    "test_cli_studies.py",
    "test_workflow_faults.py",
    "test_workflow_sources.py",
    "test_workflow.py",
    "test_dashboard_browser.py",
    "test_estimator_checks.py",
    "test_notebook.py",
    "test_study_shipped.py",
    "test_kills.py",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", type=int, default=1, help="how often to kill a training")
    parser.addoption("--all-studies", action="store_true", help="every ready study's quick form")


def pytest_configure(config: pytest.Config) -> None:
    """Tests side by side: each worker keeps to one processor, and so do the programs it starts.

    They can be stopped, too, though a shell starts what is in its background deaf to Control-C.
    The exporter's table of operators, half a second's work for every ONNX file, is made once.
    """
    operators.get_torchlib_ops = functools.cache(operators.get_torchlib_ops)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")  # "gw0", "gw1", …
    if worker and hasattr(os, "sched_setaffinity"):
        processors = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {processors[int(worker[2:]) % len(processors)]})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    place = {name: number for number, name in enumerate(LONG)}
    items.sort(key=lambda item: place.get(item.path.name, len(LONG)))


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
    from sureshot.downloads.digits import write_digits

    folder = tmp_path_factory.mktemp("digits")
    write_digits(folder)
    return folder


@pytest.fixture
def shapes(tmp_path: Path) -> Path:
    """24 little pictures of two classes, in a flat folder of this test's own."""
    return write_shapes(tmp_path / "shapes")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A real browser, Debian's; one for all tests of a worker, for Playwright allows no second."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    if not CHROMIUM.exists():
        pytest.skip(f"there is no {CHROMIUM}")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=str(CHROMIUM), args=QUIETLY)
        yield opened
        opened.close()

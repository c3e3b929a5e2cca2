"""The notebook runs as it stands, on the real photographs: to its plan, or to its end.

Its trainings take minutes, so that they are in the long proof: make studies.
"""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from sureshot.studies.planning import trainable
from sureshot.studies.verbs import named_study

NOTEBOOK = Path(__file__).parent.parent / "examples" / "clothing.ipynb"


@pytest.fixture
def executed(
    mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> nbformat.NotebookNode:
    """The cells with their outputs, run by a kernel of its own in an empty folder.

    The photographs are there and no pretrained weights, as on a hosted service.
    """
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "datasets").symlink_to(mirror / "datasets")
    monkeypatch.setenv("SURESHOT_MIRROR", str(tmp_path / "mirror"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    if not request.config.getoption("--all-studies"):
        titles = [cell.source.split("\n")[0] for cell in notebook.cells]
        notebook.cells = notebook.cells[: titles.index("## Run it")]
    resources = {"metadata": {"path": str(tmp_path)}}
    return NotebookClient(notebook, timeout=900, resources=resources).execute()


def test_it_goes_from_the_photographs_to_the_verdicts(
    executed: nbformat.NotebookNode, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    shown = "\n".join(str(cell.get("outputs", "")) for cell in executed.cells)
    for words in ("3,781 photographs", "arch_2 beats arch_1 by 10 points", "supported if it is"):
        assert words in shown
    if not request.config.getoption("--all-studies"):
        assert not (tmp_path / "studies").exists()  # a plan writes nothing
        return
    assert "outcome" in shown
    assert "image/svg+xml" in shown
    page = Path("studies", "clothing-quick", "study.html")
    assert f"{page}\\n" in shown  # it names the page that was written
    assert (tmp_path / page).exists()
    runs = {run.name for run in (tmp_path / page).with_name("runs").iterdir()}
    assert runs == {
        f"{name}-{seed}" for name in trainable(named_study("clothing")) for seed in (111, 112)
    }


def test_it_is_kept_without_outputs() -> None:
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    assert all(not cell.get("outputs") for cell in cells)
    assert not any(cell.get("execution_count") for cell in cells)

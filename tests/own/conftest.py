"""Files that make networks, written for a test; Keras, where it is installed."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from downloads.conftest import said  # noqa: F401  (a fixture)
from own_files import HEAD, Write


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file whose make_model has a body; gives the name of its network."""

    def written(body: str, head: str = HEAD, kind: str = "torch") -> str:
        path = tmp_path / "net.py"
        path.write_text(head + "".join(f"    {line}\n" for line in body.splitlines()))
        return f"{kind}:{path}:make_model"

    return written


@pytest.fixture(scope="session")
def keras() -> object:
    """Keras on PyTorch, as a training has it; the test is skipped without Keras."""
    if find_spec("keras") is None:
        pytest.skip("the extra 'keras' is missing")
    from sureshot.own.on_keras import require_torch_backend

    require_torch_backend()
    import keras

    return keras

"""One bundle for each kind of network."""

from pathlib import Path

import pytest

from made_bundles import CASES, write_drawn


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The bundle of every case, by its name."""
    folder = tmp_path_factory.mktemp("drawn")
    return {case: write_drawn(folder / case / f"{case}.shot", case) for case in CASES}

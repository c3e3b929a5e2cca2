"""What is shipped: a wheel that is really built holds every file of the package, and no other."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "sureshot"
BUILD = "from setuptools.build_meta import build_wheel; build_wheel('.')"


def packed(place: Path) -> set[str]:
    """The names of the package's files in a wheel that is built in an empty folder."""
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, place)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(SOURCE, place / "src" / "sureshot", ignore=ignored)
    command = [sys.executable, "-c", BUILD]
    subprocess.run(command, cwd=place, check=True, capture_output=True, timeout=120)
    (wheel,) = place.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if name.startswith("sureshot/")}


def test_a_wheel_holds_every_file_of_the_package(tmp_path: Path) -> None:
    pytest.importorskip("setuptools", minversion="77")
    found = packed(tmp_path)
    there = {path.relative_to(SOURCE.parent) for path in SOURCE.rglob("*") if path.is_file()}
    assert found == {path.as_posix() for path in there if "__pycache__" not in path.parts}
    assert "sureshot/studies/ready/clothing.toml" in found

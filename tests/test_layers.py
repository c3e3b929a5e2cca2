"""Imports point one way: a name imports only from rows below its own; neighbours are strangers."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "src" / "sureshot"
ROWS = (
    ("__main__",),
    ("cli",),
    ("__init__",),
    ("dashboard",),
    ("studies",),
    ("workflow", "estimator", "serving", "sorting"),
    (
        *("audit", "training", "evaluation", "report", "sql"),
        *("automate", "explaining", "exporting"),
    ),
    ("figures",),
    ("comparison",),
    ("data", "models", "measure", "bundle"),
    ("own", "pretrained"),
    ("downloads",),
    ("containers",),
    ("images",),
)
GROUND = (
    "errors",
    "seeds",
    "progress",
    "files",
    "recipe",
    "presets",
    "records",
    "runs",
    "device",
    "parallel",
    "views",
)
WITHOUT_TORCH = (
    *GROUND,
    "images",
    "containers",
    "downloads",
    "data",
    "measure",
    "bundle",
    "comparison",
    "figures",
    "audit",
    "evaluation",
    "automate",
    "explaining",
    "exporting",
    "serving",
    "sorting",
    "studies",
    "dashboard",
)
HOUSES = sorted(
    {
        path.stem if path.is_file() else path.name
        for path in PACKAGE.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
)


def imported(path: Path) -> set[str]:
    """The top-level names of sureshot that a file imports, wherever the import stands."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "sureshot":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sureshot."):
            found.add(str(node.module).split(".")[1])
        elif isinstance(node, ast.Import):
            found |= {a.name.split(".")[1] for a in node.names if a.name.startswith("sureshot.")}
    return found


def sources(house: str) -> list[Path]:
    return sorted((PACKAGE / house).rglob("*.py")) or [PACKAGE / f"{house}.py"]


def allowed(house: str) -> set[str]:
    if house in GROUND:
        return set(GROUND[: GROUND.index(house)])
    row = next(number for number, names in enumerate(ROWS) if house in names)
    return {house, *GROUND, *(name for names in ROWS[row + 1 :] for name in names)}


def test_every_house_has_a_row() -> None:
    assert sorted([*GROUND, *(name for names in ROWS for name in names)]) == HOUSES


@pytest.mark.parametrize("house", [house for house in HOUSES if house != "__init__"])
def test_imports_point_down(house: str) -> None:
    found = set().union(*(imported(path) for path in sources(house)))
    assert found <= allowed(house), f"{house} must not import {sorted(found - allowed(house))}"


@pytest.mark.parametrize("house", WITHOUT_TORCH)
def test_torch_is_only_imported_where_networks_are_trained(house: str) -> None:
    for path in sources(house):
        for node in ast.parse(path.read_text()).body:  # imports inside functions wait to be called
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            assert not any(name.split(".")[0] == "torch" for name in names), path

"""The public names are complete, sorted and quick to reach."""

import subprocess
import sys

import pytest

import sureshot


def test_public_names_are_sorted_and_exist() -> None:
    assert sureshot.__all__ == sorted(sureshot.__all__)
    assert sorted(sureshot._HOMES) == sorted([*sureshot.__all__, "SureshotClassifier"])
    for name in sureshot.__all__:
        assert getattr(sureshot, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        sureshot.trian  # noqa: B018


@pytest.mark.parametrize("statement", ["import sureshot", "import sureshot.cli.commands"])
def test_importing_is_light(statement: str) -> None:
    heavy = [
        "numpy",
        "pandas",
        "torch",
        "matplotlib",
        "onnxruntime",
        "pyarrow",
        "scipy",
        "PIL",
        "pydantic",
    ]
    code = f"import sys; {statement}; print([m for m in {heavy} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_screens_do_not_wait_for_matplotlib() -> None:
    code = "import sys, sureshot.cli.screens; print('matplotlib' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


def test_everything_can_be_taken_where_scikit_learn_is_absent() -> None:
    code = (
        "import sys; sys.modules['sklearn'] = None; from sureshot import *; print(train.__name__)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "train"

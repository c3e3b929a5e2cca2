"""Names of pretrained networks, and what their processor files say."""

import json
from pathlib import Path
from typing import Any

import pytest

from sureshot.errors import DataError, UsageError
from sureshot.pretrained import read_processor
from sureshot.pretrained.names import named
from sureshot.recipe import plain_name

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("model", "repo", "commit"),
    [
        ("mobilenet_v2", "google/mobilenet_v2_1.0_224", ""),
        ("resnet50", "microsoft/resnet-50", ""),
        ("hf:owner/some-name_1.0", "owner/some-name_1.0", ""),
        ("hf:name", "name", ""),
        (f"hf:owner/name@{COMMIT}", "owner/name", COMMIT),
    ],
)
def test_a_name_stands_for_a_repository(model: str, repo: str, commit: str) -> None:
    assert (named(model).repo, named(model).commit, named(model).folder) == (repo, commit, None)


def test_a_name_stands_for_a_folder(tmp_path: Path) -> None:
    assert named(f"hf:{tmp_path}").folder == tmp_path
    assert named("hf:./not-there").folder == Path("not-there")


@pytest.mark.parametrize(
    "model",
    ["hf:", "hf:owner/name@main", "hf:owner/name@", "hf:a/b/c", "hf:a b", "hf:owner/..", "hf:-a"],
)
def test_other_names_are_refused(model: str) -> None:
    with pytest.raises(UsageError, match="a pretrained network must be hf:owner/name"):
        named(model)


def test_a_commit_becomes_part_of_a_name_that_has_none() -> None:
    assert named("hf:owner/name").pinned(COMMIT).model == f"hf:owner/name@{COMMIT}"
    assert named("mobilenet_v2").pinned(COMMIT).model == "mobilenet_v2"


@pytest.mark.parametrize(
    ("model", "name"),
    [("resnet50", "resnet50"), (f"hf:owner/name@{COMMIT}", "name"), ("hf:/a/b c/", "b-c")],
)
def test_runs_are_named_plainly(model: str, name: str) -> None:
    assert plain_name(model) == name


PLAIN = {"image_mean": [0.5, 0.4, 0.3], "image_std": [0.2, 0.25, 0.5]}
THIRDS = (0.5, 0.4, 0.3), (0.2, 0.25, 0.5)


@pytest.mark.parametrize(
    ("told", "size", "fit", "mean", "deviation"),
    [
        (PLAIN | {"size": {"height": 224, "width": 224}}, 224, "squash", *THIRDS),
        (PLAIN | {"size": 224, "crop_pct": 0.875}, 224, "crop", *THIRDS),  # ResNet50's
        (PLAIN | {"size": {"shortest_edge": 160}}, 160, "crop", *THIRDS),
        (
            PLAIN | {"size": {"shortest_edge": 256}, "do_center_crop": True, "crop_size": 192},
            192, "crop", *THIRDS,
        ),
        (PLAIN | {"size": 64, "do_normalize": False}, 64, "squash", (0, 0, 0), (1, 1, 1)),
        (
            {"size": 64, "do_rescale": False, "image_mean": [51] * 3, "image_std": [255] * 3},
            64, "squash", (0.2,) * 3, (1.0,) * 3,
        ),
        (  # pixels to 0..2, then to -1..1
            {"size": 64, "rescale_factor": 2 / 255, "image_mean": [1] * 3, "image_std": [1] * 3},
            64, "squash", (0.5,) * 3, (0.5,) * 3,
        ),
    ],
)  # fmt: skip
def test_a_processor_file_tells_size_and_scale(
    tmp_path: Path, told: Any, size: int, fit: str, mean: Any, deviation: Any
) -> None:
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(told))
    found = read_processor(tmp_path)
    assert (found.size, found.fit) == (size, fit)
    assert found.mean == pytest.approx(mean)
    assert found.deviation == pytest.approx(deviation)


@pytest.mark.parametrize(
    "told",
    [
        {},
        [],
        PLAIN,
        PLAIN | {"size": {"height": 224, "width": 200}},
        PLAIN | {"size": 4},
        PLAIN | {"size": 5000},
        PLAIN | {"size": "224"},
        PLAIN | {"size": 64, "rescale_offset": True},
        PLAIN | {"size": 64, "image_std": [0.2, 0.2, 0]},
        PLAIN | {"size": 64, "image_std": [0.2, 0.2]},
        PLAIN | {"size": 64, "image_mean": [float("nan")] * 3},
        PLAIN | {"size": 64, "rescale_factor": 0},
    ],
)
def test_a_processor_that_is_none_is_refused(tmp_path: Path, told: Any) -> None:
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(told))
    with pytest.raises(DataError, match="must give the size of square images"):
        read_processor(tmp_path)


def test_a_processor_that_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"preprocessor_config\.json must say .* is missing"):
        read_processor(tmp_path)

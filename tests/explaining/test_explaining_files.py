"""Images are explained into a folder of figures, from the bundle alone, and with what is near."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import sureshot
from shapes import write_shapes
from sureshot.bundle import open_bundle
from sureshot.data import prepare_pixels
from sureshot.errors import DataError, UsageError
from sureshot.explaining import explain_files, keep_attention, kept_features, nearest
from sureshot.explaining.nearest import features_path
from sureshot.figures.heat import read_attention
from sureshot.progress import Silent
from sureshot.runs import Run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("explained")
    return sureshot.train(
        write_shapes(folder / "shapes", each=30),
        settings={"epochs": 1, "batch": 8, "image.size": 32},
        name="a",
        runs=folder / "runs",
        progress=Silent(),
    )


class Telling(Silent):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, sentence: str) -> None:
        self.said.append(sentence)


def test_from_the_bundle_alone_without_torch_or_onnx(run: Run, tmp_path: Path) -> None:
    """The same command as a person's, where the train extra is not installed."""
    code = (
        "import sys; sys.modules['torch'] = sys.modules['onnx'] = None\n"
        "from pathlib import Path; from sureshot.cli.explaining import explain\n"
        "model, out, *images = map(Path, sys.argv[1:])\nexplain(model, images, out, False, False)"
    )
    pictures = sorted((run.index.root / "disc").iterdir())[:2]
    words = [run.model_path, tmp_path / "out", *pictures]
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, words)],
        capture_output=True,
        text=True,
        env={**os.environ},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"2 of 2 images: {tmp_path / 'out'}\n"
    names = [f"{number:04d}-{path.stem}.svg" for number, path in enumerate(pictures, 1)]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == names
    drawn = (tmp_path / "out" / names[0]).read_text("utf-8")
    assert len(re.findall("<image ", drawn)) == 3  # as it is, class activation, occlusion


def test_grad_cam_and_neighbours_are_added_where_they_are_wanted(run: Run, tmp_path: Path) -> None:
    from sureshot.exporting import rebuilt

    picture = sorted((run.index.root / "bar").iterdir())[0]
    count = explain_files(
        run.folder, [picture], tmp_path / "out", Silent(), rebuilt=rebuilt, with_nearest=True
    )
    assert count == 1
    maps, near = (tmp_path / "out" / f"0001-{picture.stem}{e}.svg" for e in ("", "-nearest"))
    assert len(re.findall("<image ", maps.read_text("utf-8"))) == 4
    assert len(re.findall("<image ", near.read_text("utf-8"))) == 6


def test_a_run_is_explained_from_inside_its_folder(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = sorted((run.index.root / "bar").iterdir())[0]
    monkeypatch.chdir(run.folder)
    explain_files(Path(), [picture], tmp_path / "out", Silent(), with_nearest=True)
    assert features_path(run).exists()
    run.require_whole()


def test_what_cannot_be_read_is_left_out_and_said(run: Run, tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"<html>404</html>")
    good, said = sorted((run.index.root / "bar").iterdir())[0], Telling()
    images = [tmp_path / "broken.jpg", tmp_path / "gone.jpg", good]
    assert explain_files(run.model_path, images, tmp_path / "out", said) == 1
    assert [sentence.split(": ")[1] for sentence in said.said] == [str(i) for i in images[:2]]
    with pytest.raises(DataError, match="not one of the images could be read"):
        explain_files(run.model_path, images[:2], tmp_path / "none", said)
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("out", "with_nearest", "message"),
    [("there", False, "is there already"), ("new", True, "MODEL must be a run folder, got")],
)
def test_what_cannot_be_done_is_said_first(
    out: str, with_nearest: bool, message: str, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "there").mkdir()
    with pytest.raises(UsageError, match=message):
        explain_files(
            run.model_path, [tmp_path], tmp_path / out, Silent(), with_nearest=with_nearest
        )


def test_an_image_of_training_is_nearest_to_itself(run: Run) -> None:
    bundle = open_bundle(run.model_path)
    kept = kept_features(run, bundle, Silent())
    assert features_path(run) == run.folder.with_name("a.features.npz")
    run.require_whole()  # nothing was put into the sealed folder
    pixels = prepare_pixels(run.index, bundle.preprocessing, Silent()).array
    for row in kept.rows[:5]:
        near = nearest(kept, bundle.features(pixels[row][None])[0])
        assert near[0].id == run.index.id[row]
        assert near[0].name == run.index.classes[run.index.label[row]]
        assert near[0].likeness == pytest.approx(1, abs=1e-4)
        likeness = [one.likeness for one in near]
        assert len(near) == 5
        assert likeness == sorted(likeness, reverse=True)


@pytest.mark.parametrize("damage", ["cut", "of another network"])
def test_features_that_do_not_belong_are_made_again(damage: str, run: Run) -> None:
    bundle, path = open_bundle(run.model_path), features_path(run)
    wanted = kept_features(run, bundle, Silent()).directions
    before = path.read_bytes()
    if damage == "cut":
        path.write_bytes(before[:500])
    else:
        np.savez(path, belongs=np.array("x"), rows=np.zeros(1, np.int64), features=np.ones((1, 2)))
    np.testing.assert_array_equal(kept_features(run, bundle, Silent()).directions, wanted)
    assert path.read_bytes() == before


def test_a_report_keeps_the_maps_of_some_images(run: Run, tmp_path: Path) -> None:
    bundle = open_bundle(run.model_path)
    pixels = prepare_pixels(run.index, bundle.preprocessing, Silent()).array
    kept = run.folder / "attention.npz"
    try:
        keep_attention(run, bundle, pixels)
        table = read_attention(kept)
    finally:
        kept.unlink()
    predictions = run.predictions("test")
    assert 4 <= len(table) <= 8
    assert {one.id for one in table} <= set(predictions.id)
    said = dict(zip(predictions.id, predictions.top(), strict=True))
    for one in table:
        assert one.name == run.index.classes[said[one.id]]
        assert one.true == one.id.split("/")[0]
        assert one.aspect == 24 / 20
        assert list(one.maps) == ["class activation", "occlusion"]

"""Corrections train, and never judge: the same validation and test images with them as without."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import sureshot
from shapes import write_shapes
from sureshot import Silent, Source
from sureshot.errors import DataError, UsageError
from sureshot.presets import assembled_like
from sureshot.recipe import assemble
from sureshot.records import CALIBRATION
from sureshot.runs import Run

FAST = {"epochs": 2, "batch": 8, "calibrate": 0.2}


class Listening(Silent):
    """Remembers what was said."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def say(self, sentence: str) -> None:
        self.sentences.append(sentence)


def trained(folder: Path, name: str, said: Silent, add: Path | None = None) -> Run:
    source = Source(folder / "shapes", add=add)
    return sureshot.train(
        source, model="arch_1", settings=FAST, name=name, runs=folder / "runs", progress=said
    )


def rows_of(run: Run, *splits: str) -> "set[tuple[str, str]]":
    index = run.index
    return {
        (str(index.id[row]), str(index.split[row]))
        for row in np.flatnonzero(np.isin(index.split.astype(str), splits))
    }


def test_added_images_train_and_all_others_stay_where_they_were(tmp_path: Path) -> None:
    write_shapes(tmp_path / "shapes", each=30)
    before = trained(tmp_path, "before", Silent())
    new = write_shapes(tmp_path / "new", each=37) / "disc"
    judging = next(name for name, _ in sorted(rows_of(before, "test")) if "disc" in name)
    known = new / "known.bmp"  # other bytes, the same picture
    Image.open(tmp_path / "shapes" / judging).save(known)
    fresh = [new / f"{number:03d}.png" for number in range(30, 37)]
    lines = [f"{path},disc\n" for path in (*fresh, known)]
    (tmp_path / "corrections.csv").write_text("path,label\n" + "".join(lines))
    said = Listening()
    after = trained(tmp_path, "after", said, tmp_path / "corrections.csv")
    judges = ("validation", "test", CALIBRATION)
    assert rows_of(after, *judges) == rows_of(before, *judges)
    added = rows_of(after, "train") - rows_of(before, "train")
    assert added == {(str(path), "train") for path in fresh}
    assert "7 images added to those to train on" in said.sentences
    assert any(
        sentence.startswith("left out: 1 of the added images") and sentence.endswith("known.bmp")
        for sentence in said.sentences
    )
    assert after.environment["source"]["add"] == str(tmp_path / "corrections.csv")
    shutil.rmtree(after.folder / "figures")
    (after.folder / "report.html").unlink()
    (after.folder / "manifest.json").unlink()
    assert sureshot.resume(after.folder, progress=Silent()).complete
    found = sureshot.compare(before.folder, after.folder, progress=Silent())
    assert len(found.leaderboard) == 2


def test_what_is_compared_differs_in_nothing_but_what_is_said(tmp_path: Path) -> None:
    write_shapes(tmp_path / "shapes", each=30)
    settings = FAST | {"seed": 7, "image.size": 16, "schedule.name": "plateau"}
    first = sureshot.train(
        tmp_path / "shapes",
        model="arch_1",
        settings=settings,
        name="first",
        runs=tmp_path,
        progress=Silent(),
    )
    new = write_shapes(tmp_path / "new", each=33) / "disc"
    (tmp_path / "add.csv").write_text(f"path,label\n{new}/032.png,disc\n")

    def again(folder: str, **told: object) -> Run:
        source = Source(tmp_path / folder, add=tmp_path / "add.csv")
        return sureshot.train(
            source, before=first.folder, name="second", runs=tmp_path, progress=Silent(), **told
        )

    page = tmp_path / "second-before-after.html"
    page.write_text("mine")
    with pytest.raises(UsageError, match="is there already and is no page of sureshot compare"):
        again("shapes")
    page.unlink()
    for label in ("disc", "ring"):
        shutil.copytree(tmp_path / "shapes" / "bar", tmp_path / "others" / label)
    for path in write_shapes(tmp_path / "strangers", each=20).rglob("*.png"):
        Image.open(path).rotate(180).save(path)
    with pytest.raises(DataError, match="bar, disc, and .* has disc, ring; leave out --before"):
        again("others")
    with pytest.raises(DataError, match="have none in common; leave out --before"):
        again("strangers")
    assert not (tmp_path / "second").exists()
    second = again("shapes", settings={"schedule.patience": 3})  # of the schedule from before
    assert second.recipe.schedule.patience == 3 != first.recipe.schedule.patience
    assert second.recipe.model_copy(update={"schedule": first.recipe.schedule}) == first.recipe
    judges = ("validation", "test", CALIBRATION)
    assert rows_of(second, *judges) == rows_of(first, *judges)
    assert len(second.index.rows("train")) == len(first.index.rows("train")) + 1


@pytest.mark.parametrize(
    ("model", "settings", "same"),
    [
        (None, {}, True),
        (None, {"epochs": 9}, True),
        (None, {"schedule.name": "constant"}, True),
        ("swift", {}, True),
        (None, {"preset": "best"}, False),
        ("cnn", {}, False),
        ("cnn", {"seed": 1}, False),
        (None, {"model": "cnn"}, False),
    ],
)
def test_the_recipe_from_before_stands_where_no_other_is_said(
    model: str | None, settings: dict[str, object], same: bool
) -> None:
    told = {"preset": "quick", "epochs": 77, "seed": 5, "calibrate": 0.2, "batch": 50}
    before = assemble("swift", settings=told).settle(64, 3)
    found, stands = assembled_like(before, model, None, settings)
    assert stands == same
    assert (found.seed, found.calibrate) == (settings.get("seed", 5), 0.2)
    assert (found.batch == 50) == same
    assert found.epochs == settings.get("epochs", 77 if same else found.epochs)
    with pytest.raises(UsageError, match="must be named on the command line"):
        own = before.model_copy(update={"model": "torch:/net.py:f@00"})
        assembled_like(own, None, None, settings)


def test_images_in_a_container_take_no_files_beside_them(tmp_path: Path) -> None:
    write_shapes(tmp_path / "shapes")
    np.savez(
        tmp_path / "images.npz",
        x_train=np.zeros((4, 8, 8), np.uint8),
        y_train=np.arange(4) % 2,
    )
    (tmp_path / "add.csv").write_text(f"path,label\n{tmp_path}/shapes/bar/000.png,0\n")
    with pytest.raises(DataError, match="holds them in containers; .*export-data"):
        sureshot.train(
            Source(tmp_path / "images.npz", add=tmp_path / "add.csv"),
            name="a",
            runs=tmp_path / "runs",
            progress=Silent(),
        )

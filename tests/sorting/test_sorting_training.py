"""Corrections train, and never judge: the same validation and test images with them as without."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import sureshot
from shapes import write_shapes
from sureshot import Silent, Source
from sureshot.errors import DataError
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

"""Training images as they are and as training may see them."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.text import Text
from test_figures_drawing import whole

from fake_run import augmented, generated_index, write_run
from sureshot import figures
from sureshot.errors import RunError
from sureshot.recipe import Augmentation

ALL = Augmentation(
    flip=True, rotation=15, zoom=0.1, translation=0.05, contrast=0.2, brightness=0.1, erasing=0.25
)


@pytest.mark.parametrize(("channels", "side"), [(1, 8), (1, 28), (3, 32), (3, 224)])
def test_every_picture_is_drawn(channels: int, side: int) -> None:
    words = figures.augmentation_in_words(ALL)
    figure = figures.plot_augmentation(augmented(channels, side), words)
    assert whole(figure)
    assert figure.get_figwidth() <= 8.7  # inches: the report's column
    images = figure.axes[0].images
    assert len(images) == 28
    assert all(80 <= max(image.get_array().shape[:2]) <= 160 for image in images)
    told = [text.get_text() for text in figure.findobj(Text)]
    assert {"as it is", "as training may see it"} <= set(told)
    assert " ".join(told[1].split()) == words
    assert figures.svg(figure) == figures.svg(figure)


def test_small_pictures_keep_their_pixels() -> None:
    pictures = augmented(1, 8)
    drawn = figures.plot_augmentation(pictures, "mirrored").axes[0].images[0].get_array()
    assert drawn.shape == (96, 96, 3)
    assert (drawn[::12, ::12, 0] == pictures[0, 0, :, :, 0]).all()


def test_what_is_switched_on_is_told() -> None:
    assert figures.augmentation_in_words(Augmentation()) == ""
    assert (
        figures.augmentation_in_words(Augmentation(rotation=7.5)) == "turned by up to 7.5 degrees"
    )
    told = figures.augmentation_in_words(ALL)
    assert told == (
        "mirrored left to right, one in two; turned by up to 15 degrees; larger or smaller by up "
        "to 10 %; moved by up to 5 % of the side; contrast up to 20 % higher or lower; up to 10 % "
        "lighter or darker; a grey rectangle on 25 % of them"
    )


def test_only_runs_that_augment_have_the_figure(tmp_path: Path) -> None:
    index = generated_index(tmp_path / "images", ["a", "b"], (3, 2, 3))
    plain = write_run(tmp_path / "plain", index, epochs=2)
    assert figures.augmented_pictures(plain) is None
    changed = write_run(tmp_path / "changed", index, 2, settings={"augment.flip": True})
    names = [path.stem for path in figures.draw(changed, tmp_path / "figures")]
    assert names == ["class_counts", "samples", "network", "augmentation", *figures.NAMES[3:]]
    assert {*names} - {*figures.NAMES} == {figures.AUGMENTATION}


@pytest.mark.parametrize(
    "content", [b"", b"\x93NUMPY", b"nothing", "objects", "float", "flat"], ids=str
)
def test_a_damaged_file_is_said_to_be(tmp_path: Path, content: bytes | str) -> None:
    index = generated_index(tmp_path / "images", ["a", "b"], (3, 2, 3))
    run = write_run(tmp_path / "run", index, epochs=2)
    arrays = {
        "objects": np.array([{}], dtype=object),
        "float": augmented().astype(np.float32),
        "flat": augmented()[0],
    }
    if isinstance(content, bytes):
        run.augmentation_path.write_bytes(content)
    else:
        np.save(run.augmentation_path, arrays[content], allow_pickle=True)
    with pytest.raises(RunError, match=r"augmentation\.npy is damaged"):
        figures.augmented_pictures(run)

"""The map over an image finds what the answer came from, and only that."""

import numpy as np
import pytest
from numpy.typing import NDArray

from sureshot.dashboard.heat import AGAINST, FOR, SIDE, heat_in_words, occlusion, overlaid

PLACE = slice(8, 16), slice(16, 24)  # where the network below looks


def looks_there(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Logits of a network for which one place being bright speaks for class 0."""
    bright = pixels[:, *PLACE].mean(axis=(1, 2, 3)) / 25.5
    return np.stack([bright, np.full(len(pixels), 5.0)], axis=1).astype(np.float32)


@pytest.fixture
def image() -> NDArray[np.uint8]:
    """Dark, and bright in the one place, (32, 32, 3)."""
    pixels = np.zeros((32, 32, 3), np.uint8)
    pixels[PLACE] = 255
    return pixels


def test_what_speaks_for_a_class_is_found_where_it_is(image: NDArray[np.uint8]) -> None:
    heat = occlusion(looks_there, image, 0)
    assert heat.shape == (32, 32)
    assert np.unravel_index(heat.argmax(), heat.shape) in set(np.ndindex(32, 32)) & {
        (row, column) for row in range(8, 16) for column in range(16, 24)
    }
    assert heat[PLACE].min() > heat[20:, :8].max()
    assert np.abs(heat[24:]).max() == 0


def test_what_speaks_for_one_class_speaks_against_the_other(image: NDArray[np.uint8]) -> None:
    assert occlusion(looks_there, image, 1)[PLACE].max() < 0


def test_covering_an_image_of_one_colour_changes_nothing() -> None:
    heat = occlusion(looks_there, np.full((28, 28, 1), 200, np.uint8), 0)
    assert np.abs(heat).max() == 0
    assert "the answer stays" in heat_in_words(heat)


def test_the_words_have_the_factor_of_the_strongest_place() -> None:
    assert "12.0 times less probable" in heat_in_words(np.full((4, 4), np.log(12)))


@pytest.mark.parametrize(("value", "colour"), [(1.0, FOR), (-1.0, AGAINST)])
def test_the_colours_say_for_and_against(value: float, colour: str) -> None:
    shown = overlaid(np.full((16, 16, 1), 128, np.uint8), np.full((16, 16), value))
    assert shown.shape == (SIDE, SIDE, 3)
    wanted = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)])
    assert np.abs(shown[0, 0] - wanted).max() <= 40  # the picture shines through

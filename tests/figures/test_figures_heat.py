"""Heat over a picture: where it must be, in colours that everybody tells apart."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from fake_run import HOSTILE
from sureshot import figures
from sureshot.errors import RunError
from sureshot.figures.heat import (
    AGAINST,
    FOR,
    Attention,
    Neighbour,
    overlaid,
    plot_heat,
    plot_nearest,
    read_attention,
    write_attention,
)

# How people see colours who lack one kind of cone: Machado, Oliveira & Fernandes 2009, "A
# Physiologically-based Model for Simulation of Color Vision Deficiency", severity 1.0.
LACKING = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def made(name: str = "hat", side: int = 32, channels: int = 3) -> Attention:
    draw = np.random.default_rng(1)
    return Attention(
        id=f"{name}.png",
        name=name,
        probability=0.873,
        true="dress",
        seen=draw.integers(0, 256, (side, side, channels), np.uint8),
        aspect=0.75,
        maps={"class activation": draw.normal(size=(2, 2)), "occlusion": np.zeros((side, side))},
    )


def as_light(colour: str) -> NDArray[np.float64]:
    parts = np.array(to_rgb(colour))
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


@pytest.mark.parametrize("kind", LACKING)
def test_for_and_against_are_told_apart_without_one_kind_of_cone(kind: str) -> None:
    seen = [np.array(LACKING[kind]) @ as_light(colour) for colour in (FOR, AGAINST)]
    assert np.linalg.norm(seen[0] - seen[1]) > 0.25


@pytest.mark.parametrize(("side", "channels"), [(28, 1), (32, 3), (128, 3), (300, 1)])
def test_heat_is_coloured_where_it_is_and_nowhere_else(side: int, channels: int) -> None:
    seen = np.full((side, side, channels), 128, np.uint8)
    red, _, blue = np.moveaxis(
        overlaid(seen, np.array([[2.0, 0.0], [0.0, -1.0]])).astype(int), 2, 0
    )
    half = len(red) // 2
    assert (red[:half, :half] - blue[:half, :half]).min() > 100
    assert (blue[half:, half:] - red[half:, half:]).min() > 40  # half as strong
    np.testing.assert_array_equal(red[:half, half:], blue[:half, half:])


def test_no_heat_at_all_leaves_a_grey_picture() -> None:
    plain = overlaid(made().seen, np.zeros((4, 4)))
    assert np.ptp(plain, axis=2).max() == 0
    assert plain.min() >= 60  # pale, so that colours can be seen on it


@pytest.mark.parametrize("name", [*HOSTILE, "hat"])
def test_figures_are_drawn_whatever_a_class_is_called(name: str) -> None:
    picture = np.zeros((40, 30, 3), np.uint8)
    heat = figures.svg(plot_heat([made(name), made(name)], [picture, None]))
    assert heat.count(b"<image ") == 5  # a picture and two maps, and the maps of one that is gone
    near = [Neighbour("a.png", name, 0.91), Neighbour("b.png", name, 0.9)]
    drawn = figures.svg(plot_nearest(made(name), picture, near, [picture, None]))
    assert drawn.count(b"<image ") == 2


def test_a_method_that_one_image_lacks_is_left_out() -> None:
    both, picture = made(), np.zeros((40, 30, 3), np.uint8)
    one = replace(both, maps={"occlusion": both.maps["occlusion"]})
    for table in ([both, one], [one, both]):
        drawn = figures.svg(plot_heat(table, [picture, picture]))
        assert drawn.count(b"<image ") == 4  # two pictures and two maps


def test_maps_are_read_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "attention.npz"
    assert read_attention(path) == []
    given = [made(HOSTILE[4]), made("hat", 28, 1)]
    write_attention(path, given)
    for one, found in zip(given, read_attention(path), strict=True):
        plain = ("id", "name", "probability", "true", "aspect")
        assert [getattr(one, key) for key in plain] == [getattr(found, key) for key in plain]
        np.testing.assert_array_equal(one.seen, found.seen)
        assert list(one.maps) == list(found.maps)
        for method, heat in one.maps.items():
            np.testing.assert_allclose(heat, found.maps[method], rtol=1e-6)


def test_damaged_maps_are_said(tmp_path: Path) -> None:
    path = tmp_path / "attention.npz"
    write_attention(path, [made()])
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(RunError, match="attention.npz is damaged"):
        read_attention(path)

"""Presets: what follows from the images, and why; the user's own choices stay above it."""

import pytest

from sureshot.presets import Known, preset
from sureshot.recipe import assemble, has_presets

PHOTOGRAPHS = Known(size=128, channels=3, images=3000)
COLOUR = Known(size=32, channels=3, images=45_000)
GREY = Known(size=28, channels=1, images=50_000)


@pytest.mark.parametrize("known", [PHOTOGRAPHS, COLOUR, GREY], ids=lambda known: known.kind)
def test_every_preset_is_a_recipe_and_shows_more_than_the_quicker_one(known: Known) -> None:
    shown = []
    for name in ("quick", "good", "best"):
        layer, reasons = preset(assemble("swift", settings={"preset": name}), known)
        recipe = assemble("swift", settings={"preset": name}, preset=layer)
        assert recipe.preset == name
        assert recipe.epochs >= 1
        assert f"preset {name} for " in reasons[0]
        assert "as asked" in reasons[0]
        assert recipe.augment.flip == (False if known is GREY else "alternating")
        shown.append(recipe.epochs * known.images * sum(recipe.network.widths))
    assert shown == sorted(shown)
    assert shown[0] < shown[-1]


@pytest.mark.parametrize(
    ("size", "channels", "kind"),
    [(28, 1, "small_grey"), (64, 3, "small_colour"), (65, 3, "photographs"),
     (128, 1, "photographs")],
)  # fmt: skip
def test_the_kind_of_images_follows_from_size_and_colour(
    size: int, channels: int, kind: str
) -> None:
    assert Known(size, channels, 100).kind == kind


def test_few_images_are_shown_more_often_within_bounds() -> None:
    epochs = [
        preset(assemble("swift"), Known(32, 3, images))[0]["epochs"]
        for images in (45_000_000, 45_000, 4_500, 45)
    ]
    assert epochs[0] == 1
    assert epochs == sorted(epochs)
    assert epochs[2] > epochs[1]
    assert epochs[3] <= 1000


def test_what_the_user_chooses_lies_above_the_preset() -> None:
    layer, _ = preset(assemble("swift"), COLOUR)
    chosen = assemble("swift", settings=["epochs=3", "network.widths=[16]"], preset=layer)
    assert (chosen.epochs, chosen.network.widths) == (3, (16,))


def test_nothing_is_mirrored_where_that_would_change_a_class() -> None:
    harmed = Known(32, 3, 45_000, "a mirrored 2 is no 2")
    layer, reasons = preset(assemble("swift"), harmed)
    recipe = assemble("swift", preset=layer)
    assert recipe.augment.flip is False
    assert recipe.network.mirror is False
    assert "no image is mirrored: a mirrored 2 is no 2" in reasons


def test_only_our_own_network_has_presets() -> None:
    assert has_presets("swift")
    assert not has_presets("arch_2")

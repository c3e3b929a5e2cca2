"""Presets: what follows from the images, and why; the user's own choices stay above it."""

from functools import partial
from typing import Any

import pytest

from sureshot.presets import OFTEN, WORDS, Known, preset, settled_preset
from sureshot.recipe import Recipe, assemble, has_presets

PHOTOGRAPHS = Known(size=128, channels=3, images=3000)
COLOUR = Known(size=32, channels=3, images=45_000)
GREY = Known(size=28, channels=1, images=50_000)


def chosen(known: Known, **settings: Any) -> tuple[Recipe, list[str]]:
    """The recipe of these settings for such images, and what is said of it."""
    assembled = partial(assemble, "swift", None, settings)
    return settled_preset(assembled(), known, assembled)


@pytest.mark.parametrize("known", [PHOTOGRAPHS, COLOUR, GREY], ids=lambda known: known.kind)
def test_every_preset_is_a_recipe_and_shows_more_than_the_quicker_one(known: Known) -> None:
    shown = []
    for name in ("quick", "good", "best"):
        recipe, reasons = chosen(known, preset=name)
        assert recipe.preset == name
        mixed = (
            "images that are shown 50 times or more are mixed (augment.cutmix), for they would be "
            "learned by heart"
        )
        assert reasons == [
            f"preset {name} for {WORDS[known.kind]}: {recipe.epochs} epochs of "
            f"{known.images:,} images",
            *([mixed] if recipe.augment.cutmix else []),
        ]
        assert recipe.augment.flip == (False if known is GREY else "alternating")
        assert recipe.settle(known.size, known.channels).network.tta_flip == (known is not GREY)
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
        preset(assemble("swift"), Known(32, 3, images))["epochs"]
        for images in (45_000_000, 45_000, 4_500, 45)
    ]
    assert epochs == [1, 11, 100, 100]


@pytest.mark.parametrize("size", [32, 128])
def test_images_that_are_shown_often_are_mixed(size: int) -> None:
    few, many = (chosen(Known(size, 3, images))[0] for images in (5_000, 50_000))
    assert few.epochs >= OFTEN > many.epochs
    assert (few.augment.cutmix, many.augment.cutmix) == (0.5, 0.0)
    kept, _ = chosen(Known(size, 3, 5_000), **{"augment.cutmix": 0.2})
    assert kept.augment.cutmix == 0.2
    briefly, _ = chosen(Known(size, 3, 5_000), epochs=3)
    assert briefly.augment.cutmix == 0.0


def test_what_a_budget_leaves_is_settled_as_if_it_had_been_asked_for() -> None:
    assembled = partial(assemble, "swift", None, {"preset": "good"})
    for most in (3, 80, 1000):
        recipe, _ = settled_preset(assembled(), PHOTOGRAPHS, assembled, most)
        asked, _ = chosen(PHOTOGRAPHS, epochs=min(most, chosen(PHOTOGRAPHS)[0].epochs))
        assert recipe == asked
        assert bool(recipe.augment.cutmix) == (most >= OFTEN)


def test_what_the_user_chooses_lies_above_the_preset() -> None:
    recipe, reasons = chosen(COLOUR, epochs=3, **{"network.widths": [16]})
    assert (recipe.epochs, recipe.network.widths, recipe.preset) == (3, (16,), "good")
    assert "3 epochs of" in reasons[0]


def test_answers_are_mirrored_where_training_is() -> None:
    recipe, _ = chosen(PHOTOGRAPHS, **{"augment.flip": False})
    assert recipe.settle(128, 3).network.tta_flip is False
    recipe, _ = chosen(PHOTOGRAPHS, **{"augment.flip": False, "network.tta_flip": True})
    assert recipe.settle(128, 3).network.tta_flip is True


def test_nothing_is_mirrored_where_that_would_change_a_class() -> None:
    harmed = Known(32, 3, 45_000, "a mirrored 2 is no 2")
    recipe, reasons = chosen(harmed)
    assert recipe.augment.flip is False
    assert recipe.settle(32, 3).network.tta_flip is False
    assert "no image is mirrored: a mirrored 2 is no 2" in reasons
    recipe, reasons = chosen(harmed, **{"augment.flip": True})
    assert recipe.augment.flip is True
    assert len(reasons) == 1


def test_another_optimizer_does_not_inherit_a_rate_in_another_unit() -> None:
    recipe, _ = chosen(COLOUR, **{"optimizer.name": "adam"})
    assert recipe.optimizer.rate == 1e-3
    recipe, _ = chosen(COLOUR, **{"optimizer.rate": 0.1})
    assert (recipe.optimizer.name, recipe.optimizer.rate) == ("muon", 0.1)


def test_only_our_own_network_has_presets() -> None:
    assert has_presets("swift")
    assert not has_presets("arch_2")

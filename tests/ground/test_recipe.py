"""Recipes: layers, TOML there and back, and the sentence for every kind of mistake."""

from pathlib import Path

import pytest

from sureshot.errors import UsageError
from sureshot.recipe import assemble, load, model_names


def test_later_layers_win(tmp_path: Path) -> None:
    mine = tmp_path / "my.toml"
    mine.write_text('model = "dense_l2"\nepochs = 7\n[image]\nsize = 32\nfit = "pad"\n')
    recipe = assemble(recipe=mine, settings=["epochs=9", "image.fit=crop"])
    assert (recipe.model, recipe.epochs, recipe.image.size) == ("dense_l2", 9, 32)
    assert recipe.image.fit == "crop"
    assert assemble("linear", recipe=mine).model == "linear"


@pytest.mark.parametrize("model", model_names())
def test_every_shipped_recipe_survives_toml(model: str, tmp_path: Path) -> None:
    recipe = assemble(model).settle(64, 3)
    path = tmp_path / "recipe.toml"
    path.write_text(recipe.to_toml())
    assert load(path) == recipe
    assert load(path).hash() == recipe.hash()


def test_the_hash_follows_every_choice() -> None:
    assert assemble("linear").hash() != assemble("linear", settings=["seed=112"]).hash()
    assert assemble("linear").hash() == assemble("linear", settings={"seed": 111}).hash()


def test_settling_leaves_what_was_asked() -> None:
    image = assemble(settings={"image.size": 96}).settle(128, 1).image.settled()
    assert (image.size, image.channels) == (96, 1)


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        (
            "epochz=5",
            r"unknown key 'epochz' \(--set\).* may hold batch, device.*did you mean epochs",
        ),
        ("image.sise=5", r"unknown key 'image.sise'.*\[image\] may hold .*did you mean size"),
        ("image.size=4", r'image.size must be between 8 and 1024, or "auto", got 4 \(--set\)'),
        ("image.size=true", "image.size must be between 8 and 1024"),
        ("image.fit=stretch", r'image.fit must be "squash", "crop" or "pad", got \'stretch\''),
        ("image=3", "image must be a table of settings, got 3"),
        ("epochs=0", "epochs must be between 1 and 10000, got 0"),
        ("epochs=2.5", "epochs must be between 1 and 10000, got 2.5"),
        ("epochs=nan", "epochs must be between 1 and 10000, got nan"),
        ("optimizer.rate=-1", "optimizer.rate must be above 0 and at most 10, got -1"),
        ("optimizer.name=sgd", "optimizer.name must be \"adam\", got 'sgd'"),
        ('image.also=["psd"]', 'image.also must be a list of "tiff" and "avif"'),
        ("model=arch_9", "there is no network called 'arch_9'; there are arch_1, dense_l2, linear"),
        ("epochs.x=1", "epochs must be a single value"),
        ("seed=-1", "seed must be between 0 and"),
        ("epochs", "--set wants key=value"),
    ],
)
def test_a_mistake_is_one_sentence(setting: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        assemble(settings=[setting])


def test_a_mistake_in_a_file_names_the_file(tmp_path: Path) -> None:
    mine = tmp_path / "my.toml"
    mine.write_text("[image]\nsize = 4\n")
    with pytest.raises(UsageError, match=r"got 4 \(.*my.toml\)"):
        assemble(recipe=mine)
    mine.write_text("size = = 4")
    with pytest.raises(UsageError, match="cannot be read as TOML"):
        assemble(recipe=mine)
    with pytest.raises(UsageError, match="there is no recipe file"):
        assemble(recipe=tmp_path / "other.toml")

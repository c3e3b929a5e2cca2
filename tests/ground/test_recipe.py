"""Recipes: layers, TOML there and back, and the sentence for every kind of mistake."""

import errno
import re
from pathlib import Path
from typing import Any

import pytest

from sureshot.errors import UsageError
from sureshot.recipe import about, assemble, load, model_names


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
            r"unknown key 'epochz' \(--set\).* may hold augment, batch.*did you mean epochs",
        ),
        ("image.sise=5", r"unknown key 'image.sise'.*\[image\] may hold .*did you mean size"),
        (
            "image.size=4",
            r'must be a whole number between 8 and 1024, or "auto", got 4 \(--set\)',
        ),
        ("image.size=true", "image.size must be a whole number between 8 and 1024"),
        ("image.fit=stretch", r'image.fit must be "squash", "crop" or "pad", got \'stretch\''),
        ("image=3", "image must be a table of settings, got 3"),
        ("epochs=0", "epochs must be a whole number between 1 and 10000, got 0"),
        ("epochs=2.5", "epochs must be a whole number between 1 and 10000, got 2.5"),
        ("epochs=nan", "epochs must be a whole number between 1 and 10000, got nan"),
        ("optimizer.rate=true", "optimizer.rate must be above 0 and at most 10, got True"),
        ('optimizer.rate="0.5"', "optimizer.rate must be above 0 and at most 10, got '0.5'"),
        ("optimizer.clip=inf", "optimizer.clip must be 0 .off. or a norm above 0, got inf"),
        ("schedule.floor=nan", "schedule.floor must be 0 or above, got nan"),
        ("augment.rotation=true", "augment.rotation must be degrees between 0 and 180, got True"),
        ("--class_weights=odd", r"class_weights must be .*got 'odd' \(--class-weights\)"),
        ("optimizer.rate=-1", "optimizer.rate must be above 0 and at most 10, got -1"),
        (
            "optimizer.name=lion",
            'optimizer.name must be "adam", "adamw", "sgd" or "muon", got \'lion\'',
        ),
        ('image.also=["psd"]', 'image.also must be a list such as \\["tiff", "avif"\\]'),
        (
            "model=arch_9",
            "there is no network called 'arch_9'; there are arch_1, arch_2, cifar_cnn",
        ),
        ("epochs.x=1", "epochs must be a single value"),
        ("seed=-1", "seed must be a whole number between 0 and"),
        ("epochs", "--set wants one key=value"),
        ("epochs=5\nseed=3", "--set wants one key=value on one line.*got 'epochs=5"),
        ("image.size.x=1", r"image.size must be a single value, got {'x': 1} \(--set\)"),
        (f"{'a.' * 5000}a=1", "unknown key 'a'"),
        (f"image.size{'.a' * 5000}=1", "image.size must be a single value"),
        (f"epochs={'[' * 5000}", "epochs must be a whole number between 1 and 10000, got '"),
        (f"epochs={'9' * 5000}", "epochs must be a whole number between 1 and 10000, got '999"),
        ("model=", "there is no network called ''; there are arch_1"),
        ("--seed=-1", r"seed must be a whole number between 0 and 2147483647, got -1 \(--seed\)"),
        ("--references=all", r'references must be "images".*got \'all\' \(--references\)'),
    ],
)
def test_a_mistake_is_one_sentence(setting: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        assemble(settings=[setting])


@pytest.mark.parametrize(
    "settings", [("image.size=96", "image.size.x=1"), ("image.size.x=1", "image.size=96")]
)
def test_settings_that_contradict_each_other_are_one_sentence(settings: tuple[str, str]) -> None:
    with pytest.raises(UsageError, match="image.size must be a single value, got {'x': 1}"):
        assemble(settings=settings)


def test_settings_given_as_a_table_are_not_blamed_on_an_option() -> None:
    with pytest.raises(UsageError, match=r"got -1 \(the settings given\)"):
        assemble(settings={"seed": -1})


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (["optimizer.momentum=0.9"], r'momentum = 0.9 would do nothing: .*"sgd" or "muon" \(--set'),
        (["optimizer.weight_decay=0.1"], r'would do nothing: .* "adamw", "sgd" or "muon"'),
        (["schedule.patience=3"], r'would do nothing: it belongs to schedule.name = "plateau"'),
        (["schedule.name=one_cycle", "schedule.warmup=2"], "warms up by itself"),
        (["schedule.rise=0.2"], r'would do nothing: it belongs to schedule.name = "triangle"'),
        (["preset=quick"], "presets belong to networks that have some, such as swift"),
        (["early_stop.min_delta=0.1"], "early_stop.patience is 0"),
        (["validation=false", "early_stop.patience=3"], "no validation images to look at"),
        (["validation=false", "schedule.name=plateau"], "no validation images to look at"),
        (["validation=false", "score_last=true"], "the last epoch is the one that is kept"),
    ],
)
def test_a_key_that_would_do_nothing_is_an_error(settings: list[str], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        assemble("arch_1", settings=settings)


def test_what_becomes_idle_by_another_choice_is_said_too() -> None:
    with pytest.raises(UsageError, match=r"schedule.patience = 3 would do nothing"):
        assemble("arch_2", settings=["validation=false", "schedule.patience=3"])
    assert assemble("arch_2", settings=["validation=false"]).schedule.name == "constant"


def test_what_the_network_brings_gives_way_to_what_the_user_chooses(tmp_path: Path) -> None:
    """arch_2 comes with a plateau schedule; its keys go where another is chosen."""
    recipe = assemble("arch_2", settings=["schedule.name=cosine"])
    assert recipe.schedule == assemble("arch_1", settings=["schedule.name=cosine"]).schedule
    mine = tmp_path / "mine.toml"
    mine.write_text(assemble("arch_1").settle(64, 3).to_toml())
    again = assemble(recipe=mine, settings=["optimizer.name=sgd", "optimizer.momentum=0.9"])
    assert again.optimizer.momentum == 0.9


@pytest.mark.parametrize(
    ("model", "settings", "found"),  # found: name, rate, momentum, weight decay
    [
        ("swift", {"optimizer.name": "muon"}, ("muon", 0.24, 0.6, 1e-3)),
        ("swift", {"optimizer.name": "sgd"}, ("sgd", 1e-3, 0.0, 0.0)),
        ("arch_1", {"optimizer.name": "adam", "optimizer.rate": 0.1}, ("adam", 0.1, 0.0, 0.0)),
        ("mobilenet_v2", {"optimizer.name": "adamw"}, ("adamw", 2e-3, 0.0, 0.01)),
        ("mobilenet_v2", {"optimizer.name": "sgd"}, ("sgd", 1e-3, 0.0, 0.0)),
    ],
)
def test_the_optimizer_that_a_network_has_keeps_its_settings_when_it_is_named(
    model: str, settings: dict[str, Any], found: tuple[str, float, float, float]
) -> None:
    way = {"transfer.way": "finetune"} if model == "mobilenet_v2" else {}
    optimizer = assemble(model, settings={**way, **settings}).optimizer
    told = optimizer.name, optimizer.rate, optimizer.momentum, optimizer.weight_decay
    assert told == found


def test_a_layer_that_names_no_optimizer_is_for_the_one_below_it() -> None:
    slower = {"optimizer": {"rate": 0.12}}
    named = assemble("swift", settings=["optimizer.name=muon"], preset=slower).optimizer
    assert (named.rate, named.momentum) == (0.12, 0.6)
    before = assemble("swift", settings=["optimizer.name=adam", "optimizer.rate=0.01"]).choices()
    again = assemble("swift", settings=["optimizer.name=muon"], preset=before).optimizer
    assert (again.rate, again.momentum) == (0.24, 0.6)
    assert assemble("swift", settings=["optimizer.name=adam"], preset=before).optimizer.rate == 0.01


FEATURES = ["transfer.way=features"]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (["transfer.head=nearest_mean", "class_weights=balanced"], "class_weights = .* do nothing"),
        (["transfer.head=nearest_mean", "label_smoothing=0.1"], 'to transfer.head = "logistic"'),
        (["transfer.views=2"], r"views must be 0 or 1 where augment.flip alone .* got 2 \(--set\)"),
    ],
)
def test_what_a_head_on_features_cannot_use_is_an_error(settings: list[str], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        assemble("mobilenet_v2", settings=[*FEATURES, *settings])


@pytest.mark.parametrize("settings", [[], ["transfer.views=4", "augment.rotation=5"]])
def test_views_that_are_new_are_kept(settings: list[str]) -> None:
    weighted = [*FEATURES, *settings, "class_weights=balanced", "label_smoothing=0.1"]
    recipe = assemble("mobilenet_v2", settings=weighted)
    assert recipe.transfer.views == (4 if settings else 1)
    assert (recipe.class_weights, recipe.label_smoothing) == ("balanced", 0.1)


@pytest.mark.parametrize("model", model_names())
def test_every_recipe_says_what_to_expect(model: str) -> None:
    first, *_, last = about(model)
    assert first.endswith(".")
    assert re.search(r"Expect \d+\.\d+ % .*n = [\d,]+", last), last


def test_an_empty_name_is_not_the_default() -> None:
    for given in ({"model": ""}, {"recipe": {"model": ""}}, {"settings": {"model": ""}}):
        with pytest.raises(UsageError, match="there is no network called ''"):
            assemble(**given)  # type: ignore[arg-type]


def test_what_was_given_is_not_changed() -> None:
    table = {"image": {"fit": "pad"}}
    assert assemble(recipe=table, settings=["image.fit=crop"]).image.fit == "crop"
    assert table == {"image": {"fit": "pad"}}


def test_a_recipe_that_cannot_be_read_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="cannot be read: is a directory$"):
        assemble(recipe=tmp_path)
    mine = tmp_path / "my.toml"
    mine.write_bytes("epochs = 5 # Größe".encode("latin-1"))
    with pytest.raises(UsageError, match=r"my.toml cannot be read: it is not UTF-8 text$"):
        assemble(recipe=mine)
    for deep in ("epochs = " + "[" * 5000, f"{'a.' * 5000}a = 1", f"image.size{'.a' * 5000} = 1"):
        mine.write_text(deep)
        with pytest.raises(UsageError, match=r"nested too deeply|unknown key 'a'|a single value"):
            assemble(recipe=mine)
        with pytest.raises(UsageError):
            load(mine)

    def refused(*_: object, **__: object) -> str:
        raise PermissionError(errno.EACCES, "no")

    monkeypatch.setattr(Path, "read_text", refused)  # root may read everything
    with pytest.raises(UsageError, match="cannot be read: permission denied$"):
        assemble(recipe=mine)


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

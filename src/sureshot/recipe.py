"""Every choice that can change a result, as one frozen, validated object; TOML in, TOML out.

A recipe is put together from layers, the later winning: the network's own shipped recipe
(`recipes/<model>.toml`), the user's file, and `--set key=value`. An unknown key is an error that
lists what is allowed. `image.size` and `image.channels` may be left to "auto": they are settled
from the data before training, and stored settled.
"""

import difflib
import hashlib
import itertools
import json
import os
import re
import reprlib
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sureshot import files
from sureshot.errors import UsageError, reason_of
from sureshot.seeds import DEFAULT_SEED

DEFAULT_MODEL = "swift"  # the strongest from nothing in little time
HUB = "hf:"  # before the name of any other pretrained network, or the folder of one
WAYS = ("features", "finetune")  # of teaching a pretrained network new classes
BACKBONES = {  # pretrained networks that have a name of their own: where they lie on the hub
    "mobilenet_v2": "google/mobilenet_v2_1.0_224",
    "resnet50": "microsoft/resnet-50",
}
OWN = re.compile(r"(torch|keras):(.+\.py):([^\W\d]\w*)(?:@([0-9a-f]{64}))?")

Fit = Literal["squash", "crop", "pad"]
Background = Literal["white", "grey", "black"]
ExtraFormat = Literal["tiff", "avif"]


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Formats(_Settings):
    """Which image files are read, and what they may demand before anything is allocated."""

    max_megapixels: int = Field(64, ge=1, le=1000, description="a whole number between 1 and 1000")
    max_megabytes: int = Field(32, ge=1, le=1000, description="a whole number between 1 and 1000")
    also: tuple[ExtraFormat, ...] = Field(
        (), strict=False, description='a list such as ["tiff", "avif"]'
    )


class Preprocessing(Formats):
    """All that turns a file's bytes into the pixels a network sees; travels with the weights."""

    size: int  # pixels, height and width
    channels: Literal[1, 3]  # greyscale or red, green, blue
    fit: Fit
    background: Background


class ImageSettings(Formats):
    """The recipe's `[image]` table."""

    size: Annotated[int, Field(ge=8, le=1024)] | Literal["auto"] = Field(
        "auto", description='a whole number between 8 and 1024, or "auto"'
    )
    channels: Literal[1, 3, "auto"] = Field("auto", description='1, 3 or "auto"')
    fit: Fit = Field("squash", description='"squash", "crop" or "pad"')
    background: Background = Field("white", description='"white", "grey" or "black"')

    def settle(self, size: int, channels: Literal[1, 3]) -> Preprocessing:
        """The same choices, with the given values wherever they said "auto"."""
        given = {"size": size, "channels": channels}
        table = self.model_dump()
        return Preprocessing(
            **table | {key: value for key, value in given.items() if table[key] == "auto"}
        )

    def settled(self) -> Preprocessing:
        """The same choices, where none is left to "auto"."""
        return Preprocessing(**self.model_dump())


Share = Annotated[float, Field(ge=0, lt=1)]


class NetworkSettings(_Settings):
    """The recipe's `[network]` table: what may be switched in a network as its author built it."""

    dropout: bool = Field(True, description="true or false")
    batch_norm: bool = Field(True, description="true or false")
    standardise: bool = Field(False, description="true or false")
    tta_flip: bool | Literal["auto"] = Field(False, description='true, false or "auto"')
    tta_shift: bool = Field(False, description="true or false")
    widths: tuple[Annotated[int, Field(ge=8, le=2048)], ...] = Field(
        (), strict=False, max_length=6, description="up to 6 whole numbers between 8 and 2048"
    )


class Augmentation(_Settings):
    """The recipe's `[augment]` table; 0 or false is off."""

    flip: bool | Literal["alternating"] = Field(False, description='true, false or "alternating"')
    resized_crop: Share = Field(0.0, description="a share of at least 0 and below 1")
    rotation: float = Field(0.0, ge=0, le=180, description="degrees between 0 and 180")
    zoom: Share = Field(0.0, description="a share of at least 0 and below 1")
    translation: Share = Field(0.0, description="a share of at least 0 and below 1")
    contrast: Share = Field(0.0, description="a share of at least 0 and below 1")
    brightness: Share = Field(0.0, description="a share of at least 0 and below 1")
    erasing: Share = Field(0.0, description="a share of at least 0 and below 1")
    cutmix: Share = Field(0.0, description="a share of at least 0 and below 1")

    @property
    def wanted(self) -> bool:
        """Whether anything is switched on."""
        return self != Augmentation()


class OptimizerSettings(_Settings):
    """The recipe's `[optimizer]` table."""

    name: Literal["adam", "adamw", "sgd", "muon"] = Field(
        "adam", description='"adam", "adamw", "sgd" or "muon"'
    )
    rate: float = Field(1e-3, gt=0, le=10, description="above 0 and at most 10")
    momentum: Share = Field(0.0, description="at least 0 and below 1")
    weight_decay: float = Field(0.0, ge=0, le=1, description="at least 0 and at most 1")
    clip: float = Field(0.0, ge=0, description="0 (off) or a norm above 0")


class ScheduleSettings(_Settings):
    """The recipe's `[schedule]` table: how the learning rate changes."""

    name: Literal["constant", "cosine", "one_cycle", "plateau", "triangle"] = Field(
        "constant", description='"constant", "cosine", "one_cycle", "plateau" or "triangle"'
    )
    rise: Share = Field(0.0, description="a share of at least 0 and below 1")
    warmup: float = Field(0.0, ge=0, le=1000, description="a number of epochs between 0 and 1000")
    factor: float = Field(0.3, gt=0, lt=1, description="above 0 and below 1")
    patience: int = Field(5, ge=1, le=1000, description="a whole number between 1 and 1000")
    floor: float = Field(1e-5, ge=0, description="0 or above")


class EarlyStop(_Settings):
    """The recipe's `[early_stop]` table; `patience` 0 is off."""

    patience: int = Field(0, ge=0, le=1000, description="0 (off) or a whole number up to 1000")
    min_delta: float = Field(0.0, ge=0, description="0 or above")


class TransferSettings(_Settings):
    """The recipe's `[transfer]` table: how a pretrained network is taught new classes."""

    way: Literal["auto", "features", "finetune"] = Field(
        "auto", description='"auto", "features" or "finetune"'
    )
    head: Literal["logistic", "nearest_mean"] = Field(
        "logistic", description='"logistic" or "nearest_mean"'
    )
    views: int = Field(0, ge=0, le=16, description="a whole number between 0 and 16")
    unfreeze: float = Field(1.0, ge=0, le=1000, description="a number of epochs from 0 to 1000")
    falloff: float = Field(0.5, gt=0, le=1, description="above 0 and at most 1")
    progressive: bool = Field(True, description="true or false")


class Recipe(_Settings):
    """One training, completely described."""

    model: str
    preset: Literal["auto", "quick", "good", "best"] = Field(
        "auto", description='"auto", "quick", "good" or "best"'
    )
    seed: int = Field(
        DEFAULT_SEED, ge=0, lt=2**31, description="a whole number between 0 and 2147483647"
    )
    epochs: int = Field(20, ge=1, le=10_000, description="a whole number between 1 and 10000")
    batch: int = Field(32, ge=1, le=8192, description="a whole number between 1 and 8192")
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description='"auto", "cpu" or "cuda"')
    precision: Literal["auto", "fp32", "bf16"] = Field(
        "auto", description='"auto", "fp32" or "bf16"'
    )
    references: Literal["images", "synthetic", "none"] = Field(
        "images", description='"images", "synthetic" or "none"'
    )
    validation: bool = Field(True, description="true or false")
    calibrate: Share = Field(0.0, description="a share of at least 0 and below 1")
    score_last: bool = Field(False, description="true or false")
    class_weights: Literal["none", "balanced"] = Field("none", description='"none" or "balanced"')
    label_smoothing: Share = Field(0.0, description="at least 0 and below 1")
    image: ImageSettings = ImageSettings()
    network: NetworkSettings = NetworkSettings()
    augment: Augmentation = Augmentation()
    optimizer: OptimizerSettings = OptimizerSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    early_stop: EarlyStop = EarlyStop()
    transfer: TransferSettings = TransferSettings()

    @property
    def on_features(self) -> bool:
        """Whether only a head is trained, on what a frozen network sees."""
        return is_pretrained(self.model) and self.transfer.way == "features"

    @property
    def finetuned(self) -> bool:
        """Whether a pretrained network is trained on."""
        return is_pretrained(self.model) and self.transfer.way == "finetune"

    def choices(self) -> dict[str, Any]:
        """Every choice as a table; `transfer` only where there is something to transfer."""
        left_out = set() if is_pretrained(self.model) else {"transfer"}
        return self.model_dump(exclude=left_out)

    def settle(self, size: int, channels: Literal[1, 3]) -> "Recipe":
        """The same recipe with the given values wherever `image` said "auto".

        Where test-time flips are left to "auto", they follow from the flips in training.
        """
        table = self.model_dump()
        table["image"] = self.image.settle(size, channels).model_dump()
        if self.network.tta_flip == "auto":
            table["network"]["tta_flip"] = bool(self.augment.flip)
        return Recipe.model_validate(table)

    def on(self, device: Literal["cpu", "cuda"], precision: Literal["fp32", "bf16"]) -> "Recipe":
        """The same recipe with device and precision, where it said "auto"."""
        given = {"device": device, "precision": precision}
        table = self.model_dump()
        return Recipe.model_validate(
            table | {key: value for key, value in given.items() if table[key] == "auto"}
        )

    def hash(self) -> str:
        """A SHA-256 over every choice, the same however the TOML was written."""
        return hashlib.sha256(json.dumps(self.choices(), sort_keys=True).encode()).hexdigest()

    def to_toml(self) -> str:
        """The recipe as TOML that `load` reads back to an equal recipe."""
        return "\n".join(toml_lines(self.choices())) + "\n"


def model_names() -> tuple[str, ...]:
    """The networks that have a shipped recipe, sorted."""
    folder = resources.files("sureshot") / "recipes"
    return tuple(
        sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml"))
    )


def is_pretrained(model: str) -> bool:
    """Whether a network comes with weights that others have trained."""
    return model in BACKBONES or model.startswith(HUB)


class Own(NamedTuple):
    """A function of the user's that makes a network, and the file that it is in."""

    kind: str  # "torch" or "keras"
    file: Path
    function: str
    sha256: str  # of the file; "" where nobody has said


def is_own(model: str) -> bool:
    """Whether a network is made by a function of the user's."""
    return model.startswith(("torch:", "keras:"))


def own_function(model: str) -> Own:
    """Where a network of the user's own is made; UsageError where its name cannot say so."""
    told = OWN.fullmatch(model)
    if told is None:
        kind = model.partition(":")[0]
        raise UsageError(
            f"a network of one's own must be {kind}:FILE.py:FUNCTION, such as "
            f"{kind}:net.py:make_model, got {model!r}"
        )
    return Own(told[1], Path(told[2]).expanduser(), told[3], told[4] or "")


def _pinned(model: str) -> str:
    """The same name with the file's whole path and its SHA-256, where it has none."""
    told = own_function(model)
    if told.sha256:
        return model
    file = told.file.resolve()
    try:
        return f"{told.kind}:{file}:{told.function}@{files.sha256_of(file)}"
    except OSError as error:
        why = reason_of(error)
        raise UsageError(f"{model} must name a file that can be read: {file}: {why}") from None


def plain_name(model: str) -> str:
    """A network's name as a folder may have it: "hf:owner/name@…" → "name"."""
    if is_own(model):
        model = own_function(model).file.stem
    name = Path(model.removeprefix(HUB).partition("@")[0]).name
    return re.sub("[^A-Za-z0-9._-]+", "-", name).strip("-._") or "hf"


def public_name(model: str) -> str:
    """A network's name as strangers may read it: of one that lies in a folder, the last part."""
    if is_own(model):
        told = own_function(model)
        return f"{told.kind}:{told.file.name}:{told.function}"
    place = model.removeprefix(HUB)
    local = is_pretrained(model) and (place.startswith((".", "/", "~")) or Path(place).is_dir())
    return HUB + plain_name(model) if local else model


def presets_of(model: str) -> Traversable:
    """The folder of a network whose numbers depend on the data; for most there is none."""
    return resources.files("sureshot") / "recipes" / model


def has_presets(model: str) -> bool:
    """Whether a network's numbers depend on the data."""
    return presets_of(model).is_dir()


def about(model: str) -> tuple[str, ...]:
    """What a network's own recipe says at its head: what it is, what it costs, what to expect."""
    lines = _shipped_text(model).splitlines()
    head = itertools.takewhile(lambda line: line.startswith("#"), lines)
    return tuple(line.removeprefix("#").strip() for line in head)[1:]  # the first is the command


def shipped(model: str) -> dict[str, Any]:
    """The table of a network's own recipe; UsageError lists the networks that there are."""
    table = tomllib.loads(_shipped_text(model))
    return dict(table["always"]) if is_pretrained(model) else table


def of_way(model: str, way: str) -> dict[str, Any]:
    """What a pretrained network's own recipe says of one way, over what it always says."""
    tables = tomllib.loads(_pretrained_text(model))
    chosen: dict[str, Any] = {**tables["always"], **tables[way]}
    return chosen | {"transfer": {"way": way, **chosen.get("transfer", {})}}


def _pretrained_text(model: str) -> str:
    name = model if model in BACKBONES else "hf"
    file = resources.files("sureshot") / "pretrained" / "recipes" / f"{name}.toml"
    return file.read_text("utf-8")


def _shipped_text(model: str) -> str:
    if is_pretrained(model):
        return _pretrained_text(model)
    if is_own(model):
        return ""
    known = (*model_names(), *BACKBONES)
    if model not in known:
        raise UsageError(
            f"there is no network called {model!r}; there are {', '.join(known)}, "
            f"{HUB}owner/name of the hub, and torch:FILE.py:FUNCTION or keras:… of your own"
            + _did_you_mean(model, known)
        )
    return (resources.files("sureshot") / "recipes" / f"{model}.toml").read_text("utf-8")


def assemble(
    model: str | None = None,
    recipe: str | os.PathLike[str] | Mapping[str, Any] | None = None,
    settings: Sequence[str] | Mapping[str, Any] = (),
    preset: Mapping[str, Any] | None = None,
) -> Recipe:
    """Put a recipe together: the network's own, then the user's file, then single settings.

    `recipe` is a TOML file or a table; `settings` are "key=value" strings with dotted keys (or
    "--seed=1", for one that had an option of its own), or a mapping from dotted keys to values.
    `preset` is laid right over the network's own: what follows from the data.
    Raises UsageError that names key, allowed, found, origin.
    """
    user, origin = _user_table(recipe)
    layers = [(origin, user), *_single_tables(settings)]
    if model is not None:
        layers.append(("--model", {"model": model}))
    named = [str(table["model"]) for _, table in layers if "model" in table]
    chosen = named[-1] if named else DEFAULT_MODEL
    own: list[tuple[str, Mapping[str, Any]]] = [(f"the recipe of {chosen}", shipped(chosen))]
    if preset is None and is_pretrained(chosen):
        preset = _asked_way(chosen, layers)
    own += [] if preset is None else [(f"the preset of {chosen}", preset)]
    own = _without_replaced(own, layers)
    layers = own + layers
    merged = Recipe(model=chosen).model_dump()  # so that every key is known, and of which kind
    for name, layer in layers:
        _merge(merged, layer, name)
    settled = _without_idle(_validated(merged, layers), layers, len(own))
    _require_new_views(settled, layers)
    if not is_own(settled.model):
        return settled
    if "model" in user and not isinstance(recipe, Mapping) and len(named) == 1:
        raise UsageError(
            f"a network of one's own must be named on the command line, with --model, and not in "
            f"a recipe, for its file is run; got {settled.model!r} ({origin})"
        )
    return settled.model_copy(update={"model": _pinned(settled.model)})


def _asked_way(
    model: str, layers: Sequence[tuple[str, Mapping[str, Any]]]
) -> Mapping[str, Any] | None:
    """What a pretrained network's own recipe says of the way that is asked for, if one is."""
    way = _told(["transfer", "way"], layers)
    return of_way(model, way) if way in WAYS else None


def _without_replaced(
    own: Sequence[tuple[str, Mapping[str, Any]]], layers: Sequence[tuple[str, Mapping[str, Any]]]
) -> list[tuple[str, Mapping[str, Any]]]:
    """A network's own layers, less what is for another optimizer than the user's: rates differ.

    A layer that names none, such as a preset with a rate alone, is for the one of those below it.
    """
    key = ["optimizer", "name"]
    wanted = _told(key, layers)
    kept: list[tuple[str, Mapping[str, Any]]] = []
    for number, (origin, table) in enumerate(own, 1):
        name = _told(key, own[:number]) or OptimizerSettings().name
        fits = wanted is None or wanted == name
        kept.append((origin, {k: v for k, v in table.items() if fits or k != "optimizer"}))
    return kept


def _without_idle(
    recipe: Recipe, layers: Sequence[tuple[str, Mapping[str, Any]]], own: int
) -> Recipe:
    """The recipe with its idle keys at their defaults; UsageError where the user has set one.

    A key is idle where another choice leaves it without effect. The network's `own` layers, the
    first, may hold some: they belonged to what the user has replaced.
    """
    plain = Recipe(model=recipe.model).model_dump()
    for keys, idle, why in _IDLE:
        *parents, key = keys
        table = recipe.model_dump()
        holder, default = table, plain
        for parent in parents:
            holder, default = holder[parent], default[parent]
        if not idle(recipe) or holder[key] == default[key]:
            continue
        if _given(keys, layers[own:]):
            raise UsageError(
                f"{'.'.join(keys)} = {json.dumps(holder[key])} would do nothing: {why} "
                f"({_origin(list(keys), layers)})"
            )
        holder[key] = default[key]
        recipe = Recipe.model_validate(table)  # what became idle by this is looked at next
    return recipe


def _require_new_views(recipe: Recipe, layers: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
    """Raise UsageError where all views but the first would show what has been shown before."""
    views, mirrored = recipe.transfer.views, Augmentation(flip=recipe.augment.flip)
    if recipe.on_features and views > 1 and recipe.augment == mirrored:
        raise UsageError(
            "transfer.views must be 0 or 1 where augment.flip alone is on, for an image and its "
            f"mirror image are all there is to see, got {views} "
            f"({_origin(['transfer', 'views'], layers)}); switch on more of [augment]"
        )


_NOT_PRETRAINED = "it belongs to a pretrained network, such as mobilenet_v2"
_OF_FEATURES = 'it belongs to transfer.way = "features"'
_OF_FINETUNE = 'it belongs to transfer.way = "finetune"'
_OF_STEPS = 'with transfer.way = "features" a head is solved for, not trained in steps'
_OF_VIEWS = 'with transfer.way = "features" images are only changed for transfer.views'
_OF_AUGMENT = "a view shows images as [augment] changes them, and nothing is switched on there"
_OF_LOGISTIC = 'it belongs to transfer.head = "logistic"; a mean counts each image once'
_PRESETS = "presets belong to networks that have some, such as swift"
_BLIND = "there are no validation images to look at with validation = false"
_IDLE: tuple[tuple[tuple[str, ...], Callable[[Recipe], bool], str], ...] = (
    (("preset",), lambda r: not has_presets(r.model), _PRESETS),
    (("schedule", "name"), lambda r: r.schedule.name == "plateau" and not r.validation, _BLIND),
    *(
        (("transfer", key), lambda r: not is_pretrained(r.model), _NOT_PRETRAINED)
        for key in TransferSettings.model_fields
    ),
    *((("transfer", key), lambda r: r.finetuned, _OF_FEATURES) for key in ("head", "views")),
    (("transfer", "views"), lambda r: r.on_features and not r.augment.wanted, _OF_AUGMENT),
    *(
        (("transfer", key), lambda r: r.on_features, _OF_FINETUNE)
        for key in ("unfreeze", "falloff", "progressive")
    ),
    *(
        ((table, key), lambda r: r.on_features, _OF_STEPS)
        for table, settings in (
            ("optimizer", OptimizerSettings),
            ("schedule", ScheduleSettings),
            ("early_stop", EarlyStop),
        )
        for key in settings.model_fields
    ),
    *(
        (("augment", key), lambda r: r.on_features and not r.transfer.views, _OF_VIEWS)
        for key in Augmentation.model_fields
    ),
    (("batch",), lambda r: r.on_features, _OF_STEPS),
    *(
        ((key,), lambda r: r.on_features and r.transfer.head == "nearest_mean", _OF_LOGISTIC)
        for key in ("class_weights", "label_smoothing")
    ),
    (
        ("augment", "cutmix"),
        lambda r: r.on_features,
        "a head is solved for on images of one class each",
    ),
    (
        ("optimizer", "momentum"),
        lambda r: r.optimizer.name not in ("sgd", "muon"),
        'it belongs to optimizer.name = "sgd" or "muon"',
    ),
    (
        ("optimizer", "weight_decay"),
        lambda r: r.optimizer.name == "adam",
        'it belongs to optimizer.name = "adamw", "sgd" or "muon"',
    ),
    *(
        (
            ("schedule", key),
            lambda r: r.schedule.name != "plateau",
            'it belongs to schedule.name = "plateau"',
        )
        for key in ("factor", "patience", "floor")
    ),
    (
        ("schedule", "warmup"),
        lambda r: r.schedule.name in ("one_cycle", "triangle"),
        'a schedule of "one_cycle" or "triangle" warms up by itself',
    ),
    (
        ("schedule", "rise"),
        lambda r: r.schedule.name != "triangle",
        'it belongs to schedule.name = "triangle"',
    ),
    (("early_stop", "patience"), lambda r: not r.validation, _BLIND),
    (
        ("early_stop", "min_delta"),
        lambda r: not (r.early_stop.patience and r.validation),
        "early_stop.patience is 0, so training never stops early",
    ),
    (
        ("score_last",),
        lambda r: not r.validation,
        "with validation = false the last epoch is the one that is kept",
    ),
)


def load(path: Path) -> Recipe:
    """Read a complete recipe, as a run folder holds it."""
    user, origin = _user_table(path)
    return _validated(user, [(origin, user)])


def _user_table(
    recipe: str | os.PathLike[str] | Mapping[str, Any] | None,
) -> tuple[dict[str, Any], str]:
    if recipe is None:
        return {}, "the recipe"
    if isinstance(recipe, Mapping):
        return dict(recipe), "the recipe given"
    try:
        return tomllib.loads(Path(recipe).read_text("utf-8")), str(recipe)
    except FileNotFoundError:
        raise UsageError(f"there is no recipe file {recipe}") from None
    except OSError as error:
        why = reason_of(error)
        raise UsageError(f"the recipe {recipe} cannot be read: {why}") from None
    except UnicodeDecodeError:
        raise UsageError(f"the recipe {recipe} cannot be read: it is not UTF-8 text") from None
    except RecursionError:
        raise UsageError(f"{recipe} cannot be read as TOML: it is nested too deeply") from None
    except ValueError as error:
        raise UsageError(f"{recipe} cannot be read as TOML: {error}") from None


def _single_tables(
    settings: Sequence[str] | Mapping[str, Any],
) -> list[tuple[str, Mapping[str, Any]]]:
    """["image.size=96"] → [("--set", {"image": {"size": 96}})]"""
    if isinstance(settings, Mapping):
        return [("the settings given", _nested(key, value)) for key, value in settings.items()]
    return [_parsed(setting) for setting in settings]


def _parsed(setting: str) -> tuple[str, dict[str, Any]]:
    key, equals, value = setting.partition("=")
    key, value = key.strip(), value.strip()
    if not equals or "\n" in value:
        raise UsageError(
            "--set wants one key=value on one line, such as epochs=5 or image.size=96, "
            f"got {setting!r}"
        )
    origin = key.replace("_", "-") if key.startswith("--") else "--set"
    try:
        found = tomllib.loads(f"value = {value}")["value"]
    except (ValueError, RecursionError):  # a bare word is a string: --set image.fit=pad
        found = value
    return origin, _nested(key.removeprefix("--"), found)


def _nested(key: str, value: Any) -> dict[str, Any]:
    *parents, leaf = key.split(".")
    table = {leaf: value}
    for parent in reversed(parents):
        table = {parent: table}
    return table


def _merge(
    into: dict[str, Any], layer: Mapping[str, Any], origin: str, place: tuple[str, ...] = ()
) -> None:
    """Lay one table over another that has every key there may be."""
    for key, value in layer.items():
        keys = (*place, str(key))
        if key not in into:
            raise UsageError(_unknown(keys, into, origin))
        below = into[key]
        if isinstance(below, dict) != isinstance(value, Mapping):
            found = reprlib.repr(value)
            raise UsageError(f"{'.'.join(keys)} must be {_kind(below)}, got {found} ({origin})")
        if isinstance(below, dict):
            _merge(below, value, origin, keys)
        else:
            into[key] = value


def _unknown(keys: Sequence[str], allowed: Iterable[str], origin: str) -> str:
    *parents, key = keys
    table = f"[{'.'.join(parents)}]" if parents else "a recipe"
    known = sorted(allowed)
    return (
        f"unknown key {'.'.join(keys)!r} ({origin}); {table} may hold {', '.join(known)}"
        + _did_you_mean(key, known)
    )


def _kind(value: object) -> str:
    return "a table of settings" if isinstance(value, dict) else "a single value"


def _validated(table: Mapping[str, Any], layers: Sequence[tuple[str, Mapping[str, Any]]]) -> Recipe:
    try:
        return Recipe.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        keys = [str(part) for part in first["loc"]]
        raise UsageError(_sentence(keys, first, layers)) from None


def _sentence(keys: list[str], error: Any, layers: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    """One pydantic error in our grammar: key, what is allowed, what was found, where it stood."""
    settings: type[BaseModel] = Recipe
    for depth, key in enumerate(keys):
        field = settings.model_fields.get(key)
        if field is None:
            return _unknown(keys[: depth + 1], settings.model_fields, _origin(keys, layers))
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            settings = field.annotation
            continue
        name = ".".join(keys[: depth + 1])
        if error["type"] == "missing":
            return f"{name} is missing ({_origin(keys, layers)})"
        return (
            f"{name} must be {field.description or 'a name'}, got {reprlib.repr(error['input'])} "
            f"({_origin(keys[: depth + 1], layers)})"
        )
    return f"{'.'.join(keys)} must be a table of settings ({_origin(keys, layers)})"


def _origin(keys: list[str], layers: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    """The name of the last layer that holds the key."""
    return next(
        (name for name, layer in reversed(layers) if _given(keys, [(name, layer)])), layers[-1][0]
    )


def _given(keys: Sequence[str], layers: Sequence[tuple[str, Mapping[str, Any]]]) -> bool:
    """Whether any of the layers holds the key."""
    return _told(keys, layers) is not None


def _told(keys: Sequence[str], layers: Sequence[tuple[str, Mapping[str, Any]]]) -> Any:
    """What the last of the layers that hold a key says of it; None where none does."""
    for _, layer in reversed(layers):
        told: Any = layer
        for key in keys:
            told = told.get(key) if isinstance(told, Mapping) else None
        if told is not None:
            return told
    return None


def _did_you_mean(word: str, allowed: Sequence[str]) -> str:
    near = difflib.get_close_matches(word, allowed, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def toml_lines(table: Mapping[str, Any], name: str = "") -> Iterator[str]:
    """A table as TOML, line by line; keys are taken as they are, without quotes around them."""
    if name:
        yield f"\n[{name}]"
    for key, value in table.items():
        if not isinstance(value, Mapping):
            yield f"{key} = {json.dumps(value, ensure_ascii=False)}"
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from toml_lines(value, f"{name}.{key}" if name else key)

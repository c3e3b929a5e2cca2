"""What a network's recipe leaves to the data: presets, a table for each kind of images.

A network that has a folder of its own in `recipes` comes in three presets: quick, good and best.
Which numbers these stand for depends on what the images are, and how many: `shown` is how many
images training shows, whatever their number, and is turned into epochs here.
"""

import tomllib
from dataclasses import dataclass
from typing import Any

from sureshot.recipe import Recipe, presets_of

SMALL = 64  # pixels; what is larger is a photograph
USUAL = "good"  # what "auto" stands for
SAID = {"quick": "about a minute", "good": "about ten minutes", "best": "half an hour or so"}


@dataclass(frozen=True)
class Known:
    """What is known of the images before anything is chosen."""

    size: int  # pixels, as asked or as proposed
    channels: int  # 1 or 3
    images: int  # to train on
    harmed: str = ""  # why they must not be mirrored, as a sentence; "" where they may

    @property
    def kind(self) -> str:
        """The file of presets that is for such images."""
        if self.size > SMALL:
            return "photographs"
        return "small_colour" if self.channels == 3 else "small_grey"


def preset(recipe: Recipe, known: Known) -> tuple[dict[str, Any], list[str]]:
    """The layer to lay under a recipe of such a network, and why, in sentences."""
    name = USUAL if recipe.preset == "auto" else recipe.preset
    file = presets_of(recipe.model) / f"{known.kind}.toml"
    tables = tomllib.loads(file.read_text("utf-8"))
    layer = _over(tables["always"], tables[name]) | {"preset": name}
    shown, most = layer.pop("shown"), layer.pop("most_epochs")
    layer["epochs"] = min(max(round(shown / max(known.images, 1)), 1), most)
    kind = known.kind.replace("_", " ").replace("grey", "grey images").replace("colour", "images")
    reasons = [
        f"preset {name} for {kind} ({'as asked' if recipe.preset != 'auto' else SAID[name]}): "
        f"{layer['epochs']} epochs, for it shows about {shown:,} images"
    ]
    if known.harmed and layer.get("augment", {}).get("flip"):
        layer = _over(layer, {"augment": {"flip": False}, "network": {"mirror": False}})
        reasons.append(f"no image is mirrored: {known.harmed}")
    return layer, reasons


def _over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """One table laid over another, tables in them too."""
    both = {
        key: _over(below[key], above[key])
        for key in below.keys() & above.keys()
        if isinstance(above[key], dict)
    }
    return {**below, **above, **both}

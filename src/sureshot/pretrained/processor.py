"""How a pretrained network wants its images: what its processor file says, checked."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sureshot.errors import DataError

FILE = "preprocessor_config.json"
SIZES = range(32, 1025)  # pixels; the usual trunks halve the side five times
PLAIN = 1 / 255  # what transformers multiplies pixels by where the file does not say


@dataclass(frozen=True)
class Processor:
    """The images that a network was trained on."""

    size: int  # pixels, height and width
    fit: Literal["squash", "crop"]
    mean: tuple[float, float, float]  # of red, green, blue in 0..1
    deviation: tuple[float, float, float]


def read_processor(folder: Path) -> Processor:
    """The processor of a model's folder; DataError where it asks for what is not done here."""
    path = folder / FILE
    try:
        told = json.loads(path.read_text("utf-8"))
        size, fit = _size(told), _fit(told)
        mean, deviation = _scale(told)
    except FileNotFoundError:
        raise DataError(f"{path} must say how images are prepared, and is missing") from None
    except (OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
        raise DataError(
            f"{path} must give the size of square images and a mean and deviation of three "
            f"channels, and does not: {error!r}; choose another model"
        ) from None
    return Processor(size, fit, mean, deviation)


def _size(told: Mapping[str, Any]) -> int:
    """The side in pixels of what the network is given in the end."""
    given = told["crop_size"] if told.get("do_center_crop") else told["size"]
    if isinstance(given, Mapping):
        sides = {given[key] for key in ("height", "width", "shortest_edge") if key in given}
    else:
        sides = {given}
    (side,) = sides
    if type(side) is not int or side not in SIZES:
        raise ValueError(f"a side of {side!r}, not between {SIZES[0]} and {SIZES[-1]}")
    return side


def _fit(told: Mapping[str, Any]) -> Literal["squash", "crop"]:
    """Whether the middle is cut out, as it is where only the shorter side is given."""
    size = told.get("size")
    short = "shortest_edge" in size if isinstance(size, Mapping) else "crop_pct" in told
    return "crop" if told.get("do_center_crop") or short else "squash"


def _scale(told: Mapping[str, Any]) -> tuple[tuple[float, float, float], ...]:
    """Mean and deviation of pixels in 0..1, whatever the file counts pixels in."""
    if told.get("rescale_offset"):
        raise ValueError("pixels are shifted before they are normalised")
    factor = 255 * float(told.get("rescale_factor", PLAIN)) if told.get("do_rescale", True) else 255
    plain = not told.get("do_normalize", True)
    triples = ((0, 0, 0), (1, 1, 1)) if plain else (told["image_mean"], told["image_std"])
    mean, deviation = (tuple(float(value) / factor for value in triple) for triple in triples)
    if len(mean) != 3 or len(deviation) != 3 or not all(map(math.isfinite, (*mean, *deviation))):
        raise ValueError(f"a mean of {mean} and a deviation of {deviation}")
    if min(deviation) <= 0:
        raise ValueError(f"a deviation of {deviation}")
    return (mean[0], mean[1], mean[2]), (deviation[0], deviation[1], deviation[2])

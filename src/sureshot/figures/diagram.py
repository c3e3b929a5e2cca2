"""A network in blocks, each drawn by what it is: a volume, a column of units, something thin."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from matplotlib.axes import Axes

from sureshot.figures import solids
from sureshot.figures.style import EDGE
from sureshot.records import Layer

Shape = tuple[int, int, int]  # height and width in pixels, channels
TALLEST = 1.45  # inches, the height of the image

# what makes a column of numbers of a map
VECTORS = ("Flatten", "GlobalAveragePooling2D", "GlobalMaxPooling2D")
_GREY = "#56606b"
_COLOURS = {
    "Conv2D": "#2b7fb8",
    "Dense": "#946200",
    "BatchNormalization": "#a6548a",
    "MaxPooling2D": "#2f3b47",
    "GlobalAveragePooling2D": "#2f3b47",
    "GlobalMaxPooling2D": "#2f3b47",
}
_PLANES = ("#3465a4", "#3d8b57", "#b8433a")  # blue, green and red, from back to front
_THIN, _THINNER, _POOL, _GAP = 0.06, 0.035, 0.13, 0.035  # inches


@dataclass(frozen=True)
class Stage:
    """A block of the diagram, and the thin layers behind it."""

    block: Layer
    behind: tuple[Layer, ...]

    @property
    def layers(self) -> tuple[Layer, ...]:
        """All of them in order."""
        return (self.block, *self.behind)


def stages(layers: Sequence[Layer], image: Shape) -> list[Stage]:
    """The network in blocks, the image first."""
    found = [[Layer("image", "Image", "", image, 0, 0)]]
    for layer in layers:
        if is_block(layer):
            found.append([layer])
        else:
            found[-1].append(layer)
    if found[-1][0].kind == "Dense":
        found[-1][0] = replace(found[-1][0], detail=f"{found[-1][0].detail}, one a class")
    return [Stage(first, tuple(behind)) for first, *behind in found]


def is_block(layer: Layer) -> bool:
    """Whether a layer is drawn as a block; the others are thin, behind one."""
    return layer.kind in ("Image", "Dense") or layer.kind.endswith("Conv2D")


def colour(layer: Layer) -> str:
    """The colour of a kind of layer."""
    return _COLOURS["Conv2D"] if layer.kind.endswith("Conv2D") else _COLOURS.get(layer.kind, _GREY)


def height_of(part: Sequence[Stage], image: Shape) -> float:
    """How much room a row of blocks needs, in inches."""
    return max(
        _tall(layer, image) * (1 + solids.UP * (len(layer.output) > 1))
        for stage in part
        for layer in stage.layers
    )


def draw_row(axes: Axes, part: Sequence[Stage], image: Shape, mid: float, pitch: float) -> float:
    """Blocks and what is behind them, from left to right on one line; returns where it ends."""
    end, last = 0.0, None
    for number, stage in enumerate(part):
        x = EDGE + pitch * number + _half_back(stage.block, image)
        if last is not None:
            _connect(axes, last, stage.block, image, mid, end, x)
        end, last = _draw_block(axes, stage.block, image, x, mid), stage.block
        for layer in stage.behind:
            end = _draw_thin(axes, layer, last, image, end, mid)
            last = layer
    return end


def draw_mark(axes: Axes, layer: Layer, x: float, mid: float) -> None:
    """What a thin layer looks like, small, for the words about it."""
    shade, tall = colour(layer), 0.1
    if layer.kind == "Activation":
        solids.hinge(axes, x, mid, 0.1, tall * 0.8, shade)
    elif layer.kind == "MaxPooling2D":
        solids.flat(axes, x, mid, 0.09, tall * 1.1, tall * 0.5, shade)
    elif layer.kind == "Dropout":
        solids.frame(axes, x + 0.015, mid, 0.06, tall, shade, deep=False)
    elif layer.kind in VECTORS:
        solids.ruled(axes, x + 0.015, mid, 0.06, tall * 1.1, shade)
    else:
        solids.flat(axes, x + 0.02, mid, 0.05, tall, tall, shade)


def _tall(layer: Layer, image: Shape) -> float:
    """How tall a layer's output is drawn, in inches."""
    if len(layer.output) == 1:
        return min(0.2 + 0.11 * math.log2(layer.output[0] + 1), TALLEST)
    tokens = len(layer.output) == 2  # (T, F), drawn as a map of so many places
    side = math.sqrt(layer.output[0]) if tokens else layer.output[0]
    return max(TALLEST * math.sqrt(side / image[0]), 0.12)


def _half_back(layer: Layer, image: Shape) -> float:
    """How far a piece reaches beyond both its ends: a volume has depth."""
    return _tall(layer, image) * solids.BACK / 2 if len(layer.output) > 1 else 0.0


def _connect(
    axes: Axes, last: Layer, block: Layer, image: Shape, mid: float, start: float, end: float
) -> None:
    """What leads from one stage to the next."""
    if len(last.output) > 1:
        solids.onward(axes, mid, start, end)
        return
    before, after = (
        solids.places(mid, _tall(layer, image), layer.output[0]) for layer in (last, block)
    )
    solids.each_to_each(axes, start, before, end, after)


def _draw_block(axes: Axes, layer: Layer, image: Shape, x: float, mid: float) -> float:
    tall = _tall(layer, image)
    if len(layer.output) == 1:
        return solids.units(axes, x, mid, tall, layer.output[0], colour(layer))
    channels = layer.output[-1]
    if layer.kind != "Image":
        thick, sheets = 0.05 + 0.05 * math.log2(channels), max(1, round(math.log2(channels)))
        return solids.volume(axes, x, mid, thick, tall, tall, colour(layer), sheets)
    end = x
    for number, shade in enumerate(_PLANES if channels == 3 else (_GREY,)):
        end = solids.volume(axes, x + 0.06 * number, mid, 0.04, tall, tall, shade)
    return end


def _draw_thin(axes: Axes, layer: Layer, last: Layer, image: Shape, x: float, mid: float) -> float:
    before, after = _tall(last, image), _tall(layer, image)
    shade, deep = colour(layer), len(layer.output) > 1
    if layer.kind in VECTORS:
        start = x + _half_back(last, image) + 0.07
        return solids.ruled(axes, start, mid, 0.09, after, shade)
    x += _GAP
    if layer.kind == "Dropout":
        return solids.frame(axes, x, mid, _THIN, after, shade, deep)
    thick = {"MaxPooling2D": _POOL, "Activation": _THINNER}.get(layer.kind, _THIN)
    if not deep:
        return solids.flat(axes, x, mid, thick, before, after, shade)
    return solids.volume(axes, x, mid, thick, before, after, shade)

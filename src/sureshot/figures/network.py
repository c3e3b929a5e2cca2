"""The network as a diagram: volumes that shrink and thicken, then columns of units."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sureshot.figures.diagram import (
    VECTORS,
    Shape,
    Stage,
    colour,
    draw_mark,
    draw_row,
    height_of,
    is_block,
    stages,
)
from sureshot.figures.solids import onward
from sureshot.figures.style import (
    BODY,
    EDGE,
    INK,
    QUIET,
    SMALL,
    TITLE,
    heading,
    sheet,
    styled,
    write,
)
from sureshot.figures.words import inches, plural, shorten, wrapped
from sureshot.records import Layer

_WIDE = 8.7  # inches: the width of the report's column
_LEAST = 5.0  # inches
_MOST = 8  # blocks in a row: beside more of them there would be no room for their words
_COLUMN = 1.5  # inches, the widest column
_LINE, _ROW = 0.16, 0.5  # inches from line to line, and around each row of blocks
_BETWEEN = 0.4  # of a line, between the words about a block and those about what is behind it
_MARK = 0.15  # inches from a mark to its words
_FREE = 0.06  # inches between columns of words
_SHORT = {  # Keras's name: as the diagram says it
    "BatchNormalization": "batch norm",
    "MaxPooling2D": "max pool",
    "Dropout": "dropout",
    "Flatten": "flatten",
    "GlobalAveragePooling2D": "average pool",
    "GlobalMaxPooling2D": "max of all",
    "Activation": "",  # the detail says which
}
_KEY = (
    "Height: side of image or map in pixels (square root), or units (logarithm). "
    "Thickness: channels (logarithm)."
)


@dataclass(frozen=True)
class _Row:
    """Blocks side by side, and how much room they and their words need."""

    stages: list[Stage]
    tall: float  # inches, of the blocks
    lines: int  # below each block, about itself
    behind: int  # below these, about what is behind it

    @property
    def words(self) -> float:
        """The height of all lines, in inches."""
        return _LINE * (self.lines + self.behind + (_BETWEEN if self.behind else 0))


@styled()
def plot_network(layers: Sequence[Layer], model_name: str, image: Shape) -> Figure:
    """Every layer from the image, (H, W, C), to the classes, with its output and parameters."""
    told = stages(layers, image)
    across = -(-len(told) // -(-len(told) // _MOST))
    pitch = min((_WIDE - 2 * EDGE) / across, _COLUMN)
    width = max(2 * EDGE + pitch * across, _LEAST)
    noun = _noun(layers, pitch - _FREE)
    rows = [_row(told[at : at + across], image, noun) for at in range(0, len(told), across)]
    key = wrapped(_KEY, SMALL, 0.95 * (width - 2 * EDGE))
    height = sum(row.tall + row.words + _ROW for row in rows) + _LINE * len(key) + 0.72
    figure, axes = sheet(width, height)
    total = plural(sum(layer.parameters for layer in layers), "parameter")
    title = shorten(f"{model_name}: {total}", TITLE, 0.95 * (width - 2 * EDGE), bold=True)
    top = heading(axes, title, trained_in_words(layers)) + 0.12
    for row in rows:
        mid = top + row.tall / 2
        end = draw_row(axes, row.stages, image, mid, pitch)
        if row is not rows[-1]:
            onward(axes, mid, end, EDGE + pitch * across, tip=True)
        for number, stage in enumerate(row.stages):
            x, below = EDGE + pitch * number, top + row.tall + 0.24
            _write_block(axes, stage.block, noun, x, below, pitch - _FREE)
            below += _LINE * (row.lines + _BETWEEN)
            _write_behind(axes, stage.behind, noun, x, below, pitch - _FREE)
        top += row.tall + row.words + _ROW
    for number, line in enumerate(key):
        write(axes, EDGE, top + _LINE * number, line, SMALL, QUIET)
    return figure


def trained_in_words(layers: Sequence[Layer]) -> str:
    """How many of the parameters training changes, and what the others are."""
    trained = sum(layer.trainable for layer in layers)
    rest = [layer for layer in layers if layer.parameters > layer.trainable]
    left = sum(layer.parameters - layer.trainable for layer in rest)
    if not left:
        return "all of them are trained"
    normal = all(layer.kind == "BatchNormalization" for layer in rest)
    why = "are running means and variances of batch normalisation" if normal else "stay as they are"
    return f"{trained:,} are trained, {left:,} {why}"


def shape_in_words(layer: Layer) -> str:
    """The output's shape, as "128×128×16"."""
    return "×".join(map(str, layer.output))


def _row(told: list[Stage], image: Shape, noun: str) -> _Row:
    lines = max(len(_said(stage.block, noun)) for stage in told)
    behind = max(sum(len(_said(layer, noun)) for layer in stage.behind) for stage in told)
    return _Row(told, height_of(told, image), lines, behind)


def _noun(layers: Sequence[Layer], room: float) -> str:
    """What parameters are called: by their name where the columns are wide enough."""
    most = max(layer.parameters for layer in layers)
    return "parameter" if inches(plural(most, "parameter"), SMALL) <= room else "param"


def _said(layer: Layer, noun: str) -> list[tuple[str, str]]:
    """What stands below the diagram about one layer: lines, each with its colour."""
    block = is_block(layer)
    detail = layer.detail.removeprefix("rate ")
    parts = [part for part in detail.split(", ") if part] if block else []
    name = layer.kind if block else f"{_SHORT.get(layer.kind, layer.kind)} {detail}".strip()
    lines = [(name, colour(layer) if block else INK), *((part, INK) for part in parts)]
    if len(layer.output) > 1 and layer.kind not in ("BatchNormalization", "Activation", "Dropout"):
        lines.append((shape_in_words(layer), INK if block else QUIET))
    elif layer.kind in VECTORS:
        lines.append((f"{layer.output[0]:,} numbers", QUIET))
    if layer.parameters:
        lines.append((plural(layer.parameters, noun), QUIET))
    return lines


def _write_block(axes: Axes, layer: Layer, noun: str, x: float, top: float, room: float) -> None:
    """The words below a block."""
    (name, shade), *lines = _said(layer, noun)
    short = shorten(name, BODY, room, bold=True)
    write(axes, x, top, short, BODY, shade, weight="bold")
    for number, (words, shade) in enumerate(lines, 1):
        write(axes, x, top + _LINE * number, shorten(words, SMALL, room), SMALL, shade)


def _write_behind(
    axes: Axes, layers: Sequence[Layer], noun: str, x: float, top: float, room: float
) -> None:
    """What is behind a block, each with its mark."""
    for layer in layers:
        draw_mark(axes, layer, x, top - 0.038)
        for words, shade in _said(layer, noun):
            write(axes, x + _MARK, top, shorten(words, SMALL, room - _MARK), SMALL, shade)
            top += _LINE

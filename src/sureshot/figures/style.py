"""One look for all figures: colours with one meaning each, one font, places in inches.

Colours are Okabe and Ito's, darkened where they were too pale on white (at least 3 : 1), so that
colour-blind people can tell them apart. Right and wrong also differ by mark.
"""

import base64
import io
import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from PIL import Image

from sureshot.figures.words import drawable

INK = "#1f2328"
QUIET = "#5f6873"  # second to ink: captions, axes
PAPER = "#f4f5f7"  # behind pictures, bars and cells
FAINT = "#dfe3e8"  # lines that only help the eye
SPLIT = {"train": "#7c8894", "validation": "#0072b2", "test": "#8a4a86", "images": "#7c8894"}
RIGHT, WRONG = "#00805e", "#c8500a"
RIGHT_MARK, WRONG_MARK, UNKNOWN_MARK = "✓", "✗", "?"

TITLE, BODY, SMALL = 10.5, 8.5, 7.5  # points
EDGE = 0.12  # inches left free all round

_SETTINGS: Any = {
    "axes.edgecolor": QUIET,
    "axes.labelcolor": QUIET,
    "axes.labelsize": BODY,
    "axes.linewidth": 0.6,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.dpi": 100,
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": BODY,
    "image.composite_image": False,
    "svg.hashsalt": "sureshot",
    "text.color": INK,
    "text.parse_math": False,  # a class may be called $x$
    "xtick.color": QUIET,
    "xtick.labelsize": SMALL,
    "xtick.major.size": 3,
    "xtick.major.width": 0.6,
    "ytick.color": QUIET,
    "ytick.labelsize": SMALL,
    "ytick.major.size": 3,
    "ytick.major.width": 0.6,
}
_ALONE = threading.RLock()  # Matplotlib's settings are one table for the whole process


@contextmanager
def styled() -> Iterator[None]:
    """Matplotlib's own settings plus ours, whatever the user's are; put back afterwards."""
    with _ALONE, mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)
        yield


def sheet(width: float, height: float) -> tuple[Figure, Axes]:
    """An empty figure to draw on in inches, from the top left."""
    figure = Figure(figsize=(width, height), facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(height, 0), autoscale_on=False, xticks=[], yticks=[])
    axes.axis("off")
    return figure, axes


def panel(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Axes at a place given in inches from the figure's top left."""
    wide, tall = figure.get_size_inches()
    return figure.add_axes((left / wide, 1 - (top + height) / tall, width / wide, height / tall))


def write(
    axes: Axes,
    x: float,
    y: float,
    words: str,
    size: float = BODY,
    colour: Any = INK,
    **how: Any,
) -> None:
    """Words at a place on a sheet; `$` and backslashes mean themselves."""
    axes.text(x, y, words, size=size, color=colour, parse_math=False, **how)


def box(axes: Axes, x: float, y: float, width: float, height: float, colour: Any) -> None:
    """A filled rectangle with its top left corner at (x, y)."""
    axes.add_artist(Rectangle((x, y), width, height, facecolor=colour, edgecolor="none", zorder=1))


def heading(axes: Axes, words: str, below: str) -> float:
    """Title and second line at the top of a sheet; returns where the rest may begin, in inches."""
    write(axes, EDGE, EDGE, words, TITLE, weight="bold", va="top")
    write(axes, EDGE, EDGE + 0.22, below, BODY, QUIET, va="top")
    return EDGE + 0.5


def tint(colour: str, strength: float) -> tuple[float, float, float]:
    """The colour mixed with white: 0 is white, 1 the colour itself."""
    red, green, blue = (1 - strength * (1 - part) for part in to_rgb(colour))
    return red, green, blue


def readable_on(colour: Any) -> str:
    """White or ink, whichever stands out more on the colour (WCAG 2 contrast)."""
    parts = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in to_rgb(colour)]
    light = 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    return "white" if 1.05 / (light + 0.05) > (light + 0.05) / 0.067 else INK  # 0.067: ink's own


@styled()
def svg(figure: Figure) -> bytes:
    """The figure as SVG, the same bytes every time.

    Letters become outlines, which look alike everywhere. Where our font lacks a letter, all of
    them stay text, and the reader's own fonts draw them.
    """
    words = "".join(text.get_text() for text in figure.findobj(Text))
    mpl.rcParams["svg.fonttype"] = "path" if drawable(words.replace("\n", "")) else "none"
    return _with_photographs(_saved(figure, "svg", {"Date": None, "Creator": "Sureshot"}))


@styled()
def png(figure: Figure) -> bytes:
    """The figure as PNG with 160 dots an inch, the same bytes every time."""
    return _saved(figure, "png", {"Software": "Sureshot"}, dpi=160)


def _saved(figure: Figure, form: str, metadata: dict[str, Any], **how: Any) -> bytes:
    content = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        figure.savefig(content, format=form, metadata=metadata, **how)
    return content.getvalue()


def _with_photographs(drawn: bytes) -> bytes:
    """Photographs as JPEG, a fifth of the bytes of the PNG that Matplotlib writes, and smooth."""
    image = rb'data:image/png;base64,\s*([A-Za-z0-9+/=\s]+)"'
    drawn = re.sub(image, lambda found: _smaller(found[1]) + b'"', drawn)
    return drawn.replace(b"image-rendering:crisp-edges;image-rendering:pixelated", b"")


def _smaller(encoded: bytes) -> bytes:
    """The picture as it came or as JPEG, whichever has fewer bytes."""
    content = base64.b64decode(encoded)
    with Image.open(io.BytesIO(content)) as picture:
        other = jpeg(picture)
    kind, least = (b"png", content) if len(content) < len(other) else (b"jpeg", other)
    return b"data:image/" + kind + b";base64," + base64.b64encode(least)


def jpeg(picture: Image.Image) -> bytes:
    """A picture as a small JPEG."""
    content = io.BytesIO()
    picture.convert("RGB").save(content, "jpeg", quality=82, optimize=True)
    return content.getvalue()

"""Training images as they are, and as training may see them."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from sureshot.errors import RunError
from sureshot.figures.pictures import LONGEST
from sureshot.figures.style import (
    BODY,
    EDGE,
    FAINT,
    QUIET,
    heading,
    sheet,
    styled,
    write,
)
from sureshot.figures.words import percent, wrapped
from sureshot.recipe import Augmentation
from sureshot.runs import Run

_SIDE, _GAP, _APART = 1.08, 0.08, 0.3  # inches: a picture, between two, behind the first column
_LINE = 0.14  # inches from one line of words to the next
_LEAST = 96  # pixels: smaller pictures are drawn with squares for pixels


def augmented_pictures(run: Run) -> NDArray[np.uint8] | None:
    """Some training images, plain and augmented, as uint8 (I, 1 + V, H, W, C).

    None where nothing was augmented; RunError where the file is damaged.
    """
    path = run.augmentation_path
    if not path.exists():
        return None
    try:
        pictures = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise RunError(f"{path} is damaged: {error}") from None
    if pictures.dtype != np.uint8 or pictures.ndim != 5 or pictures.shape[4] not in (1, 3):
        raise RunError(f"{path} is damaged: it holds {pictures.dtype} of shape {pictures.shape}")
    return np.asarray(pictures)


@styled()
def plot_augmentation(pictures: NDArray[np.uint8], settings_in_words: str) -> Figure:
    """One row an image: as it is, then as training may see it; uint8 (I, 1 + V, H, W, C)."""
    images, columns, height, width, _ = pictures.shape
    tall = _SIDE * height / width
    wide = 2 * EDGE + columns * (_SIDE + _GAP) - _GAP + _APART
    told = wrapped(settings_in_words, BODY, wide - 2 * EDGE)
    more = _LINE * (len(told) - 1)
    figure, axes = sheet(wide, 0.78 + more + images * (tall + _GAP))
    top = heading(axes, "What augmentation does", "\n".join(told)) + 0.14 + more
    second = EDGE + _SIDE + _GAP + _APART
    write(axes, EDGE, top, "as it is", colour=QUIET)
    write(axes, second, top, "as training may see it", colour=QUIET)
    top += 0.1
    line = second - (_GAP + _APART) / 2
    axes.plot([line, line], [top - 0.2, top + images * (tall + _GAP) - _GAP], color=FAINT, lw=0.8)
    for row, column in np.ndindex(images, columns):
        x = EDGE + column * (_SIDE + _GAP) + (_APART if column else 0)
        y = top + row * (tall + _GAP)
        place = (x, x + _SIDE, y + tall, y)
        axes.imshow(
            _shown(pictures[row, column]), extent=place, aspect="auto", interpolation="none"
        )
    return figure


def augmentation_in_words(settings: Augmentation) -> str:
    """What is switched on, as "mirrored, turned by up to 10 degrees"."""
    shares = {name: value for name, value in settings.model_dump().items() if name != "flip"}
    share = {name: percent(value) for name, value in shares.items()}
    told = {
        "flip": "mirrored left to right, "
        + ("in every other epoch" if settings.flip == "alternating" else "one in two"),
        "resized_crop": f"a piece, of {share['resized_crop']} of the area or more",
        "rotation": f"turned by up to {settings.rotation:g} degrees",
        "zoom": f"larger or smaller by up to {share['zoom']}",
        "translation": f"moved by up to {share['translation']} of the side",
        "contrast": f"contrast up to {share['contrast']} higher or lower",
        "brightness": f"up to {share['brightness']} lighter or darker",
        "erasing": f"a grey rectangle on {share['erasing']} of them",
        "cutmix": f"a rectangle of another image in {share['cutmix']} of the batches",
    }
    return "; ".join(words for name, words in told.items() if getattr(settings, name))


def _shown(picture: NDArray[np.uint8]) -> NDArray[Any]:
    """Colours for Matplotlib, at a size that is sharp in print and small on disk."""
    coloured = np.repeat(picture, 3, axis=2) if picture.shape[2] == 1 else picture
    times = -(-_LEAST // max(coloured.shape[:2]))
    if times > 1:
        return coloured.repeat(times, axis=0).repeat(times, axis=1)
    image = Image.fromarray(coloured)
    image.thumbnail((LONGEST, LONGEST))
    return np.asarray(image)

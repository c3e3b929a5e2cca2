"""An index with its duplicates grouped, the same whatever size and fit a recipe wants.

What is a duplicate must not depend on how a network is to see it: images are compared squashed, in
the size and the colours that they suggest themselves.
"""

from dataclasses import replace

from sureshot.containers import indexed
from sureshot.data.duplicates import beside, find_groups
from sureshot.data.pixels import Pixels, decoded, prepare_pixels
from sureshot.data.propose import propose
from sureshot.errors import DataError
from sureshot.images import Content
from sureshot.progress import Progress
from sureshot.recipe import ImageSettings
from sureshot.records import Index


def grouped(index: Index, pixels: Pixels, image: ImageSettings, progress: Progress) -> Index:
    """The index with its duplicates grouped; `pixels` are as `image` says."""
    settings = _compared(image, index).settled()
    if settings != image.settled():
        pixels = prepare_pixels(index, settings, progress)

    def read(row: int) -> Content:
        return indexed(index, row, settings.max_megabytes)

    return replace(index, group=find_groups(index, pixels.array, read, settings, progress))


def grouped_with(index: Index, known: Index, image: ImageSettings, progress: Progress) -> Index:
    """Both as one index, in that order, whose duplicates are grouped, also from one to the other.

    Where pictures cannot be compared any more, this is said, and equal bytes alone count.
    """
    both = beside(index, known)
    try:
        if index.contained != known.contained:
            raise DataError("some lie in containers and some in files")
        image = _compared(image, both)
        both, pixels = decoded(both, image.settled(), progress)
        return grouped(both, pixels, image, progress)
    except DataError as error:
        progress.say(
            f"copies are found by equal bytes alone, for pictures cannot be compared: {error}"
        )
        return both


def _compared(image: ImageSettings, index: Index) -> ImageSettings:
    """How images are prepared to be compared."""
    found = propose(index, smallest=1)
    size = {"size": found.size, "channels": found.channels}
    return image.model_copy(update={**size, "fit": "squash"})

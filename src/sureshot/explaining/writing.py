"""`sureshot explain`: one figure an image in a new folder, whole or not at all."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sureshot import figures, files
from sureshot.bundle import Bundle, bundle_of
from sureshot.containers import Item
from sureshot.errors import DataError, UnreadableImage, UsageError
from sureshot.explaining.maps import explain
from sureshot.explaining.nearest import Kept, kept_features, nearest
from sureshot.figures.heat import plot_heat, plot_nearest
from sureshot.figures.pictures import LONGEST
from sureshot.images import prepare, thumbnail
from sureshot.progress import Progress, printable
from sureshot.runs import open_run

if TYPE_CHECKING:
    from sureshot.models import Network

_STEM = 60  # letters of an image's name that its figures bear: 4 bytes each stay below 255


def explain_files(
    model: Path,
    images: Sequence[Path],
    out: Path,
    progress: Progress,
    *,
    rebuilt: "Callable[[Bundle], Network] | None" = None,
    with_nearest: bool = False,
) -> int:
    """Explain image files by a run or a bundle into a new folder of SVGs; returns how many.

    `rebuilt` gives the bundle's network in PyTorch, for Grad-CAM. `with_nearest` needs a run, and
    draws its nearest training images as well. What cannot be read is said; DataError where that is
    everything.
    """
    if os.path.lexists(out):
        raise UsageError(f"{out} is there already, and nothing is overwritten; name another --out")
    if with_nearest and not model.is_dir():
        raise UsageError(
            f"--nearest looks among the images of a run, so MODEL must be a run folder, got {model}"
        )
    bundle = bundle_of(model)
    network = None if rebuilt is None else rebuilt(bundle)
    kept = kept_features(open_run(model), bundle, progress) if with_nearest else None
    written = 0
    with (
        files.writing_folder(out) as folder,
        progress.track("explaining", len(images)) as track,
    ):
        for number, path in enumerate(images, 1):
            try:
                _write(folder / f"{number:04d}-{path.stem[:_STEM]}", path, bundle, network, kept)
                written += 1
            except UnreadableImage as error:
                progress.say(f"left out: {printable(str(path))}: {error.problem}")
            track.advance()
        if not written:
            raise DataError("not one of the images could be read; nothing was written")
    return written


def _write(
    place: Path, path: Path, bundle: Bundle, network: "Network | None", kept: Kept | None
) -> None:
    """The figures of one image."""
    settings = bundle.preprocessing
    content = Item.of_file(path).read(settings.max_megabytes)
    pixels, picture = prepare(content, settings), thumbnail(content, settings, LONGEST)
    aspect = picture.shape[1] / picture.shape[0] if settings.fit == "squash" else 1.0
    found = explain(bundle, pixels, str(path), aspect=aspect, network=network)
    files.write_bytes(
        place.with_name(f"{place.name}.svg"), figures.svg(plot_heat([found], [picture]))
    )
    if kept is not None:
        near = nearest(kept, bundle.features(pixels[None])[0])
        shown = figures.pictures(kept.index, [one.id for one in near], settings)
        drawn = figures.svg(plot_nearest(found, picture, near, shown))
        files.write_bytes(place.with_name(f"{place.name}-nearest.svg"), drawn)

"""How a bundle proves itself: its network fits its description, and gives what its images must."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sureshot.bundle.about import About
from sureshot.bundle.format import Contents
from sureshot.bundle.references import MEGAPIXELS
from sureshot.bundle.session import Session
from sureshot.bundle.unlike import DIRECTIONS, looks
from sureshot.errors import BundleError, UnreadableImage
from sureshot.images import prepare
from sureshot.parallel import map_in_order
from sureshot.recipe import Preprocessing
from sureshot.records import softmax

TOLERANCE = 1e-3  # how far a reference's probability may be off before the bundle is refused


def require_fit(about: About, session: Session, origin: str) -> None:
    """Raise BundleError where network and description are not made for each other."""
    settings = about.preprocessing
    wanted = (settings.size, settings.size, settings.channels)
    if session.pixel_shape != wanted:
        raise BundleError(
            f"{origin}: the network takes {session.pixel_shape}, its pixels are {wanted}"
        )
    if session.class_count != len(about.classes):
        raise BundleError(
            f"{origin}: the network gives {session.class_count} logits, its classes are "
            f"{len(about.classes)}"
        )
    nothing = np.zeros((1, *wanted), np.uint8)
    _finite(session.logits_of_batch(nothing))
    if about.unlike is not None:
        found = looks(session.several_of_batch(("feature_map",), nothing)["feature_map"])
        width, (rows, axes) = found.shape[1], about.unlike.shape
        if rows <= width or axes not in (width, min(width, DIRECTIONS)):
            raise BundleError(
                f"{origin}: the network has {width // 2} channels to compare images by, its "
                f"unlike.f32 of shape {about.unlike.shape} is made for another number"
            )


def probabilities_of(
    session: Session, settings: Preprocessing, images: Sequence[bytes], temperature: float
) -> NDArray[np.float64]:
    """What the network gives for encoded images, shape (len(images), K)."""
    if not images:
        return np.zeros((0, session.class_count))
    limit = min(settings.max_megapixels, MEGAPIXELS)  # whatever a stranger's file would allow
    bounded = settings.model_copy(update={"max_megapixels": limit})

    def logits(image: bytes) -> NDArray[np.float32]:
        return session.logits_of_batch(prepare(image, bounded)[None])

    return softmax(_finite(np.concatenate(list(map_in_order(logits, images)))), temperature)


def _finite(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same logits; BundleError where one is no finite number."""
    if not np.isfinite(logits).all():
        raise BundleError("the network gives logits that are no finite numbers; do not use it")
    return logits


def replay(contents: Contents, session: Session, origin: str) -> None:
    """Raise BundleError where a reference gives another probability than it must."""
    about = contents.about
    try:
        found = probabilities_of(session, about.preprocessing, contents.images, about.temperature)
    except UnreadableImage as error:
        raise BundleError(f"{origin}: a reference image cannot be read: {error}") from None
    for reference, row in zip(about.references, found, strict=True):
        wanted = np.array(reference.probabilities)
        if wanted.shape != row.shape:
            raise BundleError(f"{origin} is damaged: {reference.file} has no value for each class")
        worst = float(np.abs(wanted - row).max())
        if not worst <= TOLERANCE:
            raise BundleError(
                f"{origin} does not prove itself here: {reference.file} must give its "
                f"probabilities within {TOLERANCE:g}, but is off by {worst:.2g}; do not use it. "
                "The file was changed, or a decoder or runtime here computes differently"
            )

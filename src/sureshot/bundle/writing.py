"""From an exported network to a bundle: what it is, and the probabilities that it gives right now.

Shapes: `K` classes.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sureshot.bundle.about import SCHEMA, About, Reference, Unlike
from sureshot.bundle.format import Contents, room_for_references, write_contents
from sureshot.bundle.proving import probabilities_of
from sureshot.bundle.references import ending
from sureshot.bundle.session import Session
from sureshot.recipe import Recipe, public_name
from sureshot.records import Index


def write_bundle(
    path: Path,
    session: Session,
    recipe: Recipe,
    index: Index,
    images: Sequence[bytes],
    temperature: float = 1.0,
    unlike: tuple[Unlike, NDArray[np.float32]] | None = None,
) -> None:
    """Write a network as a classifier in one file, with the probabilities that it gives right now.

    `images` are what `gather` gave for `recipe.references`; of many classes not all of them have
    room. `temperature` divides the logits; `unlike` goes with its array.
    """
    from importlib.metadata import version  # for writing only: it is slow to import

    recipe = recipe.model_copy(update={"model": public_name(recipe.model)})
    settings = recipe.image.settled()
    images = images[: room_for_references(index.classes)]
    probabilities = probabilities_of(session, settings, images, temperature)
    about = About(
        schema_version=SCHEMA,
        sureshot=version("sureshot"),
        network=recipe.model,
        classes=index.classes,
        preprocessing=settings,
        recipe=recipe.to_toml(),
        data_fingerprint=index.fingerprint(),
        graph_sha256=hashlib.sha256(session.graph).hexdigest(),
        reference_kind=recipe.references,
        references=tuple(
            Reference(
                file=f"references/{number:02d}.{ending(image)}",
                sha256=hashlib.sha256(image).hexdigest(),
                probabilities=tuple(float(p) for p in row),
            )
            for number, (image, row) in enumerate(zip(images, probabilities, strict=True))
        ),
        temperature=temperature,
        unlike=None if unlike is None else unlike[0],
    )
    kept = None if unlike is None else unlike[1]
    write_contents(path, Contents(about, session.graph, tuple(images), kept))

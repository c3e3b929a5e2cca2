"""A little model that carries a plan, and a folder of real images to sort."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from inboxes import planned, write_images
from numpy.typing import NDArray

from made_bundles import write_drawn
from sureshot.bundle import (
    Bundle,
    Unlike,
    distances,
    learned,
    looks,
    open_bundle,
    write_contents,
)
from sureshot.bundle.format import array_bytes
from sureshot.sorting.judging import see


def pixels_of(bundle: Bundle, folder: Path) -> NDArray[np.uint8]:
    """The prepared pixels (N, H, W, C) of the images in a folder that are not broken."""
    seen = [see(path, bundle.preprocessing) for path in sorted(folder.rglob("*.*"))]
    return np.stack([one.pixels for one in seen if one.pixels is not None])


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A model without a plan, that finds some images unlike what it knows."""
    folder = tmp_path_factory.mktemp("model")
    bundle = open_bundle(write_drawn(folder / "drawn.shot", "linear"))
    pixels = pixels_of(bundle, write_images(folder / "seen", 200, seed=5))
    found = looks(bundle.session.several(("feature_map",), pixels)["feature_map"])
    kept = learned(found[:100], np.arange(100) % 2)
    apart = distances(found[100:], kept)
    unlike = Unlike(
        kind="mahalanobis",
        threshold=float(np.quantile(apart, 0.8)),
        quantile=0.8,
        n=len(apart),
        shape=(kept.shape[0], kept.shape[1]),
        sha256=hashlib.sha256(array_bytes(kept)).hexdigest(),
    )
    write_contents(folder / "plain.shot", bundle.with_(unlike=unlike, kept=kept))
    return open_bundle(folder / "plain.shot")


@pytest.fixture(scope="session")
def model(plain: Bundle) -> Path:
    """The model with a plan that sorts about half of all images automatically."""
    folder = Path(plain.origin).parent
    top = plain.probabilities(pixels_of(plain, folder / "seen")).max(axis=1)
    return planned(plain, folder / "model.shot", float(np.median(top)))


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    return write_images(tmp_path / "inbox", 60)

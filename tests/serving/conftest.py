"""A model that is served, and servers of it."""

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from asking import OURS, WITH_LIMITS, Running, running

from shapes import write_shapes
from sureshot.bundle import (
    Plan,
    PlanOfClass,
    Session,
    Unlike,
    gather,
    learned,
    looks,
    open_bundle,
    write_bundle,
    write_contents,
)
from sureshot.bundle.format import array_bytes


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network as it starts, in a bundle with a plan, that reads every format there is."""
    from sureshot.data import Source, list_source, scan, settle_splits
    from sureshot.models import build
    from sureshot.progress import Silent
    from sureshot.recipe import assemble
    from sureshot.training.export import to_onnx

    folder = tmp_path_factory.mktemp("served")
    settings = {"image.size": 32, "image.channels": 3, "image.also": ["tiff", "avif"]}
    recipe = assemble("arch_1", settings=settings)
    image = recipe.image.settled()
    listed = scan(list_source(Source(write_shapes(folder / "shapes"))), image, Silent())
    index = settle_splits(listed, recipe.seed)
    session = Session(to_onnx(build("arch_1", image, len(index.classes), 1).eval(), (32, 32, 3)))
    first = folder / "first.shot"
    write_bundle(first, session, recipe, index, gather(index, image, recipe.references))
    plan = Plan(
        kind="threshold",
        max_error=0.05,
        confidence=0.95,
        threshold=0.5001,
        automated=1.0,
        wrong=0,
        n=100,
        method="given",
        rows="none",
        per_class=(PlanOfClass(said=50, automated=50, wrong=0),) * 2,
    )
    changed = open_bundle(first).with_(temperature=0.5)
    write_contents(first, changed)
    write_contents(folder / "model.shot", open_bundle(first).with_(plan=plan))
    return folder / "model.shot"


@pytest.fixture(scope="session")
def unlike(model: Path) -> Path:
    """The same network, to which everything is unlike what it was trained on."""
    bundle = open_bundle(model)
    pixels = np.random.default_rng(0).integers(0, 256, (40, 32, 32, 3), np.uint8)
    maps = bundle.session.several(("feature_map",), pixels)["feature_map"]
    kept = learned(looks(maps), np.arange(40) % 2)
    told = Unlike(
        kind="mahalanobis",
        threshold=1e-6,
        quantile=0.95,
        n=40,
        shape=(len(kept), kept.shape[1]),
        sha256=hashlib.sha256(array_bytes(kept)).hexdigest(),
    )
    write_contents(model.with_name("unlike.shot"), bundle.with_(unlike=told, kept=kept))
    return model.with_name("unlike.shot")


@pytest.fixture(scope="session")
def server(model: Path) -> Iterator[Running]:
    """One server by the command line, for all tests that leave it as it was."""
    with running(OURS, "serve", model, "--port", "0", "--max-megabytes", "1") as made:
        yield made


@pytest.fixture
def limited(model: Path) -> Callable[..., Any]:
    """A server of the test's own, with other limits."""
    return lambda **limits: running(WITH_LIMITS, model, json.dumps(limits))

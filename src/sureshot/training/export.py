"""The best weights as an ONNX graph, proved equal to PyTorch before anybody may use it."""

import io
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout

import numpy as np
import torch
from numpy.typing import NDArray

from sureshot.bundle import Session
from sureshot.errors import BundleError, SureshotError, TrainingError
from sureshot.models import Network, build
from sureshot.own import Whole, called, complaint
from sureshot.recipe import Recipe, is_pretrained, own_function
from sureshot.runs import Run
from sureshot.seeds import generator
from sureshot.training import checkpoints
from sureshot.training.features import lean
from sureshot.training.state import network_weights
from sureshot.training.task import Data

PROBABILITY_TOLERANCE = 1e-4
MARGIN = 2e-4  # two classes closer than twice the tolerance may change places
# Pixels that are compared at once, so that small images share the cost of a call: as many as 64
# images of 128 × 128 have. Measured: 10,000 images of 28 × 28 on 2 processors in 1.2 s, not in 2.1.
AT_ONCE = 64 * 128 * 128
TRIED = 8  # made-up images that a network is compared on before it is trained; assumed
COMPARED = 1000  # training images that are compared where there is no validation
OUTPUTS = ["logits", "features", "feature_map"]


def export(run: Run, recipe: Recipe, data: Data, epoch: int) -> bytes:
    """The network at the end of an epoch as fp32 ONNX, from uint8 (B, H, W, C) to OUTPUTS.

    Raises TrainingError where ONNX Runtime and PyTorch differ on any validation image; without
    validation, on any of the first training images.
    """
    image, network_settings = recipe.image.settled(), recipe.network
    network = build(recipe.model, image, data.classes, recipe.seed, network_settings)
    network.load_state_dict(network_weights(checkpoints.at_end_of(run, epoch).tensors))
    network.eval()
    exported = lean(network) if is_pretrained(recipe.model) else network  # half the export's time
    graph = to_onnx(exported, data.pixels.array.shape[1:])
    network.lie_as_images_do()
    rows = data.validation if len(data.validation) else data.train[:COMPARED]
    require_equal(network, Session(graph), data.pixels.array, rows)
    return graph


def tried(recipe: Recipe, classes: int) -> str:
    """What is known of a network of one's own before it is trained, in one sentence.

    It is exported and compared as it is; TrainingError where that fails, before time is spent.
    """
    image, own = recipe.image.settled(), own_function(recipe.model)
    network = build(recipe.model, image, classes, recipe.seed, recipe.network).eval()
    shape = (image.size, image.size, image.channels)
    pixels = generator("tried", recipe.seed).integers(0, 256, (TRIED, *shape), np.uint8)
    try:
        require_equal(network, Session(to_onnx(network, shape)), pixels, np.arange(TRIED))
    except BundleError as error:
        raise TrainingError(
            f"{called(own)} must export for any number of images, and does not: {error}; what is "
            "the number of images in forward must be x.shape[0], not len(x)"
        ) from error
    except SureshotError:
        raise
    except Exception as error:  # of the exporter, which has no common base
        cause = error.__cause__ or error
        lacking = re.search(r"target=torch\.ops\.(\w+\.\w+)", str(cause))
        why = f": there is none for {lacking[1]}" if lacking else complaint(cause, own)
        raise TrainingError(
            f"{called(own)} must be made of operations that ONNX has, the same for every image, "
            f"and the export fails{why}"
        ) from error
    assert isinstance(network.trunk, Whole)
    answers = "probabilities" if network.trunk.probabilities else "logits"
    return f"{called(own)} answers in {answers}, and exports to ONNX with the same answers"


def to_onnx(network: Network, shape: tuple[int, ...]) -> bytes:
    """Any network as ONNX; `shape` is (H, W, C). The bytes hold no path and no stack trace."""
    example = torch.zeros(2, *shape, dtype=torch.uint8)
    with _quiet():
        program = torch.onnx.export(
            network,
            (example,),
            dynamo=True,
            input_names=["pixels"],
            output_names=OUTPUTS,
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            verbose=False,
        )
    assert program is not None
    model = program.model_proto
    for part in (model, model.graph, *model.graph.node, *model.graph.value_info):
        del part.metadata_props[:]
    for value in (*model.graph.input, *model.graph.output, *model.graph.initializer):
        del value.metadata_props[:]
    for node in model.graph.node:
        node.doc_string = ""
    return bytes(model.SerializeToString(deterministic=True))


def require_equal(
    network: Network, session: Session, pixels: NDArray[np.uint8], rows: NDArray[np.int64]
) -> None:
    """Compare probabilities and top class on the given rows; TrainingError where they differ."""
    count = max(1, AT_ONCE // (pixels.shape[1] * pixels.shape[2]))
    for start in range(0, len(rows), count):
        batch = pixels[rows[start : start + count]]
        with torch.no_grad():
            ours = network(torch.from_numpy(batch)).logits.double().softmax(1).numpy()
        theirs = torch.from_numpy(session.logits(batch)).double().softmax(1).numpy()
        worst = float(np.abs(ours - theirs).max())
        top_two = np.sort(ours, axis=1)[:, -2:]
        clear = top_two[:, 1] - top_two[:, 0] > MARGIN
        moved = int((ours.argmax(1) != theirs.argmax(1))[clear].sum())
        if not worst <= PROBABILITY_TOLERANCE or moved:
            raise TrainingError(
                f"the exported network must give PyTorch's probabilities within "
                f"{PROBABILITY_TOLERANCE:g}, but differs by {worst:.2g} ({moved} images change "
                "class); no model was written. Please report this with your versions of torch, "
                "onnx and onnxruntime"
            )


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence the exporter: packages that nobody asked for, and what an exception says anyway."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with (
            warnings.catch_warnings(),
            redirect_stdout(io.StringIO()),
            redirect_stderr(io.StringIO()),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)

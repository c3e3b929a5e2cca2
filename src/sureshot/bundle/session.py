"""The network as ONNX Runtime runs it: the one forward path of the whole program.

Shapes: `N` images, `B` batch, `H` × `W` pixels, `C` channels, `K` classes.
"""

import os
import re
from collections.abc import Sequence
from functools import cached_property
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sureshot.device import threads
from sureshot.errors import BundleError
from sureshot.parallel import map_in_order

# Images a call of the runtime, such that what it computes stays in a core's cache. Measured with
# `arch_2` at 128 px on 2 cores: 1,248 images/s in fours, 1,129 in batches of 64; with `linear` at
# 28 px 290,639 in batches of 16 and 747,523 of 64.
PIXELS = 65_536  # so 4 images of 128 × 128
BATCH = 64  # at most
EXTERNAL_DATA = b"location"  # the key that names a file outside
# The same as a text of eight letters, however protobuf spells the number 8. Wherever in a graph a
# tensor lies, its key is in these bytes; a longer name, such as `head.location`, is not.
_ALONE = re.compile(rb"(?:\x08|\x88[\x80-\xff]{0,8}[\x00-\x7f])" + EXTERNAL_DATA)
OUTSIDE = "session.model_external_initializers_file_folder_path"


class Session:
    """An ONNX graph ready to run in fp32 on the processor.

    Many images go on one processor each, which wastes no time on waiting for one another; a lone
    image goes on all of them at once. The answers have the same bits either way.
    """

    graph: bytes  # as ONNX
    pixel_shape: tuple[int, int, int]  # (H, W, C) that the graph was made for
    class_count: int  # K
    batch: int  # images that one processor is best given at once

    def __init__(self, graph: bytes) -> None:
        """Take a graph as bytes; BundleError where it is none or reads files outside itself."""
        if _names_a_file(graph):
            raise BundleError("the network must hold its own weights, but it names a file outside")
        self.graph = graph
        self._each = _confined(graph, processors=1)
        inputs = [(given.name, given.type, given.shape) for given in self._each.get_inputs()]
        outputs = [(made.name, made.type, made.shape) for made in self._each.get_outputs()]
        match inputs, [made for made in outputs if made[0] == "logits"]:
            case (
                [("pixels", "tensor(uint8)", [str() | None, int(height), int(width), int(depth)])],
                [("logits", "tensor(float)", [str() | None, int(classes)])],
            ):
                self.pixel_shape = (height, width, depth)
                self.class_count = classes
                self.batch = min(max(PIXELS // max(height * width, 1), 1), BATCH)
            case _:
                raise BundleError(
                    "the network must take uint8 'pixels' (any batch, H, W, C) and give float "
                    f"'logits' (any batch, K), but it takes {_short(inputs)} and gives "
                    f"{_short(outputs)}"
                )

    @cached_property
    def _whole(self) -> Any:
        """The graph once more, for one image on all processors."""
        return _confined(self.graph, threads())

    def logits(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """uint8 pixels (N, H, W, C) → logits (N, K), on all processors."""
        if len(pixels) == 1:
            return self._logits(self._whole, pixels)
        each = max(min(self.batch, -(-len(pixels) // threads())), 1)
        batches = (pixels[start : start + each] for start in range(0, len(pixels), each))
        parts = map_in_order(self.logits_of_batch, batches)
        return np.concatenate([np.zeros((0, self.class_count), np.float32), *parts])

    def logits_of_batch(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """A batch (B, H, W, C) → logits (B, K), on one processor: to be called by many threads."""
        return self._logits(self._each, pixels)

    def several(
        self, names: Sequence[str], pixels: NDArray[np.uint8]
    ) -> dict[str, NDArray[np.float32]]:
        """Some of logits (N, K), features (N, F) and feature_map for uint8 pixels (N, H, W, C).

        The map is (N, C, H, W), or (N, T, C) of a network that cuts an image into T tokens.
        """
        starts = range(0, max(len(pixels), 1), self.batch)
        batches = (pixels[i : i + self.batch] for i in starts)
        parts = list(map_in_order(lambda batch: self.several_of_batch(names, batch), batches))
        return {name: np.concatenate([part[name] for part in parts]) for name in names}

    def several_of_batch(
        self, names: Sequence[str], pixels: NDArray[np.uint8]
    ) -> dict[str, NDArray[np.float32]]:
        """The same of one batch (B, H, W, C), on one processor: to be called by many threads."""
        missing = {*names} - {made.name for made in self._each.get_outputs()}
        if missing:
            raise BundleError(f"the network must give {' and '.join(missing)} for this, and cannot")
        found = _run(self._each, names, np.ascontiguousarray(pixels))
        named = dict(zip(names, found, strict=True))
        if not all(
            made.ndim in ((3, 4) if name == "feature_map" else (2,)) and len(made) == len(pixels)
            for name, made in named.items()
        ):
            raise BundleError(
                f"the network must give one row for each of {len(pixels)} images, but gives "
                f"{[made.shape for made in found]}; do not use it"
            )
        return named

    def outputs(self, pixels: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """One batch (B, H, W, C) → logits, pooled features and the last feature map, by name."""
        names = [output.name for output in self._each.get_outputs()]
        return dict(zip(names, _run(self._each, names, pixels), strict=True))

    def _logits(self, session: Any, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        (found,) = _run(session, ["logits"], np.ascontiguousarray(pixels))
        if found.shape != (len(pixels), self.class_count):
            raise BundleError(
                f"the network must give logits of shape {(len(pixels), self.class_count)} for "
                f"{len(pixels)} images, but gives {found.shape}; do not use it"
            )
        return found


def _names_a_file(graph: bytes) -> bool:
    """Whether a graph may name a file outside itself; ONNX Runtime is confined besides."""
    return EXTERNAL_DATA in graph and _ALONE.search(graph) is not None


def _run(
    session: Any, names: Sequence[str], pixels: NDArray[np.uint8]
) -> Sequence[NDArray[np.float32]]:
    try:
        found: Sequence[NDArray[np.float32]] = session.run(names, {"pixels": pixels})
    except Exception as error:  # ONNX Runtime has no common base for its exceptions
        raise BundleError(
            f"the network cannot be run on pixels {pixels.shape}: {_short(error)}"
        ) from None
    return found


def _confined(graph: bytes, processors: int) -> Any:
    """An ONNX Runtime session of a graph that sees no file but those of an empty folder."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # since 1.29 it sends on Linux too
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = processors
    options.inter_op_num_threads = 1
    options.log_severity_level = 4  # errors come as exceptions
    options.add_session_config_entry("session.load_model_format", "ONNX")
    with TemporaryDirectory(prefix="sureshot-") as empty:
        options.add_session_config_entry(OUTSIDE, empty)
        try:
            return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # as above
            raise BundleError(
                f"the network is no graph that ONNX Runtime can run: {_short(error)}"
            ) from None


def _short(found: object) -> str:
    """What a stranger's file or library says, on one line of readable length."""
    return " ".join(str(found).split())[:300]

"""The network as ONNX Runtime runs it: the one forward path of the whole program.

Shapes: `N` images, `B` batch, `H` × `W` pixels, `C` channels, `K` classes.
"""

from collections.abc import Sequence
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sureshot.device import threads
from sureshot.errors import BundleError

BATCH = 64  # measured on arch_2-like networks: larger batches are no faster on a CPU
EXTERNAL_DATA = b"location"  # the key that names a file outside, however protobuf packs it
OUTSIDE = "session.model_external_initializers_file_folder_path"


class Session:
    """An ONNX graph ready to run in fp32 on the processor."""

    pixel_shape: tuple[int, int, int]  # (H, W, C) that the graph was made for
    class_count: int  # K

    def __init__(self, graph: bytes) -> None:
        """Take a graph as bytes; BundleError where it is none or reads files outside itself."""
        if EXTERNAL_DATA in graph:
            raise BundleError("the network must hold its own weights, but it names a file outside")
        self._session = _confined(graph)
        inputs = [(given.name, given.type, given.shape) for given in self._session.get_inputs()]
        outputs = [(made.name, made.type, made.shape) for made in self._session.get_outputs()]
        match inputs, [made for made in outputs if made[0] == "logits"]:
            case (
                [("pixels", "tensor(uint8)", [str() | None, int(height), int(width), int(depth)])],
                [("logits", "tensor(float)", [str() | None, int(classes)])],
            ):
                self.pixel_shape = (height, width, depth)
                self.class_count = classes
            case _:
                raise BundleError(
                    "the network must take uint8 'pixels' (any batch, H, W, C) and give float "
                    f"'logits' (any batch, K), but it takes {_short(inputs)} and gives "
                    f"{_short(outputs)}"
                )

    def logits(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """uint8 pixels (N, H, W, C) → logits (N, K), in batches."""
        parts = [np.zeros((0, self.class_count), np.float32)]
        for start in range(0, len(pixels), BATCH):
            batch = np.ascontiguousarray(pixels[start : start + BATCH])
            (part,) = self._run(["logits"], batch)
            if part.shape != (len(batch), self.class_count):
                raise BundleError(
                    f"the network must give logits of shape {(len(batch), self.class_count)} for "
                    f"{len(batch)} images, but gives {part.shape}; do not use it"
                )
            parts.append(part)
        return np.concatenate(parts)

    def outputs(self, pixels: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """One batch (B, H, W, C) → logits, pooled features and the last feature map, by name."""
        names = [output.name for output in self._session.get_outputs()]
        return dict(zip(names, self._run(names, pixels), strict=True))

    def _run(
        self, names: Sequence[str], pixels: NDArray[np.uint8]
    ) -> Sequence[NDArray[np.float32]]:
        try:
            found: Sequence[NDArray[np.float32]] = self._session.run(names, {"pixels": pixels})
        except Exception as error:  # ONNX Runtime has no common base for its exceptions
            raise BundleError(
                f"the network cannot be run on pixels {pixels.shape}: {_short(error)}"
            ) from None
        return found


def _confined(graph: bytes) -> Any:
    """An ONNX Runtime session of a graph that sees no file but those of an empty folder."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads()
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

"""The network as ONNX Runtime runs it: the one forward path of the whole program.

Shapes: `N` images, `H` × `W` pixels, `C` channels, `K` classes.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sureshot.device import threads
from sureshot.errors import BundleError

BATCH = 64  # measured on arch_2-like networks: larger batches are no faster on a CPU
EXTERNAL_DATA = b"\x0a\x08location"  # how protobuf spells the key that names a file outside


class Session:
    """An ONNX graph ready to run in fp32 on the processor."""

    def __init__(self, graph: bytes) -> None:
        """Take a graph as bytes; BundleError where it is none or reads files outside itself."""
        import onnxruntime

        if EXTERNAL_DATA in graph:
            raise BundleError("the network must hold its own weights, but it names a file outside")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads()
        options.inter_op_num_threads = 1
        options.log_severity_level = 4  # errors come as exceptions
        try:
            self._session: Any = onnxruntime.InferenceSession(
                graph, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # ONNX Runtime has no common base for its exceptions
            raise BundleError(
                f"the network is no graph that ONNX Runtime can run: {error}"
            ) from None
        outputs = [output.name for output in self._session.get_outputs()]
        inputs = [(given.name, given.type) for given in self._session.get_inputs()]
        if inputs != [("pixels", "tensor(uint8)")] or "logits" not in outputs:
            raise BundleError(
                "the network must take uint8 'pixels' and give 'logits', but it takes "
                f"{inputs} and gives {outputs}"
            )

    @property
    def pixel_shape(self) -> tuple[int, int, int]:
        """(H, W, C) that the graph was made for."""
        _, height, width, channels = self._session.get_inputs()[0].shape
        return height, width, channels

    def logits(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """uint8 pixels (N, H, W, C) → logits (N, K), in batches."""
        parts = [
            self._session.run(["logits"], {"pixels": np.ascontiguousarray(pixels[i : i + BATCH])})[
                0
            ]
            for i in range(0, len(pixels), BATCH)
        ]
        return np.concatenate(parts)

    def outputs(self, pixels: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """One batch (B, H, W, C) → logits, pooled features and the last feature map, by name."""
        names = [output.name for output in self._session.get_outputs()]
        return dict(zip(names, self._session.run(names, {"pixels": pixels}), strict=True))

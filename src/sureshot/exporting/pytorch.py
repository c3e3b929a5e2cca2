"""PyTorch: the weights as safetensors, and beside them `model.py`, which needs nothing of ours."""

import runpy
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sureshot.bundle import Bundle
from sureshot.exporting.proof import Pixels, Proof, require_proved
from sureshot.exporting.rebuilding import rebuilt, recipe_of
from sureshot.exporting.source import source_of


def write_pytorch(folder: Path, bundle: Bundle, proof: Proof) -> None:
    """`model.safetensors` and `model.py`, proved by running the very files that were written."""
    network = rebuilt(bundle)
    import torch
    from safetensors.torch import save

    tensors = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    (folder / "model.safetensors").write_bytes(save(tensors, {"format": "pt"}))
    source = source_of(network, recipe_of(bundle).model, bundle.about)
    (folder / "model.py").write_text(source, "utf-8")
    written = runpy.run_path(str(folder / "model.py"))
    loaded = written["load"](folder / "model.safetensors")

    def answer(pixels: Pixels) -> NDArray[np.floating]:
        return np.asarray(written["probabilities"](loaded, torch.from_numpy(pixels)))

    require_proved("PyTorch export", proof, answer)

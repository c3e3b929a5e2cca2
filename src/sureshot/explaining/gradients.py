"""Grad-CAM: the last feature map, weighted by how a class's logit changes with it.

Source: Selvaraju, Cogswell, Das, Vedantam, Parikh & Batra 2017, "Grad-CAM: Visual Explanations from
Deep Networks via Gradient-based Localization", ICCV. It fits every network here, also those with
dense layers behind the map, but needs PyTorch.
Shapes: `H` × `W` pixels, `C` channels, `h` × `w` places.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sureshot.figures.tables import Floats

if TYPE_CHECKING:
    from torch import Tensor

    from sureshot.models import Network


def grad_cam(network: "Network", pixels: NDArray[np.uint8], label: int) -> Floats:
    """Pixels (H, W, C) → what speaks for a class, (h, w), nowhere below 0.

    For a network that also asks the mirror image, the mean over both.
    """
    import torch

    views = np.stack([pixels, pixels[:, ::-1]][: 1 + network.mirrored])
    maps = network.trunk(network.images(torch.from_numpy(views))).detach().requires_grad_()
    logits = network.head(network.neck(maps))
    (gradient,) = torch.autograd.grad(logits[:, label].sum(), maps)
    heat = _weighted(maps.detach(), gradient)
    return np.asarray(heat[0] if len(heat) == 1 else (heat[0] + heat[1, :, ::-1]) / 2)


def _weighted(maps: "Tensor", gradient: "Tensor") -> Floats:
    """Maps (B, F, h, w), each weighted by its mean gradient, summed, without what is below 0."""
    summed = (gradient.mean((2, 3), keepdim=True) * maps).sum(1)
    return np.asarray(summed.relu().numpy(), np.float64)

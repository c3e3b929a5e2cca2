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

    For a network that asks several views of an image, the mean over them.
    """
    import torch

    places = [np.ix_(*view.places(*pixels.shape[:2])) for view in network.views]
    seen = torch.from_numpy(np.stack([pixels[at] for at in places]))
    maps = network.trunk(network.images(seen)).detach().requires_grad_()
    logits = network.head(network.neck(maps))
    (gradient,) = torch.autograd.grad(logits[:, label].sum(), maps)
    heat = _weighted(maps.detach(), gradient)
    turned = [
        one[:, ::-1] if v.mirrored else one for one, v in zip(heat, network.views, strict=True)
    ]
    return np.asarray(np.mean(turned, axis=0))


def _weighted(maps: "Tensor", gradient: "Tensor") -> Floats:
    """Maps (B, F, h, w), each weighted by its mean gradient, summed, without what is below 0."""
    summed = (gradient.mean((2, 3), keepdim=True) * maps).sum(1)
    return np.asarray(summed.relu().numpy(), np.float64)

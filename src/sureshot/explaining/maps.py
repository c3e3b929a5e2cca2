"""One image explained by every method that its network allows."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sureshot.bundle import Bundle
from sureshot.explaining.activation import class_activation
from sureshot.explaining.gradients import grad_cam
from sureshot.explaining.head import head_of
from sureshot.explaining.occlusion import Logits, occlusion
from sureshot.figures.heat import Attention
from sureshot.figures.tables import Floats
from sureshot.records import softmax

if TYPE_CHECKING:
    from sureshot.models import Network


def explain(
    bundle: Bundle,
    pixels: NDArray[np.uint8],
    name: str,
    *,
    true: str = "",
    aspect: float = 1.0,
    network: "Network | None" = None,
    logits: Logits | None = None,
) -> Attention:
    """What spoke for the most probable class of prepared pixels (S, S, C).

    Class activation where the head allows it, and occlusion, by ONNX Runtime alone; Grad-CAM where
    the same network is given in PyTorch. `aspect` is the image's own, where it was squashed.
    `logits` asks the bundle in another way than on all processors.
    """
    ask = logits or bundle.logits
    probabilities = softmax(ask(pixels[None]), bundle.about.temperature)[0]
    label = int(probabilities.argmax())
    maps: dict[str, Floats] = {}
    activation = class_activation(bundle, head_of(bundle.contents.graph), pixels, label)
    if activation is not None:
        maps["class activation"] = activation
    maps["occlusion"] = occlusion(ask, pixels, label)
    if network is not None:
        maps["Grad-CAM"] = grad_cam(network, pixels, label)
    return Attention(
        id=name,
        name=bundle.classes[label],
        probability=float(probabilities[label]),
        true=true,
        seen=pixels,
        aspect=aspect,
        maps=maps,
    )

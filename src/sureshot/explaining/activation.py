"""Class activation: the logit of a class, divided among the places of the last feature map.

Source: Zhou, Khosla, Lapedriza, Oliva & Torralba 2016, "Learning Deep Features for Discriminative
Localization", CVPR, for networks whose features are means over all places. There the sum of the
map is the logit, without the bias, and so it is here for two other kinds of network:

- Where a feature is the largest response over all places, as in `swift`, only the place that gave
  it had a part in the logit, and the whole of the feature's share lies there. Places whose response
  was second had none, however strong it was, so this map shows less of an object than it may cover:
  what Oquab et al. 2015 ("Is object localization for free?", CVPR) show is the response itself.
- Where the features are the map itself, as in `linear`, each place has its own weight.

Networks with further layers between map and logits have no such division.

A map is as coarse as the last feature map: 3 × 3 places for `swift` at 32 pixels. At 128 there are
2 × 2, on most photographs all orange; nothing is shown of such a map.
Shapes: `B` images, `F` features, `K` classes, `H` × `W` pixels, `C` channels, `h` × `w` places.
"""

from itertools import product

import numpy as np
from numpy.typing import NDArray

from sureshot.bundle import Bundle
from sureshot.explaining.head import Head
from sureshot.figures.tables import Floats
from sureshot.views import views

VIEWS = views(flip=True, shift=True)
COARSEST = 3  # places a side; assumed: of fewer a map shows halves of the image, and no object
EXACT = 1e-3  # how far what is divided may be from the logits, as a share of them; assumed


def class_activation(
    bundle: Bundle, head: Head | None, pixels: NDArray[np.uint8], label: int
) -> Floats | None:
    """Pixels (H, W, C) → the part that each place has in the logit of a class, (h, w).

    None where the network has no such division, for a dense layer in between, or one of few places.
    """
    places = [np.ix_(*view.places(*pixels.shape[:2])) for view in VIEWS]
    given = bundle.session.outputs(np.stack([pixels[at] for at in places]))
    fits = head is not None and len(head.weight) == len(bundle.classes)
    if head is None or not fits or not {"features", "feature_map"} <= given.keys():
        return None
    laid = _laid_out(given["feature_map"], given["features"], head.weight[label])
    if laid is None or min(laid.shape[1:]) < COARSEST:
        return None
    factors = _factors(given["logits"][0], given["features"], head)
    if factors is None:
        return None
    parts = factors[:, None, None] * laid
    turned = [one[:, ::-1] if v.mirrored else one for one, v in zip(parts, VIEWS, strict=True)]
    return np.asarray(np.sum(turned, axis=0))


def _laid_out(
    maps: NDArray[np.float32], features: NDArray[np.float32], weight: NDArray[np.float32]
) -> Floats | None:
    """Weight × feature at the places that the feature came from: (B, h, w), or None."""
    if maps.ndim != 4 or features.shape[1:] != weight.shape:
        return None
    wide = maps.astype(np.float64)
    if features.shape[1] == maps[0].size and _close(maps.reshape(features.shape), features):
        return np.asarray((wide * weight.reshape(maps.shape[1:])).sum(axis=1))
    if maps.shape[:2] != features.shape:
        return None
    if _close(wide.mean(axis=(2, 3)), features):
        shares = wide / wide[0, 0].size
    elif _close(wide.max(axis=(2, 3)), features):
        largest = wide == wide.max(axis=(2, 3), keepdims=True)
        shares = wide * largest / largest.sum(axis=(2, 3), keepdims=True)
    else:
        return None
    return np.asarray(np.tensordot(shares, weight.astype(np.float64), axes=(1, 0)))


def _factors(
    logits: NDArray[np.float32], features: NDArray[np.float32], head: Head
) -> Floats | None:
    """How the products of an image's VIEWS make its logits, (V,); None where they do not.

    Views that the network does not ask have 0. Some heads scale their answers.
    """
    wanted = logits.astype(np.float64) - head.bias
    products = features.astype(np.float64) @ head.weight.T  # (V, K)
    for flip, shift in product((False, True), repeat=2):
        asked = views(flip, shift)
        share = np.asarray([(view in asked) / len(asked) for view in VIEWS])
        made = share @ products
        scale = float(wanted @ made) / max(float(made @ made), np.finfo(np.float64).tiny)
        if _close(scale * made, wanted):
            return scale * share
    return None


def _close(found: Floats | NDArray[np.float32], wanted: Floats | NDArray[np.float32]) -> bool:
    return bool(np.abs(found - wanted).max() <= EXACT * max(float(np.abs(wanted).max()), 1e-6))

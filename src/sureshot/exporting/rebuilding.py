"""From a bundle back to PyTorch: the network that its recipe describes, with the graph's weights.

The exported graph keeps every tensor, but stores equal ones only once and under one name. Weights
are therefore taken from the graph's nodes, in the order in which an image meets them, and not by
name.
"""

import tomllib
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sureshot.bundle import Bundle
from sureshot.device import has_torch
from sureshot.errors import BundleError, MissingExtra, UsageError
from sureshot.recipe import Recipe, is_own, is_pretrained, public_name

if TYPE_CHECKING:
    from torch import Tensor, nn

    from sureshot.models import Network

PARTS = ("weight", "bias", "running_mean", "running_var")  # as ONNX orders the inputs of a node
_KINDS = ("Conv", "Gemm", "BatchNormalization")  # the nodes that hold trained numbers


def rebuilt(bundle: Bundle) -> "Network":
    """The bundle's network in PyTorch, for evaluation; nothing of it is trained again.

    MissingExtra without the train extra, UsageError for a network that is not Sureshot's own,
    BundleError where recipe and graph do not fit together.
    """
    recipe, classes = recipe_of(bundle), len(bundle.classes)
    _require_ours(recipe.model)
    if not has_torch():
        raise MissingExtra("train", "building the network in PyTorch")
    from sureshot.models import build

    try:
        network = build(recipe.model, bundle.preprocessing, classes, recipe.seed, recipe.network)
        _fill(network, bundle.contents.graph)
    except (LookupError, ValueError, StopIteration) as error:  # a name, node or number is not there
        raise BundleError(
            "the network of this model is not the one that its recipe describes, so it can only be "
            f"exported as ONNX: {error}"
        ) from None
    return network.eval()


def _require_ours(model: str) -> None:
    """UsageError for a network that files beside the bundle make: they may be anybody's.

    A stranger's recipe could name a stranger's Python file, and building the network would run it.
    """
    if is_own(model) or is_pretrained(model):
        raise UsageError(
            f"only a network of Sureshot's own can be built anew in PyTorch or Keras, and this is "
            f"{public_name(model)}; export it with --to onnx or --to card, and explain it without "
            "--grad-cam"
        )


def recipe_of(bundle: Bundle) -> Recipe:
    """The recipe that a bundle was trained by; BundleError where it is none."""
    try:
        return Recipe.model_validate(tomllib.loads(bundle.about.recipe))
    except ValueError as error:  # of TOML, and of what it says
        why = str(error).split("\n")[0]
        raise BundleError(
            f"the bundle's recipe is not one that this version reads: {why}"
        ) from None


def _fill(network: "Network", graph: bytes) -> None:
    """Give every layer the numbers of its node, in the order of the first pass over an image.

    Where the exporter has merged a normalisation into the convolution before it, it stays merged:
    a layer that does nothing takes its place, and the others keep their names.
    """
    import onnx
    from onnx import numpy_helper
    from torch import nn

    model = onnx.load_from_string(graph)
    arrays = {tensor.name: tensor for tensor in model.graph.initializer}
    nodes = deque(node for node in model.graph.node if node.op_type in _KINDS)
    norms = (nn.BatchNorm1d, nn.BatchNorm2d)
    for name, layer in list(network.named_modules()):
        if not isinstance(layer, (nn.Conv2d, nn.Linear, *norms)):
            continue
        if isinstance(layer, norms) and nodes[0].op_type != "BatchNormalization":
            network.set_submodule(name, nn.Identity())
            continue
        given = [numpy_helper.to_array(arrays[part]) for part in nodes.popleft().input[1:]]
        _give(layer, given)
    if network.standardised:
        scale = [numpy_helper.to_array(arrays[name]) for name in _scale(model.graph.node)]
        network.learn_scale(*(_tensor(one).flatten() for one in scale))


def _give(layer: "nn.Module", given: Sequence[NDArray[np.float32]]) -> None:
    """Put a node's numbers into a layer; it has a bias where the node has one.

    The exporter gives a convolution the bias of the normalisation it merges, and leaves out zeros.
    """
    from torch import nn

    if len(given) == 1:
        layer.register_parameter("bias", None)
    elif len(given) == 2 and layer.bias is None:
        layer.bias = nn.Parameter(_tensor(given[1]))
    parts = [getattr(layer, part) for part in PARTS if getattr(layer, part, None) is not None]
    for tensor, numbers in zip(parts, given, strict=True):
        if tuple(tensor.shape) != numbers.shape:
            raise ValueError(f"{tuple(tensor.shape)} of the recipe is {numbers.shape} in the graph")
        tensor.data.copy_(_tensor(numbers))


def _tensor(numbers: NDArray[np.float32]) -> "Tensor":
    """Numbers of a graph as a tensor of their own."""
    import torch

    return torch.from_numpy(numbers.copy())


def _scale(nodes: Any) -> tuple[str, str]:
    """The names of what is taken off the pixels, and of what they are divided by then."""
    taken = next(node for node in nodes if node.op_type == "Sub")
    divided = next(n for n in nodes if n.op_type == "Div" and n.input[0] == taken.output[0])
    return taken.input[1], divided.input[1]

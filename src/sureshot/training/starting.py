"""Everything before the first step: the network with its first weights, and its optimizer."""

import torch

from sureshot import device as devices
from sureshot.data import batch_count
from sureshot.models import WhitenedPatches, build
from sureshot.training.optimizers import optimizer
from sureshot.training.state import State
from sureshot.training.task import Task
from sureshot.training.transfer import groups

PATCHES = 200_000  # places that a first layer is learned from: enough for its few directions


def start(task: Task, learning: bool = True) -> State:
    """Everything before the first step; what a network learns without steps, it learns here.

    Without `learning` that is left out: it takes time, and changes none of a step.
    """
    recipe, data, device = task.recipe, task.data, task.device
    torch.set_num_threads(device.threads)
    devices.keep_memory()
    network = build(recipe.model, recipe.image.settled(), data.classes, recipe.seed, recipe.network)
    if learning and recipe.network.standardise:
        network.learn_scale(*data.scale())
    for layer in network.modules():
        if learning and isinstance(layer, WhitenedPatches):
            count = layer.images_for(PATCHES, data.pixels.array.shape[1])
            layer.learn(network.images(data.sample(count, recipe.seed)))
    network.to(device.name)
    network.lie_as_images_do()
    steps = 1 if recipe.on_features else batch_count(len(data.train), recipe.batch)
    weights = data.class_weights().to(device.name) if recipe.class_weights == "balanced" else None
    return State(
        network=network,
        optimizer=optimizer(groups(network, recipe), recipe.optimizer),
        losses=torch.zeros(steps, device=device.name),
        hits=torch.zeros(steps, device=device.name),
        of=f"{recipe.hash()}-{data.fingerprint}",
        class_weights=weights,
    )

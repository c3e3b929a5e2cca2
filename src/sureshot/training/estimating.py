"""How long a training will take here, by a few steps or looks that are thrown away."""

import time

import torch

from sureshot.data import batches
from sureshot.device import Device
from sureshot.recipe import Recipe
from sureshot.training import stepping
from sureshot.training.features import seconds_an_image
from sureshot.training.starting import start
from sureshot.training.task import AT_ONCE, Data, Task
from sureshot.training.transfer import estimated, in_words

PROBED = 320  # images that are timed for an estimate, after as many unmeasured ones


def seconds_an_epoch(recipe: Recipe, data: Data, device: Device) -> float:
    """How long one epoch takes here: some steps on a network that is thrown away, and a forward."""
    task = Task(recipe, data.on(device.name), device)
    state = start(task, learning=False)
    if recipe.on_features:
        each = seconds_an_image(state.network, data.pixels, data.train, device)
        counts = len(data.train), len(data.validation)
        return estimated(recipe, each, *counts)["features"] / recipe.epochs
    if recipe.finetuned:
        state.epoch = recipe.epochs - 1  # the slowest: all of it is trained, on whole images
    steps = min(-(-PROBED // recipe.batch), len(state.losses))
    with torch.random.fork_rng():
        for _ in range(2):  # the first time is for warming up
            state.step, started = 0, time.perf_counter()
            for number, rows in batches(data.train, recipe.batch):
                if number == steps:
                    break
                stepping.step(state, task, rows)
                state.step += 1
            float(state.losses[0])  # waits for a GPU
    training = (time.perf_counter() - started) / steps * len(state.losses)
    started = time.perf_counter()
    first = data.validation[:AT_ONCE]
    if not len(first):
        return training
    stepping.validated(first, task, state)
    return training + (time.perf_counter() - started) * len(data.validation) / len(first)


def transfer_in_words(recipe: Recipe, data: Data, device: Device) -> str:
    """About how long the way of transfer that was chosen will take, and the other would."""
    network = start(Task(recipe, data, device), learning=False).network
    each = seconds_an_image(network, data.pixels, data.train, device)
    return in_words(recipe, each, len(data.train), len(data.validation))

"""How fast each epoch of Keras's own `fit` is; knows nothing of Sureshot."""

import time

import keras


class Rates(keras.callbacks.Callback):
    """images/s of each epoch."""

    def __init__(self, images: int) -> None:
        super().__init__()
        self.images = images
        self.each: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        """Start the clock."""
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        """Stop it."""
        self.each.append(self.images / (time.perf_counter() - self.started))

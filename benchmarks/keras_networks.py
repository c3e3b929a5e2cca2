"""The networks as Keras itself builds them: its own layers, its own defaults.

Runs in the environment that `make keras` fills, and knows nothing of Sureshot. Each function takes
the image size in pixels, the number of channels and of classes, and gives a model that takes pixels
from 0 to 255 of shape (B, H, W, C) and returns logits of shape (B, K).
"""

from collections.abc import Callable

import keras
from keras import layers
from keras.regularizers import L2


def linear(size: int, channels: int, classes: int) -> keras.Model:
    return network(size, channels, layers.Flatten(), layers.Dense(classes))


def nn(size: int, channels: int, classes: int) -> keras.Model:
    return network(size, channels, layers.Flatten(), dense(400), layers.Dense(classes))


def dnn(size: int, channels: int, classes: int) -> keras.Model:
    return network(size, channels, layers.Flatten(), dense(400), dense(100), layers.Dense(classes))


def dnnd(size: int, channels: int, classes: int) -> keras.Model:
    body = [layers.Flatten(), dense(400), dense(100), layers.Dropout(0.25)]
    return network(size, channels, *body, layers.Dense(classes))


def cnn(size: int, channels: int, classes: int) -> keras.Model:
    body = [conv(64), layers.MaxPooling2D(), conv(32), layers.MaxPooling2D()]
    body += [layers.Flatten(), dense(400), layers.Dropout(0.25)]
    return network(size, channels, *body, layers.Dense(classes))


def dcnn(size: int, channels: int, classes: int) -> keras.Model:
    body = [conv(64), conv(64), layers.MaxPooling2D(), layers.Dropout(0.25)]
    body += [conv(32), conv(32), layers.MaxPooling2D()]
    body += [layers.Flatten(), dense(400), layers.Dropout(0.25)]
    return network(size, channels, *body, layers.Dense(classes))


def mlp_128(size: int, channels: int, classes: int) -> keras.Model:
    return network(size, channels, layers.Flatten(), dense(128), dense(128), layers.Dense(classes))


def dense_l2(size: int, channels: int, classes: int) -> keras.Model:
    return network(size, channels, layers.Flatten(), dense(256, L2(0.01)), layers.Dense(classes))


def arch_1(size: int, channels: int, classes: int) -> keras.Model:
    body: list[keras.Layer] = []
    for width in (16, 32, 64, 128):
        body += [conv(width), layers.MaxPooling2D()]
    body += [conv(256), layers.GlobalAveragePooling2D(), dense(256)]
    return network(size, channels, *body, layers.Dense(classes))


def arch_2(size: int, channels: int, classes: int) -> keras.Model:
    body: list[keras.Layer] = []
    for width in (16, 32, 64, 128):
        body += [conv(width, L2(1e-3)), layers.BatchNormalization(), layers.MaxPooling2D()]
    body += [conv(256, L2(1e-3)), layers.BatchNormalization(), layers.GlobalAveragePooling2D()]
    body += [dense(256, L2(1e-3)), layers.BatchNormalization(), layers.Dropout(0.5)]
    return network(size, channels, *body, layers.Dense(classes))


def cifar_cnn(
    size: int, channels: int, classes: int, dropout: bool = True, batch_norm: bool = True
) -> keras.Model:
    """The two switches take the layers away altogether."""
    body: list[keras.Layer] = []
    for width in (32, 64, 128):
        for _ in range(2):
            if batch_norm:
                body += [layers.Conv2D(width, 3, padding="same"), layers.BatchNormalization()]
                body += [layers.Activation("relu")]
            else:
                body += [conv(width)]
        body += [layers.MaxPooling2D()]
        body += [layers.Dropout(0.25)] if dropout else []
    body += [layers.Flatten(), dense(128)]
    body += [layers.Dropout(0.5)] if dropout else []
    return network(size, channels, *body, layers.Dense(classes))


def conv(width: int, l2: L2 | None = None) -> keras.Layer:
    return layers.Conv2D(width, 3, padding="same", activation="relu", kernel_regularizer=l2)


def dense(width: int, l2: L2 | None = None) -> keras.Layer:
    return layers.Dense(width, activation="relu", kernel_regularizer=l2)


def network(size: int, channels: int, *body: keras.Layer) -> keras.Model:
    pixels = keras.Input((size, size, channels), dtype="uint8")
    return keras.Sequential([pixels, layers.Rescaling(1 / 255), *body])


NETWORKS: dict[str, Callable[..., keras.Model]] = {
    function.__name__: function
    for function in (
        *(linear, nn, dnn, dnnd, cnn, dcnn, mlp_128),
        *(dense_l2, arch_1, arch_2, cifar_cnn),
    )
}

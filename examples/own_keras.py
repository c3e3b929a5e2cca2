"""The published `arch_2` for ten kinds of clothes, in Keras, with only its imports changed.

    sureshot train SOURCE --model keras:examples/own_keras.py:make_model --recipe RECIPE

where RECIPE is src/sureshot/recipes/arch_2.toml, which has the published way of training.
`make_model` gives a `keras.Model` that takes images (B, size, size, channels) with numbers from 0
to 1. It answers in probabilities, for that is what its last layer makes; logits are as welcome.
"""

import keras
from keras import layers, regularizers


def make_model(classes: int, size: int, channels: int) -> keras.Model:
    """Five convolutions with L2 and batch normalisation, and a dense layer with dropout."""
    l2 = regularizers.l2(1e-3)
    inputs = keras.Input(shape=(size, size, channels))
    x = inputs
    for width in (16, 32, 64, 128):
        x = layers.Conv2D(width, 3, padding="same", activation="relu", kernel_regularizer=l2)(x)
        x = layers.BatchNormalization()(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Conv2D(256, 3, padding="same", activation="relu", kernel_regularizer=l2)(x)
    x = layers.BatchNormalization()(x)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(256, activation="relu", kernel_regularizer=l2)(x)
    x = layers.BatchNormalization()(x)
    x = layers.Dropout(0.5)(x)
    outputs = layers.Dense(classes, activation="softmax")(x)
    return keras.Model(inputs, outputs, name="arch_2")

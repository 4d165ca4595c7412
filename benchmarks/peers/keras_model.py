"""The timed networks in Keras, for ``model.fit`` and for the compiled engine alike."""

from __future__ import annotations

import keras

from benchmarks.problems import problem


def build(name: str) -> keras.Model:
    """Build and compile a problem's network.

    Args:
        name: Such as "wide" or "wide+dropout".
    """
    keras.utils.set_random_seed(0)
    spec = problem(name)
    layers: list[keras.Layer] = [keras.Input((spec.widths[0],))]
    for units in spec.widths[1:-1]:
        layers.append(keras.layers.Dense(units, activation=spec.activation))
        layers += _behind(spec.extra)
    several = spec.widths[-1] > 1
    layers.append(keras.layers.Dense(spec.widths[-1], activation="softmax" if several else "sigmoid"))
    model = keras.Sequential(layers)
    optimizer = keras.optimizers.Adam() if spec.optimizer == "adam" else keras.optimizers.SGD(0.01, momentum=0.9)
    loss = "sparse_categorical_crossentropy" if several else "binary_crossentropy"
    model.compile(optimizer=optimizer, loss=loss, metrics=["accuracy"])
    return model


def _behind(extra: str) -> list[keras.Layer]:
    made = {
        "": lambda: [],
        "dropout": lambda: [keras.layers.Dropout(0.4)],
        "noise": lambda: [keras.layers.GaussianNoise(0.1)],
        "batch_normalization": lambda: [keras.layers.BatchNormalization()],
    }
    return made[extra]()

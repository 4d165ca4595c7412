"""The variables of a model that stand for numbers of its configuration.

They are variables in every model, whether or not other runs share it, so that a result never depends on what else was
to be done.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import ops

from experiments.language.configuration import Configuration
from experiments.model.numbers import input_numbers


class NumberInputs:
    """The variables that stand for a model's numbers, by the dotted path of each in the configuration."""

    def __init__(self) -> None:
        self._variables: dict[str, Any] = {}

    def take(self, owner: Any, argument: str, path: str) -> None:
        """Put a variable in the place of an object's number.

        Args:
            owner: Layer, regularizer, constraint or optimizer that reads the number as its attribute.
            argument: Name of the attribute.
            path: Dotted path of the number in the configuration.
        """
        variable = tf.Variable(float(getattr(owner, argument)), trainable=False, dtype=keras.config.floatx())
        setattr(owner, argument, variable)
        self._variables[path] = variable

    def adopt(self, variable: Any, path: str) -> None:
        """Take up a variable that Keras itself has for a number."""
        self._variables[path] = variable

    def assign(self, config: Configuration) -> None:
        """Give every variable the number that a configuration has at its path."""
        for path, number in input_numbers(config).items():
            self._variables[path].assign(number)


class L1L2(keras.regularizers.L1L2):  # type: ignore[misc]
    """Keras' L1L2 whose factors may be variables: Keras' own asks if they are 0, which a variable cannot answer."""

    rows_are_independent = True  # so that it is evaluated in one large batch

    def __call__(self, x: Any) -> Any:
        """Add the penalties of the factors that are not a plain 0."""
        penalty = ops.convert_to_tensor(0.0, dtype=x.dtype)
        if isinstance(self.l1, tf.Variable) or self.l1 != 0.0:
            penalty += ops.cast(self.l1, x.dtype) * ops.sum(ops.absolute(x))
        if isinstance(self.l2, tf.Variable) or self.l2 != 0.0:
            penalty += ops.cast(self.l2, x.dtype) * ops.sum(ops.square(x))
        return penalty


class Dropout(keras.layers.Dropout):  # type: ignore[misc]
    """Keras' Dropout whose rate may be a variable: ``keras.random.dropout`` asks if it is 0, too.

    The draws are the same as Keras' own.
    """

    rows_are_independent = True  # so that it is evaluated in one large batch

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Drop units while training."""
        if not (training and isinstance(self.rate, tf.Variable)):
            return super().call(inputs, training=training)
        rate = ops.cast(self.rate, inputs.dtype)
        sizes = zip(self.noise_shape or [None] * len(inputs.shape), ops.shape(inputs), strict=True)
        shape = [size if asked is None else asked for asked, size in sizes]
        kept = keras.random.uniform(shape, dtype=inputs.dtype, seed=self.seed_generator) >= rate
        return ops.where(kept, inputs * (1 / (1 - rate)), ops.zeros_like(inputs))


class GaussianNoise(keras.layers.GaussianNoise):  # type: ignore[misc]
    """Keras' GaussianNoise whose standard deviation may be a variable."""

    rows_are_independent = True  # so that it is evaluated in one large batch

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Add noise while training."""
        if not (training and isinstance(self.stddev, tf.Variable)):
            return super().call(inputs, training=training)
        stddev = ops.cast(self.stddev, self.compute_dtype)
        shape = ops.shape(inputs)
        return inputs + keras.random.normal(shape, stddev=stddev, dtype=self.compute_dtype, seed=self.seed_generator)

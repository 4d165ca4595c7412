"""Our Keras classes: one constraint that Keras 3 lacks, and Keras' own classes whose numbers may be variables.

The latter compute and draw what Keras' classes do, for Keras' code asks whether the number is 0.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops


@keras.saving.register_keras_serializable(package="experiments")
class RadialConstraint(keras.constraints.Constraint):  # type: ignore[misc]
    """Makes a convolution's kernels equal at equal distance from their centre, as Keras 2's constraint of this name.

    Distance is counted in rings of a square. A ring gets one weight of the kernel's diagonal: in kernels of odd size
    the centre gets the one before the middle and the rings those that follow; in kernels of even size the one after is
    skipped. Keras 2's documentation shows the two rings of a 4×4 kernel the other way round; this follows its code.

    Source: Keras 2, ``keras.constraints.RadialConstraint``, removed in Keras 3.
    """

    def __call__(self, w: Any) -> Any:
        """Constrain a kernel of shape (size, size, input channels, filters).

        Raises:
            ValueError: The weights are no square two-dimensional kernels.
        """
        w = keras.ops.convert_to_tensor(w)
        if len(w.shape) != 4 or w.shape[0] != w.shape[1]:
            raise ValueError(f"RadialConstraint needs square kernels of a Conv2D, found weights of shape {w.shape}")
        size = int(w.shape[0])
        away = np.abs(np.arange(size) - (size - 1) / 2)
        rings = np.floor(np.maximum.outer(away, away)).astype(int)
        first = size // 2 - 1 if size > 1 else 0
        skipped = (rings > 0) if size % 2 == 0 else 0
        diagonal = (first + rings + skipped) * (size + 1)
        flat = keras.ops.reshape(w, (size * size, *w.shape[2:]))
        return keras.ops.reshape(keras.ops.take(flat, diagonal.ravel(), axis=0), w.shape)


class L1L2(keras.regularizers.L1L2):  # type: ignore[misc]
    """Keras' L1L2 whose factors may be variables."""

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
    """Keras' Dropout whose rate may be a variable."""

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

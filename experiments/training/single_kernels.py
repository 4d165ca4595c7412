"""Loops of small networks as one kernel each, where XLA on a CPU would call dozens of tiny ones in every step.

Most of a small network's training goes into calling kernels. XLA makes one kernel of a whole loop if it is allowed to;
the products of matrices in it are plain loops then, not Eigen's, which is slower for large matrices. XLA is therefore
allowed to do it for all loops, and those with large products hold an operation that keeps it from doing so.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

# Products of up to two columns or rows are quick anyway; of the others, multiplications from which Eigen is quicker.
_NARROW = 2
_MULTIPLICATIONS = 16_384


def has_large_products(model: keras.Model, rows: int) -> bool:
    """Tell whether a loop is quicker with a kernel for each of its operations.

    Args:
        model: A built model.
        rows: The most rows that go through it at once.
    """
    return any(_multiplications(weight.shape, rows) > _MULTIPLICATIONS for weight in model.trainable_weights)


def _multiplications(shape: tuple[int, ...], rows: int) -> int:
    if len(shape) != 2 or min(shape) <= _NARROW:
        return 0
    return rows * shape[0] * shape[1]


def kept_apart(turn: Any) -> Any:
    """Give the number of a loop's turn, by way of a sort: XLA never makes one kernel of a loop that sorts."""
    return tf.sort(tf.stack([turn, turn]))[0]

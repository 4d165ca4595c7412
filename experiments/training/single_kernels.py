"""Loops of small networks as one kernel each, where XLA on a CPU would call dozens of tiny kernels in every step.

Calling kernels takes most of a small network's training time. XLA can compile a whole loop to one kernel, if an option
allows it. Matrix products in such a kernel are plain loops instead of Eigen's, which is slower for large matrices. So
the option is on, and loops with large products contain an operation that prevents single kernels.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

# Products of up to two columns or rows are fast anyway; for the others, multiplications from which Eigen is faster.
_NARROW = 2
_MULTIPLICATIONS = 16_384


def has_large_products(model: keras.Model, rows: int) -> bool:
    """Return whether a loop is faster with a kernel for each of its operations.

    Args:
        model: A built model.
        rows: Rows of the largest batch.
    """
    return any(_multiplications(weight.shape, rows) > _MULTIPLICATIONS for weight in model.trainable_weights)


def _multiplications(shape: tuple[int, ...], rows: int) -> int:
    if len(shape) != 2 or min(shape) <= _NARROW:
        return 0
    return rows * shape[0] * shape[1]


def kept_apart(turn: Any) -> Any:
    """Return the index of a loop's iteration after a sort: XLA compiles no loop that sorts to one kernel."""
    return tf.sort(tf.stack([turn, turn]))[0]

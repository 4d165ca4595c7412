"""Batches inside a graph, and when one large batch does for many small ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from experiments.training.arrays import Arrays, row_count, take
from experiments.training.keras_private import has_several_losses
from experiments.training.row_independence import rows_are_independent
from experiments.training.single_kernels import kept_apart

_LARGEST_BATCH = 10_000


def for_each_batch(
    arrays: Arrays, order: tf.Tensor | None, size: int, do: Callable[[Arrays], Any], *, apart: bool = False
) -> None:
    """Do something with one batch after another, the last one smaller where the rows don't divide.

    Args:
        arrays: All rows.
        order: Row indices in the order to be used, or None for the order of the rows.
        size: Rows of a batch.
        do: Called while tracing, once for full batches and once for a last smaller one; its effects are assignments.
        apart: Whether XLA is not to make one kernel of all batches.
    """
    rows = row_count(arrays)
    full, rest = divmod(rows, size)
    if rows <= size:
        do(arrays if order is None else take(arrays, order))
        return
    order = tf.range(rows) if order is None else order

    def batch(index: tf.Tensor) -> tf.Tensor:
        do(take(arrays, tf.slice(order, [index * size], [size])))
        return kept_apart(index + 1) if apart else index + 1

    tf.while_loop(lambda index: index < full, batch, [0], parallel_iterations=1)
    if rest:
        do(take(arrays, order[full * size :]))


def as_fit_sees(model: keras.Model, batch: Arrays) -> Arrays:
    """Hide the number of rows from a model with several outputs, as ``fit`` does.

    Keras weighs each output's own loss by the number of rows in a batch only where it knows it while tracing.
    """
    if not has_several_losses(model):
        return batch
    return tf.nest.map_structure(_of_any_length, batch)  # type: ignore[no-any-return]


def _of_any_length(leaf: tf.Tensor | None) -> tf.Tensor | None:
    return None if leaf is None else tf.raw_ops.PlaceholderWithDefault(input=leaf, shape=[None, *leaf.shape[1:]])


def validation_batch_size(model: keras.Model, arrays: Arrays, batch_size: int) -> int:
    """Return the size of a batch for evaluation: all rows where that is proven to change nothing, else that of ``fit``.

    Keras averages the losses of batches, weighted by their rows. Where each row is treated by itself, that is the mean
    over all rows.

    Args:
        model: Built and compiled model.
        arrays: Rows to evaluate.
        batch_size: Rows of a batch in ``fit``.
    """
    rows = row_count(arrays)
    if rows <= batch_size:
        return rows
    return min(rows, max(batch_size, _LARGEST_BATCH)) if rows_are_independent(model, arrays) else batch_size

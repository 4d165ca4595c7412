"""Loops over batches inside a graph, and the batch size of validation."""

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
    arrays: Arrays,
    order: tf.Tensor | None,
    size: int,
    do: Callable[[Arrays], Any],
    *,
    apart: bool = False,
    until: Callable[[], tf.Tensor] | None = None,
) -> None:
    """Call a function with one batch after another; the last one may be smaller.

    Args:
        arrays: All rows.
        order: Row indices in the order of use, or None for the order of the rows.
        size: Rows of a batch.
        do: Called while tracing, once for full batches and once for a smaller last one; its effects are assignments.
        apart: Whether XLA compiles a kernel for each operation instead of one for the whole loop.
        until: Called while tracing: whether to omit the remaining batches; None for never.
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

    def go_on(index: tf.Tensor) -> tf.Tensor:
        return index < full if until is None else (index < full) & ~until()

    def last_batch() -> tf.Tensor:
        do(take(arrays, order[full * size :]))
        return tf.constant(True)

    tf.while_loop(go_on, batch, [0], parallel_iterations=1)
    if rest and until is not None:
        tf.cond(until(), lambda: tf.constant(True), last_batch)
    elif rest:
        last_batch()


def as_fit_sees(model: keras.Model, batch: Arrays) -> Arrays:
    """Return a batch whose number of rows is unknown while tracing if the model has several outputs, as in ``fit``.

    Keras weights the loss of each output by the rows of a batch only if their number is known while tracing.
    """
    if not has_several_losses(model):
        return batch
    return tf.nest.map_structure(_of_any_length, batch)  # type: ignore[no-any-return]


def _of_any_length(leaf: tf.Tensor | None) -> tf.Tensor | None:
    return None if leaf is None else tf.raw_ops.PlaceholderWithDefault(input=leaf, shape=[None, *leaf.shape[1:]])


def validation_batch_size(model: keras.Model, arrays: Arrays, batch_size: int) -> int:
    """Return the batch size of evaluation: all rows if that is proven equal, else the batch size of ``fit``.

    Keras averages the losses of batches, weighted by their rows. If the rows are independent, this is the mean over all
    rows.

    Args:
        model: Built and compiled model.
        arrays: Rows to evaluate.
        batch_size: Rows of a batch in ``fit``.
    """
    rows = row_count(arrays)
    if rows <= batch_size:
        return rows
    return min(rows, max(batch_size, _LARGEST_BATCH)) if rows_are_independent(model, arrays) else batch_size

"""Batches inside a graph, and when one large batch does for many small ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from experiments.training.arrays import Arrays, row_count, take
from experiments.training.single_kernels import kept_apart

_LARGEST_VALIDATION_BATCH = 10_000
_COUPLING_LOSSES = {"dice", "tversky", "circle", "ctc"}
_OWN_MODULES = ("keras.src.", "experiments.")


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
    if not _has_several_losses(model):
        return batch
    return tf.nest.map_structure(_of_any_length, batch)  # type: ignore[no-any-return]


def _of_any_length(leaf: tf.Tensor | None) -> tf.Tensor | None:
    return None if leaf is None else tf.raw_ops.PlaceholderWithDefault(input=leaf, shape=[None, *leaf.shape[1:]])


def _has_several_losses(model: keras.Model) -> bool:
    return bool(model._compile_loss and model._compile_loss.metrics)


def validation_batch_size(model: keras.Model, rows: int, batch_size: int) -> int:
    """Give the size of a batch for evaluation: all rows where the sums come out the same, else what ``fit`` uses.

    Keras averages the losses of batches, weighted by their rows. Where a loss is a mean over rows, the metrics are
    Keras' own and no layer looks from one row to another, that is the mean over all rows.

    Args:
        model: Built and compiled model.
        rows: Number of rows to evaluate.
        batch_size: Rows of a batch in ``fit``.
    """
    if rows <= batch_size:
        return rows
    return min(rows, max(batch_size, _LARGEST_VALIDATION_BATCH)) if _is_row_wise(model) else batch_size


def _is_row_wise(model: keras.Model) -> bool:
    losses = [entry.loss for entry in model._compile_loss._flat_losses or ()] if model._compile_loss else []
    metrics = model._compile_metrics.metrics if model._compile_metrics else []
    return (
        not _has_several_losses(model)
        and type(model).compute_loss is keras.Model.compute_loss
        and type(model).compute_metrics is keras.Model.compute_metrics
        and all(map(_is_mean_over_rows, losses))
        and all(map(_accumulates, metrics))
        and all(map(_keeps_rows_apart, model._flatten_layers(include_self=False)))
    )


def _is_mean_over_rows(loss: Any) -> bool:
    if loss.reduction != "sum_over_batch_size" or not hasattr(loss, "fn"):
        return False
    return loss.fn.__module__.startswith("keras.src.losses") and loss.fn.__name__ not in _COUPLING_LOSSES


def _accumulates(metric: keras.Metric) -> bool:
    """Whether a metric is the same for any cut into batches, as all of Keras' own are."""
    function = getattr(metric, "_fn", metric.update_state)
    return type(metric).__module__.startswith("keras.src.") and function.__module__.startswith("keras.src.")


def _keeps_rows_apart(layer: keras.Layer) -> bool:
    masks = getattr(layer, "mask_zero", False) or isinstance(layer, keras.layers.Masking)
    return type(layer).__module__.startswith(_OWN_MODULES) and not masks

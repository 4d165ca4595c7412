"""Rows as the engines take them: tensors of one length, floats in the precision of the model."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from experiments.errors import ExperimentsError

Arrays = tuple[Any, Any, Any]


def as_arrays(x: Any, y: Any, sample_weight: Any = None) -> Arrays:
    """Turn rows into tensors, as ``model.fit`` does.

    Args:
        x: Inputs of shape (rows, ...); a list or mapping where the model has several.
        y: Targets of shape (rows, ...); likewise.
        sample_weight: Weights of shape (rows,), or None.

    Returns:
        The three with tensors for arrays; None stays None.

    Raises:
        ExperimentsError: Where there are no rows, or not equally many in each array.
    """
    arrays: Arrays = tf.nest.map_structure(_as_tensor, (x, y, sample_weight))
    lengths = {leaf.shape[0] for leaf in tf.nest.flatten(arrays) if leaf is not None}
    if len(lengths) != 1 or lengths == {0}:
        raise ExperimentsError(
            f"expected inputs, targets and sample weights with equally many rows, at least one; found {sorted(lengths)}"
        )
    return arrays


def row_count(arrays: Arrays) -> int:
    """Give the number of rows."""
    return next(int(leaf.shape[0]) for leaf in tf.nest.flatten(arrays) if leaf is not None)


def take(arrays: Arrays, rows: tf.Tensor) -> Arrays:
    """Gather rows by their indices."""
    return tf.nest.map_structure(lambda leaf: None if leaf is None else tf.gather(leaf, rows), arrays)  # type: ignore[no-any-return]


def signature(arrays: Arrays | None) -> tuple[Any, ...]:
    """Give what a compiled program is fixed to: shapes and types."""
    if arrays is None:
        return ()
    return tuple(None if leaf is None else (tuple(leaf.shape), leaf.dtype.name) for leaf in tf.nest.flatten(arrays))


def _as_tensor(values: Any) -> tf.Tensor | None:
    if values is None or tf.is_tensor(values):
        return values
    values = np.asarray(values)
    if np.issubdtype(values.dtype, np.floating):
        values = values.astype(keras.config.floatx())
    return tf.convert_to_tensor(values)

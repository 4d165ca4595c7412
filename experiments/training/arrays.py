"""Rows as tensors of one length, floats in the precision of the model."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from experiments.errors import ExperimentsError
from experiments.training.keras_private_rows import is_sliceable, to_sliceable

Arrays = tuple[Any, Any, Any]


def as_arrays(x: Any, y: Any = None, sample_weight: Any = None) -> Arrays:
    """Convert rows to the tensors that ``model.fit`` makes of them.

    Shapes and precisions are those of Keras' own conversion: a pandas Series becomes one column, a one-dimensional
    array stays as it is.

    Args:
        x: Inputs of shape (rows, ...); a list or mapping where the model has several.
        y: Targets of shape (rows, ...); likewise.
        sample_weight: Weights of shape (rows,), or None.

    Returns:
        The three with tensors for arrays, and tuples for lists, as a model gets them; None stays None.

    Raises:
        ExperimentsError: The rows are not arrays of numbers, there are none, or the arrays differ in length.
    """
    arrays: Arrays = keras.tree.lists_to_tuples(tf.nest.map_structure(_as_tensor, (x, y, sample_weight)))
    lengths = {leaf.shape[0] for leaf in tf.nest.flatten(arrays) if leaf is not None}
    if len(lengths) != 1 or lengths == {0}:
        raise ExperimentsError(
            f"expected inputs, targets and sample weights with equally many rows, at least one; found {sorted(lengths)}"
        )
    return arrays


def validation_arrays(validation_data: Any) -> Arrays | None:
    """Convert the ``validation_data`` of ``fit``.

    Args:
        validation_data: ``(x, y)``, ``(x, y, sample_weight)`` or None.

    Raises:
        ExperimentsError: It is neither, or its rows are not arrays of numbers.
    """
    if validation_data is None:
        return None
    if not isinstance(validation_data, list | tuple) or not 1 <= len(validation_data) <= 3:
        raise ExperimentsError(
            "expected validation_data as a tuple (x, y) or (x, y, sample_weight) of arrays, found "
            f"{type(validation_data).__name__}"
            + (f" of {len(validation_data)}" if isinstance(validation_data, list | tuple) else "")
        )
    return as_arrays(*validation_data)


def first_rows(arrays: Arrays, count: int) -> Arrays:
    """Return the first rows of each array."""
    return tf.nest.map_structure(lambda leaf: None if leaf is None else leaf[:count], arrays)  # type: ignore[no-any-return]


def row_count(arrays: Arrays) -> int:
    """Return the number of rows."""
    return next(int(leaf.shape[0]) for leaf in tf.nest.flatten(arrays) if leaf is not None)


def take(arrays: Arrays, rows: tf.Tensor) -> Arrays:
    """Return the rows with some indices."""
    return tf.nest.map_structure(lambda leaf: None if leaf is None else tf.gather(leaf, rows), arrays)  # type: ignore[no-any-return]


def are_finite(arrays: Any) -> bool:
    """Return whether all numbers in some arrays are finite."""
    leaves = [leaf for leaf in tf.nest.flatten(arrays) if leaf is not None and leaf.dtype.is_floating]
    return all(bool(tf.reduce_all(tf.math.is_finite(leaf))) for leaf in leaves)


def signature(arrays: Arrays | None) -> tuple[Any, ...]:
    """Return the shapes and types, which are fixed in a compiled program."""
    if arrays is None:
        return ()
    return tuple(None if leaf is None else (tuple(leaf.shape), leaf.dtype.name) for leaf in tf.nest.flatten(arrays))


def _as_tensor(values: Any) -> tf.Tensor | None:
    if values is None:
        return None
    if isinstance(values, tf.SparseTensor | tf.RaggedTensor) or hasattr(values, "tocsr"):
        raise ExperimentsError(f"expected dense arrays, found {type(values).__name__}; convert it to a NumPy array")
    if not is_sliceable(values) or np.ndim(values) == 0:
        raise ExperimentsError(
            f"expected arrays of rows, found {type(values).__name__}; a list or a mapping holds one array for each "
            "input, and data sets and generators need model.fit"
        )
    try:
        return tf.convert_to_tensor(to_sliceable(values))
    except (TypeError, ValueError) as error:
        raise ExperimentsError(f"expected numbers, found {type(values).__name__} of other values: {error}") from error

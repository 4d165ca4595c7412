"""How ``fit`` takes rows, where Keras has no public name for it: written for Keras 3.15.1, checked by a test.

As in ``keras_private``, which has all else, each definition names the file of ``keras/src`` that it reads.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
import numpy as np
from keras.src.trainers.data_adapters import array_slicing
from keras.src.trainers.data_adapters.array_data_adapter import ArrayDataAdapter, can_convert_arrays

__all__ = [
    "RowsOfFit",
    "can_convert_arrays",  # trainers/data_adapters/array_data_adapter.py; whether fit takes data as arrays of rows
    "is_sliceable",
    "row_order_of_fit",
    "rows_of_fit",
    "split_rows",
    "to_sliceable",
]


def is_sliceable(values: Any) -> bool:
    """Return whether ``fit`` takes values as an array of rows.

    trainers/data_adapters/array_slicing.py, ``can_slice_array``.
    """
    return bool(array_slicing.can_slice_array(values))


def to_sliceable(values: Any) -> Any:
    """Convert an array as ``fit`` does: floats to the precision of Keras, a pandas Series to one column.

    trainers/data_adapters/array_slicing.py, ``convert_to_sliceable``.
    """
    return array_slicing.convert_to_sliceable(values, target_backend="tensorflow")


class RowsOfFit(NamedTuple):
    """The rows that ``fit`` slices its batches from.

    Attributes:
        arrays: Inputs, targets and sample weights, as the caller passed them; weights of classes are among the last.
        batch_size: Rows of a batch.
        batches: Batches of an epoch.
    """

    arrays: tuple[Any, Any, Any]
    batch_size: int
    batches: int


def rows_of_fit(
    x: Any, y: Any, sample_weight: Any, *, batch_size: int | None, steps: int | None, class_weight: Any = None
) -> RowsOfFit:
    """Check arrays as ``fit`` does, and apply class weights, default batch size and number of steps.

    trainers/data_adapters/array_data_adapter.py, ``ArrayDataAdapter._inputs``: no public name of Keras has the rules.

    Args:
        x: Inputs that ``can_convert_arrays`` accepts.
        y: Targets.
        sample_weight: Weights of rows, one array for all outputs or one for each.
        batch_size: Rows of a batch, or None.
        steps: Batches of an epoch, or None.
        class_weight: Class to weight, or None.

    Raises:
        ValueError: From Keras: different numbers of rows, or weights that do not suit the targets.
    """
    adapter = ArrayDataAdapter(
        x, y, sample_weight=sample_weight, batch_size=batch_size, steps=steps, class_weight=class_weight
    )
    arrays = keras.utils.unpack_x_y_sample_weight(adapter._inputs)
    return RowsOfFit(arrays, adapter.batch_size, adapter.num_batches)


def split_rows(arrays: tuple[Any, Any, Any], validation_split: float) -> tuple[Any, Any]:
    """Return training and validation rows for the ``validation_split`` of ``fit``: the last rows are for validation.

    trainers/data_adapters/array_slicing.py, ``train_validation_split``.

    Raises:
        ValueError: From Keras, where one of the two would be empty.
    """
    return array_slicing.train_validation_split(arrays, validation_split)  # type: ignore[no-any-return]


def row_order_of_fit(rows: int) -> np.ndarray:
    """Return the order in which ``fit`` takes the rows in every epoch after a global seed was set.

    trainers/data_adapters/array_data_adapter.py, ``ArrayDataAdapter.get_tf_dataset``: the seed of its permutation
    depends on the operations that Keras traces before it. The size of batches does not change the order.
    """
    dataset = ArrayDataAdapter(np.arange(rows), batch_size=rows, shuffle=True).get_tf_dataset()
    return np.concatenate([batch.numpy() for batch in dataset])

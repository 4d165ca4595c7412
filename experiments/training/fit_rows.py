"""The rows of a call of ``fit``, as arrays for the compiled loop."""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
import tensorflow as tf

from experiments.errors import ExperimentsError
from experiments.training.arrays import Arrays, as_arrays, first_rows
from experiments.training.fit_arguments import FitArguments
from experiments.training.keras_private_rows import can_convert_arrays, rows_of_fit, split_rows
from experiments.training.tiers import NeedsFitError


class FitRows(NamedTuple):
    """Training and validation rows with their batch sizes.

    Attributes:
        arrays: Training rows; class weights are among the sample weights.
        batch_size: Rows of a batch.
        steps: Batches of an epoch.
        validation: Validation rows, or None.
        validation_batch_size: Rows of a batch of validation, or None without one.
    """

    arrays: Arrays
    batch_size: int
    steps: int
    validation: Arrays | None
    validation_batch_size: int | None


def rows_for_loop(given: FitArguments) -> FitRows:
    """Convert the rows of a call to arrays.

    Args:
        given: The arguments of the call.

    Raises:
        NeedsFitError: Only ``model.fit`` takes such rows; the message is the reason.
        ValueError: From Keras: the arguments contradict each other.
    """
    limit = keras.config.max_steps_per_epoch()
    if limit:
        raise NeedsFitError(f"keras.config.max_steps_per_epoch() is {limit}")
    rows = given.x, given.y, given.sample_weight
    _require_arrays("x", *rows)
    validation = None if given.validation_data is None else keras.utils.unpack_x_y_sample_weight(given.validation_data)
    if given.validation_split and validation is None:
        rows, validation = split_rows(rows, given.validation_split)
    found = rows_of_fit(
        *rows, batch_size=given.batch_size, steps=given.steps_per_epoch, class_weight=given.class_weight
    )
    if given.steps_per_epoch and given.steps_per_epoch != found.batches:
        raise NeedsFitError(f"steps_per_epoch={given.steps_per_epoch} is not one pass over the rows")
    arrays = _arrays("x", found.arrays)
    if validation is None:
        return FitRows(arrays, found.batch_size, found.batches, None, None)
    validation_rows, size = _validation(given, validation)
    if [leaf is None for leaf in arrays[:2]] != [leaf is None for leaf in validation_rows[:2]]:
        raise NeedsFitError("x and validation_data differ in having targets")
    return FitRows(arrays, found.batch_size, found.batches, validation_rows, size)


def _validation(given: FitArguments, validation: tuple[Any, Any, Any]) -> tuple[Arrays, int]:
    """Return the rows and the batch size of validation."""
    _require_arrays("validation_data", *validation)
    size, steps = given.validation_batch_size or given.batch_size, given.validation_steps
    found = rows_of_fit(*validation, batch_size=size, steps=steps)
    arrays = _arrays("validation_data", found.arrays)
    if steps and steps > found.batches:
        raise NeedsFitError(f"validation_steps={steps} is more than one pass over the rows")
    return (first_rows(arrays, steps * found.batch_size) if steps else arrays), found.batch_size


def _require_arrays(name: str, x: Any, y: Any, sample_weight: Any) -> None:
    if not can_convert_arrays((x, y, sample_weight)):
        raise NeedsFitError(f"{name} is a {type(x).__name__}, not an array")


def _arrays(name: str, rows: tuple[Any, Any, Any]) -> Arrays:
    try:
        arrays = as_arrays(*rows)
    except ExperimentsError as error:
        raise NeedsFitError(f"{name}: {error}") from error
    if any(leaf is not None and leaf.dtype == tf.string for leaf in tf.nest.flatten(arrays)):
        raise NeedsFitError(f"{name} contains text")
    return arrays

"""Keras' ``evaluate``, traced once per model and without its set-up in every call."""

from __future__ import annotations

import operator
import weakref
from typing import Any

import keras
import tensorflow as tf

from experiments.errors import ExperimentsError
from experiments.training.arrays import Arrays, as_arrays, first_rows, row_count, take
from experiments.training.batches import validation_batch_size
from experiments.training.fit_arguments import require_compiled
from experiments.training.keras_private import build_for_batch, pythonify_logs
from experiments.training.ranges import check_ranges
from experiments.training.row_independence import is_plain

_FIT_BATCH_SIZE = 32


class _Evaluator:
    """The evaluation of one compiled model as a graph for any number of rows."""

    def __init__(self, model: keras.Model) -> None:
        self._metrics = model.metrics
        reference = weakref.ref(model)  # the model's graphs must not keep it alive

        def update(batch: Arrays, *, first: bool) -> dict[str, tf.Tensor]:
            model: Any = reference()
            if first:
                model.reset_metrics()
            model.test_step(batch)
            return dict(model.get_metrics_result())

        self._function = tf.function(update, autograph=False)

    def serves(self, model: keras.Model) -> bool:
        """Return whether the model has not been compiled again since."""
        metrics = model.metrics
        return len(metrics) == len(self._metrics) and all(map(operator.is_, self._metrics, metrics))

    def __call__(self, arrays: Arrays, size: int) -> dict[str, Any]:
        rows = row_count(arrays)
        for start in range(0, rows, size):
            batch = take(arrays, tf.range(start, min(start + size, rows))) if size < rows else arrays
            first = start == 0
            self._trace(batch, first=first)
            logs = self._function(batch, first=first)
        values: dict[str, Any] = pythonify_logs(logs)  # sorted
        in_order: dict[str, Any] = {name: values[name] for name in logs if name in values}
        return in_order | values

    def variables(self, batch: Arrays) -> list[tf.Variable]:
        """Return all variables that an evaluation reads or assigns, of the model or not."""
        return list(self._trace(batch, first=True).graph.variables)

    def _trace(self, batch: Arrays, *, first: bool) -> Any:
        """Trace the function for any number of rows; another number of rows causes no new trace."""
        any_rows = tf.nest.map_structure(_of_any_length, batch)
        return self._function.get_concrete_function(any_rows, first=first)


def _of_any_length(leaf: tf.Tensor | None) -> tf.TensorSpec | None:
    return None if leaf is None else tf.TensorSpec([None, *leaf.shape[1:]], leaf.dtype)


# Parts of the errors that TensorFlow raises on a CPU for an index out of range.
_OUT_OF_RANGE = ("is not in [", "outside the valid range", "out of range", "out of bound")

_evaluators: weakref.WeakKeyDictionary[keras.Model, _Evaluator] = weakref.WeakKeyDictionary()


def evaluate(model: keras.Model, x: Any, y: Any, sample_weight: Any = None) -> dict[str, Any]:
    """Evaluate a model without training it.

    Args:
        model: A compiled model.
        x: Inputs of shape (rows, ...).
        y: Targets of shape (rows, ...).
        sample_weight: Weights of shape (rows,), or None.

    Returns:
        The values of ``model.evaluate(x, y, return_dict=True)``, up to the rounding of sums.

    Raises:
        ExperimentsError: The arrays differ in length, a label or token is out of range, or the model is not compiled.
    """
    arrays = as_arrays(x, y, sample_weight)
    require_compiled(model)
    if _known_evaluator(model) is None:  # else the model is built
        build_for_batch(model, first_rows(arrays, _FIT_BATCH_SIZE))
    check_ranges(model, arrays, "rows")
    if model.run_eagerly or not is_plain(model):
        return model.evaluate(*arrays[:2], sample_weight=arrays[2], verbose=0, return_dict=True)  # type: ignore[no-any-return]
    return _evaluator_of(model)(arrays, validation_batch_size(model, arrays, _FIT_BATCH_SIZE))


def check_outside_xla(model: keras.Model, arrays: Arrays, batch_size: int, rows: str) -> None:
    """Evaluate rows once outside XLA, where an index out of range raises, and leave the model as it was.

    For models with custom parts, which may index into tables anywhere.

    Args:
        model: A built and compiled model.
        arrays: Inputs, targets and sample weights.
        batch_size: Rows of a batch in ``fit``.
        rows: Name of the rows for the message.

    Raises:
        ExperimentsError: A value is out of range; the message is TensorFlow's.
    """
    evaluator = _evaluator_of(model)
    variables = evaluator.variables(first_rows(arrays, batch_size))
    before = [variable.numpy() for variable in variables]
    count = row_count(arrays)
    try:
        for start in range(0, count, batch_size):
            stop = min(start + batch_size, count)
            _check_batch(evaluator, take(arrays, tf.range(start, stop)), f"{rows} {start} to {stop - 1}")
    finally:
        for variable, value in zip(variables, before, strict=True):
            variable.assign(value)


def _check_batch(evaluator: _Evaluator, batch: Arrays, rows: str) -> None:
    try:
        evaluator(batch, row_count(batch))
    except tf.errors.InvalidArgumentError as error:
        lines = [line.strip() for line in error.message.splitlines() if any(word in line for word in _OUT_OF_RANGE)]
        if not lines:
            raise
        raise ExperimentsError(f"{rows}: {lines[0]}") from error


def _evaluator_of(model: keras.Model) -> _Evaluator:
    evaluator = _known_evaluator(model)
    if evaluator is None:
        evaluator = _evaluators[model] = _Evaluator(model)
    return evaluator


def _known_evaluator(model: keras.Model) -> _Evaluator | None:
    evaluator = _evaluators.get(model)
    return evaluator if evaluator is not None and evaluator.serves(model) else None

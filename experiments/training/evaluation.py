"""Keras' evaluate, traced once per model and without its set-up for every call."""

from __future__ import annotations

import operator
import weakref
from typing import Any

import keras
import tensorflow as tf

from experiments.training.arrays import Arrays, as_arrays, row_count, take
from experiments.training.batches import validation_batch_size
from experiments.training.building import build_for

_FIT_BATCH_SIZE = 32


class _Evaluator:
    """The graph of one compiled model's evaluation, traced for any number of rows."""

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
        """Whether the model has not been compiled anew since."""
        metrics = model.metrics
        return len(metrics) == len(self._metrics) and all(map(operator.is_, self._metrics, metrics))

    def __call__(self, arrays: Arrays, size: int) -> dict[str, float]:
        rows = row_count(arrays)
        for start in range(0, rows, size):
            batch = take(arrays, tf.range(start, min(start + size, rows))) if size < rows else arrays
            any_rows = tf.nest.map_structure(_of_any_length, batch)
            first = start == 0
            self._function.get_concrete_function(any_rows, first=first)  # so that no number of rows is traced anew
            logs = self._function(batch, first=first)
        return {name: float(value) for name, value in logs.items()}


def _of_any_length(leaf: tf.Tensor | None) -> tf.TensorSpec | None:
    return None if leaf is None else tf.TensorSpec([None, *leaf.shape[1:]], leaf.dtype)


_evaluators: weakref.WeakKeyDictionary[keras.Model, _Evaluator] = weakref.WeakKeyDictionary()


def evaluate(model: keras.Model, x: Any, y: Any, sample_weight: Any = None) -> dict[str, float]:
    """Evaluate a model as it is.

    Args:
        model: A compiled model.
        x: Inputs of shape (rows, ...).
        y: Targets of shape (rows, ...).
        sample_weight: Weights of shape (rows,), or None.

    Returns:
        What ``model.evaluate(x, y, return_dict=True)`` gives, to the rounding of its sums.
    """
    arrays = as_arrays(x, y, sample_weight)
    build_for(model, arrays)
    evaluator = _evaluators.get(model)
    if evaluator is None or not evaluator.serves(model):
        evaluator = _evaluators[model] = _Evaluator(model)
    return evaluator(arrays, validation_batch_size(model, row_count(arrays), _FIT_BATCH_SIZE))

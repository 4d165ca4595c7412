"""Evaluate a built model once before training, to raise Keras' shape errors early."""

from __future__ import annotations

import keras

from experiments.data.load import Data
from experiments.errors import config_error
from experiments.model.objects import build_or_explain

_ROWS = 256


def try_model(model: keras.Model, data: Data) -> None:
    """Compute outputs, loss and metrics of some training rows once.

    Only then does Keras say that an output layer, a loss and the targets do not fit together. Metrics are left with
    these rows in them.

    Args:
        model: Built by ``build_model``.
        data: The run's arrays.

    Raises:
        ConfigError: Keras or TensorFlow refuse them, or a metric is not one number.
    """
    x, y = (keras.ops.convert_to_tensor(rows[:_ROWS]) for rows in (data.x_train, data.y_train))
    outputs = build_or_explain("model", lambda: model(x, training=False))
    build_or_explain("training.loss", lambda: model.compute_loss(x=x, y=y, y_pred=outputs))
    results = build_or_explain("training.metrics", lambda: model.compute_metrics(x, y, outputs))
    for name, value in results.items():
        count = keras.ops.convert_to_numpy(value).size
        if count != 1:
            message = f"{name!r} is {count} numbers, and a column of runs.csv holds one"
            raise config_error("training.metrics", message)

"""Losses and metrics, with the one metric that every run has: the loss without penalties."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras.src.losses.losses import LossFunctionWrapper
from keras.src.trainers.compile_utils import CompileMetrics

from experiments.language.metrics import component_name, loss_column
from experiments.model.components import build_or_explain, make
from experiments.model.inputs import NumberInputs


def make_loss(training: Mapping[str, Any]) -> keras.losses.Loss:
    """Make the loss of a ``training`` section as an object.

    Raises:
        ConfigError: Keras does not know it, or refuses an argument.
    """
    loss, path = training["loss"], "training.loss"
    if not isinstance(loss, str):
        return make("losses", loss, path, NumberInputs())
    found = build_or_explain(path, lambda: keras.losses.get(loss))
    # What Keras' compile makes of a function.
    return found if isinstance(found, keras.losses.Loss) else LossFunctionWrapper(found, name=loss)


def make_metrics(config: Mapping[str, Any], loss: keras.losses.Loss) -> list[Any]:
    """Make the metrics: those asked for, then the loss without penalties unless it is among them.

    Args:
        config: Resolved configuration.
        loss: The loss as an object.

    Raises:
        ConfigError: Keras refuses an argument.
    """
    asked = config["training"].get("metrics") or []
    metrics = [_metric(metric, f"training.metrics.{index}") for index, metric in enumerate(asked)]
    names = [component_name(metric) for metric in asked]
    own = loss_column(config)
    if own not in names:
        metrics.append(keras.metrics.MeanMetricWrapper(loss.call, name=own))
    return metrics


def _metric(metric: Any, path: str) -> Any:
    # Strings stay strings: Keras finds the kind of accuracy by the shapes. It names the metric by the string.
    name = component_name(metric)
    return name if isinstance(metric, str) else make("metrics", metric, path, NumberInputs(), name=name)


def score_predictions(config: Mapping[str, Any], targets: np.ndarray, predictions: np.ndarray) -> dict[str, float]:
    """Score predictions that no single network made, such as the mean of an ensemble's.

    Args:
        config: Resolved configuration, for its loss and metrics.
        targets: Shape (rows,) or (rows, outputs).
        predictions: Shape (rows, outputs).

    Returns:
        What Keras' evaluate gives under the same names; the loss has no penalties, as there are no weights.
    """
    loss = make_loss(config["training"])
    metrics = CompileMetrics(make_metrics(config, loss), None)
    y_true, y_pred = keras.ops.convert_to_tensor(targets), keras.ops.convert_to_tensor(predictions)
    metrics.update_state(y_true, y_pred)
    scores = {"loss": loss(y_true, y_pred), **metrics.result()}
    return {name: float(value) for name, value in scores.items()}

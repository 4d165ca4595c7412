"""Losses and metrics, with the one metric that every run has: the loss without penalties."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from experiments.language.configuration import Component, Configuration
from experiments.language.metrics import component_name, loss_column
from experiments.model.components import build_or_explain, make
from experiments.model.inputs import NumberInputs
from experiments.training.keras_private import LossFunctionWrapper, score


def make_loss(loss: Component) -> keras.losses.Loss:
    """Make a loss as an object.

    Raises:
        ConfigError: Keras does not know it, or refuses an argument.
    """
    if not loss.identifier:
        return make("losses", loss, NumberInputs())
    found = build_or_explain(loss.path, lambda: keras.losses.get(loss.name))
    # What Keras' compile makes of a function.
    return found if isinstance(found, keras.losses.Loss) else LossFunctionWrapper(found, name=loss.name)


def make_metrics(config: Configuration, loss: keras.losses.Loss) -> list[Any]:
    """Make the metrics: those asked for, then the loss without penalties unless it is among them.

    Args:
        config: Resolved configuration.
        loss: The loss as an object.

    Raises:
        ConfigError: Keras refuses an argument.
    """
    asked = config.training.metrics
    metrics = [_metric(metric) for metric in asked]
    own = loss_column(config.training.loss)
    if own not in map(component_name, asked):
        metrics.append(keras.metrics.MeanMetricWrapper(loss.call, name=own))
    return metrics


def _metric(metric: Component) -> Any:
    # Strings stay strings: Keras finds the kind of accuracy by the shapes. It names the metric by the string.
    name = component_name(metric)
    return name if metric.identifier else make("metrics", metric, NumberInputs(), name=name)


def score_predictions(config: Configuration, targets: np.ndarray, predictions: np.ndarray) -> dict[str, float]:
    """Score predictions that no single network made, such as the mean of an ensemble's.

    Args:
        config: Resolved configuration, for its loss and metrics.
        targets: Shape (rows,) or (rows, outputs).
        predictions: Shape (rows, outputs).

    Returns:
        What Keras' evaluate gives under the same names; the loss has no penalties, as there are no weights.
    """
    loss = make_loss(config.training.loss)
    y_true, y_pred = keras.ops.convert_to_tensor(targets), keras.ops.convert_to_tensor(predictions)
    scores = {"loss": loss(y_true, y_pred), **score(make_metrics(config, loss), y_true, y_pred)}
    return {name: float(value) for name, value in scores.items()}

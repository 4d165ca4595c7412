"""The record of one training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import keras
import numpy as np


@dataclass(frozen=True)
class TrainingRecord:
    """The outcome of one training; divergence is an outcome like any other.

    Attributes:
        history: The curves: Keras' history keys and the probes' keys, each of shape (epochs_run,) in the precision of
            ``keras.config.floatx()``; NaN in epochs without a value. Keys whose values are not single numbers, such
            as a metric with a value for each class, have no curve.
        initial: Activation probes before training, such as ``activation_std.hidden``.
        weights: The model's weights at the end, in the order of ``model.get_weights()``.
        best_weights: Those kept by BestWeights or ``EarlyStopping(restore_best_weights=True)``; None without either.
        best_epoch: The epoch of ``best_weights``, counted from 1.
        epochs_run: Number of epochs trained, the one of the divergence included.
        stopped_because: "completed", "early_stopping" or "diverged".
        diverged_at: First epoch, counted from 1, after which the training loss or a trained weight was not finite.
        tier: "xla", "graph" or "fit": how the model was trained.
        reason: The tier and why it was chosen, in one line.
        seconds: Time of the training, without tracing and compiling.
        compile_seconds: Time of tracing and compiling; 0 where the program of an earlier training was reused.
        keras_history: The ``history`` that ``model.fit`` returned, values of any type; None for other tiers.
    """

    history: dict[str, np.ndarray]
    initial: dict[str, float]
    weights: list[np.ndarray]
    best_weights: list[np.ndarray] | None
    best_epoch: int | None
    epochs_run: int
    stopped_because: str
    diverged_at: int | None
    tier: str
    reason: str
    seconds: float
    compile_seconds: float
    keras_history: dict[str, list[Any]] | None = None


def history_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, np.ndarray]:
    """Return the curves in the logs of the epochs: keys with single numbers only, NaN where an epoch has no value."""
    keys = dict.fromkeys(key for row in rows for key in row)
    numeric = [key for key in keys if all(isinstance(row.get(key, 0.0), Real) for row in rows)]
    return {key: np.array([row.get(key, np.nan) for row in rows], keras.config.floatx()) for key in numeric}

"""Which callbacks the compiled loop understands, and as what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from experiments.training import triggers
from experiments.training.callbacks import BestWeights
from experiments.training.keras_private import smaller_is_better
from experiments.training.rules import BestWeightsRule, EarlyStoppingRule, PlateauRule, Rule
from experiments.training.trigger_rules import TriggerRule, memory_for

_TRIGGERS = (
    triggers.StopOnNoChange,
    triggers.StopOnAbsoluteChange,
    triggers.StopOnDecrease,
    triggers.StopOnAverageChange,
)
_KNOWN = (
    keras.callbacks.EarlyStopping,
    keras.callbacks.ReduceLROnPlateau,
    keras.callbacks.TerminateOnNaN,
    BestWeights,
    *_TRIGGERS,
)


def unknown_callbacks(callbacks: Sequence[Any], model: keras.Model) -> list[str]:
    """Name the callbacks that only ``model.fit`` can serve; a subclass may do anything, so it is one."""
    return [type(callback).__name__ for callback in callbacks if not _is_known(callback, model)]


def rules_of(callbacks: Sequence[Any], model: keras.Model) -> list[tuple[Any, Rule]]:
    """Pair each callback that decides something with its rule, in order.

    Args:
        callbacks: Known callbacks.
        model: Built model; its metrics tell which way a monitored value is better.

    Raises:
        ValueError: From Keras, where ``mode="auto"`` cannot be resolved.
    """
    deciding = [callback for callback in callbacks if type(callback) is not keras.callbacks.TerminateOnNaN]
    return [(callback, _rule_of(callback, model)) for callback in deciding]


def _is_known(callback: Any, model: keras.Model) -> bool:
    if type(callback) is keras.callbacks.ReduceLROnPlateau:
        return isinstance(getattr(model.optimizer, "learning_rate", None), keras.Variable)  # and no schedule
    if type(callback) is keras.callbacks.TerminateOnNaN:
        return not callback.raise_error
    return type(callback) in _KNOWN


def _rule_of(callback: Any, model: keras.Model) -> Rule:
    callback.set_model(model)
    smaller = smaller_is_better(callback)
    if type(callback) is keras.callbacks.EarlyStopping:
        return EarlyStoppingRule(callback.monitor, smaller, keeps_weights=callback.restore_best_weights)
    if type(callback) is keras.callbacks.ReduceLROnPlateau:
        return PlateauRule(callback.monitor, smaller)
    if type(callback) is BestWeights:
        return BestWeightsRule(callback.monitor, smaller)
    return TriggerRule(type(callback), callback.monitor, smaller, memory_for(callback.epochs))

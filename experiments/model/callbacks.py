"""Keras callbacks of the calls of a recipe."""

from __future__ import annotations

from collections.abc import Iterable

import keras

from experiments.language.calls import Call
from experiments.model.objects import build_or_explain, class_of
from experiments.training import BestWeights, triggers

_BEST_WEIGHTS_ARGUMENTS = ("monitor", "mode", "initial_value_threshold")


def build_callbacks(calls: Iterable[Call]) -> list[keras.callbacks.Callback]:
    """Build the callbacks of a run.

    Args:
        calls: The recipe's callbacks.

    Returns:
        Keras' own callbacks and the slides' triggers. A ModelCheckpoint becomes ``training.BestWeights``,
        which keeps the best weights in memory.

    Raises:
        ConfigError: A callback refuses its arguments.
    """
    return [_callback(call) for call in calls]


def _callback(call: Call) -> keras.callbacks.Callback:
    if call.name == "ModelCheckpoint":
        known = {key: value for key, value in call.arguments.items() if key in _BEST_WEIGHTS_ARGUMENTS}
        return build_or_explain(call.path, lambda: BestWeights(**known))
    found = getattr(triggers, call.name, None) or class_of(call)
    return build_or_explain(call.path, lambda: found(**call.arguments))

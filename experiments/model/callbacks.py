"""From the callbacks of a configuration to Keras callbacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from experiments.model.components import build_or_explain, class_of
from experiments.model.structure import name_and_arguments

_BEST_WEIGHTS_ARGUMENTS = ("monitor", "mode", "initial_value_threshold")


def build_callbacks(config: Mapping[str, Any]) -> list[keras.callbacks.Callback]:
    """Make the callbacks of a run, in the order of their slots.

    Args:
        config: Resolved configuration.

    Returns:
        Keras' own callbacks and the slides' triggers. A ModelCheckpoint becomes ``training.callbacks.BestWeights``,
        which keeps the best weights in memory.

    Raises:
        ConfigError: A callback refuses its arguments.
    """
    slots = config["training"].get("callbacks") or {}
    return [_callback(component, f"training.callbacks.{slot}") for slot, component in slots.items()]


def _callback(component: Any, path: str) -> keras.callbacks.Callback:
    # The one place where this room looks to its right: these two are callbacks of the training loop.
    from experiments.training import callbacks, triggers

    name, arguments = name_and_arguments(component)
    if name == "ModelCheckpoint":
        known = {key: value for key, value in arguments.items() if key in _BEST_WEIGHTS_ARGUMENTS}
        return build_or_explain(path, lambda: callbacks.BestWeights(**known))
    found = getattr(triggers, name, None) or class_of("callbacks", name, path)
    return build_or_explain(path, lambda: found(**arguments))

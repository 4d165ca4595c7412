"""From the callbacks of a configuration to Keras callbacks."""

from __future__ import annotations

import keras

from experiments.language.configuration import Component, Configuration
from experiments.model.components import build_or_explain, class_of
from experiments.training import BestWeights, triggers

_BEST_WEIGHTS_ARGUMENTS = ("monitor", "mode", "initial_value_threshold")


def build_callbacks(config: Configuration) -> list[keras.callbacks.Callback]:
    """Make the callbacks of a run, in the order of their slots.

    Args:
        config: Resolved configuration.

    Returns:
        Keras' own callbacks and the slides' triggers. A ModelCheckpoint becomes ``training.BestWeights``,
        which keeps the best weights in memory.

    Raises:
        ConfigError: A callback refuses its arguments.
    """
    return [_callback(component) for component in config.training.callbacks.values()]


def _callback(component: Component) -> keras.callbacks.Callback:
    name, arguments, path = component.name, component.arguments, component.path
    if name == "ModelCheckpoint":
        known = {key: value for key, value in arguments.items() if key in _BEST_WEIGHTS_ARGUMENTS}
        return build_or_explain(path, lambda: BestWeights(**known))
    found = getattr(triggers, name, None) or class_of("callbacks", name, path)
    return build_or_explain(path, lambda: found(**arguments))

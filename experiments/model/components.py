"""From components of a configuration to objects of Keras, by their public names."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import keras

from experiments.errors import ExperimentsError, config_error, first_paragraph
from experiments.language.configuration import Component
from experiments.model.constraints import RadialConstraint
from experiments.model.inputs import L1L2, Dropout, GaussianNoise, NumberInputs
from experiments.model.numbers import INPUT_NUMBERS, is_input

_NAMESPACES: dict[str, Any] = {
    "callbacks": keras.callbacks,
    "constraints": keras.constraints,
    "initializers": keras.initializers,
    "layers": keras.layers,
    "losses": keras.losses,
    "metrics": keras.metrics,
    "optimizers": keras.optimizers,
    "regularizers": keras.regularizers,
    "schedules": keras.optimizers.schedules,
}
_OWN: dict[tuple[str, str], Callable[..., Any]] = {
    ("constraints", "RadialConstraint"): RadialConstraint,
    ("layers", "Dropout"): Dropout,
    ("layers", "GaussianNoise"): GaussianNoise,
    ("regularizers", "L1L2"): L1L2,
}
_ARGUMENTS = {
    "_constraint": "constraints",
    "_initializer": "initializers",
    "_regularizer": "regularizers",
    "activation": "layers",  # such as LeakyReLU, where the string "leaky_relu" has no slope of one's own
    "learning_rate": "schedules",
}


def make(kind: str, component: Component, numbers: NumberInputs, **further: Any) -> Any:
    """Make the object that a component describes.

    Args:
        kind: Which of Keras' namespaces the class is in, such as "layers" or "optimizers".
        component: A class with its arguments, which may be components themselves.
        numbers: Takes up the numbers that become inputs of the compiled program.
        further: Arguments that do not come from the configuration, such as a layer's name.

    Raises:
        ConfigError: Keras has no such class, or refuses the arguments; the message is Keras' own.
    """
    name, path = component.name, component.path
    found = class_of(kind, name, path)
    values = component_values(found, component.arguments, numbers)
    made = build_or_explain(path, lambda: found(**{**further, **values}))
    for argument in INPUT_NUMBERS.get(name, ()):
        if is_input(name, component.get(argument)):
            numbers.take(made, argument, f"{path}.{argument}")
    return made


def component_values(
    made_by: Callable[..., Any], arguments: Mapping[str, Any], numbers: NumberInputs
) -> dict[str, Any]:
    """Make the objects that arguments describe; other values stay as they are.

    An integer becomes a float where the default is one: YAML's 1 is an integer, which Keras does not take for a
    learning rate or a momentum.
    """
    floats = _float_arguments(made_by)
    values = {key: _value(key, value, numbers) for key, value in arguments.items()}
    return {key: float(value) if key in floats and type(value) is int else value for key, value in values.items()}


@cache
def _float_arguments(made_by: Callable[..., Any]) -> frozenset[str]:
    parameters = inspect.signature(made_by).parameters.values()
    return frozenset(parameter.name for parameter in parameters if isinstance(parameter.default, float))


def class_of(kind: str, name: str, path: str) -> Callable[..., Any]:
    """Find a class by the name that Keras' documentation has for it."""
    if (kind, name) in _OWN:
        return _OWN[kind, name]
    found: Callable[..., Any] | None = getattr(_NAMESPACES[kind], name, None)
    if found is None:
        raise config_error(path, f"keras.{kind} has no '{name}'")
    return found


def build_or_explain(path: str, build: Callable[[], Any]) -> Any:
    """Call Keras, and turn what it refuses into a located error.

    Any error counts: a BatchNormalization over an axis that is not there ends in an IndexError.
    """
    try:
        return build()
    except ExperimentsError:
        raise
    except Exception as error:
        raise config_error(path, first_paragraph(error)) from error


def _value(argument: str, value: Any, numbers: NumberInputs) -> Any:
    if not isinstance(value, Component):
        return value
    if value.identifier:
        return value.name
    kind = next(kind for ending, kind in _ARGUMENTS.items() if argument.endswith(ending))
    return make(kind, value, numbers)

"""Keras objects of the calls of a recipe, with a variable for each number that is an input of the program."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import keras
import tensorflow as tf

from experiments.errors import ExperimentsError, config_error, first_paragraph
from experiments.language.calls import Call
from experiments.model.keras_classes import L1L2, Dropout, GaussianNoise, RadialConstraint
from experiments.model.recipe import Recipe, input_arguments, input_numbers

_OURS: dict[str, Callable[..., Any]] = {
    "RadialConstraint": RadialConstraint,
    "keras.layers.Dropout": Dropout,
    "keras.layers.GaussianNoise": GaussianNoise,
    "keras.regularizers.L1L2": L1L2,
}
"""Callee → the class of ours that is called."""


class NumberInputs:
    """The variables that stand for a model's numbers, by the dotted path of each in the configuration.

    They are variables in every model, whether or not other runs share it, so that a result never depends on which
    other runs there are.
    """

    def __init__(self) -> None:
        self._variables: dict[str, Any] = {}

    def take(self, owner: Any, argument: str, path: str) -> None:
        """Put a variable in the place of an object's number.

        Args:
            owner: Layer, regularizer, constraint or optimizer that reads the number as its attribute.
            argument: Name of the attribute.
            path: Dotted path of the number in the configuration.
        """
        variable = tf.Variable(float(getattr(owner, argument)), trainable=False, dtype=keras.config.floatx())
        setattr(owner, argument, variable)
        self._variables[path] = variable

    def adopt(self, variable: Any, path: str) -> None:
        """Take up a variable that Keras itself has for a number."""
        self._variables[path] = variable

    def assign(self, recipe: Recipe) -> None:
        """Assign to every variable the number that a recipe has at its path."""
        for path, number in input_numbers(recipe):
            self._variables[path].assign(number)


def make(call: Call, numbers: NumberInputs) -> Any:
    """Make the object that a call describes.

    Args:
        call: A call of a Keras class; its arguments may be calls.
        numbers: Takes up the numbers that become inputs of the compiled program.

    Raises:
        ConfigError: Keras has no such class, or refuses the arguments; the message is Keras' own.
    """
    found = class_of(call)
    values = argument_values(call, numbers)
    made = build_or_explain(call.path, lambda: found(**values))
    for argument in input_arguments(call):
        numbers.take(made, argument, f"{call.path}.{argument}")
    return made


def argument_values(call: Call, numbers: NumberInputs) -> dict[str, Any]:
    """Return the arguments of a call; those that are calls as the objects they describe."""
    return {key: make(value, numbers) if isinstance(value, Call) else value for key, value in call.arguments.items()}


def class_of(call: Call) -> Callable[..., Any]:
    """Return the class of a call: ours, or Keras' by its public name.

    Raises:
        ConfigError: Keras has no such class.
    """
    if call.callee in _OURS:
        return _OURS[call.callee]
    namespace = call.callee.removesuffix(f".{call.name}")
    found: Callable[..., Any] | None = getattr(reduce(getattr, namespace.split(".")[1:], keras), call.name, None)
    if found is None:
        raise config_error(call.path, f"{namespace} has no '{call.name}'")
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

"""Numbers of a configuration that are inputs of a compiled program instead of constants in it.

A grid over L2 factors is then one program, compiled once. Needs no TensorFlow: only which numbers these are.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from experiments.language.configuration import Component, Configuration

INPUT_NUMBERS: dict[str, tuple[str, ...]] = {
    "L1": ("l1",),
    "L2": ("l2",),
    "L1L2": ("l1", "l2"),
    "MaxNorm": ("max_value",),
    "MinMaxNorm": ("min_value", "max_value", "rate"),
    "Dropout": ("rate",),
    "GaussianNoise": ("stddev",),
}
"""Class → the arguments that are inputs."""

CLIPPINGS = ("clipnorm", "clipvalue", "global_clipnorm")
OPTIMIZER_NUMBERS = ("learning_rate", "weight_decay")

# With these numbers Keras does something else, or nothing at all: that is another program.
_SPECIAL = {"L1L2": (0,), "Dropout": (0, 1), "GaussianNoise": (0,)}


def input_numbers(config: Configuration) -> dict[str, float]:
    """Map the dotted path of each number that is an input to the number.

    Args:
        config: Resolved configuration.
    """
    components = [layer.component for layer in config.model.layers]
    components += [value for component in components for value in _penalties(component).values()]
    numbers = {f"{owner.path}.{key}": owner.arguments[key] for owner in components for key in _inputs_of(owner)}
    optimizer = config.training.optimizer
    numbers |= {f"{optimizer.path}.{key}": optimizer.arguments[key] for key in _optimizer_inputs(optimizer)}
    for slot, step in config.training.gradients.items():
        if is_input(step.word, step.number):
            numbers[f"training.gradients.{slot}.{step.word}"] = step.number
    return numbers


def without_inputs(component: Component) -> Component:
    """Return a layer or an optimizer with the word "input" in the place of each number that is an input."""
    penalties = {key: _masked(value, _inputs_of(value)) for key, value in _penalties(component).items()}
    return _masked(component.with_arguments(penalties), [*_inputs_of(component), *_optimizer_inputs(component)])


def _masked(component: Component, arguments: Iterable[str]) -> Component:
    return component.with_arguments(dict.fromkeys(arguments, "input"))


def _penalties(layer: Component) -> dict[str, Component]:
    """List the regularizers and constraints of a layer by argument."""
    return {
        argument: value
        for argument, value in layer.arguments.items()
        if argument.endswith(("_regularizer", "_constraint")) and isinstance(value, Component)
    }


def _inputs_of(owner: Component) -> list[str]:
    return [key for key in INPUT_NUMBERS.get(owner.name, ()) if is_input(owner.name, owner.get(key))]


def _optimizer_inputs(optimizer: Component) -> list[str]:
    return [key for key in (*OPTIMIZER_NUMBERS, *CLIPPINGS) if is_input(key, optimizer.get(key))]


def is_input(owner: str, value: Any) -> bool:
    """Tell whether a value is a number that can change from run to run within one program.

    Args:
        owner: The class that it belongs to, or the argument of an optimizer or the gradient step that it is.
        value: Anything from a configuration.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return value > 0 if owner in CLIPPINGS else value not in _SPECIAL.get(owner, ())

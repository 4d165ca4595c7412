"""Numbers of a configuration that are inputs of a compiled program instead of constants in it.

A grid over L2 factors is then one program, compiled once. Needs no TensorFlow: only which numbers these are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from experiments.model.structure import arguments_of, layer_components

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


def input_numbers(config: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Find the numbers of a configuration that are inputs.

    Yields:
        Dotted path, the mapping that holds the number, and its key there.
    """
    for path, _, component in layer_components(config["model"]):
        yield from _numbers_of(component, path)
        for argument, value in arguments_of(component).items():
            if argument.endswith(("_regularizer", "_constraint")):
                yield from _numbers_of(value, f"{path}.{argument}")
    arguments = arguments_of(config["training"]["optimizer"])
    for number in (*OPTIMIZER_NUMBERS, *CLIPPINGS):
        if is_input(number, arguments.get(number)):
            yield f"training.optimizer.{number}", arguments, number
    for slot, step in (config["training"].get("gradients") or {}).items():
        word = next(iter(step))
        if is_input(word, step[word]):
            yield f"training.gradients.{slot}.{word}", step, word


def _numbers_of(component: Any, path: str) -> Iterator[tuple[str, dict[str, Any], str]]:
    if isinstance(component, Mapping):
        name, arguments = next(iter(component.items()))
        for number in INPUT_NUMBERS.get(name, ()):
            if is_input(name, (arguments or {}).get(number)):
                yield f"{path}.{number}", arguments, number


def is_input(owner: str, value: Any) -> bool:
    """Tell whether a value is a number that can change from run to run within one program.

    Args:
        owner: The class that it belongs to, or the argument of an optimizer or the gradient step that it is.
        value: Anything from a configuration.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return value > 0 if owner in CLIPPINGS else value not in _SPECIAL.get(owner, ())

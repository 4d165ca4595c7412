"""Numbers of a configuration that are inputs of a compiled program instead of constants in it.

A grid over L2 factors is then one program, compiled once. Needs no TensorFlow: only which numbers these are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from experiments.build.structure import arguments_of, layer_components

INPUT_NUMBERS: dict[str, tuple[str, ...]] = {
    "L1": ("l1",),
    "L2": ("l2",),
    "L1L2": ("l1", "l2"),
    "MaxNorm": ("max_value",),
    "MinMaxNorm": ("min_value", "max_value", "rate"),
}
"""Class → the arguments that are inputs."""

# Keras leaves these out altogether where the number is 0: that is another program.
_LEFT_OUT_AT_ZERO = ("L1L2", "clipnorm", "clipvalue", "global_clipnorm")
OPTIMIZER_NUMBERS = ("learning_rate", "weight_decay")


def input_numbers(config: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Find the numbers of a configuration that are inputs.

    Yields:
        Dotted path, the mapping that holds the number, and its key there.
    """
    for path, _, component in layer_components(config["model"]):
        for argument, value in arguments_of(component).items():
            if argument.endswith(("_regularizer", "_constraint")) and isinstance(value, Mapping):
                name, arguments = next(iter(value.items()))
                for number in INPUT_NUMBERS.get(name, ()):
                    if is_input(name, (arguments or {}).get(number)):
                        yield f"{path}.{argument}.{number}", arguments, number
    arguments = arguments_of(config["training"]["optimizer"])
    for number in OPTIMIZER_NUMBERS:
        if is_input("optimizer", arguments.get(number)):
            yield f"training.optimizer.{number}", arguments, number
    for slot, step in (config["training"].get("gradients") or {}).items():
        word = next(iter(step))
        if is_input(word, step[word]):
            yield f"training.gradients.{slot}.{word}", step, word


def is_input(owner: str, value: Any) -> bool:
    """Tell whether a value is a number that can change from run to run within one program.

    Args:
        owner: The class or the gradient step that it belongs to.
        value: Anything from a configuration.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return not (owner in _LEFT_OUT_AT_ZERO and value == 0)

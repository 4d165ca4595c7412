"""Keras' optimizers, with the gradient steps of a study in front of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from experiments.language.configuration import GradientStep, TrainingSettings
from experiments.model.components import build_or_explain, class_of, component_values
from experiments.model.inputs import NumberInputs
from experiments.model.numbers import CLIPPINGS, OPTIMIZER_NUMBERS, is_input
from experiments.training.keras_private import TransformsGradients, clip_by_global_norm


class Clip:
    """One clipping of all gradients, as Keras' optimizers do it.

    Args:
        word: "clipnorm" (each variable's norm), "clipvalue" or "global_clipnorm" (the norm of all together).
        number: The bound, greater than 0.
    """

    def __init__(self, word: str, number: float) -> None:
        self.word = word
        self.number = number

    def __call__(self, gradients: Sequence[Any]) -> list[Any]:
        """Clip the gradients of all variables."""
        if self.word == "global_clipnorm":
            return list(clip_by_global_norm(gradients, self.number))
        if self.word == "clipnorm":
            return [tf.clip_by_norm(gradient, self.number) for gradient in gradients]
        return [ops.clip(gradient, -self.number, self.number) for gradient in gradients]


class Noise:
    """Gaussian noise on every gradient.

    Args:
        number: Its standard deviation.
        slot: Name of the step in the study, from which its seed derives.
    """

    def __init__(self, number: float, slot: str) -> None:
        self.slot = slot
        self.number = number
        self.generator = keras.random.SeedGenerator(0)

    def __call__(self, gradients: Sequence[Any]) -> list[Any]:
        """Add noise to the gradients of all variables."""
        return [self._disturb(tf.convert_to_tensor(gradient)) for gradient in gradients]

    def _disturb(self, gradient: Any) -> Any:
        noise = keras.random.normal(ops.shape(gradient), dtype=gradient.dtype, seed=self.generator)
        return gradient + noise * ops.cast(self.number, gradient.dtype)


class _WithSteps(TransformsGradients):
    """What is put in front of an optimizer class: gradient steps in the place where Keras clips.

    Keras clips with one bound, a constant; these are any number of steps, whose numbers are inputs.
    """

    gradient_steps: tuple[Clip | Noise, ...] = ()

    def transform_gradients(self, gradients: Sequence[Any]) -> list[Any]:
        """Transform the gradients in order."""
        for step in self.gradient_steps:
            gradients = step(gradients)
        return list(gradients)


def make_optimizer(training: TrainingSettings, numbers: NumberInputs) -> keras.optimizers.Optimizer:
    """Make the optimizer of a ``training`` section with its gradient steps.

    Args:
        training: The resolved section.
        numbers: Takes up learning rate, weight decay and the numbers of the steps.

    Raises:
        ConfigError: Keras refuses an argument.
    """
    name, arguments, path = training.optimizer.name, training.optimizer.arguments, training.optimizer.path
    optimizer_class = _class_of(name, path)
    values = component_values(optimizer_class, arguments, numbers)
    steps = (*_own_clipping(arguments, path, numbers), *_make_steps(training.gradients, numbers))
    if steps:
        name = f"{optimizer_class.__name__}WithSteps"
        optimizer_class = type(name, (_WithSteps, optimizer_class), {"gradient_steps": steps})
    optimizer = build_or_explain(path, lambda: optimizer_class(**values))
    _take_numbers(optimizer, arguments, path, numbers)
    return optimizer


def _own_clipping(arguments: Mapping[str, Any], path: str, numbers: NumberInputs) -> Iterator[Clip]:
    """Make the step for the optimizer's own clipping; Keras has seen to it that there is one at most."""
    for word in CLIPPINGS:
        if is_input(word, arguments.get(word)):
            step = Clip(word, arguments[word])
            numbers.take(step, "number", f"{path}.{word}")
            yield step


def _make_steps(gradients: Mapping[str, GradientStep], numbers: NumberInputs) -> tuple[Clip | Noise, ...]:
    steps: list[Clip | Noise] = []
    for slot, described in gradients.items():
        word, number = described.word, described.number
        if not is_input(word, number):
            continue  # 0 is no clipping, as in Keras
        step = Noise(number, slot) if word == "noise" else Clip(word, number)
        numbers.take(step, "number", f"training.gradients.{slot}.{word}")
        steps.append(step)
    return tuple(steps)


def _class_of(name: str, path: str) -> Any:
    """Find an optimizer class by its name or by Keras' string for it ("sgd")."""
    if hasattr(keras.optimizers, name):
        return class_of("optimizers", name, path)
    return type(build_or_explain(path, lambda: keras.optimizers.get(name)))


def _take_numbers(optimizer: Any, arguments: Mapping[str, Any], path: str, numbers: NumberInputs) -> None:
    learning_rate, weight_decay = (is_input(number, arguments.get(number)) for number in OPTIMIZER_NUMBERS)
    if learning_rate:
        numbers.adopt(optimizer.learning_rate, f"{path}.learning_rate")
    if weight_decay:
        numbers.take(optimizer, "weight_decay", f"{path}.weight_decay")

"""Keras optimizers that change the gradients before the update, as a study asks for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from experiments.model.objects import NumberInputs, argument_values, build_or_explain, class_of
from experiments.model.recipe import GradientChange, Recipe, input_arguments
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


class ChangesGradients(TransformsGradients):
    """Base in front of an optimizer class: changes of the gradients in the place where Keras clips.

    Keras clips with one bound, a constant; these are any number of changes, whose numbers are inputs.
    """

    gradient_steps: tuple[Clip | Noise, ...] = ()

    def transform_gradients(self, gradients: Sequence[Any]) -> list[Any]:
        """Transform the gradients in order."""
        for step in self.gradient_steps:
            gradients = step(gradients)
        return list(gradients)


def build_optimizer(recipe: Recipe, numbers: NumberInputs) -> keras.optimizers.Optimizer:
    """Build the optimizer of a recipe with its changes of the gradients.

    Args:
        recipe: The recipe.
        numbers: Takes up learning rate, weight decay and the numbers of the changes.

    Raises:
        ConfigError: Keras refuses an argument.
    """
    call = recipe.optimizer
    optimizer_class: Any = class_of(call)
    values = argument_values(call, numbers)
    steps = tuple(_step(change, numbers) for change in recipe.gradients)
    if steps:
        name = f"{optimizer_class.__name__}WithSteps"
        optimizer_class = type(name, (ChangesGradients, optimizer_class), {"gradient_steps": steps})
    optimizer = build_or_explain(call.path, lambda: optimizer_class(**values))
    inputs = tuple(input_arguments(call))
    if "learning_rate" in inputs:
        numbers.adopt(optimizer.learning_rate, f"{call.path}.learning_rate")
    if "weight_decay" in inputs:
        numbers.take(optimizer, "weight_decay", f"{call.path}.weight_decay")
    return optimizer


def _step(change: GradientChange, numbers: NumberInputs) -> Clip | Noise:
    is_noise = change.word == "noise"
    step = Noise(change.number, change.slot) if is_noise else Clip(change.word, change.number)
    numbers.take(step, "number", change.path)
    return step

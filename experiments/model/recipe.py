"""One training as a tree of calls: network, compilation, callbacks and fit, written once from a configuration.

``network.build_model`` makes Keras objects of a recipe, and the script package prints it. Needs no TensorFlow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from experiments.language.allowed import CLIPPINGS
from experiments.language.calls import Call, call_of
from experiments.language.components import Block, Component, Layer
from experiments.language.configuration import Configuration, TrainingSettings
from experiments.language.metrics import component_name, loss_column, snake_case
from experiments.language.signatures import classes

_LOSS_ALIASES = {
    "bce": "BinaryCrossentropy",
    "kld": "KLDivergence",
    "mae": "MeanAbsoluteError",
    "mape": "MeanAbsolutePercentageError",
    "mse": "MeanSquaredError",
    "msle": "MeanSquaredLogarithmicError",
}


@dataclass(frozen=True)
class Residual:
    """Layers whose input is added to their output.

    Attributes:
        name: Name of the block; the layer that adds is called ``<name>_skip``.
        layers: The layers inside.
        path: Dotted path of the block.
    """

    name: str
    layers: tuple[Call, ...]
    path: str


Step: TypeAlias = Call | Residual


@dataclass(frozen=True)
class GradientChange:
    """One change of all gradients before the optimizer's update.

    Attributes:
        word: "clipnorm" (each variable's norm), "clipvalue", "global_clipnorm" (the norm of all together) or "noise".
        number: The bound, or the standard deviation of the noise.
        slot: Its name in the study; "" where it is an argument of the optimizer.
        path: Dotted path of the number.
    """

    word: str
    number: float
    slot: str
    path: str


@dataclass(frozen=True)
class Recipe:
    """The calls that make, compile and train one network.

    Attributes:
        steps: Layers and residual blocks in order; each layer's call has the layer's ``name``.
        frozen: Names of the layers that are not trained.
        optimizer: The optimizer.
        gradients: Changes of the gradients in order, the optimizer's own clipping first.
        loss: The loss.
        metrics: The metrics asked for; a string where Keras chooses the class by the shapes.
        loss_metric: Name of the metric for the loss without penalties; None where it is among the metrics.
        callbacks: Callbacks in the order of their slots.
        training: Epochs, batch size and the other arguments of the training.
        record: Words of what is measured while training.
    """

    steps: tuple[Step, ...]
    frozen: tuple[str, ...]
    optimizer: Call
    gradients: tuple[GradientChange, ...]
    loss: Call
    metrics: tuple[Call | str, ...]
    loss_metric: str | None
    callbacks: tuple[Call, ...]
    training: TrainingSettings
    record: tuple[str, ...]

    @property
    def layers(self) -> Iterator[Call]:
        """All layers in order, those inside residual blocks too."""
        for step in self.steps:
            yield from step.layers if isinstance(step, Residual) else (step,)

    def optimizer_and_changes(self) -> tuple[Call, tuple[GradientChange, ...]]:
        """Return the optimizer and the changes of the gradients that are no argument of it.

        A Keras optimizer takes one clipping as an argument, and noise or a sequence of changes not at all.
        """
        if len(self.gradients) != 1 or self.gradients[0].word not in CLIPPINGS:
            arguments = {key: value for key, value in self.optimizer.arguments.items() if key not in CLIPPINGS}
            return replace(self.optimizer, arguments=arguments), self.gradients
        (change,) = self.gradients
        return self.optimizer.with_arguments(**{change.word: change.number}), ()


def recipe_of(config: Configuration) -> Recipe:
    """Write the calls that a configuration describes.

    Args:
        config: Resolved configuration. Its rows, ``pretrain`` and ``ensemble`` are not part of the recipe.
    """
    training = config.training
    optimizer = call_of("optimizers", training.optimizer)
    loss_metric = loss_column(training.loss)
    return Recipe(
        steps=tuple(step for part in config.model.parts for step in _steps(part)),
        frozen=config.freeze,
        optimizer=optimizer,
        gradients=tuple(_gradients(optimizer, training)),
        loss=call_of("losses", _loss_class(training.loss)),
        metrics=tuple(map(_metric, training.metrics)),
        loss_metric=None if loss_metric in map(component_name, training.metrics) else loss_metric,
        callbacks=tuple(call_of("callbacks", callback) for callback in training.callbacks.values()),
        training=training,
        record=config.record.words,
    )


def _steps(part: Layer | Block) -> Iterator[Step]:
    if isinstance(part, Layer):
        yield call_of("layers", part.component).with_arguments(name=part.name)
        return
    layers = tuple(step for layer in part.layers for step in _steps(layer) if isinstance(step, Call))
    yield from (Residual(part.name, layers, part.path),) if part.skip == "add" else layers


def _gradients(optimizer: Call, training: TrainingSettings) -> Iterator[GradientChange]:
    for word in CLIPPINGS:
        bound = optimizer.arguments.get(word)
        if isinstance(bound, int | float) and bound > 0:  # 0 is no clipping, as in Keras
            yield GradientChange(word, bound, "", f"{optimizer.path}.{word}")
    for slot, step in training.gradients.items():
        if step.number > 0 or step.word not in CLIPPINGS:
            yield GradientChange(step.word, step.number, slot, f"training.gradients.{slot}.{step.word}")


def _loss_class(loss: Component) -> Component:
    """Return the class that a loss's string stands for; Keras' own table maps the strings to functions."""
    known = classes("losses")
    if loss.name in known:
        return loss
    by_snake_case = {snake_case(name): name for name in known}
    name = _LOSS_ALIASES.get(loss.name.lower()) or by_snake_case.get(snake_case(loss.name), loss.name)
    return replace(loss, name=name, identifier=False)


def _metric(metric: Component) -> Call | str:
    name = component_name(metric)
    return name if metric.identifier else call_of("metrics", metric).with_arguments(name=name)


_INPUT_NUMBERS = {
    "keras.regularizers.L1": ("l1",),
    "keras.regularizers.L2": ("l2",),
    "keras.regularizers.L1L2": ("l1", "l2"),
    "keras.constraints.MaxNorm": ("max_value",),
    "keras.constraints.MinMaxNorm": ("min_value", "max_value", "rate"),
    "keras.layers.Dropout": ("rate",),
    "keras.layers.GaussianNoise": ("stddev",),
}
_OPTIMIZER_NUMBERS = ("learning_rate", "weight_decay")
_SPECIAL = {
    "keras.regularizers.L1L2": (0,),
    "keras.layers.Dropout": (0, 1),
    "keras.layers.GaussianNoise": (0,),
}
"""Numbers with which Keras does something else, or nothing at all: that is another program."""


def input_arguments(call: Call) -> Iterator[str]:
    """List the arguments of a call whose numbers are inputs of a compiled program instead of constants in it.

    A grid over L2 factors is then one program, compiled once. Clippings are inputs too, as changes of the gradients.
    """
    is_optimizer = call.callee.rpartition(".")[0] == "keras.optimizers"
    for argument in _OPTIMIZER_NUMBERS if is_optimizer else _INPUT_NUMBERS.get(call.callee, ()):
        value = call.arguments.get(argument)
        if type(value) in (int, float) and value not in _SPECIAL.get(call.callee, ()):
            yield argument


def input_numbers(recipe: Recipe) -> Iterator[tuple[str, float]]:
    """List the dotted paths of the numbers that are inputs, with the numbers."""
    owners = [call for layer in recipe.layers for call in (layer, *(nested for _, nested in layer.nested))]
    for call in (*owners, recipe.optimizer):
        yield from ((f"{call.path}.{argument}", call.arguments[argument]) for argument in input_arguments(call))
    yield from ((change.path, change.number) for change in recipe.gradients)

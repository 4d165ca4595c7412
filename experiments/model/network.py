"""Build a compiled Keras model from a recipe. All random draws derive from the run's seed."""

from __future__ import annotations

import random
from collections.abc import Iterable
from functools import partial
from typing import Any

import keras
import numpy as np

from experiments.data.load import Data
from experiments.errors import config_error
from experiments.keras_settings import use_study_settings
from experiments.model.objects import NumberInputs, build_or_explain, make
from experiments.model.optimizers import build_optimizer
from experiments.model.recipe import Recipe, Residual, Step
from experiments.model.reuse import ModelState, find_draws, first_slots, redraw, remember, reseed, state_of
from experiments.seeds import derive_seed
from experiments.training.keras_private import score


def build_model(recipe: Recipe, data: Data, seed: int) -> keras.Model:
    """Build and compile the network of one run.

    Args:
        recipe: The recipe of the run's configuration.
        data: The run's arrays; their shapes are the network's.
        seed: Seed of the run: every weight and every random layer gets a seed of its own from it, by name.

    Returns:
        A compiled functional model with the layer names of the configuration.

    Raises:
        ConfigError: Keras refuses a layer, an optimizer, a loss or a metric, or a residual block changes the width.
    """
    use_study_settings()
    numbers = NumberInputs()
    model = _network(recipe, data.x_train.shape[1:], numbers, seed)
    draws, missing = find_draws(model, recipe)
    _freeze(model, recipe.frozen)
    loss = make(recipe.loss, NumberInputs())
    optimizer = build_optimizer(recipe, numbers)
    model.compile(optimizer=optimizer, loss=loss, metrics=_metrics(recipe, loss))
    remember(model, ModelState(numbers, draws, missing, first_slots(model)))
    reset_model(model, recipe, seed)
    return model


def reset_model(model: keras.Model, recipe: Recipe, seed: int) -> None:
    """Put a model into the state of one just built from this recipe and seed.

    Args:
        model: Built by ``build_model`` from a recipe with the same program key.
        recipe: The recipe whose initializers and numbers it gets.
        seed: Seed of the run.
    """
    state = state_of(model)
    redraw(model, recipe, seed)
    if state.rebuilt:
        _copy_rebuilt(model, recipe, seed, state.rebuilt)
    reseed(model, seed)
    for slot, first in state.slots:
        slot.assign(first)
    state.numbers.assign(recipe)
    model.reset_metrics()
    model.stop_training = False


def score_predictions(recipe: Recipe, targets: np.ndarray, predictions: np.ndarray) -> dict[str, float]:
    """Score predictions that no single network made, such as the mean of an ensemble's.

    Args:
        recipe: Gives loss and metrics.
        targets: Shape (rows,) or (rows, outputs).
        predictions: Shape (rows, outputs).

    Returns:
        What Keras' evaluate gives under the same names; the loss has no penalties, as there are no weights.
    """
    loss = make(recipe.loss, NumberInputs())
    y_true, y_pred = keras.ops.convert_to_tensor(targets), keras.ops.convert_to_tensor(predictions)
    scores = {"loss": loss(y_true, y_pred), **score(_metrics(recipe, loss), y_true, y_pred)}
    return {name: float(value) for name, value in scores.items()}


def _metrics(recipe: Recipe, loss: keras.losses.Loss) -> list[Any]:
    """Make the metrics: those asked for, then the loss without penalties unless it is among them."""
    asked = [metric if isinstance(metric, str) else make(metric, NumberInputs()) for metric in recipe.metrics]
    own = [keras.metrics.MeanMetricWrapper(loss.call, name=recipe.loss_metric)] if recipe.loss_metric else []
    return [*asked, *own]


def _network(recipe: Recipe, input_shape: tuple[int, ...], numbers: NumberInputs, seed: int) -> keras.Model:
    inputs = keras.Input(shape=input_shape, name=_free_name(recipe))
    # What a layer draws without any initializer or seed of its own comes from Python's generator.
    state = random.getstate()
    random.seed(derive_seed(seed, "everything else"))
    try:
        outputs = _chain(recipe.steps, inputs, numbers)
    finally:
        random.setstate(state)
    return build_or_explain("model", lambda: keras.Model(inputs, outputs))


def _free_name(recipe: Recipe) -> str:
    taken = {layer.arguments["name"] for layer in recipe.layers}
    name = "inputs"
    while name in taken:
        name += "_"
    return name


def _chain(steps: Iterable[Step], tensor: Any, numbers: NumberInputs) -> Any:
    for step in steps:
        if isinstance(step, Residual):
            tensor = _residual(step, tensor, numbers)
        else:
            layer = make(step, numbers)
            tensor = build_or_explain(step.path, partial(layer, tensor))
    return tensor


def _residual(block: Residual, tensor: Any, numbers: NumberInputs) -> Any:
    result = _chain(block.layers, tensor, numbers)
    if result.shape != tensor.shape:
        raise config_error(
            f"{block.path}.skip",
            f"'add' needs a block that keeps its input's shape: {tensor.shape[1:]} goes in and "
            f"{result.shape[1:]} comes out; put a layer of that width before the block, or use 'none'",
        )
    return keras.layers.Add(name=f"{block.name}_skip")([tensor, result])


def _freeze(model: keras.Model, names: Iterable[str]) -> None:
    known = {layer.name: layer for layer in model.layers}
    for name in names:
        if name not in known:
            raise config_error("freeze", f"there is no layer '{name}'")
        known[name].trainable = False
    if names and not model.trainable_weights:
        raise config_error("freeze", "all layers are frozen, so there is nothing to train")


def _copy_rebuilt(model: keras.Model, recipe: Recipe, seed: int, positions: tuple[int, ...]) -> None:
    """Copy the first values that no initializer of a layer gives from a network built for the purpose."""
    anew = _network(recipe, model.input_shape[1:], NumberInputs(), seed)
    for position in positions:
        model.weights[position].assign(anew.weights[position])

"""From the `model` and `training` sections to a compiled Keras model whose every random thing comes from the seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import partial
from typing import Any

import keras

from experiments.data.load import Data
from experiments.errors import config_error
from experiments.keras_settings import use_study_settings
from experiments.language.configuration import Block, Configuration, Layer
from experiments.model.components import build_or_explain, make
from experiments.model.inputs import NumberInputs
from experiments.model.losses import make_loss, make_metrics
from experiments.model.optimizers import make_optimizer
from experiments.model.state import ModelState, find_draws, first_slots, redraw, remember, reseed, state_of
from experiments.seeds import derive_seed


def build_model(config: Configuration, data: Data, seed: int) -> keras.Model:
    """Build and compile the network of one run.

    Args:
        config: Resolved configuration.
        data: The run's arrays; their shapes are the network's.
        seed: Seed of the run: every weight and every random layer gets a seed of its own from it, by name.

    Returns:
        A compiled functional model with the layer names of the configuration.

    Raises:
        ConfigError: Keras refuses a layer, an optimizer, a loss or a metric, or a residual block changes the width.
    """
    use_study_settings()
    numbers = NumberInputs()
    model = _network(config, data.x_train.shape[1:], numbers, seed)
    draws, missing = find_draws(model, config)
    _freeze(model, config.freeze)
    loss = make_loss(config.training.loss)
    optimizer = make_optimizer(config.training, numbers)
    model.compile(optimizer=optimizer, loss=loss, metrics=make_metrics(config, loss))
    remember(model, ModelState(numbers, draws, missing, first_slots(model)))
    reset_model(model, config, seed)
    return model


def reset_model(model: keras.Model, config: Configuration, seed: int) -> None:
    """Put a model into the state of one just built from this configuration and seed.

    Args:
        model: Built by ``build_model`` from a configuration with the same program key.
        config: Resolved configuration whose initializers and numbers it gets.
        seed: Seed of the run.
    """
    state = state_of(model)
    redraw(model, config, seed)
    if state.rebuilt:
        _copy_rebuilt(model, config, seed, state.rebuilt)
    reseed(model, seed)
    for variable, start in state.slots:
        variable.assign(start)
    state.numbers.assign(config)
    model.reset_metrics()
    model.stop_training = False


def _network(config: Configuration, input_shape: tuple[int, ...], numbers: NumberInputs, seed: int) -> keras.Model:
    inputs = keras.Input(shape=input_shape, name=_free_name(config.model.names))
    # What a layer draws without any initializer or seed of its own comes from Python's generator.
    state = random.getstate()
    random.seed(derive_seed(seed, "everything else"))
    try:
        outputs = _chain(config.model.parts, inputs, numbers)
    finally:
        random.setstate(state)
    return build_or_explain("model", lambda: keras.Model(inputs, outputs))


def _free_name(layers: Sequence[str]) -> str:
    name = "inputs"
    while name in layers:
        name += "_"
    return name


def _chain(parts: Sequence[Layer | Block], tensor: Any, numbers: NumberInputs) -> Any:
    for part in parts:
        if isinstance(part, Block):
            tensor = _block(part, tensor, numbers)
        else:
            layer = make("layers", part.component, numbers, name=part.name)
            tensor = build_or_explain(part.path, partial(layer, tensor))
    return tensor


def _block(block: Block, tensor: Any, numbers: NumberInputs) -> Any:
    result = _chain(block.layers, tensor, numbers)
    if block.skip != "add":
        return result
    if result.shape != tensor.shape:
        raise config_error(
            f"{block.path}.skip",
            f"'add' needs a block that keeps its input's shape: {tensor.shape[1:]} goes in and "
            f"{result.shape[1:]} comes out; put a layer of that width before the block, or use 'none'",
        )
    return keras.layers.Add(name=f"{block.name}_skip")([tensor, result])


def _freeze(model: keras.Model, names: Sequence[str]) -> None:
    known = {layer.name: layer for layer in model.layers}
    for name in names:
        if name not in known:
            raise config_error("freeze", f"there is no layer '{name}'")
        known[name].trainable = False
    if names and not model.trainable_weights:
        raise config_error("freeze", "all layers are frozen, so there is nothing to train")


def _copy_rebuilt(model: keras.Model, config: Configuration, seed: int, positions: tuple[int, ...]) -> None:
    """Copy the first values that no initializer of a layer gives from a network built for the purpose."""
    anew = _network(config, model.input_shape[1:], NumberInputs(), seed)
    for position in positions:
        model.weights[position].assign(anew.weights[position])

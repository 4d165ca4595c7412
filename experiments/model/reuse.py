"""Which runs can share one built model, and the return of a used one to its first state."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

import keras
import numpy as np

from experiments.language.calls import Call
from experiments.model.objects import NumberInputs, make
from experiments.model.recipe import Recipe, Residual, Step, input_arguments
from experiments.seeds import derive_seed
from experiments.training.keras_private import build_slots, nested_layers, own_seed_generators, own_variables


def program_key(recipe: Recipe) -> str:
    """Name the program that a run needs: equal keys (and array shapes) can share one built model.

    Left out is what ``reset_model`` puts into a built model: initializers, learning rate and weight decay, penalty
    factors, norm and clipping bounds, dropout rates, noise deviations; all that only concerns the rows; and the
    arguments of each training: epochs and callbacks.
    """
    training = recipe.training
    clippings = {change.word: "input" for change in recipe.gradients if not change.slot}
    key = {
        "steps": [_step_key(step) for step in recipe.steps],
        "frozen": recipe.frozen,
        "optimizer": _call_key(recipe.optimizer.with_arguments(**clippings)),
        "gradients": [[change.slot, change.word] for change in recipe.gradients],
        "loss": recipe.loss.to_plain(),
        "metrics": [metric if isinstance(metric, str) else metric.to_plain() for metric in recipe.metrics],
        "loss_metric": recipe.loss_metric,
        "training": [
            training.batch_size,
            training.validate_on,
            training.validation_freq,
            training.shuffle,
            training.weight_noise,
        ],
        "record": recipe.record,
    }
    return json.dumps(key, sort_keys=True)


def _step_key(step: Step) -> Any:
    return [step.name, *map(_call_key, step.layers)] if isinstance(step, Residual) else _call_key(step)


def _call_key(call: Call) -> list[Any]:
    inputs = dict.fromkeys(input_arguments(call), "input")
    arguments = {
        key: _call_key(value) if isinstance(value, Call) else value
        for key, value in call.arguments.items()
        if not key.endswith("_initializer")
    }
    return [call.callee, {**arguments, **inputs}]


@dataclass(frozen=True)
class WeightDraw:
    """How one weight gets its first value: by an initializer of the layer, with a seed of its own.

    Attributes:
        variable: The weight.
        layer: Name of the model's layer that it belongs to.
        part: Number of the layer's part that holds it: 0 is the layer itself, others are layers inside it.
        attribute: Name of the initializer there, such as "kernel_initializer".
    """

    variable: Any
    layer: str
    part: int
    attribute: str

    def seed(self, run_seed: int) -> int:
        """Derive the seed of this weight."""
        role = self.attribute.strip("_").removesuffix("_initializer")
        inner = () if self.part == 0 else (self.part,)
        return derive_seed(run_seed, self.layer, *inner, role)


@dataclass(frozen=True)
class ModelState:
    """What is known of a built model.

    Attributes:
        numbers: Its number inputs.
        draws: The weights whose initializer was found.
        rebuilt: Positions in ``model.weights`` of those that only building anew can give.
        slots: The optimizer's variables, with their first values.
    """

    numbers: NumberInputs
    draws: tuple[WeightDraw, ...]
    rebuilt: tuple[int, ...]
    slots: tuple[tuple[Any, Any], ...]


_STATES: WeakKeyDictionary[keras.Model, ModelState] = WeakKeyDictionary()


def remember(model: keras.Model, state: ModelState) -> None:
    """Keep the state of a model for as long as the model lives."""
    _STATES[model] = state


def state_of(model: keras.Model) -> ModelState:
    """Return the state of a model that ``build_model`` built."""
    return _STATES[model]


def find_draws(model: keras.Model, recipe: Recipe) -> tuple[tuple[WeightDraw, ...], tuple[int, ...]]:
    """Find each weight's initializer by its name, and check that it gives the weight's value.

    Args:
        model: Just built: every weight still has its first value.
        recipe: The recipe it was built from.

    Returns:
        The draws, and the positions in ``model.weights`` for which none was found.
    """
    positions = {id(variable): index for index, variable in enumerate(model.weights)}
    initializers = _initializers_by_layer(recipe)
    found: dict[int, WeightDraw] = {}
    for layer in model.layers:
        parts = initializers.get(layer.name, [])
        for index, part in enumerate(nested_layers(layer)):
            names = parts[index] if index < len(parts) else {}
            for draw in _draws_in(part, layer.name, index, names):
                found[positions[id(draw.variable)]] = draw
    missing = tuple(index for index in range(len(positions)) if index not in found)
    return tuple(found[index] for index in sorted(found)), missing


def _draws_in(part: Any, layer: str, index: int, initializers: Mapping[str, Any]) -> Iterator[WeightDraw]:
    for variable in own_variables(part):
        # kernel -> kernel_initializer; recurrent_kernel -> recurrent_initializer.
        for stem in (variable.name, variable.name.removesuffix("_kernel")):
            attribute = f"{stem}_initializer"
            built_with = getattr(part, attribute, None)
            if attribute in initializers and _gives(built_with, variable):
                yield WeightDraw(variable, layer, index, attribute)
                break


def _gives(initializer: Any, variable: Any) -> bool:
    value = initializer(variable.shape, dtype=variable.dtype)
    return np.array_equal(keras.ops.convert_to_tensor(value).numpy(), variable.value.numpy())


def _initializers_by_layer(recipe: Recipe) -> dict[str, list[dict[str, Any]]]:
    """Make the initializers of each layer: for each of its parts, attribute name → initializer."""
    return {layer.arguments["name"]: _initializers_of(layer) for layer in recipe.layers}


@lru_cache(maxsize=1024)
def _initializers_of(layer: Call) -> list[dict[str, Any]]:
    made = make(layer, NumberInputs())
    return [
        {name: value for name, value in vars(part).items() if isinstance(value, keras.initializers.Initializer)}
        for part in nested_layers(made)
    ]


def redraw(model: keras.Model, recipe: Recipe, seed: int) -> None:
    """Give every weight with a known initializer its first value, by the recipe's own initializers.

    Raises:
        ConfigError: Keras refuses a number of a layer, such as a rate of 1.5.
    """
    initializers = _initializers_by_layer(recipe)
    for draw in state_of(model).draws:
        initializer = initializers[draw.layer][draw.part][draw.attribute]
        if hasattr(initializer, "seed"):
            initializer.seed = draw.seed(seed)
        draw.variable.assign(initializer(draw.variable.shape, dtype=draw.variable.dtype))


def reseed(model: keras.Model, seed: int) -> None:
    """Put every random layer's generator to its start."""
    for layer in model.layers:
        generators = [generator for part in nested_layers(layer) for generator in own_seed_generators(part)]
        for index, generator in enumerate(generators):
            names = ("draws",) if index == 0 else ("draws", index)
            generator.state.assign([derive_seed(seed, layer.name, *names), 0])
    for step in getattr(model.optimizer, "gradient_steps", ()):
        if hasattr(step, "generator"):
            step.generator.state.assign([derive_seed(seed, "gradients", step.slot, "draws"), 0])


def first_slots(model: keras.Model) -> tuple[tuple[Any, Any], ...]:
    """Build the optimizer's variables, and return them with their first values."""
    build_slots(model)
    return tuple((variable, variable.numpy()) for variable in model.optimizer.variables)

"""One compiled program for the models that a function returns for different seeds.

Compiling takes seconds, a run often less. So the first model of a function is trained for all seeds: it gets the
variables of each further model. Models share a program only where nothing but their variables can differ.
"""

from __future__ import annotations

import json
import warnings
from functools import cache
from types import FunctionType
from typing import Any

import keras
import numpy as np

from experiments.errors import ExperimentsError
from experiments.functions.digest import digest
from experiments.run.programs import Program
from experiments.training import CompiledTrainer
from experiments.training.keras_private import build_slots, compiled_losses, compiled_metrics, nested_layers

_PLAIN = (bool, int, float, str, tuple, list, dict, set, np.ndarray, FunctionType, type(None))


class SharedPrograms:
    """The programs of one worker process, by what is fixed in a program."""

    def __init__(self) -> None:
        self._programs: dict[str, Program] = {}

    def ready(self, model: keras.Model, **settings: Any) -> Program:
        """Return a program whose model has the state of the given one.

        Args:
            model: A compiled model that is built.
            settings: Arguments of ``CompiledTrainer``.
        """
        fixed = fixed_parts(model)
        program = None if fixed is None else self._programs.get(fixed)
        if program is None:
            program = Program(model, CompiledTrainer(model, **settings))
            if fixed is not None:
                self._programs[fixed] = program
            return program
        copy_state(model, program.model)
        return program


def fixed_parts(model: keras.Model) -> str | None:
    """Return a text that is equal for models which differ in their variables only; None where this is not known.

    Args:
        model: A compiled model that is built.

    Returns:
        A digest of Keras' own configuration of the model without the seeds of Keras' layers and initializers, which
        only decide the variables, and of the code and the attributes of the user's own parts.
    """
    parts = (*nested_layers(model), *compiled_losses(model), *compiled_metrics(model))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a lambda could not be loaded from a file
            config = json.dumps(_without_seeds(keras.saving.serialize_keras_object(model)), sort_keys=True)
        return digest([config, list(map(_own_parts, parts)), type(model.optimizer)]).value
    except (NotImplementedError, TypeError, ValueError, ExperimentsError):  # a class without a configuration
        return None


def copy_state(source: keras.Model, target: keras.Model) -> None:
    """Copy weights, seed generators and optimizer of one model to another one of the same form.

    Args:
        source: A model that was just built.
        target: The model that is trained.
    """
    build_slots(source)
    pairs = zip(source.variables, target.variables, strict=True)
    slots = zip(source.optimizer.variables, target.optimizer.variables, strict=True)
    for new, old in (*pairs, *slots):
        old.assign(new)
    target.reset_metrics()
    target.stop_training = False


def _without_seeds(value: Any) -> Any:
    """Return a configuration with one value for all seeds of Keras' own objects."""
    if isinstance(value, list | tuple):
        return [_without_seeds(item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {key: _without_seeds(item) for key, item in value.items()}
    if str(value.get("module")).partition(".")[0] == "keras" and isinstance(found.get("config"), dict):
        found["config"] = {key: item for key, item in found["config"].items() if key != "seed"}
    return found


def _own_parts(part: Any) -> list[Any]:
    """Return what a program may contain of a layer, loss or metric beside its configuration and its variables."""
    if _is_of_keras(part):
        return [value for value in vars(part).values() if isinstance(value, FunctionType)]
    attributes = {name: value for name, value in vars(part).items() if name not in _names_of_keras()}
    attributes = {name: value for name, value in attributes.items() if not _is_of_keras(value)}
    unknown = [name for name, value in attributes.items() if not isinstance(value, _PLAIN)]
    if unknown:
        raise ExperimentsError(f"{type(part).__name__}.{unknown[0]} may be part of its program")
    return [type(part), attributes]


@cache
def _names_of_keras() -> frozenset[str]:
    """Return the names of the attributes that every layer and model has."""
    return frozenset((*vars(keras.layers.Layer()), *vars(keras.Model())))


def _is_of_keras(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] in ("keras", "tensorflow")

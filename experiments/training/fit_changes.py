"""What was changed between two trainings without a new ``compile``.

``model.fit`` traces its step once after ``compile`` and keeps what it found: which weights are trained, the arguments
of layers and optimizer. A change has no effect until it happens to trace again, as for batches of another size.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from typing import Any

import keras

from experiments.training.fit_arguments import ArgumentValueError
from experiments.training.keras_private import (
    compiled_losses,
    compiled_metrics,
    compiled_parts,
    given_rate,
    nested_layers,
)

_ATTRIBUTE = "_trained_since_compile"
_CHANGE_BY_THEMSELVES = {"built"}
_PLAIN = (bool, int, float, str)


class Traced:
    """What a step of a model contains when it is traced.

    Args:
        model: A compiled model.

    Attributes:
        is_built: Whether the model has its weights.
    """

    def __init__(self, model: keras.Model) -> None:
        self.is_built = model.built
        self._parts = compiled_parts(model)
        self._nested = nested_layers(model)
        self._weights = list(model.trainable_variables)
        self._settings = dict(_settings(model))

    def is_of_same_compile(self, other: Traced) -> bool:
        """Return whether the model was not compiled in between."""
        return self._parts[0] is other._parts[0]

    def change(self, now: Traced) -> str:
        """Return what has been changed since, in words; empty for nothing, or after a new compile."""
        if not self.is_of_same_compile(now):
            return ""
        if not are_same(self._parts, now._parts):
            return "the optimizer was replaced"
        if not are_same(self._nested, now._nested):
            return "layers were added or removed"
        if not are_same(self._weights, now._weights):
            return "layers were frozen or released"
        changed = (key for key, value in self._settings.items() if not _is_equal(value, now._settings.get(key, value)))
        return next((f"{name} was changed" for _, name in changed), "")


def remember_first_training(model: keras.Model, before: Traced) -> None:
    """Keep what the first training since ``compile`` has found.

    Args:
        model: The trained model.
        before: What there was before the training, in which callbacks may have changed it.
    """
    kept: Traced | None = vars(model).get(_ATTRIBUTE)
    if kept is None or not kept.is_of_same_compile(before):
        # An attribute of the model, to live as long. Not by setattr: Keras' __setattr__ tracks layers and variables.
        object.__setattr__(model, _ATTRIBUTE, before if before.is_built else Traced(model))


def require_unchanged(model: keras.Model, now: Traced) -> None:
    """Raise where ``model.fit`` would ignore a change of the model since the last training.

    Args:
        model: A compiled model.
        now: What it contains.

    Raises:
        ArgumentValueError: There is one; the message names it.
    """
    traced: Traced | None = vars(model).get(_ATTRIBUTE)
    change = "" if traced is None else traced.change(now)
    if change:
        raise ArgumentValueError(
            f"{change} since the last training; call compile() again, without which model.fit would train as before"
        )


def are_same(first: Sequence[Any], second: Sequence[Any]) -> bool:
    """Return whether two sequences have the same objects."""
    return len(first) == len(second) and all(map(operator.is_, first, second))


def _settings(model: keras.Model) -> Iterator[tuple[tuple[int, str], Any]]:
    """Yield the public numbers, texts and functions of the parts of Keras in a model, which only a user changes."""
    layers, optimizers = nested_layers(model), _optimizers(model.optimizer)
    for part in (*layers, *optimizers, *compiled_losses(model), *compiled_metrics(model)):
        if part is model or not type(part).__module__.startswith("keras."):
            continue
        for name, value in vars(part).items():
            if not name.startswith("_") and name not in _CHANGE_BY_THEMSELVES and _is_setting(value):
                yield (id(part), f"{name} of {part.name}"), value
    yield from (((id(layer), f"trainable of {layer.name}"), layer.trainable) for layer in layers)
    yield from (((id(one), f"learning_rate of {one.name}"), given_rate(one)) for one in optimizers)


def _optimizers(optimizer: Any) -> list[Any]:
    """Return an optimizer with those inside it."""
    inner = getattr(optimizer, "inner_optimizer", None)
    return [] if optimizer is None else [optimizer, *_optimizers(inner)]


def _is_setting(value: Any) -> bool:
    is_part = isinstance(value, (keras.Layer, keras.Variable, keras.Optimizer, keras.Metric))
    return value is None or isinstance(value, _PLAIN) or (callable(value) and not is_part)


def _is_equal(first: Any, second: Any) -> bool:
    return first is second or (isinstance(first, _PLAIN) and isinstance(second, _PLAIN) and first == second)

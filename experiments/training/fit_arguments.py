"""The arguments of ``fit`` as ``model.fit`` takes them, checked before anything is built."""

from __future__ import annotations

import operator
import warnings
from dataclasses import dataclass, fields
from numbers import Real
from typing import Any, Literal

import keras
import numpy as np
from keras import tree

from experiments.errors import ExperimentsError

_LARGEST_SEED = 2**63 - 1  # the seed generator of a step holds 64 bits

ValidationFreq = int | list[int]


class ArgumentValueError(ExperimentsError, ValueError):
    """An argument of ``fit`` whose value is not valid."""


class ArgumentTypeError(ExperimentsError, TypeError):
    """An argument of ``fit`` whose type is not valid."""


@dataclass(frozen=True)
class FitArguments:
    """The arguments of a call of ``fit``, named as in ``model.fit``, with callbacks as a flat tuple."""

    x: Any = None
    y: Any = None
    batch_size: int | None = None
    epochs: int = 1
    verbose: Any = "auto"
    callbacks: tuple[Any, ...] = ()
    validation_split: Any = 0.0
    validation_data: Any = None
    shuffle: bool | Literal["keras", "batch"] = True
    class_weight: Any = None
    sample_weight: Any = None
    initial_epoch: int = 0
    steps_per_epoch: int | None = None
    validation_steps: int | None = None
    validation_batch_size: int | None = None
    validation_freq: ValidationFreq = 1

    @classmethod
    def checked(cls, **given: Any) -> FitArguments:
        """Return the arguments of a call after checking them.

        Args:
            **given: Arguments, as the caller passed them.

        Raises:
            ExperimentsError: Keras raises for one of them; also a ValueError or a TypeError, as there.
        """
        validated = given.get("validation_data") is not None or bool(given.get("validation_split"))
        silent = type(given.get("callbacks")) is keras.callbacks.CallbackList  # Keras adds no progress bar to one
        positive = ("batch_size", "steps_per_epoch", "validation_steps", "validation_batch_size")
        given = {field.name: field.default for field in fields(cls)} | given
        return cls(
            **given
            | {name: _positive_or_none(name, given[name]) for name in positive}
            | {
                "epochs": checked_epochs(given["epochs"]),
                "verbose": 0 if silent else given["verbose"],
                "callbacks": flat_callbacks(given["callbacks"]),
                "shuffle": checked_shuffle(given["shuffle"]),
                "initial_epoch": _integer("initial_epoch", given["initial_epoch"], "an integer"),
                "validation_freq": checked_validation_freq(
                    given["validation_freq"],
                    used=validated,
                ),
            }
        )

    def for_keras(self) -> dict[str, Any]:
        """Return the arguments for ``model.fit``."""
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        return named | {"callbacks": list(self.callbacks), "shuffle": True if self.shuffle == "keras" else self.shuffle}


def checked_epochs(epochs: Any) -> int:
    """Return the number of epochs, at most ``keras.config.max_epochs()``; a negative one trains none, as in Keras."""
    number = max(0, _integer("epochs", epochs, "an integer"))
    limit = int(keras.config.max_epochs() or number)
    if limit < number:
        warnings.warn(f"Limiting epochs to {limit}", stacklevel=4)
    return min(number, limit)


def checked_validation_freq(validation_freq: Any, *, used: bool) -> ValidationFreq:
    """Return the epochs from one validation to the next, or the epochs with a validation, counted from 1.

    Args:
        validation_freq: The argument; a negative number counts as a positive one, as in Keras.
        used: Whether there is a validation; Keras ignores the argument without.
    """
    if not used:
        return 1
    if isinstance(validation_freq, list):
        # Keras compares the epoch with each entry; one that equals no integer has no effect.
        return [int(float(epoch)) for epoch in validation_freq if isinstance(epoch, Real) and float(epoch).is_integer()]
    expected = "an integer other than 0 or a list of epochs"
    if isinstance(validation_freq, (int, np.integer)) and validation_freq != 0:
        return abs(int(validation_freq))
    raise ArgumentValueError(f"validation_freq: expected {expected}; found {validation_freq!r}")


def checked_shuffle(shuffle: Any) -> bool | Literal["keras", "batch"]:
    """Return whether the rows are shuffled in every epoch: "keras" in Keras' own order, "batch" within batches."""
    if isinstance(shuffle, str) and shuffle in ("keras", "batch"):
        return shuffle  # type: ignore[return-value]
    return bool(shuffle)


def checked_seed(seed: Any) -> int:
    """Return the seed of the rows' order."""
    expected = f"None or an integer in [0, {_LARGEST_SEED}]"
    number = _integer("seed", seed, expected)
    if isinstance(seed, (bool, np.bool_)) or not 0 <= number <= _LARGEST_SEED:
        raise ArgumentValueError(f"seed: expected {expected}; found {seed!r}")
    return number


def require_compiled(model: keras.Model) -> None:
    """Raise an ArgumentValueError unless the model was compiled."""
    if not model.compiled:
        raise ArgumentValueError(f"expected a compiled model; {model.name!r} has no loss yet, call its compile() first")


def flat_callbacks(callbacks: Any) -> tuple[Any, ...]:
    """Return the callbacks one by one.

    Args:
        callbacks: A callback, None, any nest of callbacks, or a CallbackList.

    Raises:
        ArgumentTypeError: One of them is not a callback.
    """
    found: list[Any] = []
    for callback in tree.flatten(callbacks) if callbacks else []:
        if type(callback) is keras.callbacks.CallbackList:
            found += flat_callbacks(callback.callbacks)
        elif isinstance(callback, type) or not hasattr(callback, "set_model"):
            raise ArgumentTypeError(f"callbacks: expected instances of keras.callbacks.Callback; found {callback!r}")
        else:
            found.append(callback)
    return tuple(found)


def is_validated(epoch: int, validation_freq: ValidationFreq) -> bool:
    """Return whether an epoch, counted from 0, ends with a validation."""
    if isinstance(validation_freq, list):
        return epoch + 1 in validation_freq
    return (epoch + 1) % validation_freq == 0


def _positive_or_none(name: str, value: Any) -> int | None:
    """Return a number of rows or steps; 0 means None, as in Keras."""
    if value is None:
        return None
    expected = "a positive integer or None"
    number = _integer(name, value, expected)
    if isinstance(value, (bool, np.bool_)) or number < 0:
        raise ArgumentValueError(f"{name}: expected {expected}; found {value!r}")
    return number or None


def _integer(name: str, value: Any, expected: str) -> int:
    """Return a Python or NumPy integer as a Python integer."""
    try:
        return operator.index(value)
    except TypeError:
        raise ArgumentTypeError(f"{name}: expected {expected}; found {value!r}") from None

"""The arguments of ``fit`` as ``model.fit`` takes them, checked before anything is built."""

from __future__ import annotations

import operator
import warnings
from typing import Any

import keras
import numpy as np
from keras import tree

from experiments.errors import ExperimentsError

_KERAS_BATCH_SIZE = 32
_LARGEST = 2**31 - 1
_LARGEST_SEED = 2**63 - 1  # the seed generator of a step holds 64 bits

ValidationFreq = int | list[int]


def checked_batch_size(batch_size: Any) -> int:
    """Return the rows of a batch; None and 0 mean 32, as in Keras."""
    if batch_size is None:
        return _KERAS_BATCH_SIZE
    return _integer("batch_size", batch_size, "a positive integer or None", least=0) or _KERAS_BATCH_SIZE


def checked_epochs(epochs: Any) -> int:
    """Return the number of epochs, at most ``keras.config.max_epochs()``; a negative one trains none, as in Keras."""
    number = max(0, _integer("epochs", epochs, "an integer"))
    limit = int(keras.config.max_epochs() or number)
    if limit < number:
        warnings.warn(f"Limiting epochs to {limit}", stacklevel=3)
    return min(number, limit)


def checked_validation_freq(validation_freq: Any) -> ValidationFreq:
    """Return the epochs from one validation to the next, or the epochs with a validation, counted from 1."""
    expected = "a positive integer or a list of epochs"
    if isinstance(validation_freq, list):
        return [_integer("validation_freq", epoch, expected) for epoch in validation_freq]
    return _integer("validation_freq", validation_freq, expected, least=1)


def checked_shuffle(shuffle: Any) -> bool:
    """Return whether the rows are shuffled in every epoch."""
    if not isinstance(shuffle, (bool, np.bool_, int)):
        raise ExperimentsError(f"shuffle: expected True or False; found {shuffle!r}")
    return bool(shuffle)


def checked_seed(seed: Any) -> int:
    """Return the seed of the rows' order."""
    return _integer("seed", seed, f"None or an integer in [0, {_LARGEST_SEED}]", least=0, most=_LARGEST_SEED)


def require_compiled(model: keras.Model) -> None:
    """Raise an ExperimentsError unless the model was compiled."""
    if not model.compiled:
        raise ExperimentsError(f"expected a compiled model; {model.name!r} has no loss yet, call its compile() first")


def flat_callbacks(callbacks: Any) -> tuple[Any, ...]:
    """Return the callbacks one by one.

    Args:
        callbacks: A callback, None, any nest of callbacks, or a CallbackList.

    Raises:
        ExperimentsError: One of them is not a callback.
    """
    found: list[Any] = []
    for callback in tree.flatten(callbacks) if callbacks else []:
        if type(callback) is keras.callbacks.CallbackList:
            found += flat_callbacks(callback.callbacks)
        elif isinstance(callback, type) or not hasattr(callback, "set_model"):
            raise ExperimentsError(f"callbacks: expected instances of keras.callbacks.Callback; found {callback!r}")
        else:
            found.append(callback)
    return tuple(found)


def is_validated(epoch: int, validation_freq: ValidationFreq) -> bool:
    """Return whether an epoch, counted from 0, ends with a validation."""
    if isinstance(validation_freq, list):
        return epoch + 1 in validation_freq
    return (epoch + 1) % validation_freq == 0


def _integer(name: str, value: Any, expected: str, *, least: int = -_LARGEST, most: int = _LARGEST) -> int:
    """Return a Python or NumPy integer as a Python integer."""
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, (bool, np.bool_)) or not least <= number <= most:
        raise ExperimentsError(f"{name}: expected {expected}; found {value!r}")
    return number

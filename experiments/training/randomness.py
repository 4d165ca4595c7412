"""Random numbers while training: fast draws for layers in a traced step, and the orders of the rows."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import tensorflow as tf

from experiments.training.counter_hash import hashed_dropout, hashed_normal, hashed_uniform
from experiments.training.keras_private import keras_draws

Draw = Callable[..., tf.Tensor]

_FAST: dict[str, Draw] = {"dropout": hashed_dropout, "uniform": hashed_uniform, "normal": hashed_normal}


@contextmanager
def fast_draws() -> Iterator[None]:
    """Make every Keras layer that this thread traces inside draw by hashing a counter, which is fast under XLA.

    Replaces the draws that layers make in training (dropout, uniform, normal). All other draws stay Keras' own: those
    of other threads, those outside of a graph, and those of other distributions.
    """
    with _dispatcher:
        _thread.depth += 1
        try:
            yield
        finally:
            _thread.depth -= 1


class _Thread(threading.local):
    """Number of ``fast_draws`` that the current thread is inside of."""

    depth = 0


class _Dispatcher:
    """Replaces Keras' draws by functions that choose by thread, while any thread is inside ``fast_draws``."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._keras: dict[str, Draw] = {}
        self._ours: dict[str, Draw] = {}

    def __enter__(self) -> None:
        with self._lock:
            self._users += 1
            if self._users == 1:
                self._keras = {name: getattr(keras_draws, name) for name in _FAST}
                self._ours = {name: _by_thread(self._keras[name], _FAST[name]) for name in _FAST}
                for name, draw in self._ours.items():
                    setattr(keras_draws, name, draw)

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._users -= 1
            if not self._users:
                for name, draw in self._ours.items():
                    if getattr(keras_draws, name) is draw:  # else other code has replaced it in the meantime
                        setattr(keras_draws, name, self._keras[name])


def _by_thread(keras_draw: Draw, fast_draw: Draw) -> Draw:
    def draw(*args: Any, **kwargs: Any) -> tf.Tensor:
        # An integer as seed gives the same numbers in every call, those of Keras.
        fast = _thread.depth and not tf.executing_eagerly() and not isinstance(kwargs.get("seed"), int)
        return (fast_draw if fast else keras_draw)(*args, **kwargs)

    return draw


_thread = _Thread()
_dispatcher = _Dispatcher()


def row_orders(rows: int, seed: int, first: int, count: int) -> np.ndarray:
    """Return the orders of the training rows in some epochs; every engine uses these.

    The ranks of random integers, computed by NumPy: XLA on a CPU sorts much more slowly.

    Args:
        rows: Number of training rows.
        seed: Seed of the training.
        first: Index of the first epoch.
        count: Number of epochs.

    Returns:
        A permutation of ``range(rows)`` for each epoch: (count, rows), int32. An epoch's depends on rows, seed and
        epoch alone.
    """
    blocks = math.ceil(rows / 4)  # Philox gives four integers for one value of its counter
    integers = np.random.Philox(key=seed, counter=first * blocks).random_raw((count, blocks * 4))
    return np.argsort(integers[:, :rows], axis=1).astype(np.int32)

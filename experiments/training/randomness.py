"""Random draws while training: quick under XLA, and all from the run's seed.

The default generator of TensorFlow takes 1.6 ms for 15,000 uniform numbers under XLA on a CPU, threefry 0.03 ms; and
it is what makes dropout equal between the compiled engine and ``model.fit(jit_compile=True)``.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.src.backend.tensorflow import random as keras_draws
from keras.src.random.seed_generator import draw_seed

_THREEFRY = "threefry"
_INTEGERS_IN_BLOCK = 4  # of Philox, for one value of its counter

# Wichura, "Algorithm AS 241: The percentage points of the normal distribution" (Applied Statistics, 1988), PPND7:
# highest power first, each for the middle of the distribution and for its tails.
_CENTRAL = 0.425
_NUMERATOR = (
    (59.10937472, 0.17023821103),
    (159.29113202, 1.3067284816),
    (50.434271938, 2.75681539),
    (3.3871327179, 1.4234372777),
)
_DENOMINATOR = ((67.18756360, 0.0), (78.757757664, 0.12021132975), (17.895169469, 0.7370016425), (1.0, 1.0))


Draw = Callable[..., tf.Tensor]


@contextmanager
def fast_draws() -> Iterator[None]:
    """Let every Keras layer that this thread traces inside draw with threefry; only XLA has it on a CPU.

    Serves the draws that layers make in training (dropout, uniform, normal). All other draws stay Keras' own: those of
    other threads, those outside of a graph, and those of other distributions.
    """
    with _dispatcher:
        _thread.depth += 1
        try:
            yield
        finally:
            _thread.depth -= 1


class _Thread(threading.local):
    """How many ``fast_draws`` the current thread is inside of."""

    depth = 0


class _Dispatcher:
    """Functions in the place of Keras' draws that choose by thread; there while any thread is inside ``fast_draws``."""

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
                self._ours = {name: _chosen(self._keras[name], _FAST[name]) for name in _FAST}
                for name, draw in self._ours.items():
                    setattr(keras_draws, name, draw)

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._users -= 1
            if not self._users:
                for name, draw in self._ours.items():
                    if getattr(keras_draws, name) is draw:  # else it was replaced by others in the meantime
                        setattr(keras_draws, name, self._keras[name])


def _chosen(keras_draw: Draw, fast_draw: Draw) -> Draw:
    def draw(*args: Any, **kwargs: Any) -> tf.Tensor:
        fast = _thread.depth and not tf.executing_eagerly()
        return (fast_draw if fast else keras_draw)(*args, **kwargs)

    return draw


def row_orders(rows: int, seed: int, first: int, count: int) -> np.ndarray:
    """Give the orders of the training rows in some epochs; every engine uses these.

    The ranks of random integers, found by NumPy: XLA on a CPU sorts much more slowly.

    Args:
        rows: Number of training rows.
        seed: Seed of the training.
        first: Index of the first epoch.
        count: Number of epochs.

    Returns:
        A permutation of ``range(rows)`` for each epoch: (count, rows), int32. An epoch's depends on rows, seed and
        epoch alone.
    """
    blocks = math.ceil(rows / _INTEGERS_IN_BLOCK)
    shape = count, blocks * _INTEGERS_IN_BLOCK
    integers = np.random.Philox(key=seed, counter=first * blocks).random_raw(shape)
    return np.argsort(integers[:, :rows], axis=1).astype(np.int32)


def _cast_seed(seed: Any) -> tf.Tensor:
    return keras_draws._cast_seed(draw_seed(seed))


def _uniform(shape: Any, minval: Any = 0.0, maxval: Any = 1.0, dtype: Any = None, seed: Any = None) -> tf.Tensor:
    dtype = dtype or keras.config.floatx()
    return tf.random.stateless_uniform(
        shape=shape,
        minval=tf.cast(minval, dtype),
        maxval=tf.cast(maxval, dtype),
        dtype=dtype,
        seed=_cast_seed(seed),
        alg=_THREEFRY,
    )


def _normal(shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None) -> tf.Tensor:
    """Draw by the inverse of the distribution function: one uniform draw for each normal one.

    Five times as fast as the Box-Muller draw of ``tf.random.stateless_normal``.
    """
    dtype = tf.as_dtype(dtype or keras.config.floatx())
    wide = dtype if dtype == tf.float64 else tf.float32
    uniform = tf.random.stateless_uniform(shape=shape, dtype=wide, seed=_cast_seed(seed), alg=_THREEFRY)
    # The draws are multiples of eps in [0, 1); half a step further they are symmetric and never 0 or 1.
    noise = _normal_quantile(uniform + np.finfo(wide.as_numpy_dtype).eps / 2)
    return tf.cast(noise, dtype) * tf.cast(stddev, dtype) + tf.cast(mean, dtype)


def _normal_quantile(uniform: tf.Tensor) -> tf.Tensor:
    """Invert the normal distribution function to seven digits, by algorithm AS 241, PPND7 (Wichura 1988).

    It ends in a division, which XLA computes once; it would repeat the polynomial of ``tf.math.erfinv`` for
    everything that reads the noise: the layer after it, the gradient, and each row of a product with them.
    """
    q = uniform - 0.5
    central = tf.abs(q) <= _CENTRAL
    tail = tf.sqrt(-tf.math.log(tf.minimum(uniform, 1 - uniform))) - 1.6
    argument = tf.where(central, 0.180625 - q * q, tail)
    above, below = tf.zeros_like(q), tf.zeros_like(q)
    for coefficients in _NUMERATOR:
        above = above * argument + tf.where(central, *(tf.constant(c, q.dtype) for c in coefficients))
    for coefficients in _DENOMINATOR:
        below = below * argument + tf.where(central, *(tf.constant(c, q.dtype) for c in coefficients))
    return above * tf.where(central, q, tf.sign(q)) / below


def _dropout(inputs: Any, rate: float, noise_shape: Any = None, seed: Any = None) -> tf.Tensor:
    if rate == 1.0:
        return tf.zeros_like(inputs)
    if rate == 0.0:
        return inputs
    return tf.nn.experimental.stateless_dropout(
        inputs,
        rate=rate,
        noise_shape=keras_draws._get_concrete_noise_shape(inputs, noise_shape),
        seed=_cast_seed(seed),
        rng_alg=_THREEFRY,
    )


_FAST: dict[str, Draw] = {"dropout": _dropout, "uniform": _uniform, "normal": _normal}
_thread = _Thread()
_dispatcher = _Dispatcher()

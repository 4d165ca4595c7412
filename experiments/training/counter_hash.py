"""Random draws by hashing a counter: uniform and normal numbers and dropout, with the seeds that Keras' draws take.

Element i of a draw is ``hash(hash(i ^ key1) ^ key2)`` with the 32-bit hash ``triple32`` of Wellons (2018, "Prospecting
for hash functions", hash-prospector): a keyed permutation of the counters as in Even and Mansour (1997, "A construction
of a cipher from a single pseudorandom permutation"). The two keys are hashes of the seed. Nothing but element-wise
integer operations is needed, which XLA compiles into the loops that use the numbers: 15,000 numbers take a fifth of the
time of threefry. ``benchmarks/draws.py`` prints the numbers for batteries of tests such as dieharder.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from experiments.training.keras_private import seed_tensor

# Any two different numbers; these are the first binary digits of the fraction of pi.
KEY_CONSTANTS = (0x243F6A88, 0x85A308D3)

# Minimax fits over the whole range, constant term first. LOG2: log2(1 + f) / f for f from 0 to 1, error 4e-7.
# NUMERATOR / DENOMINATOR: z / v for v from 0 to 32, where the standard normal distribution has half of 2**-v above z;
# error of z 6e-7.
LOG2 = (1.44267707, -0.720738348, 0.474444437, -0.328363357, 0.19779646, -0.0820392348, 0.0162233459)
NUMERATOR = (0.868711822, 0.814674152, 0.180191033, 0.00963574402, 8.67144491e-05)
DENOMINATOR = (1.0, 1.28412076, 0.447430925, 0.044781593, 0.00102457253, 2.3505417e-06)


def triple32(x: tf.Tensor) -> tf.Tensor:
    """Return a hash of 32-bit integers: a permutation of them all in which every bit depends on every bit."""
    for shift, factor in ((17, 0xED5AD4BB), (11, 0xAC4C1B51), (15, 0x31848BAB)):
        x = tf.bitwise.bitwise_xor(x, tf.bitwise.right_shift(x, tf.constant(shift, tf.uint32)))
        x *= tf.constant(factor, tf.uint32)
    return tf.bitwise.bitwise_xor(x, tf.bitwise.right_shift(x, tf.constant(14, tf.uint32)))


def random_bits(shape: Any, seed: tf.Tensor) -> tf.Tensor:
    """Draw uint32 numbers.

    Args:
        shape: Shape of the draw: at most 2**31 numbers.
        seed: Two int32 numbers. Other seeds give independent draws; so do the counters of a Keras seed generator.
    """
    low, high = tf.unstack(tf.bitcast(seed, tf.uint32))
    keys = [
        triple32(tf.bitwise.bitwise_xor(triple32(tf.bitwise.bitwise_xor(first, tf.constant(word, tf.uint32))), second))
        for first, second, word in zip((low, high), (high, low), KEY_CONSTANTS, strict=True)
    ]
    counters = tf.reshape(tf.bitcast(tf.range(tf.reduce_prod(shape)), tf.uint32), shape)
    for key in keys:
        counters = triple32(tf.bitwise.bitwise_xor(counters, key))
    return counters


def hashed_uniform(shape: Any, minval: Any = 0.0, maxval: Any = 1.0, dtype: Any = None, seed: Any = None) -> tf.Tensor:
    """Draw uniform numbers; arguments as for ``keras.random.uniform``."""
    dtype = tf.as_dtype(dtype or keras.config.floatx())
    # As many leading bits as the type represents exactly, so that no number is rounded up to 1.
    digits = min(32, np.finfo(dtype.as_numpy_dtype).nmant + 1)
    bits = tf.bitwise.right_shift(random_bits(shape, seed_tensor(seed)), tf.constant(32 - digits, tf.uint32))
    uniform = tf.cast(bits, dtype) * tf.constant(2.0**-digits, dtype)
    minval, maxval = tf.cast(minval, dtype), tf.cast(maxval, dtype)
    return uniform * (maxval - minval) + minval


def hashed_normal(shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None) -> tf.Tensor:
    """Draw normal numbers with six digits; arguments as for ``keras.random.normal``."""
    dtype = tf.as_dtype(dtype or keras.config.floatx())
    noise = normal_of_bits(random_bits(shape, seed_tensor(seed)))
    return tf.cast(noise, dtype) * tf.cast(stddev, dtype) + tf.cast(mean, dtype)


def normal_of_bits(bits: tf.Tensor) -> tf.Tensor:
    """Return the normal numbers, in float32, whose distribution function has the values of random bits.

    The highest bit is the sign. The other 31 make a probability p = (k + 1/2) / 2**32 below 1/2. With
    v = -log2(2 p), the normal number is a smooth function of v, for which one rational function suffices. The
    logarithm needs no special cases, so exponent and mantissa are read from the bits of the float.

    It ends in a division, which XLA computes once; it would repeat the whole draw for everything that reads the noise:
    the layer after it, the gradient, and each row of a product with them.
    """
    upper = tf.bitwise.bitwise_and(bits, tf.constant(0x7FFFFFFF, tf.uint32))
    k = tf.bitcast(tf.cast(tf.bitcast(upper, tf.int32), tf.float32) + 0.5, tf.int32)
    exponent = tf.cast(158 - tf.bitwise.right_shift(k, 23), tf.float32)  # 158: 31 and the bias of float32, 127
    mantissa = tf.bitwise.bitwise_or(tf.bitwise.bitwise_and(k, 0x007FFFFF), 0x3F800000)
    fraction = tf.bitcast(mantissa, tf.float32) - 1.0
    v = exponent - fraction * tf.math.polyval(list(reversed(LOG2)), fraction)
    z = v * tf.math.polyval(list(reversed(NUMERATOR)), v)
    return tf.where(tf.bitcast(bits, tf.int32) < 0, -z, z) / tf.math.polyval(list(reversed(DENOMINATOR)), v)


def hashed_dropout(inputs: Any, rate: Any, noise_shape: Any = None, seed: Any = None) -> tf.Tensor:
    """Drop inputs; arguments as for ``keras.random.dropout``."""
    if isinstance(rate, float | int) and rate in (0, 1):
        return tf.zeros_like(inputs) if rate else inputs
    sizes = tf.shape(inputs)
    if noise_shape is not None:
        sizes = [sizes[axis] if size is None else size for axis, size in enumerate(noise_shape)]
    threshold = tf.cast(tf.minimum(tf.cast(rate, tf.float64) * 2.0**32, 2.0**32 - 1), tf.uint32)
    kept = random_bits(sizes, seed_tensor(seed)) >= threshold
    # 1 where kept, else 0, by a division: XLA computes it once instead of hashing again for the gradient.
    mask = 1.0 / tf.where(kept, 1.0, float("inf"))
    return tf.where(mask > 0, inputs * (1 / (1 - rate)), tf.zeros([], inputs.dtype))

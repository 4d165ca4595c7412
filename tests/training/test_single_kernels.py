"""Which loops XLA makes one kernel of."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from experiments.training.single_kernels import has_large_products, kept_apart


def network(*units):
    layers = [keras.layers.Dense(width) for width in units[1:]]
    return keras.Sequential([keras.Input((units[0],)), *layers])


@pytest.mark.parametrize(
    ("units", "rows", "large"),
    [
        ((2, 500, 1), 10_000, False),
        ((2, 5, 5, 5, 1), 500, False),
        ((2, 25, 25, 1), 500, True),
        ((2, 25, 25, 1), 1, False),
        ((64, 100, 10), 32, True),
    ],
)
def test_only_products_of_two_broad_matrices_are_large(units, rows, large):
    assert has_large_products(network(*units), rows) is large


def compiled_text(turn):
    """What XLA makes of a loop whose number of turns goes through a function."""

    def train(turns, weights):
        def body(done, weights):
            return turn(done + 1), tf.tanh(weights * 1.1)

        return tf.while_loop(lambda done, weights: done < turns, body, [0, weights])

    function = tf.function(train, jit_compile=True, autograph=False)
    arguments = tf.constant(7), tf.constant([0.5, 1.0])
    done, weights = function(*arguments)
    assert done == 7
    expected = np.float32([0.5, 1.0])
    for _ in range(7):
        expected = np.tanh(expected * 1.1)
    np.testing.assert_allclose(weights, expected, rtol=1e-5)
    return function.experimental_get_compiler_ir(*arguments)(stage="optimized_hlo")


@pytest.mark.skipif(bool(tf.config.list_logical_devices("GPU")), reason="about XLA on a CPU")
def test_xla_makes_one_kernel_of_a_loop_unless_it_is_kept_apart():
    assert "xla_cpu_small_call" in compiled_text(lambda done: done)
    assert "xla_cpu_small_call" not in compiled_text(kept_apart)

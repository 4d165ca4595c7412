"""The factors of He and Glorot, and the slide's code for them."""

import keras
import numpy as np
import pytest

BEFORE, UNITS = 400, 300


def drawn(initializer):
    return np.asarray(initializer((BEFORE, UNITS)))


@pytest.mark.parametrize(
    ("initializer", "factor"),
    [
        (keras.initializers.HeNormal(seed=0), np.sqrt(2 / BEFORE)),
        (keras.initializers.LecunNormal(seed=0), np.sqrt(1 / BEFORE)),
        (keras.initializers.GlorotNormal(seed=0), np.sqrt(2 / (BEFORE + UNITS))),
        (keras.initializers.HeUniform(seed=0), np.sqrt(2 / BEFORE)),
        (keras.initializers.GlorotUniform(seed=0), np.sqrt(2 / (BEFORE + UNITS))),
    ],
)
def test_the_standard_deviation_is_the_factor_and_the_mean_is_zero(initializer, factor):
    weights = drawn(initializer)
    assert weights.std() == pytest.approx(factor, rel=0.01)
    assert weights.mean() == pytest.approx(0, abs=0.01 * factor)


def test_rand_times_the_factor_has_neither_that_mean_nor_that_deviation():
    """The slide draws with ``rand``, uniform from 0 to 1, and wants activations of mean zero on the same page."""
    factor = np.sqrt(2 / BEFORE)
    weights = np.random.default_rng(0).random((BEFORE, UNITS)) * factor
    assert (weights >= 0).all()
    assert weights.mean() == pytest.approx(factor / 2, rel=0.01)
    assert weights.std() == pytest.approx(factor / np.sqrt(12), rel=0.01)


def test_standard_normal_times_the_factor_has_them():
    factor = np.sqrt(2 / BEFORE)
    weights = np.random.default_rng(0).standard_normal((BEFORE, UNITS)) * factor
    assert weights.std() == pytest.approx(factor, rel=0.01)


def test_a_kernel_has_one_row_for_each_input():
    """The slide's shape is the other way round, which does not fit its own Z = xW."""
    layer = keras.layers.Dense(UNITS)
    layer.build((None, BEFORE))
    assert layer.kernel.shape == (BEFORE, UNITS)


def test_the_right_factor_keeps_the_size_of_relus_activations_over_layers():
    def after_ten_layers(factor):
        random = np.random.default_rng(0)
        rows = random.standard_normal((200, BEFORE))
        for _ in range(10):
            rows = np.maximum(rows @ (random.standard_normal((BEFORE, BEFORE)) * factor), 0)
        return np.sqrt(np.mean(rows**2))

    assert after_ten_layers(np.sqrt(2 / BEFORE)) == pytest.approx(1, rel=0.3)
    assert after_ten_layers(np.sqrt(1 / BEFORE)) == pytest.approx(2**-5, rel=0.3)


def test_uniform_from_0_to_1_is_neither_small_nor_of_mean_zero():
    """The slide's comment says "small random values" beside this initializer."""
    weights = drawn(keras.initializers.RandomUniform(minval=0, maxval=1, seed=0))
    assert (weights >= 0).all()
    assert weights.mean() == pytest.approx(0.5, abs=0.01)
    assert weights.std() > 5 * np.sqrt(2 / (BEFORE + UNITS))


def test_small_random_weights_leave_no_signal_after_five_layers():
    rows = np.random.default_rng(0).normal(size=(100, 20)).astype(np.float32)
    for seed in range(5):
        small = keras.initializers.RandomNormal(stddev=0.01, seed=seed)
        rows = np.asarray(keras.layers.Dense(20, activation="tanh", kernel_initializer=small)(rows))
    assert rows.std() < 1e-5

"""Activations and their derivatives."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

SUMS = np.linspace(-20, 20, 4001).astype(np.float32)


def derivative(function):
    sums = tf.Variable(SUMS)
    with tf.GradientTape() as tape:
        values = function(sums)
    return tape.gradient(values, sums).numpy()


def test_the_derivative_of_sigmoid_is_at_most_a_quarter():
    slope = derivative(keras.activations.sigmoid)
    assert slope.max() == pytest.approx(0.25)
    assert SUMS[slope.argmax()] == pytest.approx(0, abs=1e-3)
    assert (slope >= 0).all()


def test_the_bound_holds_for_the_weighted_sum_not_for_the_weight():
    """A deck writes the bound for the derivative by a weight, which has the input as a further factor."""
    weight = tf.Variable(0.0)
    with tf.GradientTape() as tape:
        output = tf.sigmoid(10.0 * weight)
    assert tape.gradient(output, weight).numpy() == pytest.approx(2.5)


def test_through_a_chain_of_sigmoids_the_derivative_falls_by_four_or_more_at_each():
    start = tf.Variable(0.5)
    with tf.GradientTape(persistent=True) as tape:
        values = [start]
        for _ in range(5):
            values.append(tf.sigmoid(values[-1]))
    slopes = [tape.gradient(value, start).numpy() for value in values]
    assert all(later <= 0.25 * earlier for earlier, later in itertools.pairwise(slopes))


def test_relu_derivative_is_one_above_zero_and_nothing_below():
    slope = derivative(keras.activations.relu)
    assert set(slope[SUMS > 0]) == {1}
    assert set(slope[SUMS < 0]) == {0}


def test_leaky_relu_of_the_slides_has_slope_one_hundredth_and_keras_own_layer_three_tenths():
    of_the_slides, of_keras = keras.layers.LeakyReLU(negative_slope=0.01), keras.layers.LeakyReLU()
    below = np.array([-1.0], dtype=np.float32)
    assert float(of_the_slides(below)[0]) == pytest.approx(-0.01)
    assert float(of_keras(below)[0]) == pytest.approx(-0.3)


def test_swish_is_x_over_one_plus_e_to_minus_x():
    x = SUMS.astype(np.float64)
    np.testing.assert_allclose(np.asarray(keras.activations.silu(SUMS)), x / (1 + np.exp(-x)), atol=1e-5)


def test_half_of_relus_units_are_active_before_training():
    layer = keras.layers.Dense(500, activation="relu", kernel_initializer=keras.initializers.HeUniform(seed=0))
    inputs = np.random.default_rng(0).normal(size=(100, 20)).astype(np.float32)
    assert np.mean(np.asarray(layer(inputs)) > 0) == pytest.approx(0.5, abs=0.02)


def test_far_from_zero_sigmoid_is_flat():
    """Outputs stay between 0 and 1, and a step from 10 to 20 moves them by less than a ten-thousandth."""
    values = np.asarray(keras.activations.sigmoid(SUMS))
    assert values.min() >= 0
    assert values.max() <= 1
    low, high = np.asarray(keras.activations.sigmoid(np.array([10, 20], dtype=np.float32)))
    assert high - low < 1e-4
    assert derivative(keras.activations.sigmoid)[[0, -1]] == pytest.approx([0, 0], abs=1e-8)


def test_relus_outputs_cannot_have_mean_zero():
    """A rule of thumb asks for it on the page that prescribes He's factor for relu. Their mean is half their RMS."""
    layer = keras.layers.Dense(500, activation="relu", kernel_initializer=keras.initializers.HeNormal(seed=0))
    outputs = np.asarray(layer(np.random.default_rng(0).normal(size=(200, 400)).astype(np.float32)))
    assert outputs.min() == 0
    assert outputs.mean() == pytest.approx(np.sqrt(2 / (2 * np.pi)), rel=0.05)
    assert np.sqrt(np.mean(outputs**2)) == pytest.approx(1, rel=0.05)


def test_a_neuron_of_the_slide_lacks_its_bias_and_its_activation():
    layer = keras.layers.Dense(1, activation="sigmoid", bias_initializer=keras.initializers.Constant(0.5))
    inputs = np.random.default_rng(0).normal(size=(1, 784)).astype(np.float32)
    (output,) = np.ravel(layer(inputs))
    (weighted,) = np.ravel(inputs @ layer.kernel.numpy())
    assert output == pytest.approx(1 / (1 + np.exp(-(weighted + 0.5))), rel=1e-4)
    assert output != pytest.approx(weighted, rel=1e-2)

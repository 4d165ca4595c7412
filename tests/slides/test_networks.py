"""The lecture's network for handwritten digits, its gradients, and stacks of linear layers."""

import keras
import numpy as np
import tensorflow as tf


def network(*widths, activation="sigmoid", seed=0):
    layers = [keras.layers.Input((widths[0],))]
    for number, width in enumerate(widths[1:]):
        initializer = keras.initializers.GlorotUniform(seed=seed + number)
        layers.append(keras.layers.Dense(width, activation=activation, kernel_initializer=initializer))
    return keras.Sequential(layers)


def test_784_16_16_10_has_13002_trainable_parameters():
    model = network(784, 16, 16, 10)
    assert model.count_params() == 13_002
    assert model.count_params() == (784 * 16 + 16 * 16 + 16 * 10) + (16 + 16 + 10)


def test_the_four_equations_of_backpropagation():
    """For C = |a - y|²/2 and one row, against TensorFlow's own gradients."""
    model = network(4, 5, 3)
    random = np.random.default_rng(1)
    x, y = random.normal(size=(1, 4)).astype(np.float32), random.uniform(size=(1, 3)).astype(np.float32)
    with tf.GradientTape() as tape:
        cost = 0.5 * tf.reduce_sum((model(x) - y) ** 2)
    w1, b1, w2, b2 = tape.gradient(cost, model.trainable_weights)

    (kernel_1, bias_1), (kernel_2, bias_2) = (layer.get_weights() for layer in model.layers)
    a1 = 1 / (1 + np.exp(-(x @ kernel_1 + bias_1)))
    a2 = 1 / (1 + np.exp(-(a1 @ kernel_2 + bias_2)))
    delta_2 = (a2 - y) * a2 * (1 - a2)  # the output layer's error
    delta_1 = (delta_2 @ kernel_2.T) * a1 * (1 - a1)  # the error one layer further back
    for found, expected in [(b2, delta_2[0]), (b1, delta_1[0]), (w2, a1.T @ delta_2), (w1, x.T @ delta_1)]:
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_a_stack_of_linear_layers_is_one_linear_layer():
    model = network(3, 7, 5, 2, activation="linear")
    kernel = np.linalg.multi_dot([layer.kernel.numpy() for layer in model.layers])
    x = np.random.default_rng(2).normal(size=(20, 3)).astype(np.float32)
    np.testing.assert_allclose(model(x), x @ kernel, atol=1e-5)


def test_no_linear_network_can_separate_exclusive_or():
    """The four points' values of any linear function add up to zero with exclusive or's signs."""
    points = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float32)
    values = np.asarray(network(2, 8, 1, activation="linear")(points))[:, 0]
    assert abs(values[0] - values[1] - values[2] + values[3]) < 1e-6


def test_ten_diagonal_layers_grow_or_shrink_by_powers():
    x = np.ones((1, 2), dtype=np.float32)
    for factor in (0.5, 1.5):
        activations = x
        layer = keras.layers.Dense(2, use_bias=False, kernel_initializer=keras.initializers.Identity(gain=factor))
        for _ in range(10):
            activations = layer(activations)
        np.testing.assert_allclose(activations, factor**10 * x, rtol=1e-5)


def test_zero_weights_get_no_gradient_below_the_output():
    model = keras.Sequential(
        [
            keras.layers.Dense(4, activation="tanh", kernel_initializer="zeros"),
            keras.layers.Dense(1, kernel_initializer="zeros"),
        ]
    )
    x = np.random.default_rng(3).normal(size=(10, 2)).astype(np.float32)
    with tf.GradientTape() as tape:
        cost = tf.reduce_mean((model(x) - 1.0) ** 2)
    gradients = tape.gradient(cost, model.trainable_weights)
    assert [bool(np.any(gradient)) for gradient in gradients] == [False, False, False, True]

"""The lecture's network for handwritten digits, its gradients, and stacks of linear layers."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.linear_model import LinearRegression


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


def chain(*weights):
    """Return the activations of a chain of sigmoids from an input of 1, and a tape that has recorded them."""
    variables = [tf.Variable(weight) for weight in weights]
    with tf.GradientTape(persistent=True) as tape:
        values = [tf.constant(1.0)]
        tape.watch(values[0])
        for weight in variables:
            values.append(tf.sigmoid(weight * values[-1]))
        loss = 0.5 * (values[-1] - 1.0) ** 2
    return variables, values, loss, tape


def test_the_worked_example_of_one_unit_a_layer():
    """d output / d hidden1 = σ'(z1) w3 σ'(z2) w2. The slide then drops w3 and w2, with which it may exceed 1."""
    (_, w2, w3), (_, hidden_1, hidden_2, output), _, tape = chain(0.0, 1.5, -0.7)
    by_hand = output * (1 - output) * w3 * hidden_2 * (1 - hidden_2) * w2
    assert float(tape.gradient(output, hidden_1)) == pytest.approx(float(by_hand), rel=1e-5)

    w2, w3 = 8.0, 8.0
    with tf.GradientTape() as tape:
        hidden_1 = tf.Variable(0.0)
        hidden_2 = tf.sigmoid(w2 * hidden_1)
        output = tf.sigmoid(w3 * (hidden_2 - 0.5))
    assert float(tape.gradient(output, hidden_1)) == pytest.approx((8 / 4) ** 2)


def test_the_chain_rule_of_the_slide_lacks_the_derivative_of_the_loss():
    (w11, _, _), (_, o11, o21, o31), loss, tape = chain(0.3, 0.8, -1.2)
    of_the_slide = tape.gradient(o31, o21) * tape.gradient(o21, o11) * tape.gradient(o11, w11)
    found = float(tape.gradient(loss, w11))
    assert found == pytest.approx(float(tape.gradient(loss, o31) * of_the_slide), rel=1e-5)
    assert found != pytest.approx(float(of_the_slide), rel=0.1)


@pytest.mark.parametrize("weight", [0.5, 1.5])
def test_through_a_recurrent_connection_gradients_vanish_or_explode_as_through_layers(weight):
    """One deck has recurrent connections as a remedy, another as a cause."""
    layer = keras.layers.SimpleRNN(1, activation="linear", use_bias=False)
    layer.build((1, 20, 1))
    layer.set_weights([np.ones((1, 1)), np.full((1, 1), weight)])
    sequence = tf.Variable(np.ones((1, 20, 1), dtype=np.float32))
    with tf.GradientTape() as tape:
        output = layer(sequence)
    gradient = tape.gradient(output, sequence).numpy()[0, :, 0]
    np.testing.assert_allclose(gradient, weight ** np.arange(19, -1, -1.0), rtol=1e-4)


def test_gradients_vanish_and_weights_do_not():
    """A slide wants initial values with which "the weights never vanish"."""
    model = network(4, *[5] * 8, 1)
    x = np.random.default_rng(1).normal(size=(20, 4)).astype(np.float32)
    with tf.GradientTape() as tape:
        cost = tf.reduce_mean((model(x) - 1.0) ** 2)
    first, *_, last = [
        gradient for gradient in tape.gradient(cost, model.trainable_weights) if len(gradient.shape) == 2
    ]
    assert float(tf.norm(first)) < 1e-4 * float(tf.norm(last))
    assert float(tf.norm(model.layers[0].kernel)) > 1


def test_the_batch_gradient_is_the_mean_of_the_rows_and_a_finite_difference():
    """The deck averages the rows' wishes in a table, and calls a gradient the sensitivity of the cost."""
    model = network(4, 5, 1)
    random = np.random.default_rng(1)
    x, y = random.normal(size=(6, 4)).astype(np.float32), random.uniform(size=(6, 1)).astype(np.float32)

    def gradient(rows, targets):
        with tf.GradientTape() as tape:
            cost = tf.reduce_mean((model(rows) - targets) ** 2)
        return tape.gradient(cost, model.trainable_weights[0]).numpy()

    rows = [gradient(x[[row]], y[[row]]) for row in range(6)]
    np.testing.assert_allclose(gradient(x, y), np.mean(rows, axis=0), atol=1e-6)

    kernel = model.layers[0].kernel
    before, costs = kernel.numpy(), []
    for step in (0.05, -0.05):
        moved = before.copy()
        moved[2, 3] += step
        kernel.assign(moved)
        costs.append(float(np.mean((np.asarray(model(x)) - y) ** 2)))
    kernel.assign(before)
    assert (costs[0] - costs[1]) / 0.1 == pytest.approx(gradient(x, y)[2, 3], rel=0.02)


def test_a_weight_with_32_times_the_gradient_has_32_times_the_effect():
    """The deck's yellow and red weight: after the same small change, the cost has changed by 32 times as much."""
    layer = keras.layers.Dense(1, activation="sigmoid", dtype="float64")
    inputs = np.array([[3.2, 0.1]])
    layer.build(inputs.shape)
    with tf.GradientTape() as tape:
        cost = tf.reduce_sum((layer(inputs) - 1.0) ** 2)
    yellow, red = tape.gradient(cost, layer.kernel).numpy()[:, 0]
    assert yellow / red == pytest.approx(32)

    before, effects = layer.kernel.numpy(), []
    for weight in (0, 1):
        layer.kernel.assign(before + 1e-4 * (np.arange(2) == weight).reshape(2, 1))
        effects.append(float(tf.reduce_sum((layer(inputs) - 1.0) ** 2) - cost))
    assert effects[0] / effects[1] == pytest.approx(32, rel=1e-3)


def test_the_three_formulas_of_a_sigmoid_network_with_two_hidden_layers():
    """E = Σ (t - o)²/2 for one row; p, i, j and k count inputs, both hidden layers and outputs, as on the slide."""
    model = network(3, 4, 5, 2)
    random = np.random.default_rng(1)
    rows, targets = random.normal(size=(1, 3)).astype(np.float32), random.uniform(size=(1, 2)).astype(np.float32)
    kernels = [layer.kernel for layer in model.layers]
    with tf.GradientTape() as tape:
        error = 0.5 * tf.reduce_sum((targets - model(rows)) ** 2)
    found = tape.gradient(error, kernels)

    activations = [rows]
    for kernel in kernels:
        activations.append(1 / (1 + np.exp(-activations[-1] @ kernel.numpy())))
    h_p, h_i, h_j, o = (values[0] for values in activations)
    _, w_ji, w_kj = (kernel.numpy() for kernel in kernels)
    error_k = [-(t - o_k) * o_k * (1 - o_k) for t, o_k in zip(targets[0], o, strict=True)]
    error_j = [sum(e * w for e, w in zip(error_k, w_kj[j], strict=True)) * h_j[j] * (1 - h_j[j]) for j in range(5)]
    error_i = [sum(e * w for e, w in zip(error_j, w_ji[i], strict=True)) * h_i[i] * (1 - h_i[i]) for i in range(4)]
    for gradient, before, behind in zip(found, (h_p, h_i, h_j), (error_i, error_j, error_k), strict=True):
        np.testing.assert_allclose(gradient, np.outer(before, behind), atol=1e-6)


@pytest.mark.parametrize("factor", [0.5, 1.5])
def test_the_derivative_by_the_activations_falls_or_grows_at_each_layer_from_output_to_input(factor):
    """In the deck's network of diagonal matrices it is multiplied by 0.5 or 1.5 each time: exponential growth."""
    layer = keras.layers.Dense(2, use_bias=False, kernel_initializer=keras.initializers.Identity(gain=factor))
    activations = [tf.Variable(np.ones((1, 2), dtype=np.float32))]
    with tf.GradientTape() as tape:
        for _ in range(10):
            activations.append(layer(activations[-1]))
        cost = 0.5 * tf.reduce_sum(activations[-1] ** 2)
    sizes = [float(tf.norm(gradient)) for gradient in tape.gradient(cost, activations)]
    np.testing.assert_allclose(np.divide(sizes[:-1], sizes[1:]), factor, rtol=1e-5)


def test_a_weight_has_a_factor_of_the_derivative_for_each_layer_up_to_the_output():
    """Two for w_ji and four for w_hg. The slide has three and four."""

    def gradients(derivative):
        @tf.custom_gradient
        def activation(sums):
            return tf.identity(sums), lambda upstream: derivative * upstream

        kernels = [tf.Variable([[0.3, 0.3], [0.3, 0.3]]) for _ in range(4)]
        with tf.GradientTape() as tape:
            values = tf.ones((1, 2))
            for kernel in kernels:
                values = activation(values @ kernel)
            cost = tf.reduce_sum(values)
        return [float(tf.norm(gradient)) for gradient in tape.gradient(cost, kernels)]

    w_hg, w_ih, w_ji, w_kj = np.divide(gradients(0.5), gradients(1.0))
    assert [w_kj, w_ji, w_ih, w_hg] == pytest.approx([0.5, 0.5**2, 0.5**3, 0.5**4])


def test_the_smaller_its_weights_the_more_linear_is_a_tanh_network():
    """Small weights belong to a simple network: what no linear function of the inputs explains falls towards 0."""
    rows = np.random.default_rng(0).normal(size=(200, 3)).astype(np.float32)
    model = network(3, 20, 20, 1, activation="tanh")
    initial = model.get_weights()

    def not_linear(scale):
        model.set_weights([scale * weights for weights in initial])
        outputs = np.asarray(model(rows))[:, 0].astype(np.float64)
        return 1 - LinearRegression().fit(rows, outputs).score(rows, outputs)

    shares = [not_linear(scale) for scale in (3, 1, 0.3, 0.1)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 0.1
    assert shares[-1] < 1e-4


def test_the_first_layers_of_a_deep_sigmoid_network_keep_their_weights():
    """A gradient is the proxy for it: with SGD a layer changes in proportion to its gradients."""
    model = network(2, *[5] * 8, 1)
    random = np.random.default_rng(0)
    x, y = random.normal(size=(20, 2)).astype(np.float32), random.integers(2, size=(20, 1)).astype(np.float32)
    kernels = [layer.kernel for layer in model.layers]
    with tf.GradientTape() as tape:
        cost = tf.reduce_mean((model(x) - y) ** 2)
    gradients = [float(tf.norm(gradient)) for gradient in tape.gradient(cost, kernels)]
    before = [kernel.numpy() for kernel in kernels]

    model.compile(optimizer=keras.optimizers.SGD(0.5), loss="mse")
    for _ in range(100):
        model.train_on_batch(x, y)
    changes = [float(np.linalg.norm(kernel.numpy() - old)) for kernel, old in zip(kernels, before, strict=True)]
    assert changes[0] < 1e-4 * np.linalg.norm(before[0])
    assert changes[-1] > 0.01 * np.linalg.norm(before[-1])
    assert np.argsort(changes).tolist() == np.argsort(gradients).tolist()

"""Weight decay, momentum and Nesterov as the slides unroll them, against Keras' optimizers."""

import keras
import numpy as np
import pytest

RATE, DECAY = 0.1, 0.9


def gradient(w):
    """Of (w₀² + 10 w₁²) / 2."""
    return np.array([1.0, 10.0]) * w


def keras_path(optimizer, start, steps):
    variable = keras.Variable(start, dtype="float64")
    path = []
    for _ in range(steps):
        optimizer.apply([keras.ops.convert_to_tensor(gradient(variable.numpy()), dtype="float64")], [variable])
        path.append(variable.numpy().copy())
    return np.array(path)


def test_l2_is_weight_decay():
    """w ← (1 - ηλ/m) w - η gradient; the slides' λ is 2m times Keras' factor."""
    m, factor, rows = 20, 0.01, np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
    slides_lambda = 2 * m * factor
    layer = keras.layers.Dense(1, use_bias=False, kernel_regularizer=keras.regularizers.L2(factor))
    model = keras.Sequential([keras.layers.Input((3,)), layer])
    model.compile(optimizer=keras.optimizers.SGD(RATE), loss="mse")
    before, targets = layer.kernel.numpy(), np.ones((m, 1), dtype=np.float32)
    model.fit(rows, targets, batch_size=m, epochs=1, verbose=0)
    from_backpropagation = 2 / m * rows.T @ (rows @ before - targets)
    expected = (1 - RATE * slides_lambda / m) * before - RATE * from_backpropagation
    np.testing.assert_allclose(layer.kernel.numpy(), expected, atol=1e-6)


def test_momentum_adds_up_all_gradients_before_it():
    start = np.array([1.0, -1.0])
    path = keras_path(keras.optimizers.SGD(RATE, momentum=DECAY), start, 6)
    points = [start, *path]
    for t in range(1, 7):
        unrolled = sum(DECAY ** (t - k) * RATE * gradient(points[k - 1]) for k in range(1, t + 1))
        np.testing.assert_allclose(points[t], points[t - 1] - unrolled, atol=1e-6)


def test_momentum_is_a_sum_and_not_an_average():
    """Under one and the same gradient the step grows to 1/(1 - γ) times that of plain gradient descent."""
    variable = keras.Variable([0.0], dtype="float64")
    optimizer = keras.optimizers.SGD(RATE, momentum=DECAY)
    for _ in range(200):
        before = variable.numpy().copy()
        optimizer.apply([keras.ops.convert_to_tensor([1.0], dtype="float64")], [variable])
    assert float((before - variable.numpy())[0]) == pytest.approx(RATE / (1 - DECAY), rel=1e-3)


def test_nesterov_of_the_slides_is_keras_at_the_points_ahead():
    """Keras stores the look-ahead points: w - γ update of the slides is Keras' variable."""
    w, update = np.array([1.0, -1.0]), np.zeros(2)
    ahead = []
    for _ in range(8):
        update = DECAY * update + RATE * gradient(w - DECAY * update)
        w = w - update
        ahead.append(w - DECAY * update)
    path = keras_path(keras.optimizers.SGD(RATE, momentum=DECAY, nesterov=True), np.array([1.0, -1.0]), 8)
    np.testing.assert_allclose(path, ahead, rtol=1e-5, atol=1e-7)


def test_the_argument_names_of_the_slides_are_gone():
    with pytest.raises((TypeError, ValueError)):
        keras.optimizers.SGD(lr=0.01)
    with pytest.raises((TypeError, ValueError)):
        keras.regularizers.L2(l=0.01)


def test_with_adam_an_l2_penalty_is_no_weight_decay():
    """Without another gradient SGD shrinks every weight by one factor. Adam's first step is the rate, whatever λ is."""
    weights = np.array([1.0, 0.5])
    for factor in (0.001, 0.1):
        penalty_gradient = keras.ops.convert_to_tensor(2 * factor * weights, dtype="float64")
        steps = []
        for optimizer in (keras.optimizers.SGD(RATE), keras.optimizers.Adam(RATE)):
            variable = keras.Variable(weights, dtype="float64")
            optimizer.apply([penalty_gradient], [variable])
            steps.append(weights - variable.numpy())
        np.testing.assert_allclose(steps[0], RATE * 2 * factor * weights, rtol=1e-6)
        np.testing.assert_allclose(steps[1], [RATE, RATE], rtol=0.01)


@pytest.mark.parametrize(("penalty", "size"), [(keras.regularizers.L2, np.square), (keras.regularizers.L1, np.abs)])
def test_keras_factor_is_half_of_one_decks_lambda_and_half_of_anothers_over_the_rows(penalty, size):
    weights, rows, slides_lambda = np.array([[1.0, -2.0], [0.5, 3.0]], dtype=np.float32), 20, 0.1
    per_row = slides_lambda / (2 * rows) * size(weights).sum()
    without_rows = slides_lambda / 2 * size(weights).sum()
    assert float(penalty(slides_lambda / (2 * rows))(weights)) == pytest.approx(per_row)
    assert float(penalty(slides_lambda / 2)(weights)) == pytest.approx(without_rows)
    assert without_rows == pytest.approx(rows * per_row)


@pytest.mark.parametrize(("nesterov", "steps"), [(False, 6), (True, 5)])
def test_momentum_takes_six_steps_where_nesterov_takes_five(nesterov, steps):
    """The slide's numbers, on w²/2 with γ = 0.6 and η = 0.5 from w = 1 until |w| is below 0.049."""
    w, update, path = 1.0, 0.0, []
    while not path or abs(w) >= 0.049:
        update = 0.6 * update + 0.5 * (w - 0.6 * update if nesterov else w)
        w -= update
        path.append(w)
    assert len(path) == steps

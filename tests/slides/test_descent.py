"""Gradient descent and ascent, the update of a linear hypothesis, and momentum step by step."""

import keras
import numpy as np
import pytest
from sklearn.linear_model import LinearRegression


def slope(w):
    """Of w³ - 3w, with a local maximum at -1 and a local minimum at 1."""
    return 3 * w**2 - 3


def path(sign, steps=100, start=0.2):
    """The points of Keras' SGD, along the negative gradient (sign 1) or the positive one (sign -1)."""
    variable, optimizer = keras.Variable(start, dtype="float64"), keras.optimizers.SGD(0.05)
    points = [start]
    for _ in range(steps):
        gradient = keras.ops.convert_to_tensor(sign * slope(points[-1]), dtype="float64")
        optimizer.apply([gradient], [variable])
        points.append(float(variable.numpy()))
    return np.array(points)


@pytest.mark.parametrize(("sign", "extremum"), [(1, 1), (-1, -1)])
def test_descent_ends_at_a_local_minimum_and_ascent_at_a_local_maximum(sign, extremum):
    assert path(sign)[-1] == pytest.approx(extremum, abs=1e-4)


def test_the_steepness_falls_with_each_step_towards_the_point_of_convergence():
    steepness = np.abs(slope(path(1, steps=20)))
    assert (np.diff(steepness) < 0).all()
    assert steepness[-1] < 0.01 * steepness[0]


def test_a_dense_layer_of_one_unit_with_sgd_is_the_update_of_the_linear_hypothesis():
    """J is half of Keras' mean squared error, so Keras' rate is half of alpha. Repeated, it ends at least squares."""
    random, alpha = np.random.default_rng(0), 0.5
    x = random.normal(size=(20, 1)).astype(np.float32)
    y = (1.5 - 0.8 * x + 0.1 * random.normal(size=x.shape)).astype(np.float32)
    model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(alpha / 2), loss="mse")
    theta_1, theta_0 = (weights.item() for weights in model.get_weights())

    model.train_on_batch(x, y)
    error = theta_0 + theta_1 * x - y
    expected = [theta_1 - alpha * np.mean(error * x), theta_0 - alpha * np.mean(error)]
    assert [weights.item() for weights in model.get_weights()] == pytest.approx(expected, rel=1e-5)

    for _ in range(60):
        model.train_on_batch(x, y)
    least_squares = LinearRegression().fit(x, y[:, 0])
    found = [weights.item() for weights in model.get_weights()]
    assert found == pytest.approx([*least_squares.coef_, least_squares.intercept_], abs=1e-4)


@pytest.mark.parametrize(("batch_size", "updates"), [(20, 1), (8, 3), (1, 20)])
def test_an_update_takes_all_rows_some_rows_or_one(batch_size, updates):
    model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
    model.compile(optimizer="sgd", loss="mse")
    model.fit(np.ones((20, 1)), np.ones(20), batch_size=batch_size, epochs=1, verbose=0)
    assert int(model.optimizer.iterations) == updates


def updates(gradient, start, steps, ahead=False, decay=0.9, rate=1.0):
    """The updates of the slides' rule, with the gradient at the look-ahead point on request."""
    w, found = start, [0.0]
    for _ in range(steps):
        point = w - decay * found[-1] if ahead else w
        found.append(decay * found[-1] + rate * gradient(point))
        w -= found[-1]
    return np.array(found[1:])


def test_on_a_gentle_slope_after_a_steep_one_momentum_still_moves_far():
    """A slope of 1 down to 0, then one of 0.01, where plain descent moves by 0.01."""
    steps = updates(lambda w: 1.0 if w > 0 else 0.01, start=10.0, steps=8)
    assert 10 - steps[:4].sum() > 0 > 10 - steps[:5].sum()
    assert (steps[5:] > 100 * 0.01).all()


def test_nesterov_takes_the_first_three_steps_as_momentum_and_brakes_in_the_fourth():
    """The slide's picture, on |w| from 7: momentum crosses the lowest point in its fourth and largest step."""
    momentum, nesterov = (updates(np.sign, 7.0, 4, ahead) for ahead in (False, True))
    np.testing.assert_allclose(momentum, [1, 1.9, 2.71, 3.439])
    np.testing.assert_allclose(nesterov, [1, 1.9, 2.71, 1.439])
    assert 7 - momentum[:3].sum() > 0 > 7 - momentum.sum()
    assert abs(7 - nesterov.sum()) < 0.1 * abs(7 - momentum.sum())

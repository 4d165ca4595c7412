"""Unit norm, gradient norm scaling and value clipping, with the numbers that the slides print."""

import keras
import numpy as np
import pytest


def test_unit_norm_of_one_column():
    column = np.arange(3, dtype=np.float32).reshape(3, 1)
    constrained = np.asarray(keras.constraints.UnitNorm()(column))
    np.testing.assert_allclose(constrained, [[0], [0.4472136], [0.8944272]], atol=1e-6)
    assert np.linalg.norm(column) == pytest.approx(2.236068)


def test_unit_norm_works_column_by_column():
    two_units = np.arange(6, dtype=np.float32).reshape(3, 2)
    constrained = np.asarray(keras.constraints.UnitNorm()(two_units))
    expected = [[0, 0.16903085], [0.4472136, 0.50709254], [0.8944272, 0.8451542]]
    np.testing.assert_allclose(constrained, expected, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(two_units, axis=0), [4.472136, 5.91608], rtol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(constrained, axis=0), [1, 1], atol=1e-6)


UNITS = np.array([[0.3, 0.6, 3.0], [-0.4, 0.8, -4.0]], dtype=np.float32)
"""Three columns with the norms 0.5, 1 and 5."""


def test_max_norm_shortens_the_columns_above_the_norm_only():
    constrained = np.asarray(keras.constraints.MaxNorm(1)(UNITS))
    np.testing.assert_allclose(constrained, [[0.3, 0.6, 0.6], [-0.4, 0.8, -0.8]], rtol=1e-5)


def test_min_max_norm_lengthens_the_columns_below_as_well():
    constrained = np.asarray(keras.constraints.MinMaxNorm(min_value=0.75, max_value=2)(UNITS))
    np.testing.assert_allclose(constrained, [[0.45, 0.6, 1.2], [-0.6, 0.8, -1.6]], rtol=1e-5)


def test_non_neg_sets_negative_weights_to_zero():
    constrained = np.asarray(keras.constraints.NonNeg()(UNITS))
    np.testing.assert_array_equal(constrained, np.maximum(UNITS, 0))


def updates(gradients, **clipping):
    """What plain SGD with a rate of 1 subtracts from weights that start at 0."""
    variables = [keras.Variable(np.zeros_like(gradient)) for gradient in gradients]
    optimizer = keras.optimizers.SGD(learning_rate=1.0, **clipping)
    optimizer.apply([keras.ops.convert_to_tensor(gradient) for gradient in gradients], variables)
    return [-np.asarray(variable) for variable in variables]


def test_the_norm_is_the_root_of_the_sum_of_squares():
    gradient = np.array([1.2, 1.6], dtype=np.float32)  # sum of squares 4, norm 2
    (step,) = updates([gradient], clipnorm=1.0)
    np.testing.assert_allclose(step, gradient / 2, rtol=1e-6)


def test_a_gradient_within_the_threshold_is_left_alone():
    """Cutting large gradients does nothing for small ones: clipping is no remedy for vanishing gradients."""
    tiny = np.array([1e-9, -1e-7], dtype=np.float32)
    for clipping in ({"clipnorm": 1.0}, {"clipvalue": 0.5}, {"global_clipnorm": 1.0}):
        np.testing.assert_array_equal(updates([tiny], **clipping)[0], tiny)


def test_clipvalue_cuts_each_element():
    (step,) = updates([np.array([-3, 0.2, 0.7], dtype=np.float32)], clipvalue=0.5)
    np.testing.assert_allclose(step, [-0.5, 0.2, 0.5], rtol=1e-6)


def test_clipnorm_is_for_each_tensor_and_global_clipnorm_for_all():
    gradients = [np.array([3.0], dtype=np.float32), np.array([4.0], dtype=np.float32)]
    np.testing.assert_allclose(np.ravel(updates(gradients, clipnorm=1.0)), [1, 1], rtol=1e-6)
    np.testing.assert_allclose(np.ravel(updates(gradients, global_clipnorm=1.0)), [0.6, 0.8], rtol=1e-6)


def test_keras_refuses_norm_and_value_together():
    with pytest.raises(ValueError, match="Only one of"):
        keras.optimizers.SGD(clipnorm=1.0, clipvalue=0.5)


def test_keras_clips_after_backpropagation():
    """A slide changes the derivative before it is propagated. The first layer's step is that of the unclipped error."""
    model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1), keras.layers.Dense(1)])
    first, last = (layer.kernel for layer in model.layers)
    first.assign([[100.0]])
    last.assign([[0.001]])
    x, y = np.array([[1.0]], dtype=np.float32), np.array([[10.0]], dtype=np.float32)
    model.compile(optimizer=keras.optimizers.SGD(1.0, clipvalue=0.5), loss="mse")
    error = 2 * (0.001 * 100 - 10)  # the derivative by the output, far above the threshold
    model.fit(x, y, epochs=1, verbose=0)
    assert float(last.numpy()[0, 0]) == pytest.approx(0.001 + 0.5)
    assert float(first.numpy()[0, 0]) == pytest.approx(100 - error * 0.001, rel=1e-6)
    assert abs(error * 0.001) > 0.5 * 0.001

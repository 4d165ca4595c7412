"""Batch and layer normalization: the table of a deck, and the formulas around it."""

import keras
import numpy as np
import pytest
import tensorflow as tf

TABLE = np.array([[1, 3, 6], [2, 2, 2], [0, 1, 5], [4, 6, 1], [5, 2, 3], [1, 0, 1]], dtype=np.float64)
PRINTED_STD = np.array([2.5, 0.0, 2.6, 2.5, 1.5, 0.6])
PRINTED = np.array(
    [[-0.9, -0.1, 1.1], [0, 0, 0], [-0.8, -0.4, 1.1], [0.1, 0.9, -1.1], [1.1, -0.9, -0.2], [0.6, -1.2, 0.6]]
)


def normalized(rows, ddof):
    deviation = rows.std(axis=1, ddof=ddof, keepdims=True)
    return np.divide(rows - rows.mean(axis=1, keepdims=True), deviation, out=np.zeros_like(rows), where=deviation > 0)


def test_the_printed_table_divides_by_the_sample_deviation():
    np.testing.assert_allclose(TABLE.std(axis=1, ddof=1), PRINTED_STD, atol=0.051)
    np.testing.assert_allclose(normalized(TABLE, ddof=1), PRINTED, atol=0.051)


def test_its_own_formula_and_keras_divide_by_the_deviation_of_the_rows_themselves():
    by_formula = normalized(TABLE, ddof=0)
    assert np.abs(by_formula - PRINTED).max() > 0.2
    by_keras = np.asarray(keras.layers.LayerNormalization(epsilon=1e-9)(TABLE.astype(np.float32)))
    np.testing.assert_allclose(by_keras, by_formula, atol=1e-3)


def test_batch_normalization_works_on_columns_over_the_batch():
    """One deck takes mean and deviation over the neurons of a layer: that is layer normalization."""
    by_keras = np.asarray(keras.layers.BatchNormalization(epsilon=1e-9)(TABLE.astype(np.float32), training=True))
    np.testing.assert_allclose(by_keras, (TABLE - TABLE.mean(axis=0)) / TABLE.std(axis=0), atol=1e-3)
    over_neurons = np.asarray(keras.layers.LayerNormalization()(TABLE.astype(np.float32)))
    assert np.abs(by_keras - over_neurons).max() > 0.5


def test_epsilon_is_added_to_the_variance_and_not_to_the_deviation():
    epsilon, rows = 0.1, TABLE.astype(np.float32)
    by_keras = np.asarray(keras.layers.BatchNormalization(epsilon=epsilon)(rows, training=True))
    centred = TABLE - TABLE.mean(axis=0)
    np.testing.assert_allclose(by_keras, centred / np.sqrt(TABLE.var(axis=0) + epsilon), atol=1e-5)
    assert np.abs(by_keras - centred / (TABLE.std(axis=0) + epsilon)).max() > 0.01


def test_a_bias_before_batch_normalization_cancels():
    bias = np.array([7.0, -3.0, 0.5])
    plain, shifted = TABLE.astype(np.float32), (TABLE + bias).astype(np.float32)
    without, with_bias = (
        np.asarray(keras.layers.BatchNormalization()(rows, training=True)) for rows in (plain, shifted)
    )
    np.testing.assert_allclose(with_bias, without, atol=1e-5)


def test_with_two_rows_batch_normalization_leaves_only_signs():
    two_rows = np.array([[1.0, 200.0, -3.0], [1.5, 100.0, 8.0]], dtype=np.float32)
    out = np.asarray(keras.layers.BatchNormalization(epsilon=1e-9)(two_rows, training=True))
    np.testing.assert_allclose(np.abs(out), 1, atol=1e-3)


def test_layer_normalization_does_not_need_a_batch():
    layer = keras.layers.LayerNormalization()
    rows = TABLE.astype(np.float32)
    np.testing.assert_allclose(layer(rows[:1]), np.asarray(layer(rows))[:1], atol=1e-6)


def test_a_constant_row_becomes_zeros():
    out = np.asarray(keras.layers.LayerNormalization()(TABLE.astype(np.float32)))
    assert out[1] == pytest.approx(0)


def test_for_testing_the_averages_of_the_training_batches_are_used():
    layer = keras.layers.BatchNormalization(momentum=0.5, epsilon=1e-3)
    batches = np.random.default_rng(0).normal(3, 2, size=(4, 50, 2)).astype(np.float32)
    mean, variance = np.zeros(2), np.ones(2)
    for batch in batches:
        layer(batch, training=True)
        mean, variance = 0.5 * (mean + batch.mean(axis=0)), 0.5 * (variance + batch.var(axis=0))
    row = np.array([[1.0, 2.0]], dtype=np.float32)
    np.testing.assert_allclose(layer(row, training=False), (row - mean) / np.sqrt(variance + 1e-3), rtol=1e-4)


def test_gamma_and_beta_scale_and_shift_what_is_normalized():
    gamma, beta = np.array([2.0, 0.5, -1.0]), np.array([1.0, 0.0, 3.0])
    layer = keras.layers.BatchNormalization(epsilon=1e-3)
    layer.build(TABLE.shape)
    layer.gamma.assign(gamma)
    layer.beta.assign(beta)
    normalized_columns = (TABLE - TABLE.mean(axis=0)) / np.sqrt(TABLE.var(axis=0) + 1e-3)
    by_keras = layer(TABLE.astype(np.float32), training=True)
    np.testing.assert_allclose(by_keras, gamma * normalized_columns + beta, atol=1e-4)


def test_the_smaller_the_batch_the_noisier_is_the_normalized_output_of_one_row():
    """Each of 2,000 columns is a batch of its own around the same row."""
    random, noise = np.random.default_rng(0), []
    for size in (4, 16, 64):
        batches = random.normal(size=(size, 2000)).astype(np.float32)
        batches[0] = 1.0
        noise.append(np.asarray(keras.layers.BatchNormalization()(batches, training=True))[0].std())
    assert noise[0] > 1.5 * noise[1] > 1.5**2 * noise[2] > 0


@pytest.mark.parametrize("shape", [(6, 3), (6, 5, 5, 3)])
def test_one_normalized_value_depends_on_all_rows_of_the_batch_and_in_a_convolution_on_all_their_pixels(shape):
    """So the interim results of all of them are kept. With layer normalization it depends on its own row only."""
    inputs = tf.Variable(np.random.default_rng(0).normal(size=shape).astype(np.float32))

    def reached(layer):
        with tf.GradientTape() as tape:
            first = layer(inputs, training=True)[(0,) * len(shape)]
        return np.abs(tape.gradient(first, inputs).numpy()) > 0

    assert reached(keras.layers.BatchNormalization())[..., 0].all()
    assert not reached(keras.layers.LayerNormalization())[1:].any()


def test_batch_normalization_keeps_sums_away_from_the_flat_ends_of_sigmoid():
    sums = np.random.default_rng(0).normal(3, 10, size=(1000, 1)).astype(np.float32)

    def share_that_is_steep(values):
        outputs = 1 / (1 + np.exp(-np.asarray(values)))
        return np.mean(outputs * (1 - outputs) > 0.1)

    assert share_that_is_steep(sums) < 0.25
    assert share_that_is_steep(keras.layers.BatchNormalization()(sums, training=True)) > 0.9


def test_on_a_sequence_batch_normalization_mixes_its_steps_and_layer_normalization_does_not():
    """A recurrent network has its steps one after another; the first cannot depend on the last."""
    sequences = tf.Variable(np.random.default_rng(0).normal(size=(4, 6, 3)).astype(np.float32))

    def last_step_in_the_first(layer):
        with tf.GradientTape() as tape:
            first = layer(sequences, training=True)[0, 0, 0]
        return np.abs(tape.gradient(first, sequences).numpy()[:, -1]).max()

    assert last_step_in_the_first(keras.layers.BatchNormalization()) > 0.01
    assert last_step_in_the_first(keras.layers.LayerNormalization()) == 0


@pytest.mark.parametrize("gain", [0.5, 1.5])
def test_layer_normalization_keeps_the_size_of_a_recurrent_state(gain):
    normalize = keras.layers.LayerNormalization(epsilon=1e-9)
    turned = np.roll(gain * np.eye(4, dtype=np.float32), 1, axis=0)
    plain = normalized_state = np.array([[1.0, -1.0, 2.0, 0.5]], dtype=np.float32)
    start = plain.std()
    for _ in range(50):
        plain, normalized_state = plain @ turned, np.asarray(normalize(normalized_state @ turned))
    assert plain.std() == pytest.approx(gain**50 * start, rel=1e-3)
    assert normalized_state.std() == pytest.approx(1, rel=1e-3)

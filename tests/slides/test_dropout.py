"""Dropout as Keras does it, against what the slides say of it."""

import itertools

import keras
import numpy as np
import pytest

ROWS = np.arange(1, 1001, dtype=np.float32).reshape(100, 10)


def test_what_is_kept_is_scaled_by_one_over_the_share_kept():
    layer = keras.layers.Dropout(0.2, seed=0)
    out = np.asarray(layer(ROWS, training=True))
    kept = out != 0
    np.testing.assert_allclose(out[kept], 1.25 * ROWS[kept], rtol=1e-6)
    assert kept.mean() == pytest.approx(0.8, abs=0.05)


def test_the_printed_array_is_the_kept_part_of_1_25_times_the_rows():
    rows = np.arange(10, dtype=np.float32).reshape(5, 2)
    printed = np.array([[0, 1.25], [2.5, 3.75], [5, 6.25], [7.5, 8.75], [10, 0]])
    for mask_seed in range(20):
        out = np.asarray(keras.layers.Dropout(0.2, seed=mask_seed)(rows, training=True))
        np.testing.assert_allclose(out[out != 0], 1.25 * rows[out != 0], rtol=1e-6)
    np.testing.assert_allclose(printed[printed != 0], 1.25 * rows[printed != 0])


def test_the_mean_of_the_next_net_sum_is_that_without_dropout():
    outputs, weights = np.array([[0.2, 1.0, 0.5, 2.0]], dtype=np.float32), np.array([1.0, -0.5, 2.0, 0.25])
    layer = keras.layers.Dropout(0.2, seed=0)
    net_sums = np.asarray(layer(np.repeat(outputs, 200_000, axis=0), training=True)) @ weights
    assert net_sums.mean() == pytest.approx((outputs @ weights).item(), abs=0.01)


def test_the_plain_network_is_the_geometric_mean_of_all_thinned_ones():
    """Exact for one layer of dropout before a sigmoid, with the odds as what is averaged."""
    inputs, weights, rate = np.array([0.5, -1.0, 2.0]), np.array([0.3, 0.8, -0.4]), 0.4
    masks = np.array(list(itertools.product([0, 1], repeat=3)))
    chances = np.prod(np.where(masks == 1, 1 - rate, rate), axis=1)
    thinned = 1 / (1 + np.exp(-(masks * inputs / (1 - rate)) @ weights))
    odds = np.exp(chances @ np.log(thinned / (1 - thinned)))
    assert odds / (1 + odds) == pytest.approx(1 / (1 + np.exp(-inputs @ weights)))
    assert chances @ thinned != pytest.approx(1 / (1 + np.exp(-inputs @ weights)), abs=1e-3)


def test_outside_training_nothing_is_dropped_and_nothing_scaled():
    """Neither by the rate, as one deck says, nor by anything else: the scaling has been done in training."""
    layer = keras.layers.Dropout(0.2, seed=0)
    np.testing.assert_array_equal(np.asarray(layer(ROWS, training=False)), ROWS)


def test_without_inverted_scaling_the_factor_for_the_test_would_be_the_share_kept():
    rate, units = 0.2, np.ones(100_000, dtype=np.float32)
    dropped_without_scaling = np.asarray(keras.layers.Dropout(rate, seed=0)(units, training=True)) * (1 - rate)
    assert dropped_without_scaling.mean() == pytest.approx((1 - rate) * units.mean(), abs=0.01)
    assert dropped_without_scaling.mean() != pytest.approx(rate * units.mean(), abs=0.1)


def test_keras_rate_is_the_share_dropped():
    """Srivastava's p, in the figure that a deck shows, is the share kept: there 1.0 means no dropout."""
    ones = np.ones(100_000, dtype=np.float32)
    assert np.count_nonzero(keras.layers.Dropout(0.9, seed=0)(ones, training=True)) == pytest.approx(10_000, rel=0.05)


def test_the_mask_is_drawn_anew_in_every_step_not_every_epoch():
    class Recorder(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.seen = []

        def call(self, inputs, training=False):
            if training:
                self.seen.append(np.asarray(inputs) != 0)
            return inputs

    recorder = Recorder()
    model = keras.Sequential([keras.layers.Dropout(0.5, seed=0), recorder, keras.layers.Dense(1)])
    model.compile(optimizer="sgd", loss="mse", run_eagerly=True)
    model.fit(np.ones((4, 50), dtype=np.float32), np.zeros(4), batch_size=2, epochs=1, verbose=0)
    first, second = (seen for seen in recorder.seen if seen.shape == (2, 50))
    assert (first != second).any()


def test_dropout_takes_a_rate_a_shape_of_the_noise_and_a_seed():
    first, second = (np.asarray(keras.layers.Dropout(0.5, (100, 1), seed=3)(ROWS, training=True)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert set(np.count_nonzero(first, axis=1)) == {0, 10}  # one draw for each row drops or keeps all of it

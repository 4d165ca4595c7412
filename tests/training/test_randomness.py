"""Orders of rows and the quick draws."""

import keras
import numpy as np
import tensorflow as tf
from scipy import stats

from experiments.training.randomness import fast_draws, row_orders


def test_every_epoch_has_an_order_of_its_own():
    orders = row_orders(30, seed=5, first=0, count=4)
    assert orders.shape == (4, 30)
    np.testing.assert_array_equal(np.sort(orders, axis=1), np.tile(np.arange(30), (4, 1)))
    assert len({tuple(order) for order in orders}) == 4


def test_an_epochs_order_depends_on_seed_and_epoch_alone():
    orders = row_orders(30, seed=5, first=0, count=4)
    np.testing.assert_array_equal(row_orders(30, seed=5, first=2, count=1)[0], orders[2])
    assert not np.array_equal(row_orders(30, seed=6, first=2, count=1)[0], orders[2])


def test_orders_are_uniform():
    first = row_orders(5, seed=1, first=0, count=4000)[:, 0]
    assert stats.chisquare(np.bincount(first, minlength=5)).pvalue > 1e-3


def draw(call):
    with fast_draws():
        return tf.function(call, jit_compile=True)().numpy()


def test_quick_normals_are_normal():
    noise = draw(lambda: keras.random.normal([200_000], mean=1.0, stddev=2.0, seed=3))
    assert stats.kstest((noise - 1) / 2, "norm").pvalue > 1e-3
    assert np.isfinite(noise).all()


def test_quick_normals_have_the_type_asked_for():
    for dtype in ("float16", "float32", "float64"):
        noise = draw(lambda dtype=dtype: keras.random.normal([1000], dtype=dtype, seed=3))
        assert noise.dtype == dtype
        assert abs(noise.std() - 1) < 0.1


def test_quick_uniforms_stay_in_their_range():
    values = draw(lambda: keras.random.uniform([10_000], 2.0, 5.0, seed=3))
    assert stats.kstest(values, "uniform", (2, 3)).pvalue > 1e-3


def test_quick_dropout_keeps_the_mean():
    kept = draw(lambda: keras.random.dropout(tf.ones([100_000]), 0.3, seed=3))
    assert set(np.unique(kept)) == {0.0, np.float32(1 / 0.7)}
    assert abs(kept.mean() - 1) < 0.01
    assert draw(lambda: keras.random.dropout(tf.ones([5]), 1.0, seed=3)).sum() == 0
    assert draw(lambda: keras.random.dropout(tf.ones([5]), 0.0, seed=3)).sum() == 5


def test_keras_draws_as_before_outside():
    from keras.src.backend.tensorflow import random as keras_draws

    before = keras_draws.normal
    with fast_draws():
        assert keras_draws.normal is not before
    assert keras_draws.normal is before

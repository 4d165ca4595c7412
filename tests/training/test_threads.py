"""Several threads of a process train or draw at once: nothing of one shows in another."""

import threading
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.src.backend.tensorflow import random as keras_draws

import experiments
from experiments.training import evaluate
from experiments.training.randomness import fast_draws
from tests.marks import cases
from tests.training.nets import network, rows

DRAWS = ("dropout", "uniform", "normal")
TIERS = {"compiled": list, "fit": lambda: [keras.callbacks.LambdaCallback()]}


def draws():
    return [getattr(keras_draws, name) for name in DRAWS]


def train(seed, callbacks=list):
    middle = [keras.layers.Dropout(0.2, seed=seed), keras.layers.GaussianNoise(0.1, seed=seed)]
    model = network(middle=middle, optimizer="sgd")
    history = experiments.fit(model, *rows(), epochs=3, seed=seed, callbacks=callbacks())
    return [*history.history["loss"], *evaluate(model, *rows()).values()]


@pytest.mark.slow
@pytest.mark.parametrize("callbacks", cases(TIERS, quick=["compiled"]))
def test_trainings_in_threads_give_what_they_give_one_after_another(callbacks):
    before = draws()
    alone = [train(seed, callbacks) for seed in range(3)]
    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(lambda seed: train(seed, callbacks), range(3)))
    assert together == alone
    assert draws() == before


def keras_alone():
    """What Keras draws and trains without us, outside and inside of a graph."""
    numbers = keras.random.normal((3,), seed=1), tf.function(lambda: keras.random.uniform((3,), seed=1))()
    dropped = keras.random.dropout(tf.ones(8), 0.5, seed=2)
    model = network(middle=[keras.layers.Dropout(0.2, seed=1)], optimizer="sgd")
    loss = model.fit(*rows(), epochs=1, shuffle=False, verbose=0).history["loss"]
    return np.concatenate([*[number.numpy() for number in (*numbers, dropped)], loss])


def test_another_thread_has_keras_own_draws_meanwhile():
    expected = keras_alone()
    started, done = threading.Event(), threading.Event()

    def training():
        with fast_draws():
            started.set()
            assert done.wait(120)

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(training)
        assert started.wait(120)
        try:
            found = keras_alone()
        finally:
            done.set()
        running.result()
    np.testing.assert_array_equal(found, expected)


class DrawingCallback(keras.callbacks.Callback):
    """Draws while model.fit trains, eagerly and in a graph of its own."""

    def on_epoch_end(self, epoch, logs=None):
        logs["eager"] = float(keras.random.normal((), seed=1))
        logs["graph"] = float(tf.function(lambda: keras.random.normal((), seed=1))())


def test_a_callback_has_keras_own_draws():
    expected = float(keras.random.normal((), seed=1))
    history = experiments.fit(network(), *rows(), callbacks=DrawingCallback()).history
    assert history["eager"] == history["graph"] == [expected]


class Failing(keras.layers.Layer):
    """Raises when it is traced for training."""

    def call(self, x, training=False):
        if training:
            raise RuntimeError("in the middle of tracing")
        return x


@pytest.mark.slow
@pytest.mark.parametrize("callbacks", TIERS.values(), ids=TIERS)
def test_after_an_error_everything_is_as_before(callbacks):
    before, expected = draws(), keras_alone()
    model = network(middle=[Failing()])
    attributes = set(vars(model))
    with pytest.raises(RuntimeError, match="in the middle"):
        experiments.fit(model, *rows(), callbacks=callbacks())
    assert draws() == before
    assert not {"train_step", "test_step"} & (set(vars(model)) - attributes)
    np.testing.assert_array_equal(keras_alone(), expected)


def test_quick_draws_within_quick_draws_last_until_the_outer_end():
    before = draws()
    with fast_draws():
        with fast_draws():
            inner = draws()
        assert draws() == inner != before
    assert draws() == before


def test_what_others_put_in_the_place_of_a_draw_stays(monkeypatch):
    monkeypatch.setattr(keras_draws, "normal", keras_draws.normal)  # put back after the test
    with fast_draws():
        keras_draws.normal = len
    assert keras_draws.normal is len

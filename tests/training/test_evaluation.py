"""evaluate gives what Keras' evaluate gives."""

import gc
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf

from experiments.training import evaluate
from tests.training.nets import network, rows


def assert_as_keras(model, *arrays):
    expected = model.evaluate(*arrays, verbose=0, return_dict=True)
    assert evaluate(model, *arrays) == pytest.approx(expected, rel=1e-5)


def test_gives_what_keras_gives_for_any_number_of_rows():
    model = network(
        middle=[keras.layers.Dropout(0.5)],
        kernel_regularizer="l2",
        activity_regularizer="l2",
        metrics=("accuracy", "mse", keras.metrics.AUC()),
    )
    for count in (1, 50, 99):
        assert_as_keras(model, *rows(count))


def test_follows_the_weights_and_a_new_compile():
    model = network()
    before = evaluate(model, *rows())
    model.set_weights([2 * weight for weight in model.get_weights()])
    assert evaluate(model, *rows())["loss"] != before["loss"]
    model.compile("sgd", "mse", metrics=["mae"])
    assert_as_keras(model, *rows())


def test_sample_weights_weigh():
    x, y = rows()
    model = network()
    weights = np.linspace(0, 1, len(x))
    expected = model.evaluate(x, y, sample_weight=weights, verbose=0, return_dict=True, batch_size=64)
    assert evaluate(model, x, y, weights) == pytest.approx(expected, rel=1e-5)


class Counting(keras.Model):
    def test_step(self, data):
        return {**super().test_step(data), "mine": 7.0}


class Measuring(keras.Model):
    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        return {**super().compute_metrics(x, y, y_pred, sample_weight), "extra": 1.0}


@pytest.mark.parametrize("kind", [Counting, Measuring])
def test_models_with_own_steps_are_evaluated_by_keras(kind):
    inputs = keras.Input((3,))
    model = kind(inputs, keras.layers.Dense(1)(inputs))
    model.compile("sgd", "mse")
    expected = model.evaluate(*rows(70), verbose=0, return_dict=True)
    assert evaluate(model, *rows(70)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.slow
def test_a_metric_of_several_numbers_and_eager_models_are_evaluated_as_by_keras():
    x, y = rows(70)
    model = network(metrics=[keras.metrics.F1Score()])
    expected = model.evaluate(x, y, verbose=0, return_dict=True)
    assert evaluate(model, x, y)["f1_score"] == pytest.approx(expected["f1_score"], rel=1e-5)
    model.compile("sgd", "mse", metrics=[lambda y_true, y_pred: y_pred.numpy().mean()], run_eagerly=True)
    assert_as_keras(model, x, y)


def test_a_model_is_traced_once_for_all_sizes(monkeypatch):
    model, traced = network(), []
    test_step = model.test_step
    monkeypatch.setattr(type(model), "test_step", lambda self, data: traced.append(data) or test_step(data))
    for count in (5, 50, 70, 5):
        evaluate(model, *rows(count))
    assert len(traced) == 1


@pytest.mark.slow
def test_models_are_let_go():
    model = network()
    evaluate(model, *rows())
    reference = weakref.ref(model)
    del model
    tf.keras.backend.clear_session()
    gc.collect()
    assert reference() is None

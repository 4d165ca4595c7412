"""Rows have the shapes and types that Keras gives them."""

import keras
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import tensorflow as tf

from experiments.errors import ExperimentsError
from experiments.training import CompiledTrainer
from experiments.training.arrays import as_arrays, validation_arrays
from tests.marks import cases
from tests.training.nets import assert_close

COUNT = 24


class SquaredDifference(keras.losses.Loss):
    """Broadcasts targets of one dimension, as Keras hands them over."""

    def call(self, y_true, y_pred):
        return keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)


def network(features):
    keras.utils.set_random_seed(5)
    model = keras.Sequential([keras.Input((features,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.01), SquaredDifference(), metrics=["mae"])
    return model


def numbers():
    return np.random.default_rng(0).normal(size=(COUNT, 3))


def mixed_frame():
    x = numbers()
    return pd.DataFrame({"real": x[:, 0], "whole": (5 * x[:, 1]).astype(int), "sign": x[:, 2] > 0})


KINDS = {
    "one dimension": lambda: (numbers(), numbers()[:, 0], None),
    "Series": lambda: (pd.DataFrame(numbers()), pd.Series(numbers()[:, 0]), None),
    "Series as input": lambda: (pd.Series(numbers()[:, 0]), numbers()[:, 1], None),
    "Series of whole numbers": lambda: (numbers(), pd.Series(np.arange(COUNT)), None),
    "Series as weights": lambda: (numbers(), numbers()[:, :1], pd.Series(np.linspace(0, 1, COUNT))),
    "mixed frame": lambda: (mixed_frame(), pd.DataFrame(numbers()[:, :1]), None),
    "float16": lambda: (numbers().astype("float16"), numbers()[:, 0].astype("float16"), None),
    "booleans": lambda: (numbers() > 0, numbers()[:, 0] > 0, None),
    "tensors": lambda: (tf.constant(numbers()), tf.constant(numbers()[:, 0]), tf.ones(COUNT, tf.float64)),
    "weights of two dimensions": lambda: (numbers(), numbers()[:, 0], np.linspace(0, 1, COUNT)[:, None]),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", cases(KINDS, quick=["one dimension", "mixed frame", "weights of two dimensions"]))
def test_arrays_and_frames_train_as_with_fit(kind):
    x, y, weight = kind()
    features = 1 if x.ndim == 1 else x.shape[1]
    ours, theirs = network(features), network(features)
    record = CompiledTrainer(ours, batch_size=8, shuffle=False).train(
        x, y, sample_weight=weight, validation_data=(x, y), epochs=2, seed=1
    )
    expected = theirs.fit(
        x, y, sample_weight=weight, validation_data=(x, y), batch_size=8, epochs=2, shuffle=False, verbose=0
    )
    for key, curve in expected.history.items():
        assert_close(record.history[key], curve, 1e-5)


def test_a_series_is_one_column_and_an_array_stays_as_it_is():
    assert as_arrays(pd.Series(range(3)), np.arange(3))[0].shape == (3, 1)
    assert as_arrays(pd.Series(range(3)), np.arange(3))[1].shape == (3,)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (tf.data.Dataset.range(3), "found _RangeDataset"),
        ((row for row in [1]), "found generator"),
        ([1.0, 2.0], "found float"),
        (np.array(["a", "b"]), "expected numbers, found ndarray"),
        (np.array([1, "b"], object), "expected numbers, found"),
        (pd.DataFrame({"a": [1, 2], "b": [True, False]}), "expected numbers, found"),
        (scipy.sparse.csr_matrix(np.eye(2)), "expected dense arrays, found csr_matrix"),
        (tf.sparse.from_dense(np.eye(2)), "expected dense arrays, found SparseTensor"),
        (np.zeros((0, 2)), "at least one"),
    ],
    ids=["data set", "generator", "list of numbers", "text", "objects", "mixed frame", "csr", "sparse tensor", "none"],
)
def test_what_is_no_array_of_numbers_is_refused(rows, message):
    with pytest.raises(ExperimentsError, match=message):
        as_arrays(rows)


@pytest.mark.parametrize("data", [(), np.zeros((2, 3)), tf.data.Dataset.range(3), (1, 2, 3, 4)], ids=repr)
def test_validation_data_of_another_form_is_refused(data):
    with pytest.raises(ExperimentsError, match="expected validation_data as a tuple"):
        validation_arrays(data)


def test_validation_data_may_be_a_list():
    x, y, weight = validation_arrays([np.zeros((2, 1)), np.zeros(2)])
    assert (x.shape, y.shape, weight) == ((2, 1), (2,), None)

"""The inputs of a comparison: forms of rows, their way to workers, and messages about functions that fail."""

import numpy as np
import pandas as pd
import pytest

from experiments.errors import ExperimentsError
from experiments.functions.model_functions import ModelFunctions, data_of

X, Y = np.arange(8.0).reshape(4, 2), np.array([0, 1, 0, 1])


def test_rows_are_two_pairs_or_a_mapping_of_sets():
    pairs = data_of(((X, Y), (X[:2], Y[:2])), "data")
    assert (len(pairs.x_train), len(pairs.x_test), pairs.x_validation, pairs.task) == (4, 2, None, "binary")
    sets = data_of({"test": (X, Y), "train": (X[:3], Y[:3]), "validation": (X[:1], Y[:1])}, "data")
    assert (len(sets.x_train), len(sets.x_test), len(sets.x_validation)) == (3, 4, 1)


def test_lists_and_tables_become_arrays_as_in_keras():
    table = pd.DataFrame(X)
    data = data_of(((table, table[0]), (X.tolist(), Y.tolist())), "data")
    assert data.x_train.shape == (4, 2)
    assert data.y_train.shape == (4, 1)
    assert data.x_test.shape == (4, 2)
    assert data.y_test.shape == (4,)


def test_models_with_several_inputs_have_lists_or_mappings_of_arrays():
    data = data_of((([X, X], Y), ({"a": X, "b": X}, Y)), "data")
    assert [array.shape for array in data.x_train] == [(4, 2), (4, 2)]
    assert list(data.x_test) == ["a", "b"]


@pytest.mark.parametrize(
    ("targets", "task"),
    [
        (Y, "binary"),
        (Y.astype(float), "binary"),
        (Y.reshape(-1, 1), "binary"),
        (np.array([0, 1, 2, 1]), "multiclass"),
        (np.array([0.5, 1.0, 2.0, 1.0]), "regression"),
    ],
)
def test_the_task_follows_from_the_targets(targets, task):
    assert data_of(((X, targets), (X, targets)), "data").task == task


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (X, "data: expected .*x_train, y_train.*, found ndarray"),
        ((X, Y, X, Y), "found tuple of 4"),
        (((X, Y), X), "data: test: expected \\(x, y\\), found ndarray of 4"),
        (((X, Y), (X, Y[:3])), "data: test: expected x and y with equally many rows, at least one, found \\[3, 4\\]"),
        (((X[:0], Y[:0]), (X, Y)), "data: train: .* found \\[0\\]"),
        ({"train": (X, Y)}, "'test' is missing"),
        ({"train": (X, Y), "test": (X, Y), "dev": (X, Y)}, "'dev' is no set of rows"),
    ],
)
def test_other_rows_are_refused(rows, words):
    with pytest.raises(ExperimentsError, match=words):
        data_of(rows, "data")


def fail(seed):
    raise ValueError(f"no model for {seed}")


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (fail, r"fail\(seed=17\) raised ValueError \(line \d+ in fail\): no model for 17"),
        (lambda seed: None, r"<lambda>\(seed=17\): expected a compiled Keras model, found NoneType"),
    ],
)
def test_the_message_about_a_function_has_variant_and_seed(build, words):
    with pytest.raises(ExperimentsError, match=words):
        ModelFunctions({"mine": build}, None).build("mine", 17)


def test_a_model_that_is_not_compiled_is_refused():
    import keras

    inputs = ModelFunctions({"mine": lambda _: keras.Sequential([keras.layers.Dense(1)])}, None)
    with pytest.raises(ExperimentsError, match="the model is not compiled"):
        inputs.build("mine", 0)


def test_rows_of_a_function_are_drawn_with_the_seed():
    inputs = ModelFunctions({}, lambda seed: ((np.full((2, 1), seed), [0, 1]), (np.random.rand(2, 1), [0, 1])))
    assert inputs.rows(3).x_train[0, 0] == 3
    np.testing.assert_array_equal(inputs.rows(3).x_test, inputs.rows(3).x_test)
    assert (inputs.rows(3).x_test != inputs.rows(4).x_test).any()
    with pytest.raises(ExperimentsError, match=r"data: fail\(seed=5\) raised ValueError"):
        ModelFunctions({}, fail).rows(5)


def test_functions_travel_with_their_code(tmp_path):
    factor = 3
    ModelFunctions({"mine": lambda seed: seed * factor}, (X, Y)).write(tmp_path / "inputs")
    found = ModelFunctions.read(tmp_path / "inputs")
    assert found.models["mine"](2) == 6
    np.testing.assert_array_equal(found.data[0], X)


def test_what_cannot_be_sent_to_a_worker_is_named(tmp_path):
    with (tmp_path / "open").open("w") as file, pytest.raises(ExperimentsError, match="cannot be"):
        ModelFunctions({"mine": lambda seed: file}, None).write(tmp_path / "inputs")

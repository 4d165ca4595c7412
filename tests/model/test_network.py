from dataclasses import replace

import keras
import numpy as np
import pytest

from experiments.data import load_data
from experiments.errors import ConfigError
from experiments.model.network import score_predictions
from experiments.model.recipe import recipe_of
from tests.model.cases import MOONS, OUTPUT, REGRESSION, configuration, dense, with_data
from tests.model.steps import assert_same, built, train


def build(config, seed=0):
    return built(config, load_data(config, "published", seed), seed)


def test_layers_have_their_names_in_order():
    model = build(configuration({"hidden_1": dense(), "drop": {"Dropout": {"rate": 0.4}}, "output": OUTPUT}))
    assert [layer.name for layer in model.layers][1:] == ["hidden_1", "drop", "output"]
    assert model.output_shape == (None, 1)


def test_a_layer_may_be_called_as_the_input():
    model = build(configuration({"inputs": {"GaussianNoise": {"stddev": 0.1}}, "output": OUTPUT}))
    assert model.get_layer("inputs").stddev == 0.1


def test_the_digits_network_has_13002_parameters():
    table = {"table": {"x": np.zeros((20, 784)).tolist(), "y": list(range(10)) * 2}}
    sigmoid = {"Dense": {"units": 16, "activation": "sigmoid"}}
    model = {"hidden_1": sigmoid, "hidden_2": sigmoid, "output": {"Dense": {"units": 10, "activation": "softmax"}}}
    config = configuration(model, table, {"train": 10, "test": 10}, loss="sparse_categorical_crossentropy")
    assert build(config).count_params() == 13_002


def test_a_layer_in_between_shifts_the_first_weights_of_no_other():
    plain = build(configuration({"hidden": dense(8), "output": OUTPUT}))
    with_dropout = build(configuration({"hidden": dense(8), "drop": {"Dropout": {"rate": 0.4}}, "output": OUTPUT}))
    assert_same(plain.get_weights(), with_dropout.get_weights())


def test_seeds_and_names_make_the_first_weights():
    model = {"a": dense(2), "b": dense(2), "output": OUTPUT}
    first, again, other = (build(configuration(model), seed) for seed in (0, 0, 1))
    assert_same(first.get_weights(), again.get_weights())
    assert not np.array_equal(first.get_layer("a").kernel, other.get_layer("a").kernel)
    assert not np.array_equal(first.get_layer("a").kernel, first.get_layer("b").kernel)


def test_weights_are_those_of_the_initializer_named():
    uniform = {"RandomUniform": {"minval": 0, "maxval": 1}}
    model = {"hidden": dense(400, kernel_initializer=uniform, bias_initializer="ones"), "output": OUTPUT}
    kernel, bias = build(configuration(model)).get_layer("hidden").get_weights()
    assert 0 <= kernel.min() < 0.01
    assert 0.99 < kernel.max() <= 1
    assert (bias == 1).all()


def test_an_activation_may_be_a_layer_with_arguments():
    leaky = {"LeakyReLU": {"negative_slope": 0.5}}
    inner = {"Dense": {"units": 2, "kernel_initializer": "identity", "activation": leaky}}
    model = build(configuration({"hidden": inner, "again": {"Activation": {"activation": leaky}}, "output": OUTPUT}))
    before_output = keras.Model(model.input, model.get_layer("output").input)
    np.testing.assert_allclose(before_output(np.array([[4.0, -4.0]], dtype=np.float32)), [[4.0, -1.0]])


def test_a_residual_block_adds_its_input():
    inner = {"Dense": {"units": 2, "kernel_initializer": "zeros", "bias_initializer": "ones"}}
    block = {"layers": {"block_dense": inner}, "skip": "add"}
    model = build(configuration({"block": block, "output": OUTPUT}))
    rows = np.array([[1.0, 2.0]], dtype=np.float32)
    before_output = keras.Model(model.input, model.get_layer("output").input)
    np.testing.assert_allclose(before_output(rows), rows + 1)


def test_a_block_without_a_skip_is_a_plain_stack():
    block = {"layers": {"block_dense": dense(7)}, "skip": "none"}
    assert [layer.name for layer in build(configuration({"block": block, "output": OUTPUT})).layers][1:] == [
        "block_dense",
        "output",
    ]


def test_a_block_that_changes_the_width_is_an_error_that_names_both_widths():
    block = {"layers": {"block_dense": dense(7)}, "skip": "add"}
    with pytest.raises(ConfigError, match=r"\(2,\) goes in and \(7,\) comes out") as error:
        build(configuration({"block": block, "output": OUTPUT}))
    assert error.value.problems[0].path == "model.block.skip"


def test_small_convolutions_take_lists_for_sizes():
    model = {
        "image": {"Reshape": {"target_shape": [8, 8, 1]}},
        "shift": {"RandomTranslation": {"height_factor": 0.1, "width_factor": [-0.1, 0.1]}},
        "conv": {"Conv2D": {"filters": 4, "kernel_size": [3, 3], "kernel_constraint": {"RadialConstraint": {}}}},
        "pool": {"MaxPooling2D": {"pool_size": [2, 2]}},
        "norm": {"GroupNormalization": {"groups": 2}},
        "flat": {"Flatten": {}},
        "output": {"Dense": {"units": 10, "activation": "softmax"}},
    }
    digits = {"load_digits": {}}
    model = build(configuration(model, digits, loss="sparse_categorical_crossentropy"))
    assert model.output_shape == (None, 10)


@pytest.mark.parametrize(
    ("training", "names"),
    [
        ({}, ["accuracy", "crossentropy"]),
        ({"metrics": None}, ["crossentropy"]),
        ({"loss": {"BinaryCrossentropy": {"label_smoothing": 0.1}}}, ["accuracy", "crossentropy"]),
        ({"loss": "mse", "metrics": ["mse", "mae"]}, ["mse", "mae"]),
        ({"loss": "mean_squared_error", "metrics": ["accuracy"]}, ["accuracy", "mse"]),
        ({"loss": {"MeanSquaredError": {}}, "metrics": [{"AUC": {}}]}, ["auc", "mse"]),
        ({"loss": "hinge", "metrics": [{"F1Score": {"threshold": 0.5}}]}, ["f1_score", "hinge"]),
        ({"loss": {"SquaredHinge": {}}, "metrics": ["MSE"]}, ["mse", "squared_hinge"]),
        ({"metrics": [{"BinaryAccuracy": {"threshold": 0.3, "name": "accuracy"}}]}, ["accuracy", "crossentropy"]),
    ],
)
def test_history_has_the_metrics_asked_for_and_the_loss_without_penalties(training, names):
    config = configuration(**training)
    rows = load_data(config, "published", 0)
    logs = built(config, rows, 0).test_on_batch(rows.x_test, rows.y_test[:, None], return_dict=True)
    assert sorted(logs) == sorted(["loss", *names])


def test_the_metric_of_the_loss_leaves_the_penalties_out():
    model = {"hidden": dense(5, kernel_regularizer={"L2": {"l2": 1.0}}), "output": OUTPUT}
    config = configuration(model)
    rows = load_data(config, "published", 0)
    network = built(config, rows, 0)
    logs = network.test_on_batch(rows.x_test, rows.y_test, return_dict=True)
    penalty = float(np.sum(network.get_layer("hidden").kernel.numpy() ** 2))
    assert logs["loss"] - logs["crossentropy"] == pytest.approx(penalty, rel=1e-5)


def test_saturated_outputs_lose_by_their_logits_not_by_clipped_probabilities():
    initializer = {"Constant": {"value": 300.0}}
    config = configuration(
        {"output": {"Dense": {"units": 1, "activation": "sigmoid", "kernel_initializer": initializer}}}
    )
    rows = load_data(config, "published", 0)
    logs = built(config, rows, 0).test_on_batch(rows.x_test, 1 - (rows.x_test.sum(axis=1) > 0), return_dict=True)
    assert logs["loss"] > 100
    assert logs["crossentropy"] == pytest.approx(logs["loss"], rel=1e-5)


def test_frozen_layers_keep_their_weights():
    config = replace(configuration({"hidden_1": dense(), "hidden_2": dense(), "output": OUTPUT}), freeze=("hidden_1",))
    model = build(config)
    before = [layer.get_weights() for layer in model.layers]
    train(model, load_data(config, "published", 0))
    after = [layer.get_weights() for layer in model.layers]
    assert_same(before[1], after[1])
    assert not np.array_equal(before[2][0], after[2][0])


@pytest.mark.parametrize(
    ("names", "message"), [(["hiden"], "no layer 'hiden'"), (["hidden", "output"], "nothing to train")]
)
def test_what_cannot_be_frozen_is_an_error(names, message):
    with pytest.raises(ConfigError, match=message) as error:
        build(replace(configuration(), freeze=tuple(names)))
    assert error.value.problems[0].path == "freeze"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"model": {"hidden": dense(-5), "output": OUTPUT}}, "model.hidden"),
        ({"model": {"noise": {"GaussianNoise": {"stddev": 3}}, "output": OUTPUT}}, "model.noise"),
        ({"model": {"conv": {"Conv2D": {"filters": 2, "kernel_size": 3}}, "output": OUTPUT}}, "model.conv"),
        ({"model": {"hidden": {"Densse": {"units": 3}}}}, "model.hidden"),
        ({"model": {"a": dense(3, kernel_regularizer={"L2": {"l2": "x"}})}}, "model.a.kernel_regularizer"),
        ({"optimizer": {"Adam": {"learning_rate": "fast"}}}, "training.optimizer"),
        ({"optimizer": {"SGD": {"clipnorm": 1.0, "clipvalue": 1.0}}}, "training.optimizer"),
        ({"optimizer": "sdg"}, "training.optimizer"),
        ({"loss": "huberr"}, "training.loss"),
        ({"metrics": [{"AUC": {"num_thresholds": 0}}]}, "training.metrics.0"),
    ],
)
def test_what_keras_refuses_is_told_with_its_place_in_one_line(change, path):
    model = change.pop("model", None)
    with pytest.raises(ConfigError) as error:
        build(configuration(model, **change))
    problem = error.value.problems[0]
    assert problem.path == path
    assert problem.message
    assert "\n" not in problem.message
    assert "Traceback" not in problem.message


def test_a_run_with_random_layers_repeats_itself():
    layers = {"noise": {"GaussianNoise": {"stddev": 0.5}}, "hidden": dense(9), "drop": {"Dropout": {"rate": 0.5}}}
    config = configuration({**layers, "output": OUTPUT})
    rows = load_data(config, "published", 0)
    first, again, other = (train(built(config, rows, seed), rows) for seed in (3, 3, 4))
    assert first == again
    assert first != other


def test_regression_trains_with_scaled_targets():
    config = configuration({"hidden": dense(), "output": {"Dense": {"units": 1}}}, REGRESSION, loss="mse", metrics=[])
    config = with_data(config, scale={"targets": {"StandardScaler": {}}})
    rows = load_data(config, "published", 0)
    losses = train(built(config, rows, 0), rows)
    assert losses[2] < losses[0]


def test_moons_data_are_two_columns():
    assert build(configuration(source=MOONS)).input_shape == (None, 2)


@pytest.mark.parametrize(
    ("layers", "source", "training"),
    [
        (None, MOONS, {}),
        ({"output": {"Dense": {"units": 1}}}, REGRESSION, {"loss": "mse", "metrics": ["mae"]}),
        (
            {"output": {"Dense": {"units": 3, "activation": "softmax"}}},
            {"make_blobs": {"n_samples": 100}},
            {"loss": "sparse_categorical_crossentropy"},
        ),
    ],
)
def test_predictions_are_scored_as_keras_evaluates_a_model(layers, source, training):
    config = configuration(layers, source, **training)
    rows = load_data(config, "published", 0)
    model = built(config, rows, 0)
    scores = score_predictions(recipe_of(config), rows.y_test, model(rows.x_test).numpy())
    expected = model.test_on_batch(rows.x_test, rows.y_test, return_dict=True)
    assert scores == pytest.approx(expected, rel=1e-5)

"""What is measured of a trained network, against Keras, NumPy and scikit-learn on the same weights."""

import keras
import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from experiments.language.configuration import Recording
from experiments.run.trained_network import kernels_of, measure_trained


def network(units=4, activation="tanh", output=None, loss="mse"):
    layers = [
        keras.Input((3,)),
        keras.layers.Dense(
            units, activation, kernel_initializer=keras.initializers.GlorotUniform(seed=1), name="hidden"
        ),
        keras.layers.Dense(1, output, kernel_initializer=keras.initializers.GlorotUniform(seed=2), name="output"),
    ]
    model = keras.Sequential(layers)
    model.compile("sgd", loss)
    return model


def rows(count=60, seed=0):
    x = np.random.default_rng(seed).normal(size=(count, 3)).astype("float32")
    return x, (x[:, :1] * x[:, 1:2]).astype("float32")


def measured(model, *words, before=None, seed=1, count=60):
    sets = {"train": rows(count), "test": rows(count, seed=1)}
    return measure_trained(model, Recording(words), before or {}, sets, seed)


def test_weights_have_moved_by_their_distance_over_their_norm():
    model = network()
    before = kernels_of(model)
    model.get_layer("hidden").kernel.assign(1.5 * before["hidden"])
    columns = measured(model, "weight_change", before=before)
    norms = {name: np.linalg.norm(kernel) for name, kernel in before.items()}
    assert columns["weight_change.hidden"] == pytest.approx(0.5)
    assert columns["weight_change.output"] == 0
    assert columns["weight_change"] == pytest.approx(0.5 * norms["hidden"] / np.hypot(*norms.values()))


@pytest.mark.parametrize(("moved", "expected"), [(0.0, 0.0), (0.1, np.inf)])
def test_weights_that_start_at_zero(moved, expected):
    model = network()
    before = {name: np.zeros_like(kernel) for name, kernel in kernels_of(model).items()}
    for layer in model.layers:
        layer.kernel.assign(np.full_like(layer.kernel, moved))
    assert measured(model, "weight_change", before=before)["weight_change.hidden"] == expected


def test_a_linear_network_is_linear_and_another_as_far_as_a_regression_says():
    assert measured(network(activation=None), "linear_share")["linear_share"] == pytest.approx(1)
    model, (x, _) = network(output="sigmoid"), rows()
    model.get_layer("hidden").kernel.assign(3 * model.get_layer("hidden").kernel)
    sums = keras.Sequential([keras.Input((3,)), *model.layers[:-1]])(x).numpy() @ model.layers[-1].kernel.numpy()
    expected = LinearRegression().fit(x, sums).score(x, sums)
    assert 0 < expected < 0.99
    assert measured(model, "linear_share")["linear_share"] == pytest.approx(expected, abs=1e-5)


def test_removing_half_of_equal_units_is_removing_any_half():
    model = network()
    hidden, output = (model.get_layer(name).kernel for name in ("hidden", "output"))
    hidden.assign(np.tile(hidden.numpy()[:, :1], (1, 4)))
    output.assign(np.tile(output.numpy()[:1], (4, 1)))
    trained = output.numpy()
    columns = measured(model, {"ablation": [0.5]})
    assert np.array_equal(output.numpy(), trained)
    output.assign(trained * [[1], [0], [1], [0]])
    assert columns["test_loss_without_0.5"] == pytest.approx(model.evaluate(*rows(seed=1), verbose=0), rel=1e-5)
    assert columns["top_tenth_weight"] == pytest.approx(0.25)


def test_at_least_one_unit_is_removed_and_the_seed_chooses_it():
    model = network(units=3)
    values = [measured(model, {"ablation": [0.01]}, seed=seed)["test_loss_without_0.01"] for seed in (1, 1, 2)]
    model.get_layer("output").kernel.assign([[0.0]] * 3)
    without_any = model.evaluate(*rows(seed=1), verbose=0)
    assert values[0] == values[1] != values[2]
    assert values[0] != pytest.approx(without_any)


def test_noise_on_the_inputs_adds_its_variance_times_the_weights_to_a_linear_networks_error():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, kernel_initializer="ones", name="output")])
    model.compile("sgd", "mse")
    clean = model.evaluate(*rows(5000, seed=1), verbose=0)
    columns = measured(model, {"disturbed_inputs": [0.5, 1e-9]}, count=5000)
    assert columns["test_loss_disturbed_0.5"] == pytest.approx(clean + 0.25 * 3, rel=0.02)
    assert columns["test_loss_disturbed_0.000000001"] == pytest.approx(clean, rel=1e-5)
    assert not any(name.startswith("train") for name in columns)

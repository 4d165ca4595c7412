"""The public fit."""

import doctest
import gc
import weakref

import keras
import numpy as np
import pytest

import experiments
from experiments.errors import ExperimentsError
from experiments.training import fit as fit_module
from tests.marks import cases
from tests.training.nets import assert_close, network, restarting, rows


@pytest.mark.slow
def test_its_example_runs():
    results = doctest.testmod(fit_module)
    assert results.attempted > 5
    assert results.failed == 0


@pytest.mark.slow
def test_one_batch_in_order_is_model_fit_itself():
    ours, theirs = network(), network()
    x, y = rows(30)
    arguments = {"epochs": 6, "validation_data": rows(20, seed=1), "shuffle": False, "validation_freq": 2, "verbose": 0}
    history = experiments.fit(ours, x, y, **arguments)
    expected = theirs.fit(x, y, **arguments)
    assert list(history.history) == list(expected.history)
    for key, values in expected.history.items():
        assert_close(history.history[key], values, 1e-5)
    assert (history.epoch, history.params) == (expected.epoch, expected.params)
    assert history.model is ours


@pytest.fixture(scope="module")
def restarted():
    """One network and its fit from the first weights."""
    model = network(optimizer=keras.optimizers.SGD(0.3))
    return model, restarting(model)


def test_trains_in_place_and_on_from_there(restarted):
    model, fit = restarted
    whole = fit(*rows(), epochs=4, shuffle=False)
    first = fit(*rows(), epochs=2, shuffle=False)
    second = experiments.fit(model, *rows(), epochs=2, shuffle=False)
    assert first.history["loss"] + second.history["loss"] == whole.history["loss"]


def test_the_seed_makes_a_training_reproducible(restarted):
    _, fit = restarted
    first, again, other = (fit(*rows(), epochs=2, seed=seed).history["loss"] for seed in (1, 1, 2))
    assert first == again != other


def test_a_model_compiled_anew_gets_a_new_program():
    model = network(optimizer="sgd")
    experiments.fit(model, *rows(), epochs=1)
    model.compile(keras.optimizers.SGD(0.0), "mse", metrics=["mae"])
    before = model.get_weights()
    history = experiments.fit(model, *rows(), epochs=1)
    assert set(history.history) == {"loss", "mae"}
    np.testing.assert_array_equal(before[0], model.get_weights()[0])


def test_a_network_without_given_input_shape_is_built_by_the_rows():
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    assert len(experiments.fit(model, *rows(), epochs=2).history["loss"]) == 2


def test_rows_that_are_not_finite_are_compared_as_in_fit():
    def build():
        keras.utils.set_random_seed(1)
        layers = [keras.Input((3,)), keras.layers.Reshape((3, 1)), keras.layers.GlobalMaxPooling1D()]
        model = keras.Sequential([*layers, keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        return model

    x, y = rows()
    x[5, 1] = np.nan
    history = experiments.fit(build(), x, y, epochs=2, shuffle=False, verbose=0)
    assert history.record.reason == "graph: a value is not finite, and XLA compares such values otherwise"
    assert_close(history.history["loss"], build().fit(x, y, epochs=2, shuffle=False, verbose=0).history["loss"], 1e-5)


@pytest.mark.slow
def test_a_training_that_diverges_has_the_numbers_of_fit():
    def build():
        layers = [keras.layers.Dense(3, "softmax", kernel_initializer=keras.initializers.GlorotUniform(seed=1))]
        model = keras.Sequential([keras.Input((3,)), *layers])
        optimizer = keras.optimizers.Adam(keras.optimizers.schedules.PiecewiseConstantDecay([7], [0.01, 3e38]))
        model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    (x, y), ours, theirs = rows(), build(), build()
    arguments = {"epochs": 6, "batch_size": 16, "validation_data": (x, y), "shuffle": False, "verbose": 0}
    history, expected = experiments.fit(ours, x, y, **arguments), theirs.fit(x, y, **arguments)
    assert history.record.tier == "graph"
    assert np.isfinite(expected.history["loss"][0])
    for key, values in expected.history.items():
        assert_close(history.history[key], values, 1e-5)
    for variable, other in zip(ours.optimizer.variables, theirs.optimizer.variables, strict=True):
        assert_close(variable, other, 1e-5)


OPTIMIZERS = {
    # With gradient accumulation the public number of steps is a quotient.
    "accumulating, averaged": lambda: keras.optimizers.AdamW(
        0.01, amsgrad=True, gradient_accumulation_steps=2, use_ema=True, ema_overwrite_frequency=2, global_clipnorm=0.1
    ),
    # Keras traces what its build assigns, and does not run it.
    "schedule-free": lambda: keras.optimizers.ScheduleFreeAdamW(0.05, warmup_steps=3),
    "scaled loss": lambda: keras.optimizers.LossScaleOptimizer(
        keras.optimizers.Adam(0.05), initial_scale=1024.0, dynamic_growth_steps=2
    ),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_two_fits_with_an_optimizer_give_the_state_of_model_fit(name):
    ours, theirs = (network(optimizer=OPTIMIZERS[name](), jit_compile=False) for _ in range(2))
    for epochs in (1, 2):
        arguments = {"epochs": epochs, "batch_size": 16, "shuffle": False, "verbose": 0}
        history, expected = experiments.fit(ours, *rows(), **arguments), theirs.fit(*rows(), **arguments)
        assert history.record.tier == "graph"
        assert_close(history.history["loss"], expected.history["loss"], 1e-5)
    for variable, other in zip(ours.optimizer.variables, theirs.optimizer.variables, strict=True):
        assert_close(variable, other, 1e-5)


def test_a_metric_in_double_precision_keeps_its_digits():
    ours, theirs = (
        network(metrics=[keras.metrics.MeanSquaredError(name="mse", dtype="float64")], jit_compile=False)
        for _ in range(2)
    )
    arguments = {"epochs": 3, "validation_data": rows(20, seed=1), "validation_freq": 2, "shuffle": False, "verbose": 0}
    history, expected = experiments.fit(ours, *rows(), **arguments), theirs.fit(*rows(), **arguments)
    assert_close(history.history["mse"], expected.history["mse"], 1e-6)
    digits = np.array(history.history["mse"] + history.history["val_mse"])
    assert (digits != digits.astype(np.float32)).all()


def test_layers_that_are_frozen_without_a_new_compile_are_refused():
    model = network(optimizer="sgd", jit_compile=False)
    experiments.fit(model, *rows(), epochs=1, verbose=0)
    model.get_layer("hidden").trainable = False
    before = model.get_weights()
    with pytest.raises(ValueError, match="frozen or released since the last training; call compile"):
        experiments.fit(model, *rows(), epochs=1, verbose=0)
    model.compile("sgd", "mse", jit_compile=False)
    experiments.fit(model, *rows(), epochs=1, verbose=0)
    moved = [not np.array_equal(old, new) for old, new in zip(before, model.get_weights(), strict=True)]
    assert moved == [False, False, True, True]


def released(model):
    model.get_layer("norm").trainable = False  # it has no trained weights


CHANGES = {
    "learning_rate of sgd was changed": lambda model: setattr(
        model.optimizer, "learning_rate", keras.optimizers.schedules.ExponentialDecay(0.1, 1, 0.5)
    ),
    "momentum of sgd was changed": lambda model: setattr(model.optimizer, "momentum", 0.5),
    "rate of drop was changed": lambda model: setattr(model.get_layer("drop"), "rate", 0.9),
    "activation of hidden was changed": lambda model: setattr(
        model.get_layer("hidden"), "activation", keras.activations.relu
    ),
    "trainable of norm was changed": released,
    "layers were added or removed": lambda model: model.add(keras.layers.Activation("tanh")),
    "the optimizer was replaced": lambda model: setattr(model, "optimizer", keras.optimizers.SGD()),
}
QUICK_CHANGES = ["momentum of sgd was changed", "layers were added or removed"]


@pytest.mark.parametrize("message", cases({message: message for message in CHANGES}, quick=QUICK_CHANGES))
def test_what_fit_ignores_without_a_new_compile_is_refused(message):
    middle = [
        keras.layers.BatchNormalization(center=False, scale=False, name="norm"),
        keras.layers.Dropout(0.1, name="drop"),
    ]
    model = network(optimizer=keras.optimizers.SGD(0.1, name="sgd"), middle=middle, jit_compile=False)
    experiments.fit(model, *rows(), epochs=0, verbose=0)
    model.optimizer.learning_rate = 0.2
    experiments.fit(model, *rows(), epochs=0, verbose=0)
    CHANGES[message](model)
    with pytest.raises(ValueError, match=f"^{message} since the last training; call compile"):
        experiments.fit(model, *rows(), epochs=0, verbose=0)
    model.compile(model.optimizer, "mse", jit_compile=False)
    experiments.fit(model, *rows(), epochs=0, verbose=0)


class OwnLoss(keras.Sequential):
    """Needs no loss in compile."""

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return keras.ops.mean((y - y_pred) ** 2)


def test_a_compile_with_the_same_optimizer_and_no_loss_counts():
    def train(fit):
        model = OwnLoss(network(optimizer="sgd").layers)
        model.compile(keras.optimizers.SGD(0.1), jit_compile=False)
        first = fit(model, *rows(), epochs=2, shuffle=False, verbose=0)
        model.layers[0].trainable = False
        model.compile(model.optimizer, jit_compile=False)
        second = fit(model, *rows(), epochs=2, shuffle=False, verbose=0)
        return [*first.history["loss"], *second.history["loss"], float(model.get_metrics_result()["loss"])]

    assert_close(train(experiments.fit), train(keras.Model.fit), 1e-5)


def test_a_network_without_given_input_shape_is_compiled_once():
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse", jit_compile=False)
    first, second = (experiments.fit(model, *rows(), epochs=1, verbose=0).record for _ in range(2))
    assert second.compile_seconds < first.compile_seconds / 10


def test_a_model_that_is_not_compiled_is_refused():
    with pytest.raises(ExperimentsError, match="expected a compiled model"):
        experiments.fit(keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)]), *rows())


@pytest.mark.slow
@pytest.mark.parametrize("callbacks", [[], [keras.callbacks.LambdaCallback]], ids=["compiled", "fit"])
def test_models_are_let_go(callbacks):
    model = network(jit_compile=False)
    experiments.fit(model, *rows(), epochs=1, callbacks=[callback() for callback in callbacks])
    reference = weakref.ref(model)
    del model
    gc.collect()
    assert reference() is None

"""Models of one function share a compiled program only where their variables alone differ."""

import keras
import numpy as np
import pytest

from experiments.functions.model_functions import ModelFunctions
from experiments.functions.sharing import SharedPrograms, copy_state, fixed_parts
from experiments.training import CompiledTrainer
from tests.functions.moons import build_dropout, build_plain, dense

X = np.random.default_rng(0).normal(size=(12, 2)).astype("float32")
Y = (X[:, 0] > 0).astype("int32")


def model_of(function, seed):
    model = ModelFunctions({"mine": function}, None).build("mine", seed)
    model.build((None, 2))
    return model


class Scaled(keras.layers.Layer):
    def __init__(self, factor=1.0, **options):
        super().__init__(**options)
        self.factor = factor

    def call(self, x):
        return x * self.factor


def compiled(*layers, loss="binary_crossentropy", optimizer="adam"):
    model = keras.Sequential([keras.Input((2,)), *layers, keras.layers.Dense(1, "sigmoid")])
    model.compile(optimizer, loss)
    return model


def with_local_layer(seed):
    class Local(keras.layers.Layer):
        def call(self, x):
            return x * seed

    return compiled(Local())


def with_local_loss(seed):
    return compiled(loss=lambda y, p: keras.ops.mean((y - p) ** 2) * seed)


def with_local_activation(seed):
    def activation(x):
        return x * seed

    return compiled(keras.layers.Dense(3, activation))


def changed_afterwards(seed):
    layer = Scaled()
    layer.factor = float(seed)
    return compiled(layer)


SHARED = {
    "keras layers": build_dropout,
    "own layer": lambda seed: compiled(Scaled(2.0)),
    "own loss": lambda seed: compiled(loss=lambda y, p: keras.ops.mean((y - p) ** 2)),
    "lambda layer": lambda seed: compiled(keras.layers.Lambda(lambda x: 2 * x)),
    "seeds in initializers": lambda seed: compiled(dense(3, "relu", "hidden", seed)),
}
NOT_SHARED = {
    "width": lambda seed: compiled(keras.layers.Dense(seed + 1)),
    "own layer": lambda seed: compiled(Scaled(float(seed))),
    "attribute": changed_afterwards,
    "local layer": with_local_layer,
    "local loss": with_local_loss,
    "local activation": with_local_activation,
    "lambda layer": lambda seed: compiled(keras.layers.Lambda(lambda x: seed * x)),
    "learning rate": lambda seed: compiled(optimizer=keras.optimizers.Adam(0.1 * seed)),
}


@pytest.mark.parametrize("name", SHARED)
def test_models_that_differ_in_variables_share_a_program(name):
    first, second = (model_of(SHARED[name], seed) for seed in (1, 2))
    assert fixed_parts(first) == fixed_parts(second) is not None


@pytest.mark.parametrize("name", NOT_SHARED)
def test_models_that_differ_in_anything_else_do_not(name):
    first, second = (fixed_parts(model_of(NOT_SHARED[name], seed)) for seed in (1, 2))
    assert first is None or first != second


def test_a_model_gets_weights_draws_and_optimizer_of_another():
    source, target = (model_of(build_dropout, seed) for seed in (1, 2))
    for model in (source, target):
        model(X, training=True)
        weights = model.trainable_variables
        model.optimizer.apply([keras.ops.ones_like(weight) for weight in weights], weights)
    copy_state(source, target)
    assert fixed_parts(source) == fixed_parts(target)
    states = [[*model.variables, *model.optimizer.variables] for model in (source, target)]
    for ours, theirs in zip(*states, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(source(X, training=True), target(X, training=True))


@pytest.mark.slow
@pytest.mark.parametrize("function", [build_plain, build_dropout])
def test_a_shared_program_trains_as_a_model_of_its_own(function):
    programs = SharedPrograms()
    for seed in (1, 2, 1):
        program = programs.ready(model_of(function, seed), batch_size=5)
        record = program.trainer.train(X, Y, epochs=3, seed=seed)
        alone = CompiledTrainer(model_of(function, seed), batch_size=5).train(X, Y, epochs=3, seed=seed)
        for ours, theirs in zip(record.weights, alone.weights, strict=True):
            np.testing.assert_array_equal(ours, theirs)
    assert program.trainer.programs == 1

import copy
from dataclasses import replace

import keras
import pytest

from experiments.data import load_data
from experiments.model.network import reset_model
from experiments.model.recipe import recipe_of
from tests.model.cases import OUTPUT, configuration, dense
from tests.model.steps import assert_same, built, everything, train

NETWORKS = {
    "plain": {"hidden": dense(), "output": OUTPUT},
    "normalized": {"hidden": dense(), "norm": {"BatchNormalization": {}}, "layer": {"LayerNormalization": {}}},
    "random": {"noise": {"GaussianNoise": {"stddev": 0.1}}, "hidden": dense(), "drop": {"Dropout": {"rate": 0.5}}},
    "orthogonal": {"hidden": dense(6, kernel_initializer={"Orthogonal": {"gain": 2.0}}), "slope": {"PReLU": {}}},
    "residual": {"block": {"layers": {"block_dense": dense(2)}, "skip": "add"}},
    "convolution": {
        "image": {"Reshape": {"target_shape": [2, 1, 1]}},
        "turn": {"RandomRotation": {"factor": 0.1}},
        "conv": {"SeparableConv2D": {"filters": 3, "kernel_size": 1}},
        "flat": {"Flatten": {}},
    },
    # The forget gate's bias starts at one, which no initializer of the layer says.
    "recurrent": {"sequence": {"Reshape": {"target_shape": [2, 1]}}, "memory": {"LSTM": {"units": 3}}},
}


def config_of(name, **training):
    return configuration({**NETWORKS[name], "output": OUTPUT}, **training)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_reset_model_is_one_built_anew(name):
    config = config_of(name)
    rows = load_data(config, "published", 0)
    used = built(config, rows, 0)
    train(used, rows, steps=2)
    used.stop_training = True
    reset_model(used, recipe_of(config), 5)
    anew = built(config, rows, 5)
    assert_same(everything(used), everything(anew))
    assert not used.stop_training
    assert train(used, rows) == train(anew, rows)


OPTIMIZERS = [
    "SGD",
    "RMSprop",
    "Adam",
    "AdamW",
    "Adadelta",
    "Adagrad",
    "Adamax",
    "Adafactor",
    "Nadam",
    "Ftrl",
    "Lion",
    "Muon",
    "ScheduleFreeAdamW",
]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_starts_again(name):
    config = config_of("plain", optimizer={name: {"use_ema": True}})
    rows = load_data(config, "published", 0)
    used = built(config, rows, 0)
    used.optimizer.learning_rate = 0.5
    train(used, rows, steps=2)
    reset_model(used, recipe_of(config), 1)
    anew = built(config, rows, 1)
    assert_same(everything(used), everything(anew))
    assert train(used, rows) == train(anew, rows)


def test_the_variables_of_an_optimizer_start_as_in_fit():
    config = config_of("plain", optimizer={"ScheduleFreeAdamW": {}})
    rows = load_data(config, "published", 0)
    model, theirs = built(config, rows, 0), built(config, rows, 0)
    theirs.compile(keras.optimizers.ScheduleFreeAdamW(), model.loss)
    for trained in (model, theirs):
        trained.fit(rows.x_train, rows.y_train, epochs=1, shuffle=False, verbose=0)
    assert_same(model.get_weights(), theirs.get_weights())


def test_gradient_noise_starts_again():
    config = config_of("plain", gradients={"jitter": {"noise": 0.1}})
    rows = load_data(config, "published", 0)
    used = built(config, rows, 0)
    train(used, rows)
    reset_model(used, recipe_of(config), 2)
    anew = built(config, rows, 2)
    assert_same(everything(used), everything(anew))
    assert train(used, rows) == train(anew, rows)


def test_frozen_layers_get_their_first_weights_too():
    config = replace(config_of("normalized"), freeze=("hidden", "norm"))
    rows = load_data(config, "published", 0)
    used = built(config, rows, 0)
    train(used, rows)
    reset_model(used, recipe_of(config), 1)
    assert_same(everything(used), everything(built(config, rows, 1)))


@pytest.mark.parametrize("name", ["plain", "recurrent"])
def test_a_reset_takes_the_initializers_of_the_configuration_it_is_given(name):
    layers = copy.deepcopy(NETWORKS[name])
    inner = layers["hidden" if name == "plain" else "memory"]
    next(iter(inner.values()))["kernel_initializer"] = {"RandomUniform": {"minval": 2.0, "maxval": 3.0}}
    other = configuration({**layers, "output": OUTPUT})
    config = configuration({**NETWORKS[name], "output": OUTPUT})
    rows = load_data(config, "published", 0)
    shared = built(other, rows, 0)
    reset_model(shared, recipe_of(config), 1)
    reset_model(shared, recipe_of(other), 1)
    assert_same(everything(shared), everything(built(other, rows, 1)))
    assert any(weight.min() >= 2.0 for weight in shared.get_weights())


def test_the_state_of_pythons_own_generator_plays_no_part():
    import random

    config = config_of("recurrent")
    rows = load_data(config, "published", 0)
    random.seed(1)
    first = everything(built(config, rows, 0))
    after = random.random()
    random.seed(2)
    assert_same(first, everything(built(config, rows, 0)))
    random.seed(1)
    assert after == random.random()

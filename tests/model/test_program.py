import keras
import numpy as np
import pytest

from experiments.data import load_data
from experiments.errors import ConfigError
from experiments.language.configuration import Configuration
from experiments.model.network import reset_model
from experiments.model.recipe import recipe_of
from experiments.model.reuse import program_key
from tests.model.cases import OUTPUT, REGRESSION, configuration, dense
from tests.model.steps import assert_same, built, everything, train


def key_of(config):
    return program_key(recipe_of(config))


def changed(path, value, base=None):
    """A configuration with one value changed; the path steps into class names too."""
    config = (base or BASE).to_plain()
    node = config
    *way, last = path.split(".")
    for word in way:
        node = node[word]
    node[last] = value
    return Configuration.from_plain(config)


BASE = configuration(
    {
        "hidden": dense(
            8,
            kernel_regularizer={"L2": {"l2": 0.01}},
            bias_regularizer={"L1": {"l1": 0.01}},
            kernel_constraint={"MaxNorm": {"max_value": 3}},
            kernel_initializer={"RandomUniform": {"minval": 0.0}},
        ),
        "block": {
            "layers": {"block_dense": dense(8, kernel_regularizer={"L1L2": {"l1": 0.1, "l2": 0.2}})},
            "skip": "add",
        },
        "drop": {"Dropout": {"rate": 0.2}},
        "noise": {"GaussianNoise": {"stddev": 0.1}},
        "output": {"Dense": {"units": 1, "kernel_constraint": {"MinMaxNorm": {"min_value": 0.1, "max_value": 2.0}}}},
    },
    optimizer={"AdamW": {"learning_rate": 0.01, "weight_decay": 0.1, "clipnorm": 2.0}},
    loss={"BinaryCrossentropy": {"from_logits": True}},
    gradients={"scale": {"clipnorm": 1.0}, "cut": {"clipvalue": 0.5}, "jitter": {"noise": 0.01}},
)

SHARED = {
    "model.hidden.Dense.kernel_regularizer.L2.l2": 0.5,
    "model.hidden.Dense.bias_regularizer.L1.l1": 0.5,
    "model.hidden.Dense.kernel_constraint.MaxNorm.max_value": 0.5,
    "model.hidden.Dense.kernel_initializer": "he_uniform",
    "model.block.layers.block_dense.Dense.kernel_regularizer.L1L2.l1": 0.5,
    "model.output.Dense.kernel_constraint.MinMaxNorm.min_value": 0.5,
    "training.optimizer.AdamW.learning_rate": 0.5,
    "training.optimizer.AdamW.weight_decay": 0.5,
    "training.optimizer.AdamW.clipnorm": 0.05,
    "model.drop.Dropout.rate": 0.5,
    "model.noise.GaussianNoise.stddev": 0.9,
    "training.gradients.scale.clipnorm": 0.1,
    "training.gradients.cut.clipvalue": 0.01,
    "training.gradients.jitter.noise": 0.5,
    "data.points.make_moons.random_state": 9,
    "data.label_noise": 0.3,
    "pretrain": {"once": True, "config": BASE.to_plain()},
    "training.epochs": 99,
    "training.callbacks": {"stop": {"EarlyStopping": {"patience": 5}}},
}
APART = {
    "model.hidden.Dense.units": 9,
    "model.hidden.Dense.activation": "tanh",
    "model.hidden.Dense.kernel_regularizer": {"L1": {"l1": 0.01}},
    "model.block.layers.block_dense.Dense.kernel_regularizer.L1L2.l1": 0.0,
    "model.block.skip": "none",
    "model.drop.Dropout.rate": 0,
    "model.drop.Dropout": {"rate": 1.0},
    "model.noise.GaussianNoise.stddev": 0.0,
    "training.optimizer.AdamW.clipnorm": 0,
    "training.optimizer": {"SGD": {"learning_rate": 0.01}},
    "training.optimizer.AdamW.learning_rate": {"CosineDecay": {"initial_learning_rate": 0.1, "decay_steps": 5}},
    "training.batch_size": 16,
    "training.loss": "hinge",
    "training.validate_on": "none",
    "training.weight_noise": 0.1,
    "training.gradients": {"scale": {"clipnorm": 1.0}},
    "training.gradients.scale.clipnorm": 0,
    "training.gradients.scale": {"global_clipnorm": 1.0},
    "record": ["weight_norm"],
    "freeze": ["hidden"],
}


@pytest.mark.parametrize("path", SHARED)
def test_numbers_that_are_inputs_share_a_program(path):
    assert key_of(changed(path, SHARED[path])) == key_of(BASE)


@pytest.mark.parametrize("path", APART)
def test_what_shapes_the_program_parts_it(path):
    assert key_of(changed(path, APART[path])) != key_of(BASE)


def test_the_order_of_layers_parts_programs_and_the_order_of_arguments_does_not():
    a, b = dense(3), {"Dropout": {"rate": 0.1}}
    assert key_of(configuration({"a": a, "b": b})) != key_of(configuration({"b": b, "a": a}))
    turned = {"Dense": dict(reversed(a["Dense"].items()))}
    assert key_of(configuration({"a": turned})) == key_of(configuration({"a": a}))


@pytest.mark.slow
def test_a_shared_program_trains_every_run_as_its_own_would():
    rows = load_data(BASE, "published", 0)
    shared = built(BASE, rows, 0)
    train(shared, rows)
    for path, value in SHARED.items():
        config = changed(path, value)
        reset_model(shared, recipe_of(config), 1)
        own = built(config, rows, 1)
        assert_same(everything(shared), everything(own))
        assert train(shared, rows, 2) == train(own, rows, 2), path
        assert_same(everything(shared), everything(own))


def plain_regression(l1, l2, max_value, rate):
    """The same network with Keras' own objects and constants."""
    model = keras.Sequential(
        [
            keras.Input((5,)),
            keras.layers.Dense(
                8,
                activation="tanh",
                kernel_regularizer=keras.regularizers.L1L2(l1, l2),
                bias_regularizer=keras.regularizers.L1(l1),
                kernel_constraint=keras.constraints.MaxNorm(max_value),
            ),
            keras.layers.Dense(
                1,
                kernel_regularizer=keras.regularizers.L2(l2),
                kernel_constraint=keras.constraints.MinMaxNorm(0.2, max_value, rate),
            ),
        ]
    )
    model.compile(keras.optimizers.AdamW(0.02, weight_decay=rate), "mse")
    return model


def regression(l1, l2, max_value, rate):
    layers = {
        "hidden": {
            "Dense": {
                "units": 8,
                "activation": "tanh",
                "kernel_regularizer": {"L1L2": {"l1": l1, "l2": l2}},
                "bias_regularizer": {"L1": {"l1": l1}},
                "kernel_constraint": {"MaxNorm": {"max_value": max_value}},
            }
        },
        "output": {
            "Dense": {
                "units": 1,
                "kernel_regularizer": {"L2": {"l2": l2}},
                "kernel_constraint": {"MinMaxNorm": {"min_value": 0.2, "max_value": max_value, "rate": rate}},
            }
        },
    }
    optimizer = {"AdamW": {"learning_rate": 0.02, "weight_decay": rate}}
    return configuration(layers, REGRESSION, optimizer=optimizer, loss="mse", metrics=[])


@pytest.mark.parametrize("jit", [False, True])
def test_numbers_as_inputs_train_as_constants_do(jit):
    rows = load_data(regression(0.1, 0.1, 2, 0.5), "published", 0)
    shared = built(regression(0.1, 0.1, 2, 0.5), rows, 0)
    config = regression(0.02, 0.3, 1, 0.25)
    reset_model(shared, recipe_of(config), 4)
    constant = plain_regression(0.02, 0.3, 1, 0.25)
    constant.set_weights(shared.get_weights())
    np.testing.assert_allclose(train(shared, rows, 5, jit), train(constant, rows, 5, jit), rtol=1e-6)
    for ours, theirs in zip(shared.get_weights(), constant.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


def random_layers(rate, noise_shape, stddev, clipvalue):
    layers = {
        "noise": {"GaussianNoise": {"stddev": stddev}},
        "hidden": dense(8),
        "drop": {"Dropout": {"rate": rate, "noise_shape": noise_shape}},
        "output": OUTPUT,
    }
    return configuration(layers, optimizer={"SGD": {"learning_rate": 0.1, "clipvalue": clipvalue}})


def plain_random_layers(rate, noise_shape, stddev, clipvalue):
    """The same with Keras' own layers and constants."""
    model = keras.Sequential(
        [
            keras.Input((2,)),
            keras.layers.GaussianNoise(stddev),
            keras.layers.Dense(8, activation="relu"),
            keras.layers.Dropout(rate, noise_shape=noise_shape),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(keras.optimizers.SGD(0.1, clipvalue=clipvalue), "binary_crossentropy")
    return model


@pytest.mark.slow
@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("noise_shape", [None, [None, 1]])
def test_random_layers_with_their_numbers_as_inputs_draw_as_keras_does(jit, noise_shape):
    rows = load_data(random_layers(0.9, noise_shape, 0.9, 1.0), "published", 0)
    shared = built(random_layers(0.9, noise_shape, 0.9, 1.0), rows, 0)
    reset_model(shared, recipe_of(random_layers(0.3, noise_shape, 0.2, 0.01)), 4)
    constant = plain_random_layers(0.3, noise_shape, 0.2, 0.01)
    constant.set_weights(shared.get_weights())
    states = [layer.seed_generator.state for layer in constant.layers if hasattr(layer, "seed_generator")]
    ours = [layer.seed_generator.state for layer in shared.layers if hasattr(layer, "seed_generator")]
    for state, other in zip(states, ours, strict=True):
        state.assign(other)
    np.testing.assert_allclose(train(shared, rows, 5, jit), train(constant, rows, 5, jit), rtol=1e-5)
    for mine, theirs in zip(shared.get_weights(), constant.get_weights(), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("path", "value"), [("model.drop.Dropout.rate", 1.5), ("model.noise.GaussianNoise.stddev", -0.1)]
)
def test_a_number_that_keras_refuses_is_refused_in_a_shared_program_too(path, value):
    model = built(BASE, load_data(BASE, "published", 0), 0)
    with pytest.raises(ConfigError, match=path.rpartition(".")[2]):
        reset_model(model, recipe_of(changed(path, value)), 1)


def test_a_norm_bound_holds_after_a_step():
    layers = {"hidden": dense(8, kernel_constraint={"MaxNorm": {"max_value": 0.5}}), "output": OUTPUT}
    config = configuration(layers)
    rows = load_data(config, "published", 0)
    model = built(config, rows, 0)
    train(model, rows, 1)
    assert np.linalg.norm(model.get_layer("hidden").kernel, axis=0).max() <= 0.5 + 1e-6

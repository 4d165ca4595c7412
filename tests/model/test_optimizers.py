import keras
import numpy as np
import pytest
import tensorflow as tf

from experiments.data import load_data
from tests.model.cases import OUTPUT, configuration, dense
from tests.model.steps import built, train


def build(config, seed=0):
    return built(config, load_data(config, "published", seed), seed)


def test_integers_are_taken_where_keras_wants_floats():
    optimizer = build(configuration(optimizer={"SGD": {"learning_rate": 1, "momentum": 0}})).optimizer
    assert float(optimizer.learning_rate) == 1.0
    assert optimizer.momentum == 0.0


def test_a_schedule_sets_the_learning_rate():
    schedule = {"ExponentialDecay": {"initial_learning_rate": 0.5, "decay_steps": 1, "decay_rate": 0.1}}
    config = configuration(optimizer={"SGD": {"learning_rate": schedule}})
    model = build(config)
    train(model, load_data(config, "published", 0), steps=2)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.005)


def gradients_seen(gradients, raw, optimizer="SGD"):
    """What plain gradient descent of rate 1 takes off the weights when it is given raw gradients."""
    config = configuration(optimizer={optimizer: {"learning_rate": 1.0}}, gradients=gradients)
    model = build(config)
    before = model.get_weights()
    model.optimizer.apply([tf.constant(value) for value in raw], model.trainable_variables)
    return [a - b for a, b in zip(before, model.get_weights(), strict=True)]


RAW = [np.full((2, 5), 3.0), np.full(5, -0.2), np.full((5, 1), 0.01), np.full(1, 2.0)]
RAW = [value.astype(np.float32) for value in RAW]


@pytest.mark.parametrize("step", [{"clipnorm": 1.0}, {"clipvalue": 0.5}, {"global_clipnorm": 1.0}])
def test_one_clipping_is_that_of_keras(step):
    optimizer = keras.optimizers.SGD(1.0, **step)
    variables = [keras.Variable(np.zeros_like(value)) for value in RAW]
    optimizer.apply([tf.constant(value) for value in RAW], variables)
    for ours, theirs in zip(gradients_seen({"only": step}, RAW), variables, strict=True):
        np.testing.assert_allclose(ours, -theirs.value.numpy(), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("word", ["clipnorm", "clipvalue", "global_clipnorm"])
def test_a_clipping_of_zero_is_none(word):
    for ours, raw in zip(gradients_seen({"only": {word: 0}}, RAW), RAW, strict=True):
        np.testing.assert_allclose(ours, raw, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("word", ["clipnorm", "clipvalue", "global_clipnorm"])
def test_clipping_trains_as_the_argument_of_keras_does(word):
    rows = load_data(configuration(), "published", 0)
    for further in ({}, {"gradient_accumulation_steps": 2}):
        ours = configuration(gradients={"only": {word: 0.05}}, optimizer={"Adam": further})
        theirs = configuration(optimizer={"Adam": {word: 0.05, **further}})
        losses = [train(built(config, rows, 0), rows, 5) for config in (ours, theirs)]
        np.testing.assert_allclose(losses[0], losses[1], rtol=1e-6)


def test_gradient_steps_are_taken_in_order():
    norm_first = gradients_seen({"scale": {"clipnorm": 1.0}, "cut": {"clipvalue": 0.5}}, RAW)
    value_first = gradients_seen({"cut": {"clipvalue": 0.5}, "scale": {"clipnorm": 1.0}}, RAW)
    np.testing.assert_allclose(norm_first[0], np.full((2, 5), 1 / np.sqrt(10)), rtol=1e-4)
    np.testing.assert_allclose(norm_first[3], [0.5], rtol=1e-4)
    np.testing.assert_allclose(value_first[0], np.full((2, 5), 1 / np.sqrt(10)), rtol=1e-4)
    np.testing.assert_allclose(value_first[1], np.full(5, -0.2), rtol=1e-4)
    first = gradients_seen({"all": {"global_clipnorm": 1.0}, "cut": {"clipvalue": 0.1}}, RAW)
    np.testing.assert_allclose(first[0], np.full((2, 5), 0.1), rtol=1e-4)
    assert 0 < first[3][0] <= 0.1


def test_gradient_noise_has_its_deviation_and_differs_from_step_to_step():
    zeros = [np.zeros_like(value) for value in RAW]
    first, again = (
        np.concatenate([v.ravel() for v in gradients_seen({"jitter": {"noise": 0.1}}, zeros)]) for _ in "ab"
    )
    np.testing.assert_allclose(first, again, atol=1e-7)
    assert 0.05 < first.std() < 0.2
    config = configuration(gradients={"jitter": {"noise": 0.1}}, optimizer={"SGD": {"learning_rate": 1e-9}})
    generator = build(config).optimizer.gradient_steps[0].generator
    draws = [keras.random.normal((3,), seed=generator).numpy() for _ in "ab"]
    assert not np.array_equal(*draws)


def test_gradient_steps_work_in_front_of_any_optimizer_and_with_regularization():
    model = {"hidden": dense(5, kernel_regularizer={"L1L2": {"l1": 0.1, "l2": 0.1}}), "output": OUTPUT}
    steps = {"scale": {"clipnorm": 1.0}, "cut": {"clipvalue": 0.5}, "jitter": {"noise": 0.01}}
    for optimizer in ("Adam", "RMSprop", "AdamW"):
        config = configuration(model, gradients=steps, optimizer={optimizer: {}})
        losses = train(build(config), load_data(config, "published", 0))
        assert losses[2] < losses[0]

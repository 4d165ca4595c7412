"""The loop's decisions against the real Keras callbacks, driven by monitored values alone."""

import math
from functools import lru_cache

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.training import BestWeights
from experiments.training.rules import Moment, rules_of
from experiments.training.triggers import (
    StopOnAbsoluteChange,
    StopOnAverageChange,
    StopOnDecrease,
    StopOnNoChange,
)

LENGTH = 24
FEW = settings(max_examples=75, deadline=None)
MANY = settings(max_examples=1500, deadline=None)

# Ties, plateaus and NaN must be frequent, so most values come from a handful.
values = st.one_of(
    st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.5001, 0.501, 0.6, 1.0, math.nan, math.inf, -math.inf]),
    st.floats(-2, 2, width=32),
)
curves = st.lists(values.map(np.float32).map(float), min_size=1, max_size=LENGTH)
deltas = st.sampled_from([0, 1e-4, 0.1, -0.25, 0.5])
modes = st.sampled_from(["min", "max"])
maybe = st.none() | st.sampled_from([0.0, 0.3, 0.5, 2.0])

early_stoppings = st.fixed_dictionaries({
    "min_delta": deltas,
    "patience": st.integers(0, 5),
    "mode": modes,
    "baseline": maybe,
    "restore_best_weights": st.booleans(),
    "start_from_epoch": st.sampled_from([0, 0, 1, 3, 30]),
})  # fmt: skip
plateaus = st.fixed_dictionaries({
    "min_delta": deltas,
    "patience": st.integers(0, 4),
    "mode": modes,
    "factor": st.sampled_from([0.1, 0.5, 0.999]),
    "cooldown": st.integers(0, 3),
    "min_lr": st.sampled_from([0.0, 0.001, 0.03]),
})  # fmt: skip
triggers = st.builds(
    lambda kind, **arguments: kind(**arguments),
    st.sampled_from([StopOnNoChange, StopOnAbsoluteChange, StopOnDecrease, StopOnAverageChange]),
    mode=modes,
    epochs=st.integers(1, 6),
    threshold=st.none() | st.sampled_from([0.0, 0.001, 0.1, 0.5]),
)


class StubModel:
    """What a callback needs of a model; its weight is the number of the epoch."""

    def __init__(self):
        self.optimizer = keras.optimizers.SGD(0.1)
        self.stop_training = False
        self.metrics = []
        self.epoch = 0

    def get_weights(self):
        return [np.array(self.epoch)]


def drive_keras(callback, curve):
    """Call the callback as fit does; give its model and the learning rates after each epoch."""
    model, rates = StubModel(), []
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, value in enumerate(curve):
        model.epoch = epoch
        callback.on_epoch_end(epoch, {"val_loss": value})
        rates.append(float(model.optimizer.learning_rate))
        if model.stop_training:
            break
    return model, rates


@lru_cache
def program(rule):
    optimizer = keras.optimizers.SGD(0.1)

    def run(curve, length, numbers):
        optimizer.learning_rate = 0.1
        state = tf.nest.map_structure(tf.convert_to_tensor, rule.initial_state())

        def body(epoch, stopped, kept, rates, state):
            moment = Moment(epoch, curve[epoch], tf.constant(True), optimizer)
            decision = rule.decide(moment, numbers, state)
            rates = tf.tensor_scatter_nd_update(rates, [[epoch]], [tf.identity(optimizer.learning_rate.value)])
            return epoch + 1, decision.stop, tf.where(decision.keep, epoch, kept), rates, decision.state

        return tf.while_loop(
            lambda epoch, stopped, *_: (epoch < length) & ~stopped,
            body,
            [tf.constant(0), tf.constant(False), tf.constant(-1), tf.zeros([LENGTH]), state],
        )

    return tf.function(run, jit_compile=True, autograph=False)


def drive_rule(callback, curve):
    """Run the rule on the curve and leave the callback as the engine would."""
    model = StubModel()
    [(_, rule)] = rules_of([callback], model)
    padded = np.zeros(LENGTH)
    padded[: len(curve)] = curve
    numbers = [tf.constant(number, tf.float64) for number in rule.numbers(callback)]
    epochs, stopped, kept, rates, state = program(rule)(tf.constant(padded), tf.constant(len(curve)), numbers)
    state = {key: value.numpy() for key, value in state.items()}
    rule.write_back(callback, state, [kept.numpy()] if rule.keeps_weights else None)
    return bool(stopped), rates.numpy()[: int(epochs)]


def same(ours, theirs):
    """Equal, None and NaN included."""
    if ours is None or theirs is None:
        return ours is None and theirs is None
    return np.array_equal(np.asarray(ours, float), np.asarray(theirs, float), equal_nan=True)


def assert_left_alike(ours, theirs, attributes):
    for attribute in attributes:
        assert same(getattr(ours, attribute), getattr(theirs, attribute)), attribute


def check_early_stopping(arguments, curve):
    ours, theirs = (keras.callbacks.EarlyStopping(**arguments) for _ in range(2))
    model, rates = drive_keras(theirs, curve)
    stopped, our_rates = drive_rule(ours, curve)
    assert (stopped, len(our_rates)) == (model.stop_training, len(rates))
    assert_left_alike(ours, theirs, ["wait", "best", "best_epoch", "stopped_epoch", "best_weights"])


def check_plateau(arguments, curve):
    ours, theirs = (keras.callbacks.ReduceLROnPlateau(**arguments) for _ in range(2))
    _, rates = drive_keras(theirs, curve)
    _, our_rates = drive_rule(ours, curve)
    np.testing.assert_array_equal(our_rates, np.float32(rates))
    assert_left_alike(ours, theirs, ["wait", "best", "cooldown_counter"])


def check_trigger(trigger, curve):
    theirs = type(trigger)(mode=trigger.mode, epochs=trigger.epochs, threshold=trigger.threshold)
    model, rates = drive_keras(theirs, curve)
    stopped, our_rates = drive_rule(trigger, curve)
    assert (stopped, len(our_rates)) == (model.stop_training, len(rates))
    assert trigger.stopped_epoch == theirs.stopped_epoch


def check_best_weights(mode, threshold, curve):
    ours, ours_in_fit = (BestWeights(mode=mode, initial_value_threshold=threshold) for _ in range(2))
    saved = []
    theirs = keras.callbacks.ModelCheckpoint(
        "never.keras", mode=mode, save_best_only=True, initial_value_threshold=threshold
    )
    theirs._save_model = lambda epoch, batch, logs: (
        saved.append(epoch) if theirs._should_save_model(epoch, batch, logs, "") else None
    )
    drive_keras(theirs, curve)
    drive_keras(ours_in_fit, curve)
    drive_rule(ours, curve)
    expected = saved[-1] if saved else None
    for callback in (ours, ours_in_fit):
        assert same(callback.best, theirs.best)
        assert callback.best_epoch == (None if expected is None else expected + 1)
        assert same(callback.best_weights and callback.best_weights[0], expected)


@FEW
@given(early_stoppings, curves)
def test_early_stopping_decides_as_keras(arguments, curve):
    check_early_stopping(arguments, curve)


@pytest.mark.slow
@FEW
@given(plateaus, curves)
def test_reduce_lr_on_plateau_decides_as_keras(arguments, curve):
    check_plateau(arguments, curve)


@pytest.mark.slow
@FEW
@given(triggers, curves)
def test_triggers_decide_alike_in_both_engines(trigger, curve):
    check_trigger(trigger, curve)


@pytest.mark.slow
@FEW
@given(modes, maybe, curves)
def test_best_weights_are_those_that_model_checkpoint_saves(mode, threshold, curve):
    check_best_weights(mode, threshold, curve)


@pytest.mark.slow
@MANY
@given(early_stoppings, curves)
def test_early_stopping_decides_as_keras_on_thousands_of_curves(arguments, curve):
    check_early_stopping(arguments, curve)


@pytest.mark.slow
@MANY
@given(plateaus, curves)
def test_reduce_lr_on_plateau_decides_as_keras_on_thousands_of_curves(arguments, curve):
    check_plateau(arguments, curve)


@pytest.mark.slow
@MANY
@given(triggers, curves)
def test_triggers_decide_alike_on_thousands_of_curves(trigger, curve):
    check_trigger(trigger, curve)


@pytest.mark.slow
@MANY
@given(modes, maybe, curves)
def test_best_weights_are_model_checkpoints_on_thousands_of_curves(mode, threshold, curve):
    check_best_weights(mode, threshold, curve)


def test_a_nan_at_the_start_stops_after_the_patience_as_in_keras():
    stopping = keras.callbacks.EarlyStopping(patience=2, mode="min", restore_best_weights=True)
    assert drive_rule(stopping, [math.nan, 0.5, 0.4, 0.3])[0]
    assert (stopping.stopped_epoch, stopping.best_epoch) == (2, 0)


def test_patience_zero_never_stops_at_the_first_epoch():
    stopping = keras.callbacks.EarlyStopping(patience=0, mode="min")
    assert not drive_rule(stopping, [1.0])[0]
    assert drive_rule(stopping, [1.0, 1.0])[0]

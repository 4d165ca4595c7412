"""Small networks and rows for the tests of the engines."""

import keras
import numpy as np

import experiments

KERAS_RANDOM_LAYERS = ("dropout", "noise")


def rows(count=64, features=3, seed=0):
    """Inputs and binary targets that two units can separate, not exactly.

    The default is two of Keras' batches: a program with a smaller last batch takes twice as long to compile.
    """
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(count, features))
    y = (x[:, :1] * x[:, 1:2] + 0.3 * draw.normal(size=(count, 1)) > 0).astype(keras.config.floatx())
    return x.astype(keras.config.floatx()), y


def network(
    *,
    middle=(),
    optimizer="adam",
    units=6,
    loss="binary_crossentropy",
    metrics=("accuracy",),
    jit_compile="auto",
    **hidden,
):
    """A compiled hidden-middle-output network whose every weight and draw has a fixed seed."""
    layers = [
        keras.Input((3,)),
        keras.layers.Dense(units, hidden.pop("activation", "tanh"), name="hidden", **_seeded(1), **hidden),
        *middle,
        keras.layers.Dense(1, "sigmoid", name="output", **_seeded(2)),
    ]
    model = keras.Sequential(layers)
    model.compile(optimizer, loss, metrics=list(metrics), jit_compile=jit_compile)
    return model


def restarting(model):
    """Return a fit that trains a network from its first weights as often as wanted, compiling it once.

    Plain SGD has no other state.
    """
    start = model.get_weights()

    def run(*arguments, **named):
        model.set_weights(start)
        return experiments.fit(model, *arguments, **named)

    return run


def _seeded(seed):
    return {"kernel_initializer": keras.initializers.GlorotUniform(seed=seed)}


def assert_close(ours, theirs, tolerance):
    """Compare as the requirement says: |a - b| <= tolerance * max(1, |b|), NaN equal to NaN."""
    ours, theirs = np.asarray(ours, float), np.asarray(theirs, float)
    assert ours.shape == theirs.shape
    both = np.isfinite(ours) & np.isfinite(theirs)
    np.testing.assert_array_equal(ours[~both], theirs[~both])
    assert np.all(np.abs(ours - theirs)[both] <= tolerance * np.maximum(1, np.abs(theirs[both])))


def assert_same_training(ours, theirs, tolerance):
    """Compare two (model, record): curves, weights, optimizer slots, random states."""
    (our_model, our_record), (their_model, their_record) = ours, theirs
    assert list(our_record.history) == list(their_record.history)
    for key, curve in our_record.history.items():
        assert_close(curve, their_record.history[key], tolerance)
    for our_weight, their_weight in zip(our_record.weights, their_record.weights, strict=True):
        assert_close(our_weight, their_weight, tolerance)
    our_slots, their_slots = our_model.optimizer.variables, their_model.optimizer.variables
    for our_slot, their_slot in zip(our_slots, their_slots, strict=True):
        assert_close(our_slot, their_slot, tolerance)
    for our_state, their_state in zip(_random_states(our_model), _random_states(their_model), strict=True):
        np.testing.assert_array_equal(our_state, their_state)


def _random_states(model):
    return [variable.numpy() for variable in model.variables if "seed_generator_state" in variable.path]

"""Arguments of experiments.fit: taken as model.fit takes them, or refused before anything is built."""

import keras
import numpy as np
import pytest

import experiments
from experiments.errors import ExperimentsError
from tests.training.nets import assert_close, network, restarting, rows

REFUSED = [
    *[("batch_size", value) for value in (-1, 8.0, "8", True, [8], np.float32(8))],
    *[("epochs", value) for value in (3.0, "3", [3], None, np.float64(3))],
    *[("initial_epoch", value) for value in (1.0, "1", None)],
    *[("steps_per_epoch", value) for value in (-1, 2.0, "2")],
    *[("validation_freq", value) for value in (0, 1.0, "1", (1, 2), None)],
    *[("seed", value) for value in (-1, 1.5, "1", True, [1], 2**63)],
    *[("callbacks", value) for value in (5, "loss", [None], keras.callbacks.EarlyStopping, [[object()]])],
]
ACCEPTED = [
    {"batch_size": np.int64(8)},
    {"batch_size": 0},
    {"batch_size": 2**40},
    {"epochs": np.int32(3)},
    {"epochs": True},
    {"epochs": 0},
    {"epochs": -1},
    {"epochs": 0, "callbacks": [keras.callbacks.LambdaCallback()]},
    {"validation_freq": np.int64(2)},
    {"validation_freq": -2},
    {"validation_freq": [1.0, 2.5, "2"]},
    {"validation_freq": None, "validation_data": None},
    {"shuffle": None},
]


@pytest.mark.parametrize(("name", "value"), REFUSED, ids=lambda value: str(value)[:20])
def test_refused_in_one_sentence_before_anything_is_built(name, value):
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(ExperimentsError, match=f"^{name}: expected .*; found .*$") as error:
        experiments.fit(model, *rows(), validation_data=rows(), **{name: value})
    assert isinstance(error.value, (TypeError, ValueError))
    assert not model.built


@pytest.fixture(scope="module")
def fit():
    """Train one network from its first weights."""
    return restarting(network(optimizer="sgd"))


@pytest.fixture(scope="module")
def twins():
    """Two equal networks, for our engine and for Keras, with their first weights."""
    ours, theirs = (network(optimizer="sgd", jit_compile=False) for _ in range(2))
    return ours, theirs, ours.get_weights()


@pytest.mark.parametrize("arguments", ACCEPTED, ids=lambda arguments: " ".join(arguments) or "none")
def test_accepted_as_keras_accepts_it(arguments, twins):
    arguments = {"validation_data": rows(20, seed=1), "epochs": 2, "shuffle": False, "verbose": 0} | arguments
    ours, theirs, start = twins
    for model in (ours, theirs):
        model.set_weights(start)
    history = experiments.fit(ours, *rows(), **arguments)
    plain = {name: value.item() if isinstance(value, np.generic) else value for name, value in arguments.items()}
    expected = theirs.fit(*rows(), **plain)
    assert history.epoch == expected.epoch
    assert list(history.history) == list(expected.history)
    for key, values in expected.history.items():
        assert_close(history.history[key], values, 1e-5)
    for weight, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        assert_close(weight, other, 1e-5)


@pytest.mark.parametrize("seed", [np.int64(3), np.uint32(2**32 - 1), 2**63 - 1])
def test_seeds_of_numpy_are_taken(seed, fit):
    first, again = (fit(*rows(), seed=seed).history["loss"] for _ in range(2))
    assert first == again


def test_the_order_of_the_arguments_is_that_of_model_fit():
    x, y = rows()
    stop = keras.callbacks.EarlyStopping("loss")
    model = network(optimizer="sgd")
    start = model.get_weights()
    positional = experiments.fit(model, x, y, 16, 2, 0, stop, shuffle=False)
    model.set_weights(start)
    named = experiments.fit(model=model, x=x, y=y, batch_size=16, epochs=2, verbose=2, callbacks=[stop], shuffle=False)
    assert positional.history == named.history


def nested(callback):
    return {
        "alone": callback,
        "in a tuple": (callback,),
        "nested": [[callback], []],
        "in a mapping": {"stop": callback},
        "in a CallbackList": keras.callbacks.CallbackList([callback]),
        "in a CallbackList with a History": keras.callbacks.CallbackList([callback], add_history=True),
    }


@pytest.mark.parametrize("form", nested(None))
def test_callbacks_come_in_every_form_that_keras_takes(form, fit):
    stop = keras.callbacks.EarlyStopping("loss", mode="max", patience=1)
    history = fit(*rows(), epochs=9, callbacks=nested(stop)[form])
    assert len(history.epoch) == stop.stopped_epoch + 1 == 2
    assert len(history.history["loss"]) == 2


@pytest.mark.parametrize("callbacks", [None, [], (), {}], ids=str)
def test_there_may_be_no_callbacks(callbacks, fit):
    assert len(fit(*rows(), epochs=3, callbacks=callbacks).epoch) == 3


@pytest.mark.filterwarnings("ignore:Limiting epochs:UserWarning")
def test_the_most_epochs_of_keras_are_kept_to(fit):
    keras.config.set_max_epochs(2)
    try:
        history = fit(*rows(), epochs=5)
    finally:
        keras.config.set_max_epochs(None)
    assert history.epoch == [0, 1]

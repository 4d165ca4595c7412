"""The compiled engine's own promises: repeats, chunks, ends of a run, tiers."""

import keras
import numpy as np
import pytest

from experiments.errors import ExperimentsError
from experiments.training import BestWeights, CompiledTrainer, KerasTrainer, loop
from experiments.training.triggers import StopOnNoChange
from tests.marks import cases
from tests.training.nets import assert_close, network, rows

ENGINES = (CompiledTrainer, KerasTrainer)


@pytest.fixture(scope="module")
def trained():
    """One trainer with its model's first state, shared by the tests that only call it."""
    model = network(middle=[keras.layers.Dropout(0.3, seed=3), keras.layers.BatchNormalization()])
    trainer = CompiledTrainer(model, batch_size=32)
    trainer.train(*rows(), validation_data=rows(33, seed=1), epochs=0, seed=0, callbacks=stoppers())
    start = [variable.numpy() for variable in (*model.variables, *model.optimizer.variables)]

    def run(seed=7, epochs=6, callbacks=None, data_seed=0, **more):
        variables = (*model.variables, *model.optimizer.variables)
        for variable, value in zip(variables, start, strict=True):
            variable.assign(value)
        callbacks = stoppers() if callbacks is None else callbacks
        validation = rows(33, seed=1)
        return trainer.train(
            *rows(seed=data_seed), validation_data=validation, epochs=epochs, seed=seed, callbacks=callbacks, **more
        )

    run.trainer = trainer
    return run


def stoppers(patience=5000):
    return [
        keras.callbacks.EarlyStopping("val_loss", patience=patience),
        BestWeights("val_accuracy"),
        keras.callbacks.ReduceLROnPlateau(patience=2),
    ]


def assert_identical(ours, theirs):
    assert list(ours.history) == list(theirs.history)
    for key in ours.history:
        np.testing.assert_array_equal(ours.history[key], theirs.history[key])
    for ours_weight, theirs_weight in zip(ours.weights, theirs.weights, strict=True):
        np.testing.assert_array_equal(ours_weight, theirs_weight)
    assert (ours.best_epoch, ours.epochs_run) == (theirs.best_epoch, theirs.epochs_run)
    for ours_weight, theirs_weight in zip(ours.best_weights, theirs.best_weights, strict=True):
        np.testing.assert_array_equal(ours_weight, theirs_weight)


@pytest.mark.slow
def test_a_second_run_equals_the_same_run_alone(trained):
    alone = trained(seed=7)
    trained(seed=8, epochs=3, data_seed=5)
    assert_identical(trained(seed=7), alone)


def test_the_seed_decides_the_order_of_rows(trained):
    assert not np.array_equal(trained(seed=7).history["loss"], trained(seed=8).history["loss"])


def test_chunks_change_no_bit(trained, monkeypatch):
    whole = trained(epochs=9)
    calls = []
    monkeypatch.setattr(CompiledTrainer, "_chunk", lambda self, job: 2)
    chunked = trained(epochs=9, on_progress=lambda done, total: calls.append((done, total)))
    assert_identical(chunked, whole)
    assert calls == [(2, 9), (4, 9), (6, 9), (8, 9), (9, 9)]


def test_one_program_serves_any_patience_and_number_of_epochs(trained):
    trained()
    before = trained.trainer.programs
    for epochs, patience in ((3, 0), (5, 1), (1100, 3)):
        trained(epochs=epochs, callbacks=stoppers(patience))
    assert trained.trainer.programs == before


def test_early_stopping_ends_the_run_and_leaves_the_callback_as_keras(trained):
    callbacks = stoppers(patience=0)
    record = trained(epochs=400, callbacks=callbacks)
    assert record.stopped_because == "early_stopping"
    assert record.epochs_run == callbacks[0].stopped_epoch + 1 == len(record.history["val_loss"]) < 400
    assert callbacks[0].best == record.history["val_loss"].min()


def test_best_weights_are_those_of_the_best_epoch(trained):
    record = trained(epochs=30)
    best = record.history["val_accuracy"].argmax()
    assert record.best_epoch == best + 1
    again = trained(epochs=record.best_epoch)
    for kept, weight in zip(record.best_weights, again.weights, strict=True):
        np.testing.assert_array_equal(kept, weight)


def test_an_interrupt_is_heard_between_chunks(trained):
    def interrupt(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trained(epochs=5000, on_progress=interrupt)


def test_epochs_beyond_one_calls_rows_of_history_are_all_there(trained):
    record = trained(epochs=1100)
    assert record.history["val_loss"].shape == (1100,)
    assert np.isfinite(record.history["val_loss"]).all()


@pytest.mark.parametrize("engine", ENGINES)
def test_divergence_ends_the_run_after_its_epoch(engine):
    x, y = rows()
    model = network(optimizer=keras.optimizers.SGD(1e6), loss="mse", activation="linear", units=2)
    model.layers[-1].activation = keras.activations.linear
    record = engine(model, batch_size=32).train(x, 1e3 * y, validation_data=(x, y), epochs=50, seed=1)
    assert record.stopped_because == "diverged"
    assert record.diverged_at == record.epochs_run < 50
    assert len(record.history["val_loss"]) == record.epochs_run
    assert np.isfinite(record.history["loss"][:-1]).all()


@pytest.mark.parametrize("engine", ENGINES)
def test_restored_weights_are_the_final_ones(engine):
    model = network()
    stopping = keras.callbacks.EarlyStopping("loss", mode="max", patience=2, restore_best_weights=True)
    record = engine(model, batch_size=64).train(*rows(), epochs=9, seed=1, callbacks=[stopping])
    assert (record.stopped_because, record.epochs_run, record.best_epoch) == ("early_stopping", 3, 1)
    for weight, best in zip(model.get_weights(), record.best_weights, strict=True):
        np.testing.assert_array_equal(weight, best)


@pytest.mark.slow
def test_several_inputs_and_outputs_train_as_in_fit():
    def model():
        keras.utils.set_random_seed(1)
        left, right = keras.Input((3,), name="left"), keras.Input((3,), name="right")
        joined = keras.layers.Concatenate()([left, right])
        outputs = {
            "a": keras.layers.Dense(1, "sigmoid", name="a")(joined),
            "b": keras.layers.Dense(1, name="b")(joined),
        }
        built = keras.Model({"left": left, "right": right}, outputs)
        built.compile("adam", {"a": "binary_crossentropy", "b": "mse"}, metrics={"a": ["accuracy"], "b": ["mae"]})
        return built

    x, y = rows()
    data = {"left": x, "right": -x}, {"a": y, "b": 2 * y}
    ours, theirs = (
        engine(model(), batch_size=32).train(*data, validation_data=data, epochs=3, seed=1) for engine in ENGINES
    )
    assert set(ours.history) > {"loss", "a_loss", "b_loss", "a_accuracy", "b_mae", "val_a_loss"}
    for key, curve in ours.history.items():
        assert_close(curve, theirs.history[key], 1e-5)


@pytest.mark.slow
def test_sample_weights_weigh_as_in_fit():
    x, y = rows()
    weights = np.linspace(0, 2, len(x))
    ours, theirs = (
        engine(network(metrics=("accuracy",)), batch_size=32).train(
            x, y, sample_weight=weights, validation_data=(x, y, weights), epochs=3, seed=1
        )
        for engine in ENGINES
    )
    for key, curve in ours.history.items():
        assert_close(curve, theirs.history[key], 1e-5)


def test_rows_that_do_not_match_are_refused():
    with pytest.raises(ExperimentsError, match=r"equally many rows.*\[63, 64\]"):
        CompiledTrainer(network(), batch_size=32).train(rows()[0], rows(63)[1], epochs=1, seed=0)


def test_many_rows_make_shorter_calls(monkeypatch):
    monkeypatch.setattr(loop, "_LARGEST_ORDERS", 100)
    model = network()
    record = CompiledTrainer(model, batch_size=64).train(*rows(), epochs=7, seed=1, callbacks=[StopOnNoChange("loss")])
    assert record.history["loss"].shape == (7,)


def test_all_rows_in_one_batch():
    both = [CompiledTrainer(network(), batch_size=size).train(*rows(), epochs=3, seed=1) for size in ("all", 64)]
    np.testing.assert_array_equal(*[record.history["loss"] for record in both])


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_not_finite_in_a_weight_that_is_not_trained_is_no_divergence(engine):
    class Masked(keras.layers.Layer):
        def build(self, shape):
            self.mask = self.add_weight(shape=(shape[-1],), initializer=self._mask, trainable=False)

        @staticmethod
        def _mask(shape, dtype=None):
            return np.where(np.arange(shape[0]) < 2, -np.inf, 0).astype("float32")

        def call(self, x):
            return keras.ops.softmax(x + self.mask)

    record = engine(network(middle=[Masked()]), batch_size=32).train(*rows(), epochs=3, seed=1)
    assert (record.stopped_because, record.epochs_run) == ("completed", 3)


def stateful(layer):
    return lambda: [layer(4, stateful=True, seed=1), keras.layers.Dense(1, kernel_initializer="ones")]


FIXED = {
    "stateful LSTM": stateful(keras.layers.LSTM),
    "stateful GRU": stateful(keras.layers.GRU),
    "stateful SimpleRNN": stateful(keras.layers.SimpleRNN),
    "reshape": lambda: [
        keras.layers.Lambda(lambda x: keras.ops.reshape(x, (8, 10))),
        keras.layers.Dense(1, kernel_initializer="ones"),
    ],
}


@pytest.mark.slow
@pytest.mark.parametrize("layers", cases(FIXED, quick=["stateful SimpleRNN", "reshape"]))
def test_a_model_that_knows_its_batch_size_trains_as_with_fit(layers):
    def build():
        keras.utils.set_random_seed(2)
        model = keras.Sequential([keras.Input(batch_shape=(8, 5, 2)), *layers()])
        model.compile(keras.optimizers.SGD(0.01), "mse")
        return model

    x = np.random.default_rng(0).normal(size=(32, 5, 2)).astype("float32")
    y = x.sum((1, 2))[:, None]
    ours, theirs = build(), build()
    trainer = CompiledTrainer(ours, batch_size=8, shuffle=False)
    record = trainer.train(x, y, validation_data=(x[:16], y[:16]), epochs=3, seed=1)
    expected = theirs.fit(x, y, validation_data=(x[:16], y[:16]), batch_size=8, epochs=3, shuffle=False, verbose=0)
    for key, curve in expected.history.items():
        assert_close(record.history[key], curve, 1e-5)
    for our_weight, their_weight in zip(ours.variables, theirs.variables, strict=True):
        assert_close(our_weight, their_weight, 1e-5)


def test_no_epochs_leave_the_weights_as_with_fit():
    def build():
        return network(optimizer=keras.optimizers.SGD(0.1, use_ema=True))

    ours, theirs = build(), build()
    x, y = rows()
    for model in (ours, theirs):
        model.fit(x, y, epochs=1, batch_size=32, shuffle=False, verbose=0)
        model.set_weights([2 * weight for weight in model.get_weights()])
    CompiledTrainer(ours, batch_size=32).train(x, y, epochs=0, seed=1)
    theirs.fit(x, y, epochs=0, verbose=0)
    for our_weight, their_weight in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(our_weight, their_weight)

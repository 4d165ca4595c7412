"""The History of experiments.fit is the one of model.fit: keys, values and types."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import experiments
from experiments.training import BestWeights, KerasTrainer
from tests.marks import cases
from tests.training.nets import network, rows


def classes(count=32, seed=0):
    draw = np.random.default_rng(seed)
    return draw.normal(size=(count, 3)).astype("float32"), np.eye(3, dtype="float32")[draw.integers(0, 3, count)]


def classifier(*metrics, jit_compile="auto"):
    layers = [keras.Input((3,)), keras.layers.Dense(3, "softmax", kernel_initializer="ones")]
    model = keras.Sequential(layers)
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy", *metrics], jit_compile=jit_compile)
    return model


class Counted(keras.metrics.Metric):
    """Sums the predictions of each class, and gives them in a form of the test's choice."""

    def __init__(self, form):
        super().__init__(name="counted")
        self.form = form
        self.sums = self.add_weight(shape=(3,), initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.sums.assign_add(keras.ops.sum(y_pred, axis=0))

    def result(self):
        return self.form(self.sums)


METRICS = {
    "a value for each class": keras.metrics.F1Score,
    "a value for each output": lambda: keras.metrics.R2Score(class_aggregation=None),
    "a vector": lambda: Counted(lambda sums: sums + 0),
    "a variable": lambda: Counted(lambda sums: sums),
    "a matrix": lambda: Counted(lambda sums: sums[:, None] * sums),
    "a vector of one": lambda: Counted(lambda sums: sums[:1]),
    "a dict of numbers": lambda: Counted(lambda sums: {"first": sums[0], "last": sums[2]}),
    "a dict of a number and a vector": lambda: Counted(lambda sums: {"first": sums[0], "all": sums + 0}),
    "an integer": lambda: Counted(lambda sums: keras.ops.cast(sums[0], "int32")),
}


class Adding(keras.callbacks.Callback):
    """Puts a value into the logs, from some epoch on."""

    def __init__(self, key, value, first=0):
        super().__init__()
        self.key, self.value, self.first = key, value, first

    def on_epoch_end(self, epoch, logs=None):
        if epoch >= self.first:
            logs[self.key] = self.value(self.model, epoch)


ADDED = {
    "text": ("stamp", lambda _, epoch: f"12:0{epoch}"),
    "a list": ("recalls", lambda _, epoch: [0.1, 0.2, float(epoch)]),
    "an array": ("array", lambda _, epoch: np.full(3, epoch)),
    "a tensor": ("tensor", lambda _, epoch: keras.ops.full((2,), epoch)),
    "a variable": ("rate", lambda model, _: model.optimizer.learning_rate),
    "nothing": ("nothing", lambda *_: None),
    "a mapping": ("scores", lambda _, epoch: {"a": epoch}),
    "a number": ("number", lambda _, epoch: epoch / 2),
    "text in the place of a metric": ("accuracy", lambda *_: "high"),
    "text in the place of the loss": ("loss", lambda *_: "high"),
    "an array in the place of the loss": ("loss", lambda *_: np.ones(2)),
}


class OwnMetrics(keras.Sequential):
    """Returns from compute_metrics what a test wants."""

    change = staticmethod(lambda results, predictions: results)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        return self.change(super().compute_metrics(x, y, y_pred, sample_weight), y_pred)


OWN = {
    "the same": lambda results, _: results,
    "one more": lambda results, predictions: results | {"extra": keras.ops.mean(predictions)},
    "one less": lambda results, _: {"loss": results["loss"]},
    "a vector more": lambda results, predictions: results | {"extra": keras.ops.mean(predictions, axis=0)},
    "other values under the same keys": lambda results, _: dict.fromkeys(results, keras.ops.ones(())),
}


def own(change):
    model = OwnMetrics(classifier().layers)
    model.change = change
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model


def both(build, data=classes, callbacks=tuple, **arguments):
    """Train with model.fit and with ours; give the two histories."""
    x, y = data()
    arguments = {"epochs": 4, "batch_size": 8, "shuffle": False, "verbose": 0} | arguments
    ours = experiments.fit(build(), x, y, callbacks=callbacks(), **arguments)
    return ours, build().fit(x, y, callbacks=callbacks(), **arguments)


def assert_same_history(ours, theirs):
    assert ours.epoch == theirs.epoch
    assert list(ours.history) == list(theirs.history)
    for key, expected in theirs.history.items():
        assert len(ours.history[key]) == len(expected)
        for value, other in zip(ours.history[key], expected, strict=True):
            assert type(value) is type(other)
            assert_same(value, other)


def assert_same(value, expected):
    if expected is None or isinstance(expected, (str, dict, list)):
        assert value == expected
    else:
        np.testing.assert_allclose(np.asarray(value), np.asarray(expected), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("metric", cases(METRICS, quick=["a dict of a number and a vector"]))
def test_a_metric_may_give(metric):
    ours, theirs = both(lambda: classifier(metric()), validation_data=classes(8, seed=1))
    assert_same_history(ours, theirs)


@pytest.mark.parametrize("first", cases({"at once": 0, "late": 2}, quick=["late"]))
@pytest.mark.parametrize("added", cases(ADDED, quick=["text in the place of the loss"]))
def test_a_callback_may_put_into_the_logs(added, first):
    ours, theirs = both(classifier, callbacks=lambda: [Adding(*added, first=first)])
    assert_same_history(ours, theirs)


@pytest.mark.parametrize("change", cases(OWN))
def test_a_models_own_compute_metrics_returns(change):
    ours, theirs = both(lambda: own(change), validation_data=classes(8, seed=1))
    assert_same_history(ours, theirs)


@pytest.mark.slow
def test_a_models_own_compute_metrics_with_the_same_keys_is_compiled():
    ours, _ = both(lambda: own(OWN["the same"]))
    assert ours.record.tier == "xla"


MONITORS = {
    "EarlyStopping": lambda key: keras.callbacks.EarlyStopping(key, patience=1, mode="max", restore_best_weights=True),
    "ReduceLROnPlateau": lambda key: keras.callbacks.ReduceLROnPlateau(key, patience=1, mode="max", min_lr=1e-5),
    "BestWeights": lambda key: BestWeights(key, mode="max"),
}
MONITORED = {
    "the key of a callback": (classifier, lambda: [Adding("key", lambda _, epoch: -epoch)]),
    "a late key": (classifier, lambda: [Adding("key", lambda _, epoch: -epoch, first=2)]),
    "a key of compute_metrics": (lambda: own(lambda results, _: results | {"key": results["loss"]}), list),
}


@pytest.mark.filterwarnings("ignore:.*conditioned on metric:UserWarning")
@pytest.mark.parametrize("monitored", cases(MONITORED, quick=["a late key"]))
@pytest.mark.parametrize("monitor", cases(MONITORS, quick=["EarlyStopping"]))
def test_callbacks_monitor_such_a_key(monitor, monitored):
    build, others = monitored
    watching = [monitor("key"), monitor("key")]
    pair = iter(watching)
    ours, theirs = both(build, callbacks=lambda: [*others(), next(pair)], epochs=6)
    assert_same_history(ours, theirs)
    for name in ("best", "wait", "stopped_epoch", "best_epoch"):
        assert_same(*[getattr(callback, name, 0) for callback in watching])


@pytest.mark.parametrize("validation_freq", cases({str(freq): freq for freq in (1, 2, 3, 9, [1, 4], [2, 2], [9], [])}))
def test_keys_come_in_the_order_in_which_they_first_appear(validation_freq):
    last = keras.metrics.MeanSquaredError
    ours, theirs = both(
        lambda: classifier(last(name="zeta"), last(name="val_of_its_own")),
        callbacks=lambda: [keras.callbacks.ReduceLROnPlateau("loss")],
        validation_data=classes(8, seed=1),
        validation_freq=validation_freq,
    )
    assert ours.record.tier == "xla"
    assert_same_history(ours, theirs)


def test_a_record_has_curves_of_single_numbers_alone():
    callbacks = [Adding("text", lambda *_: "a"), Adding("late", lambda _, epoch: epoch, first=1)]
    model = classifier(keras.metrics.F1Score())
    record = KerasTrainer(model, batch_size=8).train(*classes(), epochs=3, callbacks=callbacks, seed=1)
    assert list(record.history) == ["accuracy", "loss", "late"]
    np.testing.assert_array_equal(record.history["late"], [np.nan, 1, 2])
    assert list(record.keras_history) == ["accuracy", "f1_score", "loss", "text", "late"]


def test_weights_of_a_callback_of_ones_own_are_no_best_weights():
    callback = keras.callbacks.LambdaCallback()
    callback.best_weights = [1]
    assert experiments.fit(network(), *rows(), callbacks=callback).record.best_weights is None


def test_a_model_keeps_its_history():
    model = network()
    first = experiments.fit(model, *rows())
    assert model.history is first
    assert experiments.fit(model, *rows(), callbacks=keras.callbacks.LambdaCallback()) is model.history is not first


@pytest.mark.parametrize("stopping", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_only_terminate_on_nan_ends_a_training_whose_loss_is_not_finite(stopping):
    def data():
        x, y = classes()
        x[12] = np.nan
        return x, y

    ours, theirs = both(
        lambda: classifier(jit_compile=False), data, lambda: [keras.callbacks.TerminateOnNaN()] if stopping else []
    )
    assert_same_history(ours, theirs)
    assert len(ours.epoch) == (1 if stopping else 4)
    assert ours.record.stopped_because == ("diverged" if stopping else "completed")
    assert ours.model.optimizer.iterations == theirs.model.optimizer.iterations


class Resetting(keras.metrics.MeanSquaredError):
    """Multiplies its value by the number of its resets, which Python counts."""

    resets = 0

    def reset_state(self):
        self.resets += 1
        super().reset_state()

    def result(self):
        return super().result() * self.resets


class OwnReset(keras.Sequential):
    """Multiplies all values by the number of the resets."""

    resets = 0

    def reset_metrics(self):
        self.resets += 1
        super().reset_metrics()

    def get_metrics_result(self):
        return {name: value * self.resets for name, value in super().get_metrics_result().items()}


class Stopping(keras.Sequential):
    """Ends its training when it is traced."""

    def call(self, x, training=None):
        if training:
            self.stop_training = True
        return super().call(x, training=training)


def of_class(kind):
    model = kind(classifier().layers)
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"], jit_compile=False)
    return model


IN_PYTHON = {
    "a metric": (lambda: classifier(Resetting(), jit_compile=False), "the metric mean_squared_error has a state"),
    "a model": (lambda: of_class(OwnReset), "OwnReset has its own reset_metrics, get_metrics_result"),
    "a stop": (lambda: of_class(Stopping), "Stopping sets stop_training itself"),
}


@pytest.mark.parametrize("kind", cases(IN_PYTHON, quick=["a metric", "a stop"]))
def test_what_python_does_in_every_epoch_is_left_to_model_fit(kind):
    build, reason = kind
    ours, theirs = both(build, validation_data=classes(8, seed=1))
    assert ours.record.reason.startswith(f"fit: {reason}")
    assert_same_history(ours, theirs)


def test_functions_that_are_run_eagerly_are_left_to_model_fit():
    tf.config.run_functions_eagerly(True)
    try:
        ours, theirs = both(classifier, epochs=1)
    finally:
        tf.config.run_functions_eagerly(False)
    assert ours.record.reason == "fit: tf.config.run_functions_eagerly() is on"
    assert_same_history(ours, theirs)


def test_a_metric_that_another_model_has_updated_counts_in_the_first_epoch_as_in_keras():
    def build():
        metric = keras.metrics.CategoricalAccuracy(name="again")
        metric.update_state([[1, 0, 0]] * 9, [[0, 1, 0]] * 9)
        return classifier(metric, jit_compile=False)

    ours, theirs = both(build)
    assert ours.record.reason == "fit: model.fit starts with the state of the metric again from before compile"
    assert_same_history(ours, theirs)
    assert theirs.history["again"][0] < theirs.history["accuracy"][0]


def test_a_whole_number_keeps_its_digits():
    large = 2**24 + 1
    metric = Counted(lambda sums: keras.ops.cast(large, "int32") + keras.ops.cast(0 * sums[0], "int32"))
    history = experiments.fit(classifier(metric, jit_compile=False), *classes(), verbose=0)
    assert history.history["counted"] == [large]

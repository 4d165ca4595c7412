"""Which tier trains what, and that all of them train alike."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import experiments
from experiments.training import CompiledTrainer, KerasTrainer
from tests.marks import cases
from tests.training.nets import assert_close, assert_same_training, network, rows


@keras.saving.register_keras_serializable("tests")
class Uncompilable(keras.layers.Layer):
    """Passes its input through an operation that XLA does not know."""

    def call(self, x):
        return x + 0 * tf.strings.to_number(tf.strings.as_string(x))


def images():
    draw = np.random.default_rng(0)
    return draw.normal(size=(12, 6, 6, 1)).astype("float32"), draw.integers(0, 2, (12, 1)).astype("float32")


def convolutional():
    keras.utils.set_random_seed(1)
    layers = [
        keras.Input((6, 6, 1)),
        keras.layers.Conv2D(2, 3),
        keras.layers.Flatten(),
        keras.layers.Dense(1, "sigmoid"),
    ]
    model = keras.Sequential(layers)
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


def test_dense_networks_are_compiled():
    record = CompiledTrainer(network(), batch_size=32).train(*rows(), epochs=2, seed=1)
    assert record.tier == "xla"
    assert record.reason == "xla: the whole training is compiled"


@pytest.mark.skipif(bool(tf.config.list_physical_devices("GPU")), reason="a GPU runs them under XLA")
def test_convolutions_on_a_cpu_train_as_a_plain_graph_and_as_fit_does():
    ours, theirs = convolutional(), convolutional()
    records = [
        engine(model, batch_size=5).train(*images(), validation_data=images(), epochs=3, seed=1)
        for engine, model in ((CompiledTrainer, ours), (KerasTrainer, theirs))
    ]
    assert records[0].tier == "graph"
    assert records[0].reason == "graph: Conv2D runs slower under XLA on a CPU"
    assert_same_training((ours, records[0]), (theirs, records[1]), 1e-5)


def test_what_xla_knows_in_kernels_of_its_own_only_is_compiled_all_the_same():
    model = network(activation="relu", units=500, activity_regularizer=keras.regularizers.L1(0.01))
    x, y = rows()
    record = CompiledTrainer(model, batch_size="all").train(x, y, validation_data=(x, y), epochs=2, seed=1)
    assert record.tier == "xla"


@pytest.mark.slow
def test_what_xla_refuses_trains_as_a_plain_graph():
    model = network(middle=[Uncompilable()])
    record = CompiledTrainer(model, batch_size=32).train(*rows(), epochs=2, seed=1)
    assert record.tier == "graph"
    assert record.reason.startswith("graph: XLA does not compile it (")
    assert np.isfinite(record.history["loss"]).all()


class Checked(keras.layers.Layer):
    """Raises in training, by a check of TensorFlow."""

    def __init__(self, check):
        super().__init__()
        self.check = check

    def call(self, x, training=None):
        return self.check(x) if training else x


def asserted(x):
    tf.debugging.assert_less(x, -2.0)
    return x


CHECKS = {
    "CheckNumerics": lambda x: tf.debugging.check_numerics(x / 0, "not finite"),
    "Assert": asserted,
    "MatrixInverse": lambda x: x + tf.linalg.inv(tf.reshape(0 * tf.reduce_sum(x), (1, 1)))[0, 0],
}


@pytest.mark.parametrize("operation", cases({name: name for name in CHECKS}, quick=["Assert"]))
def test_a_check_that_xla_leaves_out_raises_as_in_fit(operation):
    def build():
        return network(middle=[Checked(CHECKS[operation])])

    trainer = CompiledTrainer(build(), batch_size=16)
    assert trainer.train(*rows(), epochs=0, seed=1).reason == f"graph: under XLA, {operation} would not raise"
    with pytest.raises(tf.errors.InvalidArgumentError):
        trainer.train(*rows(), epochs=1, seed=1)
    with pytest.raises(tf.errors.InvalidArgumentError):
        build().fit(*rows(), batch_size=16, epochs=1, verbose=0)


def turned(x, vectors):
    """Rows times the vectors of a decomposition of their products."""
    return x @ vectors(keras.ops.transpose(x) @ x)


class Looked(keras.layers.Layer):
    """Multiplies by the entry of a table whose index depends on a weight."""

    def build(self, shape):
        self.step = self.add_weight(shape=(), dtype="int32", initializer="zeros", trainable=False)
        self.table = self.add_weight(shape=(3,), initializer="ones")

    def call(self, x, training=None):
        if training:
            self.step.assign_add(1)
        return x * keras.ops.take(self.table, self.step)


OTHERWISE = {
    "eigenvectors": (lambda x: turned(x, lambda a: keras.ops.eigh(a)[1]), "the vectors of SelfAdjointEigV2 have other"),
    "singular vectors": (lambda x: turned(x, lambda a: keras.ops.svd(a)[0]), "the vectors of Svd have other signs"),
    "ties": (lambda x: x + keras.ops.cast(keras.ops.argsort(keras.ops.round(x)), x.dtype), "equal values are sorted"),
    "a fixed seed": (lambda x: x + keras.random.normal((3,), seed=7), "StatelessRandomNormalV2 draws other numbers"),
    "a seed of TensorFlow": (lambda x: x + tf.random.normal((3,), seed=7), "RandomStandardNormal draws other numbers"),
}


@pytest.mark.parametrize("kind", cases(OTHERWISE, quick=["ties", "a fixed seed"]))
def test_what_xla_computes_otherwise_has_the_numbers_of_fit(kind):
    function, reason = kind

    def build():
        keras.utils.set_random_seed(1)
        layers = [keras.Input((3,)), keras.layers.Lambda(function), keras.layers.Dense(1)]
        model = keras.Sequential(layers)
        model.compile(keras.optimizers.SGD(0.001), "mse")
        return model

    history = experiments.fit(build(), *rows(), epochs=2, shuffle=False, verbose=0)
    assert history.record.reason.startswith(f"graph: under XLA, {reason}")
    expected = build().fit(*rows(), epochs=2, shuffle=False, verbose=0)
    assert_close(history.history["loss"], expected.history["loss"], 1e-5)


def test_an_index_that_a_weight_takes_out_of_range_raises_as_in_fit():
    with pytest.raises(tf.errors.InvalidArgumentError):
        network(middle=[Looked()]).fit(*rows(), batch_size=16, epochs=1, verbose=0)
    model = network(middle=[Looked()])
    with pytest.raises(tf.errors.InvalidArgumentError):
        experiments.fit(model, *rows(), batch_size=16, epochs=1, verbose=0)


def test_what_xla_draws_from_the_seed_of_a_layer_stays_there():
    middle = [keras.layers.Dropout(0.5, seed=1), keras.layers.GaussianNoise(0.1, seed=1)]
    assert experiments.fit(network(middle=middle), *rows(), verbose=0).record.tier == "xla"


class Counted(keras.layers.Layer):
    """Adds to its input how often Python was called."""

    def build(self, shape):
        self.calls = 0

    def count(self, x):
        self.calls += 1
        return x * (1 + self.calls / 100)

    def call(self, x):
        return tf.ensure_shape(tf.stop_gradient(tf.py_function(self.count, [x], x.dtype)), x.shape)


def test_a_layer_in_python_is_not_called_before_the_training():
    ours, theirs = (network(middle=[Counted()]) for _ in range(2))
    history = experiments.fit(ours, *rows(), epochs=2, shuffle=False, verbose=0)
    assert history.record.tier == "graph"
    expected = theirs.fit(*rows(), epochs=2, shuffle=False, verbose=0)
    assert_close(history.history["loss"], expected.history["loss"], 1e-5)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda model: model.compile("sgd", "mse", run_eagerly=True), "the model was compiled with run_eagerly=True"),
        (
            lambda model: model.compile("sgd", "mse", metrics=[keras.metrics.F1Score()]),
            "the metric f1_score is not a single number",
        ),
    ],
)
def test_model_fit_is_the_last_resort(change, reason):
    model = network()
    change(model)
    record = CompiledTrainer(model, batch_size=32).train(*rows(), epochs=2, seed=1)
    assert (record.tier, record.reason) == ("fit", f"fit: {reason}")
    assert record.epochs_run == 2


def test_callbacks_that_the_loop_does_not_know_are_called_by_fit():
    seen = []
    callback = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(epoch))
    record = CompiledTrainer(network(), batch_size=32).train(*rows(), epochs=2, seed=1, callbacks=[callback])
    assert seen == [0, 1]
    assert record.reason == "fit: LambdaCallback can only be called by model.fit"


@pytest.mark.slow
def test_a_subclass_of_a_known_callback_may_do_anything():
    class Stopping(keras.callbacks.EarlyStopping):
        pass

    callbacks = [Stopping("loss")]
    record = CompiledTrainer(network(), batch_size=32).train(*rows(), epochs=2, seed=1, callbacks=callbacks)
    assert record.tier == "fit"


def test_a_model_compiled_without_xla_trains_without_it_and_as_fit_does():
    def build():
        model = network(middle=[keras.layers.Dropout(0.5, seed=3)])
        model.compile(keras.optimizers.SGD(0.1), "binary_crossentropy", jit_compile=False)
        return model

    ours, theirs = build(), build()
    record = CompiledTrainer(ours, batch_size=32, shuffle=False).train(*rows(), epochs=3, seed=1)
    assert (record.tier, record.reason) == ("graph", "graph: the model was compiled with jit_compile=False")
    expected = theirs.fit(*rows(), batch_size=32, epochs=3, shuffle=False, verbose=0)
    np.testing.assert_allclose(record.history["loss"], expected.history["loss"], rtol=1e-6)


@pytest.mark.parametrize(
    "arguments", cases({"none": {}, "auto": {"jit_compile": "auto"}, "yes": {"jit_compile": True}}, quick=["none"])
)
def test_a_new_compile_takes_back_what_an_earlier_one_asked_for(arguments):
    model = network()
    model.compile("sgd", "mse", jit_compile=False)
    model.compile("sgd", "mse", **arguments)
    assert CompiledTrainer(model, batch_size=32).train(*rows(), epochs=1, seed=1).tier == "xla"


@pytest.mark.slow
@pytest.mark.parametrize("first", cases({"Keras": "keras", "ours": "experiments"}, quick=["Keras"]))
def test_the_choice_is_known_whichever_is_imported_first(first):
    second = "experiments" if first == "keras" else "keras"
    script = f"""
import {first}, {second}
model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
model.compile("sgd", "mse", jit_compile=False)
print(experiments.fit(model, keras.ops.ones((4, 1)), keras.ops.ones((4, 1))).record.tier)
"""
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.split()[-1] == "graph"

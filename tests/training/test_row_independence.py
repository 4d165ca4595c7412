"""Evaluation uses one large batch only where rows are proven independent, and always gives what Keras gives."""

import keras
import numpy as np
import pytest

import experiments
from experiments.training import CompiledTrainer, evaluate
from experiments.training.arrays import as_arrays
from experiments.training.batches import validation_batch_size
from experiments.training.keras_private import build_for_batch
from tests.marks import cases
from tests.training.nets import assert_close

L, O = keras.layers, keras.ops  # noqa: E741
ROWS, BATCH = 70, 16


def data(labels="real"):
    """Rows whose scale grows, so that the batches of an epoch are unlike."""
    draw = np.random.default_rng(0)
    x = (draw.normal(size=(ROWS, 4)) * np.linspace(0.1, 4, ROWS)[:, None]).astype("float32")
    classes = draw.integers(0, 3, ROWS)
    targets = {
        "real": x[:, :1] + draw.normal(size=(ROWS, 1)),
        "flat": x[:, 0],
        "two": (x[:, :1] > 0) * 1.0,
        "signs": np.sign(x[:, :1]),
        "mixed signs": np.where(np.arange(ROWS)[:, None] < 20, 1.0, np.sign(x[:, :1]))
        - (np.arange(ROWS)[:, None] > 50),
        "classes": classes,
        "some": np.where(np.arange(ROWS) < 30, -1, classes),
        "one_hot": np.eye(3)[classes],
        "bits": (x[:, :3] > 0) * 1.0,
    }
    return x, targets[labels].astype("int32" if labels in ("classes", "some") else "float32")


def chain(*middle, outputs=1, last=None, loss="mse", metrics=(), hidden=None):
    layers = [keras.Input((4,)), hidden or L.Dense(6, "tanh"), *middle, L.Dense(outputs, last)]
    model = keras.Sequential(layers)
    model.compile(keras.optimizers.SGD(0.01), loss, metrics=list(metrics))
    return model


def functional(body, **settings):
    inputs = keras.Input((4,))
    model = keras.Model(inputs, L.Dense(1)(body(inputs)))
    model.compile(keras.optimizers.SGD(0.01), "mse", **settings)
    return model


class Sparsity(keras.regularizers.Regularizer):
    def __call__(self, x):
        return O.sum(O.square(O.mean(x, axis=0)))


class Centred(keras.layers.Layer):
    def call(self, x):
        return x - O.mean(x, axis=0, keepdims=True)


class CentredDense(keras.layers.Dense):
    def call(self, x):
        return super().call(x - O.mean(x, axis=0, keepdims=True))


class Widest(keras.metrics.MeanSquaredError):
    def update_state(self, y_true, y_pred, sample_weight=None):
        return super().update_state(O.max(O.abs(y_true)) + 0 * y_true, O.zeros_like(y_true))


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense, self.out = L.Dense(6), L.Dense(1)

    def call(self, x):
        x = self.dense(x)
        return self.out(x - O.mean(x, axis=0, keepdims=True))


def subclassed():
    model = Subclassed()
    model.compile(keras.optimizers.SGD(0.01), "mse")
    return model


def shared_call():
    """A layer whose call was replaced on the object."""
    layer = L.Dense(6)
    keras_call = layer.call
    layer.call = lambda x, training=None: keras_call(x - O.mean(x, axis=0, keepdims=True))
    return chain(hidden=layer)


def scalar_rows():
    """Inputs without a second axis: the last axis is the rows'."""
    inputs = keras.Input(())
    hidden = L.Reshape((1,))(L.Softmax()(inputs))
    model = keras.Model(inputs, L.Dense(1)(hidden))
    model.compile(keras.optimizers.SGD(0.01), "mse")
    return model


class Worst(keras.losses.MeanSquaredError):
    def __call__(self, y_true, y_pred, sample_weight=None):
        return O.max(O.abs(y_true - y_pred))


def penalized_network():
    model = chain()
    model.activity_regularizer = lambda x: O.max(O.abs(x)) ** 2
    return model


def highest(y_true, y_pred):
    return O.max(O.abs(y_true - y_pred))


def over_rows(x):
    return O.softmax(x, axis=0)


CCE, SCCE = keras.losses.CategoricalCrossentropy, keras.losses.SparseCategoricalCrossentropy

DEPENDENT = {
    "loss that skips a class": (lambda: chain(outputs=3, loss=SCCE(True, ignore_class=-1)), "some"),
    "loss along the rows": (lambda: chain(outputs=3, loss=CCE(True, axis=0)), "one_hot"),
    "cosine along the rows": (lambda: chain(outputs=3, loss=keras.losses.CosineSimilarity(axis=0)), "real"),
    "dice": (lambda: chain(last="sigmoid", loss=keras.losses.Dice()), "two"),
    "tversky": (lambda: chain(last="sigmoid", loss=keras.losses.Tversky()), "two"),
    "hinge of mixed labels": (lambda: chain(loss="hinge"), "mixed signs"),
    "squared hinge metric": (lambda: chain(metrics=[keras.metrics.SquaredHinge()]), "mixed signs"),
    "sum": (lambda: chain(loss=keras.losses.MeanSquaredError(reduction="sum")), "real"),
    "mean over weights": (
        lambda: chain(loss=keras.losses.MeanSquaredError(reduction="mean_with_sample_weight")),
        "real",
    ),
    "own loss": (lambda: chain(loss=highest), "real"),
    "own call of a loss": (lambda: chain(loss=Worst()), "real"),
    "penalty of the whole network": (penalized_network, "real"),
    "sequences beside flat targets": (
        lambda: functional(lambda x: L.SimpleRNN(3, return_sequences=True)(L.Reshape((4, 1))(x))),
        "flat",
    ),
    "own metric function": (lambda: chain(metrics=[highest]), "real"),
    "metric with an axis": (lambda: chain(outputs=3, metrics=[keras.metrics.CosineSimilarity(axis=0)]), "real"),
    "correlation of rows": (lambda: chain(metrics=[keras.metrics.PearsonCorrelation(axis=0)]), "real"),
    "metric subclass": (lambda: chain(metrics=[Widest()]), "real"),
    "activity penalty class": (lambda: chain(hidden=L.Dense(6, activity_regularizer=Sparsity())), "real"),
    "activity penalty function": (
        lambda: chain(hidden=L.Dense(6, activity_regularizer=lambda x: O.max(x) + 0.0)),
        "real",
    ),
    "penalty layer": (lambda: chain(L.ActivityRegularization(l2=0.1), L.Lambda(lambda x: x - O.mean(x))), "real"),
    "Lambda": (lambda: chain(L.Lambda(lambda x: x - O.mean(x, axis=0, keepdims=True))), "real"),
    "keras.ops": (lambda: functional(lambda x: x - O.mean(x, axis=0, keepdims=True)), "real"),
    "activation function": (lambda: chain(hidden=L.Dense(6, activation=over_rows)), "real"),
    "activation layer": (lambda: chain(hidden=L.Dense(6, activation=L.Softmax(axis=0))), "real"),
    "softmax over rows": (lambda: chain(L.Softmax(axis=0)), "real"),
    "softmax over rows by a negative axis": (lambda: chain(L.Softmax(axis=-2)), "real"),
    "unit normalization over rows": (lambda: chain(L.UnitNormalization(axis=0)), "real"),
    "batch statistics in inference": (
        lambda: functional(lambda x: L.BatchNormalization()(L.Dense(6)(x), training=True)),
        "real",
    ),
    "own layer": (lambda: chain(Centred()), "real"),
    "subclass of a Keras layer": (lambda: chain(hidden=CentredDense(6)), "real"),
    "call replaced on a layer": (shared_call, "real"),
    "nested model": (lambda: chain(keras.Sequential([keras.Input((6,)), L.Dense(3), Centred()])), "real"),
    "subclassed model": (subclassed, "real"),
    "masking": (lambda: functional(lambda x: L.LSTM(3)(L.Masking()(L.Reshape((4, 1))(O.round(x))))), "real"),
    "rows along the last axis": (scalar_rows, "flat"),
}

#: These draw under XLA, or round, in another way than fit, so that no numbers are compared.
ROUGHLY_DEPENDENT = {
    "dropout of a recurrent layer": (
        lambda: functional(lambda x: L.GRU(3, dropout=0.3, seed=1)(L.Reshape((4, 1))(x))),
        "real",
    ),
    "recurrent dropout": (
        lambda: functional(lambda x: L.Bidirectional(L.LSTM(3, recurrent_dropout=0.3, seed=1))(L.Reshape((4, 1))(x))),
        "real",
    ),
    "loss in half precision": (lambda: chain(loss=keras.losses.MeanSquaredError(dtype="float16")), "real"),
    "metric in half precision": (lambda: chain(metrics=[keras.metrics.MeanSquaredError(dtype="float16")]), "real"),
    "penalty in half precision": (
        lambda: chain(hidden=L.Dense(6, activity_regularizer="l2", dtype="mixed_float16")),
        "real",
    ),
}

INDEPENDENT = {
    "tanh": (lambda: chain(metrics=["mae", "mse"]), "real"),
    "flat targets": (lambda: chain(metrics=["mae"]), "flat"),
    "batch normalization": (lambda: chain(L.BatchNormalization()), "real"),
    "penalties": (
        lambda: chain(hidden=L.Dense(6, kernel_regularizer="l2", activity_regularizer="l1"), metrics=["mae"]),
        "real",
    ),
    "two classes": (
        lambda: chain(last="sigmoid", loss="binary_crossentropy", metrics=["accuracy", keras.metrics.AUC(name="auc")]),
        "two",
    ),
    "classes": (lambda: chain(outputs=3, loss=SCCE(True), metrics=["accuracy"]), "classes"),
    "one-hot classes": (
        lambda: chain(
            outputs=3, last="softmax", loss="categorical_crossentropy", metrics=[keras.metrics.F1Score("macro")]
        ),
        "one_hot",
    ),
    "several labels": (lambda: chain(outputs=3, last="sigmoid", loss="binary_focal_crossentropy"), "bits"),
    "hinge of two labels": (lambda: chain(loss="hinge", metrics=[keras.metrics.Hinge()]), "signs"),
    "normalization of a row": (
        lambda: chain(L.LayerNormalization(), L.UnitNormalization(axis=-1), L.Softmax()),
        "real",
    ),
    "recurrent": (lambda: functional(lambda x: L.Bidirectional(L.GRU(3))(L.Reshape((4, 1))(x))), "real"),
    "residual": (lambda: functional(lambda x: L.Add()([x, L.Dense(4, "relu")(x)])), "real"),
    "nested": (lambda: chain(keras.Sequential([keras.Input((6,)), L.Dense(3, "relu")])), "real"),
}


def batch_of(model, x, y):
    arrays = as_arrays(x, y)
    build_for_batch(model, arrays)
    return validation_batch_size(model, arrays, BATCH)


def seeded(build):
    keras.utils.set_random_seed(3)  # before the layers, which draw a seed when they are made
    return build()


def assert_as_fit(build, x, y):
    """Compare val_loss and every val_metric of three epochs, then evaluate."""
    ours, theirs = seeded(build), seeded(build)
    trained = x[:BATCH], y[:BATCH]
    record = CompiledTrainer(ours, batch_size=BATCH, shuffle=False).train(
        *trained, validation_data=(x, y), epochs=3, seed=1
    )
    expected = theirs.fit(*trained, batch_size=BATCH, epochs=3, validation_data=(x, y), shuffle=False, verbose=0)
    for key, curve in expected.history.items():
        assert_close(record.history[key], curve, 1e-4)
    scores = theirs.evaluate(x, y, verbose=0, return_dict=True)
    theirs_by_us = evaluate(theirs, x, y)
    assert theirs_by_us == pytest.approx(scores, rel=1e-4, abs=1e-6)


def rows_for(kind, labels):
    x, y = data(labels)
    return (x[:, 0] if kind == "rows along the last axis" else x), y


@pytest.mark.parametrize("kind", [*DEPENDENT, *ROUGHLY_DEPENDENT])
def test_rows_that_are_not_proven_independent_have_the_batch_size_of_fit(kind):
    build, labels = (DEPENDENT | ROUGHLY_DEPENDENT)[kind]
    assert batch_of(build(), *rows_for(kind, labels)) == BATCH


@pytest.mark.parametrize("kind", INDEPENDENT)
def test_rows_that_are_proven_independent_are_evaluated_at_once(kind):
    build, labels = INDEPENDENT[kind]
    assert batch_of(build(), *data(labels)) == ROWS


KINDS = {kind: kind for kind in (*DEPENDENT, *INDEPENDENT)}


@pytest.mark.slow
@pytest.mark.parametrize("kind", cases(KINDS, quick=["loss that skips a class", "Lambda", "metric subclass"]))
def test_every_kind_of_validation_equals_that_of_fit(kind):
    build, labels = (DEPENDENT | INDEPENDENT)[kind]
    assert_as_fit(build, *rows_for(kind, labels))


@pytest.mark.slow
def test_validation_has_the_batch_size_of_fit_where_there_are_fewer_training_rows():
    x, y = data()

    def build():
        return chain(Centred())

    ours, theirs = seeded(build), seeded(build)
    record = CompiledTrainer(ours, batch_size=32, shuffle=False).train(
        x[:10], y[:10], validation_data=(x, y), epochs=2, seed=1
    )
    expected = theirs.fit(x[:10], y[:10], epochs=2, validation_data=(x, y), shuffle=False, verbose=0)
    assert_close(record.history["val_loss"], expected.history["val_loss"], 1e-5)


def test_what_a_recurrent_layer_draws_in_validation_is_drawn_as_in_fit():
    def build():
        body = functional(lambda x: L.SimpleRNN(3, dropout=0.3, seed=1)(L.Reshape((4, 1))(x)))
        body.compile(keras.optimizers.SGD(0.01), "mse", jit_compile=False)
        return body

    x, y = data()
    ours, theirs = seeded(build), seeded(build)
    arguments = {"validation_data": (x, y), "batch_size": BATCH, "epochs": 3, "shuffle": False, "verbose": 0}
    history, expected = experiments.fit(ours, x, y, **arguments), theirs.fit(x, y, **arguments)
    assert_close(history.history["loss"], expected.history["loss"], 1e-5)


def test_a_loss_in_half_precision_does_not_overflow():
    def build():
        model = chain(loss=keras.losses.MeanSquaredError(dtype="float16"))
        model.compile(keras.optimizers.SGD(0.0), model.loss, jit_compile=False)
        return model

    x, y = data()
    ours, theirs = seeded(build), seeded(build)
    arguments = {"validation_data": (x, y + 60), "batch_size": BATCH, "verbose": 0}
    history, expected = experiments.fit(ours, x, y, **arguments), theirs.fit(x, y, **arguments)
    assert np.isfinite(expected.history["val_loss"]).all()
    assert_close(history.history["val_loss"], expected.history["val_loss"], 1e-2)


def test_layers_that_draw_only_in_training_keep_rows_apart():
    x, y = data()
    assert batch_of(chain(L.Dropout(0.5), L.GaussianNoise(0.1), L.AlphaDropout(0.1)), x, y) == ROWS


def test_a_subclass_does_not_inherit_the_declaration_of_its_parent():
    class Declared(keras.layers.Layer):
        rows_are_independent = True

        def call(self, x):
            return 2 * x

    class Heir(Declared):
        def call(self, x):
            return x - O.mean(x, axis=0, keepdims=True)

    x, y = data()
    assert batch_of(chain(Declared()), x, y) == ROWS
    assert batch_of(chain(Heir()), x, y) == BATCH


@pytest.mark.parametrize(("shape", "size"), [((ROWS,), BATCH), ((ROWS, 4), ROWS)])
def test_weights_that_are_broadcast_along_the_rows_are_not_proven(shape, size):
    x, _ = data()
    model = functional(lambda x: L.SimpleRNN(3, return_sequences=True)(L.Reshape((4, 1))(x)))
    arrays = as_arrays(x, x[:, :, None], np.ones(shape, "float32"))
    build_for_batch(model, as_arrays(x, x[:, :, None], np.ones((ROWS, 4), "float32")))
    assert validation_batch_size(model, arrays, BATCH) == size


def test_a_metric_that_broadcasts_class_numbers_is_not_proven():
    x, y = data("classes")
    assert batch_of(chain(outputs=3, loss=SCCE(True), metrics=["accuracy"]), x, y) == ROWS
    model = chain(outputs=3, loss=SCCE(True), metrics=[keras.metrics.MeanAbsoluteError()])
    arrays = as_arrays(x, y)
    build_for_batch(model, as_arrays(x, y[:, None]))
    assert validation_batch_size(model, arrays, BATCH) == BATCH


def test_one_dimensional_targets_beside_several_outputs_are_not_proven():
    x, _ = data()
    model = chain(outputs=ROWS)
    assert batch_of(model, x, np.zeros(ROWS, "float32")) == BATCH

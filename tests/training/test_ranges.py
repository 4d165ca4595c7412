"""Labels and tokens out of range raise before training, where Keras raises in its first epoch."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from experiments.errors import ExperimentsError
from experiments.training import CompiledTrainer, KerasTrainer, evaluate
from tests.marks import cases

L = keras.layers
COUNT, WORDS = 40, 10


def tokens(highest=WORDS):
    return np.random.default_rng(0).integers(0, highest, (COUNT, 5))


def classifier(loss="sparse_categorical_crossentropy"):
    model = keras.Sequential([keras.Input((5,)), L.Dense(3, "softmax")])
    model.compile("sgd", loss)
    return model


def chain(*layers):
    model = keras.Sequential([keras.Input((5,), dtype="int32"), *layers, L.Flatten(), L.Dense(1, "sigmoid")])
    model.compile("sgd", "binary_crossentropy")
    return model


class Reader(keras.Model):
    def __init__(self):
        super().__init__()
        self.embedding, self.flat, self.output_layer = L.Embedding(WORDS, 2), L.Flatten(), L.Dense(1, "sigmoid")

    def call(self, x):
        return self.output_layer(self.flat(self.embedding(x)))


def reader():
    model = Reader()
    model.compile("sgd", "binary_crossentropy")
    return model


def two_inputs():
    inputs = {"b": keras.Input((5,), name="b"), "a": keras.Input((5,), name="a", dtype="int32")}
    merged = L.Concatenate()([inputs["b"], L.Flatten()(L.Embedding(WORDS, 2)(inputs["a"]))])
    model = keras.Model(inputs, L.Dense(1, "sigmoid")(merged))
    model.compile("sgd", "binary_crossentropy")
    return model


def looked_up():
    table = tf.constant(np.arange(float(WORDS)), tf.float32)
    return chain(L.Lambda(lambda x: tf.gather(table, x)))


READERS = {
    "embedding": lambda: chain(L.Embedding(WORDS, 2)),
    "embedding behind a reshape": lambda: chain(L.Reshape((5, 1)), L.Permute((2, 1)), L.Embedding(WORDS, 2)),
    "nested": lambda: chain(keras.Sequential([keras.Input((5,), dtype="int32"), L.Embedding(WORDS, 2)])),
    "subclassed": reader,
    "lookup in a Lambda": looked_up,
}


def with_one(value, row=7):
    x = tokens()
    x[row, 2] = value
    return x


@pytest.mark.parametrize("build", cases(READERS, quick=["embedding", "nested"]))
@pytest.mark.parametrize("place", ["training", "validation"])
def test_a_token_out_of_range_raises_as_with_fit(build, place):
    wrong, right, y = with_one(WORDS), tokens(), np.zeros(COUNT, "float32")
    x, validation = (wrong, right) if place == "training" else (right, wrong)
    with pytest.raises(tf.errors.InvalidArgumentError):
        build().fit(x, y, validation_data=(validation, y), verbose=0)
    with pytest.raises(ExperimentsError, match=rf"{place} rows.*\b{WORDS}\b"):
        CompiledTrainer(build(), batch_size=32).train(x, y, validation_data=(validation, y), epochs=1, seed=1)


@pytest.mark.parametrize("build", cases(READERS, quick=["nested"]))
def test_tokens_in_range_train_under_xla(build):
    model = build()
    record = CompiledTrainer(model, batch_size=32).train(tokens(), np.zeros(COUNT, "float32"), epochs=1, seed=1)
    assert record.tier == "xla"


def test_negative_tokens_count_from_the_end_as_in_keras():
    y = np.zeros(COUNT, "float32")
    trainer = CompiledTrainer(READERS["embedding"](), batch_size=32)
    trainer.train(with_one(-WORDS), y, epochs=1, seed=1)
    with pytest.raises(ExperimentsError, match=f"token {-WORDS - 1} in row 7 is out of range: the embedding"):
        trainer.train(with_one(-WORDS - 1), y, epochs=1, seed=1)


def test_the_tokens_of_a_named_input_are_found():
    x = {"a": with_one(WORDS), "b": np.zeros((COUNT, 5), "float32")}
    with pytest.raises(ExperimentsError, match=f"token {WORDS} in row 7"):
        CompiledTrainer(two_inputs(), batch_size=32).train(x, np.zeros(COUNT, "float32"), epochs=1, seed=1)


@pytest.mark.parametrize("value", [3, -1, np.nan])
@pytest.mark.parametrize("engine", [CompiledTrainer, KerasTrainer])
def test_a_label_without_an_output_raises(value, engine):
    x, y = np.zeros((COUNT, 5), "float32"), np.zeros(COUNT, "float32")
    y[9] = value
    with pytest.raises(ExperimentsError, match=r"training rows: class label .* in row 9 is out of range: 3 outputs"):
        engine(classifier(), batch_size=32).train(x, y, epochs=1, seed=1)
    with pytest.raises(ExperimentsError, match=r"class label .* in row 9"):
        evaluate(classifier(), x, y)


def test_a_label_that_the_loss_ignores_is_in_range():
    y = np.where(np.arange(COUNT) == 9, -1, 0)
    loss = keras.losses.SparseCategoricalCrossentropy(ignore_class=-1)
    record = CompiledTrainer(classifier(loss), batch_size=32).train(
        np.zeros((COUNT, 5), "float32"), y, epochs=1, seed=1
    )
    assert np.isfinite(record.history["loss"]).all()


class Masked(keras.losses.SparseCategoricalCrossentropy):
    """Skips the label -1, as many losses of one's own do."""

    def call(self, y_true, y_pred):
        known = keras.ops.cast(y_true >= 0, "float32")
        return super().call(keras.ops.maximum(y_true, 0), y_pred) * keras.ops.reshape(known, (-1,))


class FromOne(keras.Model):
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return super().compute_loss(x, y - 1, y_pred, sample_weight, training)


class Wrapping(L.Embedding):
    def call(self, x):
        return super().call(x % self.input_dim)


def from_one():
    inputs = keras.Input((5,))
    model = FromOne(inputs, L.Dense(3, "softmax")(inputs))
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def named_outputs():
    inputs = keras.Input((5,))
    model = keras.Model(
        inputs, {"z": L.Dense(3, "softmax", name="z")(inputs), "a": L.Dense(5, "softmax", name="a")(inputs)}
    )
    model.compile("sgd", {"z": "sparse_categorical_crossentropy", "a": "sparse_categorical_crossentropy"})
    return model


def renamed_inputs():
    words, more = keras.Input((5,), name="words", dtype="int32"), keras.Input((5,), name="z")
    merged = L.Concatenate()([L.Flatten()(L.Embedding(WORDS, 2)(words)), more])
    model = keras.Model({"a": words, "z": more}, L.Dense(1, "sigmoid")(merged))
    model.compile("sgd", "binary_crossentropy")
    return model


REALS, CLASSES = np.full((COUNT, 5), -50.5, "float32"), np.arange(COUNT) % 3
RIGHT = {
    "loss that skips a label": (lambda: classifier(Masked()), REALS / 50, np.where(CLASSES == 1, -1, CLASSES)),
    "model that shifts labels": (from_one, REALS / 50, CLASSES + 1),
    "embedding that wraps": (lambda: chain(Wrapping(WORDS, 2)), with_one(WORDS + 3), CLASSES * 0.0),
    "outputs in another order": (named_outputs, REALS / 50, {"z": CLASSES, "a": np.arange(COUNT) % 5}),
    "inputs of other names": (renamed_inputs, {"a": tokens(), "z": REALS}, CLASSES * 0.0),
}


@pytest.mark.filterwarnings("ignore:The structure of")
@pytest.mark.parametrize("kind", RIGHT)
def test_what_keras_takes_is_not_refused(kind):
    build, x, y = RIGHT[kind]
    keras.utils.set_random_seed(1)
    theirs = build().fit(x, y, batch_size=COUNT, shuffle=False, verbose=0).history["loss"]
    keras.utils.set_random_seed(1)
    ours = CompiledTrainer(build(), batch_size=COUNT, shuffle=False).train(x, y, epochs=1, seed=1).history["loss"]
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)


def test_a_metric_on_class_numbers_is_checked_too():
    model = keras.Sequential([keras.Input((5,)), L.Dense(3, "softmax")])
    model.compile("sgd", "mse", metrics=[keras.metrics.SparseCategoricalCrossentropy()])
    x, y = np.zeros((COUNT, 5), "float32"), (np.arange(COUNT)[:, None] % 7).astype("float32")
    with pytest.raises(ExperimentsError, match="class label 3 in row 3"):
        CompiledTrainer(model, batch_size=32).train(x, y, epochs=1, seed=1)


def test_looking_for_values_out_of_range_leaves_the_model_as_it_was():
    class Counting(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False)

        def call(self, x):
            self.calls.assign_add(1)
            return keras.ops.cast(x, "float32") + 0 * self.calls

    ours, theirs = chain(Counting()), chain(Counting())
    y = np.zeros(COUNT, "float32")
    CompiledTrainer(ours, batch_size=10).train(tokens(), y, validation_data=(tokens(), y), epochs=2, seed=1)
    theirs.fit(tokens(), y, validation_data=(tokens(), y), batch_size=10, epochs=2, verbose=0)
    assert ours.layers[0].calls.numpy() == theirs.layers[0].calls.numpy() == 2 * (4 + 4)

"""Each argument of model.fit for each kind of model: equal to model.fit, in the tier that docs/engine.md names."""

import keras
import numpy as np
import pytest
from allpairspy import AllPairs
from scipy import sparse

import experiments
from tests.marks import cases
from tests.training.nets import assert_close

layers = keras.layers
ROWS, VALIDATION_ROWS = 36, 20


def compiled(model, loss="mse", metrics=("mae",)):
    # As a plain graph: it is traced quickly, and the loop is the same.
    model.compile(keras.optimizers.Adam(0.05), loss, metrics=list(metrics), jit_compile=False)
    return model


def sequential():
    return compiled(keras.Sequential([keras.Input((4,)), layers.Dense(3, "tanh"), layers.Dense(1)]))


def functional():
    left, right = keras.Input((4,), name="left"), keras.Input((2,), name="right")
    joint = layers.Concatenate()([layers.Dense(3, "tanh")(left), right])
    outputs = {"first": layers.Dense(1, name="first")(joint), "second": layers.Dense(1, name="second")(joint)}
    return compiled(keras.Model([left, right], outputs), {"first": "mse", "second": "mae"}, metrics=())


def lstm():
    return compiled(keras.Sequential([keras.Input((2, 2)), layers.LSTM(3), layers.Dense(1)]))


def convolutional():
    parts = [keras.Input((2, 2, 1)), layers.Conv2D(2, 2, activation="relu"), layers.Flatten(), layers.Dense(1)]
    return compiled(keras.Sequential(parts))


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.hidden, self.output_layer = layers.Dense(3, "tanh"), layers.Dense(1)

    def call(self, x):
        return self.output_layer(self.hidden(x))


MODELS = {
    "sequential": sequential,
    "two inputs and outputs": functional,
    "lstm": lstm,
    "convolutional": convolutional,
    "subclassed": lambda: compiled(Subclassed()),
}
SHAPES = {"lstm": (2, 2), "convolutional": (2, 2, 1)}


def data(kind, count=ROWS, seed=0):
    draw = np.random.default_rng(seed)
    x, y = draw.normal(size=(count, 4)).astype("float32"), draw.integers(0, 2, (count, 1)).astype("float32")
    if kind == "two inputs and outputs":
        return [x, x[:, :2]], {"first": y, "second": 1 - y}
    return x.reshape(count, *SHAPES.get(kind, (4,))), y


def weights(count=ROWS):
    return np.linspace(0.1, 2, count, dtype="float32")


def validation(kind, *more):
    return (*data(kind, VALIDATION_ROWS, seed=1), *more)


ARGUMENTS = {
    "batch_size": {
        "none": lambda kind: {},
        "part of the rows": lambda kind: {"batch_size": 10},
        "more than the rows": lambda kind: {"batch_size": 100},
        "steps_per_epoch": lambda kind: {"steps_per_epoch": 3},
    },
    "validation": {
        "none": lambda kind: {},
        "split": lambda kind: {"validation_split": 0.3},
        "data": lambda kind: {"validation_data": validation(kind)},
        "weighted data": lambda kind: {"validation_data": validation(kind, weights(VALIDATION_ROWS))},
        "batch_size": lambda kind: {"validation_data": validation(kind), "validation_batch_size": 7},
        "steps": lambda kind: {"validation_data": validation(kind), "validation_batch_size": 6, "validation_steps": 2},
        "freq": lambda kind: {"validation_data": validation(kind), "validation_freq": 2},
        "epochs": lambda kind: {"validation_data": validation(kind), "validation_freq": [1, 3]},
    },
    "weights": {
        "none": lambda kind: {},
        "sample_weight": lambda kind: {"sample_weight": weights()},
        "class_weight": lambda kind: {"class_weight": {0: 0.5, 1: 2.0}},
    },
    "epochs": {"all": lambda kind: {}, "initial_epoch": lambda kind: {"initial_epoch": 2}},
    "order": {"of the rows": lambda kind: {"shuffle": False}, "of Keras": lambda kind: {"shuffle": "keras"}},
    "callbacks": {
        "none": lambda kind: {},
        "EarlyStopping": lambda kind: {
            "callbacks": [keras.callbacks.EarlyStopping("loss", patience=1, restore_best_weights=True)]
        },
        "LearningRateScheduler": lambda kind: {
            "callbacks": [keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)]
        },
        "TerminateOnNaN": lambda kind: {"callbacks": [keras.callbacks.TerminateOnNaN()]},
    },
}
#: Which of the pairs are quick.
QUICK = 2


def pairs():
    names = [list(MODELS), *(list(values) for values in ARGUMENTS.values())]
    return {", ".join(combination): combination for combination in AllPairs(names)}


def train(kind, arguments, *, keras_itself):
    keras.utils.set_random_seed(3)
    model = MODELS[kind]()
    named = dict(zip("xy", data(kind), strict=True)) | {"epochs": 4, "verbose": 0} | arguments
    if keras_itself:
        return model, model.fit(**named | {"shuffle": named.get("shuffle") is not False})
    return model, experiments.fit(model, **named)


def assert_equal(kind, arguments):
    """Train with both; return our History, or the errors that both raised."""
    found = []
    for keras_itself in (False, True):
        try:
            found.append(train(kind, arguments(), keras_itself=keras_itself))
        except Exception as error:  # what Keras refuses is refused in the same way
            found.append(error)
    ours, theirs = found
    if isinstance(theirs, Exception):
        assert type(ours) is type(theirs)
        return None
    assert ours[1].epoch == theirs[1].epoch
    assert list(ours[1].history) == list(theirs[1].history)
    for key, values in theirs[1].history.items():
        assert_close(ours[1].history[key], values, 1e-5)
    for weight, other in zip(ours[0].get_weights(), theirs[0].get_weights(), strict=True):
        assert_close(weight, other, 1e-5)
    return ours[1]


@pytest.mark.parametrize("combination", cases(pairs(), quick=list(pairs())[:QUICK]))
def test_arguments_are_those_of_model_fit(combination):
    kind, *names = combination

    def arguments():
        parts = [ARGUMENTS[name][value](kind) for name, value in zip(ARGUMENTS, names, strict=True)]
        return {key: value for part in parts for key, value in part.items()}

    history = assert_equal(kind, arguments)
    refused = "class_weight" in names and kind == "two inputs and outputs"
    assert refused == (history is None)
    if not refused:
        whole = "steps_per_epoch" not in names or "split" not in names  # 25 rows are 3 batches of 9
        assert history.record.tier == ("graph" if whole else history.record.tier)


class Batches(keras.utils.PyDataset):
    def __init__(self, x, y):
        super().__init__()
        self.rows = x, y

    def __len__(self):
        return 3

    def __getitem__(self, index):
        return tuple(values[12 * index : 12 * index + 12] for values in self.rows)


def dataset(kind):
    import tensorflow as tf

    x, y = data(kind)
    return tf.data.Dataset.from_tensor_slices((tuple(x) if isinstance(x, list) else x, y)).batch(12)


def generator(kind):
    batches = dataset(kind)
    while True:
        yield from batches


def frames(kind):
    import pandas

    x, y = data(kind)
    return {"x": pandas.DataFrame(x), "y": pandas.Series(y[:, 0])}


INPUTS = {
    "Dataset": (lambda kind: {"x": dataset(kind), "y": None}, "x is a _BatchDataset, not an array"),
    "generator": (
        lambda kind: {"x": generator(kind), "y": None, "steps_per_epoch": 3},
        "x is a generator, not an array",
    ),
    "PyDataset": (lambda kind: {"x": Batches(*data(kind)), "y": None}, "x is a Batches, not an array"),
    "sparse": (
        lambda kind: {"x": sparse.csr_matrix(data(kind)[0])},
        "x: expected dense arrays, found csr_matrix; convert it to a NumPy array",
    ),
    "Dataset for validation": (
        lambda kind: {"validation_data": dataset(kind)},
        "validation_data is a _BatchDataset, not an array",
    ),
    "part of an epoch": (
        lambda kind: {"batch_size": 6, "steps_per_epoch": 2},
        "steps_per_epoch=2 is not one pass over the rows",
    ),
    "shuffled batches": (
        lambda kind: {"shuffle": "batch", "batch_size": 100},
        "shuffle='batch' is an order that only Keras has",
    ),
    "no rows": (
        lambda kind: {"x": data(kind)[0][:0], "y": data(kind)[1][:0]},
        "x: expected inputs, targets and sample weights with equally many rows, at least one; found [0]",
    ),
    "pandas": (frames, ""),
}


@pytest.mark.filterwarnings("ignore:.*will be ignored since the data:UserWarning")
@pytest.mark.filterwarnings("ignore:Your input ran out of data:UserWarning")
@pytest.mark.parametrize("case", cases(INPUTS, quick=["Dataset", "part of an epoch"]))
def test_rows_are_those_of_model_fit(case):
    make, reason = case
    history = assert_equal("sequential", lambda: {"shuffle": False} | make("sequential"))
    assert history.record.reason == (
        f"fit: {reason}" if reason else "graph: the model was compiled with jit_compile=False"
    )
    tier = experiments.explain(sequential(), **dict(zip("xy", data("sequential"), strict=True)) | make("sequential"))
    assert str(tier) == history.record.reason


class Unpacking(keras.Model):
    """Weighs its inputs by the kind of sequence that they come in."""

    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(1)

    def call(self, x):
        return (2 if isinstance(x, tuple) else 1) * self.dense(x[0])


@pytest.mark.slow
def test_a_model_gets_lists_of_inputs_as_tuples():
    def train(keras_itself):
        keras.utils.set_random_seed(3)
        model, (x, y) = compiled(Unpacking()), data("sequential")
        fit = keras.Model.fit if keras_itself else experiments.fit
        return fit(model, [x, x], y, epochs=2, shuffle=False, verbose=0).history["loss"]

    assert_close(train(keras_itself=False), train(keras_itself=True), 1e-5)


def test_the_limit_of_steps_is_kept_to():
    keras.config.set_max_steps_per_epoch(2)
    try:
        with pytest.warns(UserWarning, match="Limiting steps_per_epoch"):
            history = assert_equal("sequential", lambda: {"batch_size": 6, "shuffle": False})
    finally:
        keras.config.set_max_steps_per_epoch(None)
    assert history.record.reason == "fit: keras.config.max_steps_per_epoch() is 2"


class Unsized(layers.Layer):
    """Refuses batches whose number of rows is known while tracing; model.fit has none."""

    def call(self, x):
        if x.shape[0] is not None:
            raise RuntimeError("a known number of rows")
        return x


def test_a_model_that_the_loop_cannot_trace_is_trained_by_model_fit():
    def build():
        keras.utils.set_random_seed(3)
        return compiled(keras.Sequential([keras.Input((4,)), Unsized(), layers.Dense(1)]))

    x, y = data("sequential")
    history = experiments.fit(build(), x, y, epochs=2, shuffle=False, verbose=0)
    assert "a known number of rows" in history.record.reason
    assert_close(history.history["loss"], build().fit(x, y, epochs=2, shuffle=False, verbose=0).history["loss"], 1e-6)


@pytest.mark.slow
def test_the_order_of_keras_is_drawn_anew_without_a_global_seed():
    import tensorflow as tf

    tf.random.set_seed(None)
    x, y = data("sequential")
    histories = [experiments.fit(sequential(), x, y, 6, 2, 0, shuffle="keras", seed=seed).history for seed in (1, 2)]
    assert histories[0] != histories[1]

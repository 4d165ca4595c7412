"""Callbacks of everyday life inside the compiled loop: files, logs, attributes and prints are those of model.fit."""

import csv
import functools
import io
import re
import zipfile

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import experiments
from experiments.training.learning_rates import may_keep_state
from tests.marks import cases
from tests.training.nets import assert_close, rows

callbacks = keras.callbacks


def network(optimizer="adam"):
    """A network with all kinds of saved state that is traced quickly: as a plain graph, without XLA."""
    keras.utils.set_random_seed(1)
    layers = [
        keras.Input((3,)),
        keras.layers.Dense(4, "tanh", name="hidden"),
        keras.layers.BatchNormalization(name="norm"),
        keras.layers.Dropout(0.5, seed=3, name="drop"),
        keras.layers.Dense(1, "sigmoid", name="output"),
    ]
    model = keras.Sequential(layers, name="network")
    model.compile(optimizer, "binary_crossentropy", metrics=["accuracy"], jit_compile=False)
    return model


def both(make, folder, **arguments):
    """Train with model.fit and with ours, each in a folder; return the histories, models and lists of callbacks."""
    arguments = {"epochs": 7, "batch_size": 20, "shuffle": False, "validation_data": rows(30, seed=1)} | arguments
    found = []
    for name, train in (("ours", experiments.fit), ("theirs", keras.Model.fit)):
        (folder / name).mkdir()
        model, made = arguments.get("build", network)(), make(folder / name)
        named = {"verbose": 0} | {key: value for key, value in arguments.items() if key != "build"}
        found.append((train(model, *rows(50), callbacks=made, **named), model, made))
    return found


def assert_same(ours, theirs, tier="graph"):
    assert ours[0].record.tier == tier
    assert list(ours[0].history) == list(theirs[0].history)
    for key, values in theirs[0].history.items():
        assert_close(ours[0].history[key], values, 1e-5)
    for weight, other in zip(ours[1].get_weights(), theirs[1].get_weights(), strict=True):
        assert_close(weight, other, 1e-5)


def content(path):
    """Return the arrays of a file of weights or of a whole model, by name; Keras numbers optimizers, as in "adam_2"."""
    data = path.read_bytes()
    if path.suffix == ".keras":
        data = zipfile.ZipFile(io.BytesIO(data)).read("model.weights.h5")
    arrays = {}
    h5py.File(io.BytesIO(data)).visititems(
        lambda name, item: (
            arrays.update({re.sub(r"/adam_\d+/", "/adam/", name): item[()]}) if isinstance(item, h5py.Dataset) else None
        )
    )
    return arrays


def assert_same_files(folder):
    ours, theirs = (
        sorted(path.relative_to(folder / name) for path in (folder / name).rglob("*") if path.is_file())
        for name in ("ours", "theirs")
    )
    assert ours == theirs != []
    for name in ours:
        expected = content(folder / "theirs" / name)
        found = content(folder / "ours" / name)
        assert list(found) == list(expected)
        for key, values in expected.items():
            assert_close(found[key], values, 1e-5)


CHECKPOINTS = {
    "best model": ("best.keras", {"save_best_only": True}),
    "best weights": ("best.weights.h5", {"save_best_only": True, "save_weights_only": True}),
    "highest accuracy": ("a.keras", {"save_best_only": True, "monitor": "accuracy"}),
    "below a threshold": ("a.keras", {"save_best_only": True, "initial_value_threshold": 5.0}),
    "every epoch": ("last.keras", {}),
    "a file for each epoch": ("e{epoch:02d}-{val_loss:.2f}.keras", {}),
    "a file for each best epoch": ("deep/e{epoch}.weights.h5", {"save_best_only": True, "save_weights_only": True}),
    "legacy format": ("best.h5", {"save_best_only": True}),
}


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
@pytest.mark.parametrize("checkpoint", cases(CHECKPOINTS, quick=["best model"]))
def test_a_checkpoints_files_are_those_of_model_fit(checkpoint, tmp_path):
    name, arguments = checkpoint
    ours, theirs = both(
        lambda folder: [
            callbacks.EarlyStopping("val_loss", patience=2, restore_best_weights=True),
            callbacks.ModelCheckpoint(folder / name, **arguments),
            callbacks.ReduceLROnPlateau("val_loss", patience=1, factor=0.1),
        ],
        tmp_path,
        epochs=9,
        build=lambda: network(keras.optimizers.Adam(0.3)),
    )
    assert_same(ours, theirs)
    assert_same_files(tmp_path)
    assert ours[2][1].best == (None if theirs[2][1].best is None else pytest.approx(theirs[2][1].best, rel=1e-4))


@pytest.mark.slow
def test_they_are_served_under_xla_too(tmp_path):
    def build():
        model = network()
        model.layers[2].rate = 0.0  # random draws differ between the tiers
        model.compile(keras.optimizers.Adam(0.1), "binary_crossentropy", jit_compile=True)
        return model

    ours, theirs = both(
        lambda folder: [
            callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.7),
            callbacks.ModelCheckpoint(folder / "best.keras", "loss", save_best_only=True),
            callbacks.TerminateOnNaN(),
        ],
        tmp_path,
        build=build,
        epochs=4,
    )
    assert_same(ours, theirs, tier="xla")
    assert_same_files(tmp_path)


@pytest.mark.slow
def test_a_checkpoint_continues_from_the_best_of_an_earlier_training(tmp_path):
    def make(folder):
        return [callbacks.ModelCheckpoint(folder / "best.weights.h5", save_best_only=True, save_weights_only=True)]

    ours, theirs = both(make, tmp_path)
    for (_, model, made), train in ((ours, experiments.fit), (theirs, keras.Model.fit)):
        model.optimizer.learning_rate = 0.5
        train(model, *rows(50), epochs=3, shuffle=False, validation_data=rows(30, seed=1), callbacks=made, verbose=0)
    assert ours[2][0].best == pytest.approx(theirs[2][0].best, rel=1e-4)
    assert_same_files(tmp_path)


def test_a_file_that_cannot_be_written_leaves_the_model_as_it_was(tmp_path):
    (tmp_path / "taken.keras").mkdir()
    model = network()
    with pytest.raises(OSError, match="taken"):
        experiments.fit(
            model, *rows(), epochs=3, verbose=0, callbacks=[callbacks.ModelCheckpoint(tmp_path / "taken.keras")]
        )
    assert np.isfinite(model.get_weights()[0]).all()
    assert int(model.optimizer.iterations.numpy()) > 0


@pytest.mark.slow
def test_a_csv_log_is_that_of_model_fit(tmp_path):
    ours, theirs = both(lambda folder: [callbacks.CSVLogger(folder / "log.csv", separator=";")], tmp_path)
    assert_same(ours, theirs)
    tables = [list(csv.reader((tmp_path / name / "log.csv").open(), delimiter=";")) for name in ("ours", "theirs")]
    assert tables[0][0] == tables[1][0]
    assert_close(np.array(tables[0][1:], float), np.array(tables[1][1:], float), 1e-5)


class Decay:
    """A schedule that is an object."""

    def __init__(self, factor):
        self.factor = factor

    def __call__(self, epoch, rate):
        return rate * self.factor


SCHEDULES = {
    "of the rate": lambda epoch, rate: rate * 0.5,
    "of the epoch alone": lambda epoch: 0.1 / (1 + epoch),
    "an object": Decay(0.7),
    "partial": functools.partial(lambda factor, epoch, rate: float(np.float32(rate * factor)), 0.9),
}


@pytest.mark.parametrize("schedule", cases(SCHEDULES))
def test_a_schedule_is_asked_before_its_epochs(schedule, tmp_path):
    ours, theirs = both(
        lambda folder: [callbacks.LearningRateScheduler(schedule), callbacks.CSVLogger(folder / "log.csv")],
        tmp_path,
        initial_epoch=1,
    )
    assert_same(ours, theirs)
    assert (tmp_path / "ours/log.csv").read_text().splitlines()[0].split(",")[2] == "learning_rate"


@pytest.mark.slow
def test_a_schedule_that_fails_after_the_last_epoch_does_no_harm(tmp_path):
    table = [0.1, 0.1, 0.1]
    stop = callbacks.EarlyStopping("loss", mode="max", patience=1)
    scheduler = callbacks.LearningRateScheduler(lambda epoch, _: table[epoch])
    history = experiments.fit(network(), *rows(), epochs=20, verbose=0, callbacks=[stop, scheduler])
    assert history.record.tier == "graph"
    assert len(history.epoch) == 2
    with pytest.raises(IndexError):
        experiments.fit(network(), *rows(), epochs=20, verbose=0, callbacks=[scheduler])
    wrong = callbacks.LearningRateScheduler(lambda epoch, _: "0.1")
    with pytest.raises(ValueError, match="should be a float"):
        experiments.fit(network(), *rows(), verbose=0, callbacks=[wrong])


class Counting:
    """A schedule of the number of its calls."""

    def __init__(self):
        self.calls = 0

    def __call__(self, epoch, rate):
        self.calls += 1
        return 0.1 / self.calls


def noting():
    asked = []
    return lambda epoch, rate: asked.append(epoch) or 0.1 / len(asked)


def counting():
    calls = 0

    def schedule(epoch):
        nonlocal calls
        calls += 1
        return 0.1 / calls

    return schedule


@pytest.mark.parametrize("make", cases({"object": Counting, "list": noting, "nonlocal": counting}, quick=["object"]))
def test_a_schedule_with_a_state_is_not_asked_for_epochs_after_a_stop(make):
    def train(fit):
        schedule, model = make(), network()
        rates = []
        for _ in range(2):
            made = [callbacks.LearningRateScheduler(schedule), callbacks.EarlyStopping("loss", mode="max", patience=1)]
            rates += fit(model, *rows(50), epochs=20, shuffle=False, verbose=0, callbacks=made).history["learning_rate"]
        return rates

    assert_close(train(experiments.fit), train(keras.Model.fit), 1e-6)


def test_a_schedule_without_a_state_is_asked_for_many_epochs():
    table = (0.1, 0.2)
    assert not any(
        map(
            may_keep_state,
            [lambda epoch, rate: rate * np.exp(-0.1), lambda epoch: table[epoch % 2], SCHEDULES["partial"]],
        )
    )


def scalars(folder):
    """Return the scalars in the event files of a folder: (subfolder, tag) to steps and values."""
    found = {}
    for part in ("train", "validation"):
        events = EventAccumulator(str(folder / part), size_guidance={"tensors": 0}).Reload()
        for tag in events.Tags()["tensors"]:
            if tag != "keras":
                series = [(event.step, float(tf.make_ndarray(event.tensor_proto))) for event in events.Tensors(tag)]
                found[part, tag] = np.array(series)
    return found


@pytest.mark.parametrize("plateau", cases({"constant rate": [], "falling rate": ["val_loss"]}))
def test_tensorboard_has_the_scalars_of_model_fit(plateau, tmp_path):
    ours, theirs = both(
        lambda folder: [
            *(callbacks.ReduceLROnPlateau(monitor, patience=1, min_delta=1) for monitor in plateau),
            callbacks.TensorBoard(folder),
        ],
        tmp_path,
        validation_freq=2,
    )
    assert_same(ours, theirs)
    found, expected = scalars(tmp_path / "ours"), scalars(tmp_path / "theirs")
    assert list(found) == list(expected) != []
    for key, series in expected.items():
        assert_close(found[key], series, 1e-5)


class Reader(callbacks.Callback):
    """Writes down what it is called with."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_train_begin(self, logs=None):
        self.seen.append(("train", logs, self.params))

    def on_epoch_begin(self, epoch, logs=None):
        self.seen.append(("begin", epoch, logs))

    def on_test_end(self, logs=None):
        self.seen.append(("test", logs))

    def on_epoch_end(self, epoch, logs=None):
        self.seen.append(("end", epoch, dict(logs)))
        logs["mark"] = epoch / 2

    def on_train_end(self, logs=None):
        self.seen.append(("stop", logs))


def flat(seen):
    """Return texts and numbers of what a Reader saw."""
    text = re.findall(r"-?\d+\.\d+(?:e-?\d+)?", repr(seen))
    return re.sub(r"-?\d+\.\d+(?:e-?\d+)?", "#", repr(seen)), np.array(text, float)


@pytest.mark.slow
def test_callbacks_that_read_logs_are_replayed_when_asked(tmp_path):
    ours, theirs = both(lambda folder: [Reader(), callbacks.History()], tmp_path, validation_freq=3)
    assert ours[0].record.reason == "fit: Reader can only be called by model.fit"
    again = network()
    reader, own = Reader(), callbacks.History()
    history = experiments.fit(
        again, *rows(50), epochs=7, batch_size=20, shuffle=False, validation_data=rows(30, seed=1), validation_freq=3,
        callbacks=[reader, own], replay_callbacks=True, verbose=0,
    )  # fmt: skip
    assert_same((history, again), theirs)
    assert list(own.history) == list(history.history)
    (words, numbers), (expected, values) = flat(reader.seen), flat(theirs[2][0].seen)
    assert words == expected
    assert_close(numbers, values, 1e-5)


def test_a_replayed_callback_that_stops_the_training_is_reported():
    class Stopper(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = True

    with pytest.warns(UserWarning, match="cannot stop the training"):
        experiments.fit(network(), *rows(), epochs=2, verbose=0, callbacks=[Stopper()], replay_callbacks=True)


REASONS = {
    "looks at the model": (
        lambda model: callbacks.LearningRateScheduler(lambda epoch, rate: rate / (1 + len(model.layers))),
        "the schedule of LearningRateScheduler looks at the model",
    ),
    "saves within epochs": (
        lambda _: callbacks.ModelCheckpoint("a.keras", save_freq=2),
        "ModelCheckpoint saves within epochs (save_freq=2)",
    ),
    "weights": (
        lambda _: callbacks.TensorBoard(histogram_freq=1),
        "TensorBoard writes more than the scalars of epochs",
    ),
    "batches": (
        lambda _: callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None),
        "LambdaCallback has on_train_batch_end, and the loop has no logs of batches",
    ),
    "two rates": (
        lambda _: [callbacks.LearningRateScheduler(lambda epoch, rate: rate), callbacks.ReduceLROnPlateau()],
        "LearningRateScheduler and ReduceLROnPlateau both set the learning rate",
    ),
    "the same twice": (
        lambda _: [callbacks.EarlyStopping("loss")] * 2,
        "the same EarlyStopping is among the callbacks twice",
    ),
    "own comparison": (lambda _: with_own("monitor_op", min), "EarlyStopping has its own monitor_op"),
    "own method": (
        lambda _: with_own("on_epoch_end", lambda epoch, logs=None: None),
        "EarlyStopping has its own on_epoch_end",
    ),
    "unknown": (lambda _: callbacks.SwapEMAWeights(), ""),
}


def with_own(name, value):
    """A callback on which an attribute was replaced."""
    callback = callbacks.EarlyStopping("loss")
    setattr(callback, name, value)
    return callback


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in REASONS.items()])
def test_what_the_loop_does_not_serve_is_explained(case):
    make, reason = case
    model = network()
    tier = experiments.explain(model, callbacks=make(model), replay_callbacks=True)
    assert (tier.name, tier.reason) == (
        ("fit", reason) if reason else ("graph", "the model was compiled with jit_compile=False")
    )


@pytest.mark.slow
def test_the_same_callback_twice_counts_twice_as_in_keras(tmp_path):
    ours, theirs = both(lambda _: [callbacks.EarlyStopping("loss", patience=1)] * 2, tmp_path)
    assert_same(ours, theirs, tier="fit")
    assert ours[0].epoch == [0, 1]


@pytest.mark.slow
def test_terminate_on_nan_looks_once_in_an_execution_of_several_steps_as_in_keras(tmp_path):
    def build():
        model = network()
        model.compile(keras.optimizers.SGD(1e30), "mse", steps_per_execution=3, jit_compile=False)
        return model

    ours, theirs = both(lambda _: [callbacks.TerminateOnNaN()], tmp_path, build=build, validation_data=None)
    assert ours[0].record.reason == "fit: TerminateOnNaN sees one batch in steps_per_execution=3"
    assert ours[1].optimizer.iterations.numpy() == theirs[1].optimizer.iterations.numpy() == 3


def test_a_monitored_key_that_a_callback_adds_needs_model_fit():
    stop = callbacks.EarlyStopping("mark", mode="min", patience=1)
    history = experiments.fit(
        network(), *rows(), epochs=5, verbose=0, callbacks=[Reader(), stop], replay_callbacks=True
    )
    assert history.record.reason == "fit: EarlyStopping monitors 'mark', which a callback may add to the logs"
    assert stop.stopped_epoch == 1


def bars(text):
    """Return what a progress bar printed, without times."""
    return re.sub(r"\d+(s|ms|us)\b", "#", text).replace("\x08", "")


@pytest.mark.parametrize("verbose", cases({"auto": "auto", "1": 1, "2": 2}, quick=["1"]))
def test_progress_is_printed_as_model_fit_does(verbose, capsys, tmp_path):
    def make(folder):
        return [
            callbacks.LearningRateScheduler(lambda epoch, rate: 0.1, verbose=1),
            callbacks.ModelCheckpoint(folder / "a.weights.h5", save_best_only=True, save_weights_only=True, verbose=1),
            callbacks.EarlyStopping("loss", patience=1, mode="max", restore_best_weights=True, verbose=1),
        ]

    texts = []
    for name, train in (("ours", experiments.fit), ("theirs", keras.Model.fit)):
        (tmp_path / name).mkdir()
        model = network()
        train(
            model,
            *rows(50),
            epochs=4,
            batch_size=50,
            shuffle=False,
            validation_data=rows(30, seed=1),
            verbose=verbose,
            callbacks=make(tmp_path / name),
        )
        texts.append(bars(capsys.readouterr().out).replace(name, ""))
    first, _, rest = texts[0].partition("\n")
    assert re.fullmatch(
        r"experiments.fit: graph: the model was compiled with jit_compile=False; compiled in .* s", first
    )
    assert [line for line in rest.splitlines() if "━" not in line] == [
        line for line in texts[1].splitlines() if "━" not in line
    ]
    last = [[line for line in text.splitlines() if "val_loss:" in line] for text in texts]
    assert last[0] == last[1]
    assert bool(last[0]) == (verbose != 0)


def test_nothing_is_printed_when_silent(capsys):
    experiments.fit(network(), *rows(), epochs=2, verbose=0)
    experiments.fit(network(), *rows(), epochs=2, verbose=0, callbacks=[Reader()])
    assert capsys.readouterr().out == ""

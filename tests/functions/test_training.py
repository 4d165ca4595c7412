"""Comparisons that train: own layers and models, several inputs, functions that fail, and plain scripts."""

import subprocess
import sys

import keras
import numpy as np
import pytest

from experiments import compare
from experiments.errors import ConfigError
from tests.functions.moons import build_plain

pytestmark = pytest.mark.slow
X = np.random.default_rng(0).normal(size=(60, 2))
Y = (X[:, 0] * X[:, 1] > 0).astype(int)
DATA = (X[:30], Y[:30]), (X[30:], Y[30:])
OPTIONS = {"epochs": 6, "repeats": 3, "device": "cpu"}


class Twice(keras.layers.Layer):
    def call(self, x):
        return 2 * x


class OwnModel(keras.Model):
    def __init__(self, units=8):
        super().__init__()
        self.hidden, self.output_layer = keras.layers.Dense(units, "relu"), keras.layers.Dense(1, "sigmoid")

    def call(self, x):
        return self.output_layer(self.hidden(x))


def build_own_layer(seed):
    model = keras.Sequential([keras.Input((2,)), Twice(), keras.layers.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


def build_own_model(seed):
    model = OwnModel()
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


def build_two_inputs(seed):
    a, b = keras.Input((2,), name="a"), keras.Input((2,), name="b")
    both = keras.layers.Concatenate()([a, b])
    outputs = {"p": keras.layers.Dense(1, "sigmoid", name="p")(both), "q": keras.layers.Dense(1, name="q")(both)}
    model = keras.Model({"a": a, "b": b}, outputs)
    model.compile("adam", {"p": "binary_crossentropy", "q": "mse"}, metrics={"p": ["accuracy"]})
    return model


def fail(seed):
    raise KeyError("units")


def fail_later(seed):
    return fail(seed) if seed == 2 else build_plain(seed)


def test_own_layers_own_models_and_callbacks_train():
    stop = keras.callbacks.EarlyStopping(monitor="val_loss", patience=1, restore_best_weights=True)
    models = {"layer": build_own_layer, "model": build_own_model}
    found = compare(models, DATA, validate_on="test", callbacks=[stop], **OPTIONS)
    assert set(found.runs.error) == {""}
    assert found.runs.groupby("variant").test_loss.nunique().tolist() == [3, 3]
    assert found.verdict("model.best_test_accuracy > layer.best_test_accuracy").effect.interval.n == 3


def test_models_of_several_inputs_and_outputs_train():
    rows = ({"a": X, "b": X}, {"p": Y, "q": X[:, :1]})
    found = compare({"two": build_two_inputs}, (rows, rows), batch_size="all", **OPTIONS)
    assert set(found.runs.error) == {""}
    assert {"test_loss", "test_p_accuracy", "test_q_loss"} <= set(found.runs)
    assert "test loss" in found._repr_html_()
    assert found.plot("test_p_accuracy").axes


def test_a_function_that_fails_with_the_first_seed_ends_the_call():
    with pytest.raises(
        ConfigError, match=r"fail\(seed=0\) raised KeyError \(line \d+ in fail\): 'units'.*variant 'wrong'"
    ):
        compare({"plain": build_plain, "wrong": fail}, DATA, **OPTIONS)


def test_a_function_that_fails_with_a_later_seed_fails_that_run(capsys):
    found = compare({"later": fail_later}, DATA, **OPTIONS)
    assert [bool(error) for error in found.runs.error] == [False, False, True]
    assert "failed: later, published, repeat 2" in capsys.readouterr().out
    assert "fail_later(seed=2) raised KeyError" in found.runs.error[2]
    assert "2, 1 failed" in found._repr_html_()


SCRIPT = """
import experiments
from own_models import build

def build_wide(seed):
    return build(units=16)

def build_narrow(seed):
    return build(units=2)

rows = [[0.0, 1.0], [1.0, 0.0]], [0, 1]
models = {"wide": build_wide, "narrow": build_narrow}
found = experiments.compare(models, (rows, rows), epochs=2, repeats=2, device="cpu", out="results/mine")
print(found.runs.test_loss.tolist())
"""
MODULE = """
def build(units):
    import keras
    layers = [keras.Input((2,)), keras.layers.Dense(units, "relu"), keras.layers.Dense(1, "sigmoid")]
    model = keras.Sequential(layers)
    model.compile("adam", "binary_crossentropy")
    return model
"""


def test_a_script_needs_no_guard_and_its_modules_count(tmp_path):
    def run():
        command = [sys.executable, "script.py"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    (tmp_path / "script.py").write_text(SCRIPT)
    (tmp_path / "own_models.py").write_text(MODULE)
    first = run()
    assert first.count("0 done, 4 to run") == 1
    again = run()
    assert "4 done, nothing to run" in again
    assert again.splitlines()[-1] == first.splitlines()[-1]
    (tmp_path / "own_models.py").write_text(MODULE.replace('"relu"', '"tanh"'))
    changed = run()
    assert "wide: its function, the rows or an argument changed" in changed
    assert "0 done, 4 to run" in changed
    assert changed.splitlines()[-1] != first.splitlines()[-1]

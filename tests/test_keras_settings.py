"""A study is trained in this project's precision, whatever the user set for Keras; the user's own model is not."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.marks import ON_LINUX

ROOT = Path(__file__).parents[1]
STUDY = Path(__file__).parent / "cli" / "study.yaml"
FOREIGN = {
    "double": {"floatx": "float64", "backend": "tensorflow"},
    "half": {"floatx": "float16", "epsilon": 0.01, "backend": "jax", "image_data_format": "channels_first"},
}

TRAIN = f"""
import sys
from experiments.scheduler.local import LocalExecutor
from experiments.scheduler.executor import Finished, Train
from experiments.language import load_study

if __name__ == "__main__":
    executor = LocalExecutor(1, forked=sys.argv[1] == "forked")
    executor.submit(Train(load_study({str(STUDY)!r}).runs(variants=["dropout"], repeats=1, engine=sys.argv[2])[:1]))
    (result,) = [event.result for event in executor.events() if isinstance(event, Finished)]
    executor.close()
    print(result.error, {{key: curve.tobytes() for key, curve in result.history.items()}})
"""

FIT = """
import keras
import numpy as np
import experiments

x, y = np.ones((8, 2)), np.ones((8, 1))
model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
history = experiments.fit(model, x, y, epochs=2, seed=1, verbose=0)
print(keras.config.floatx(), history.record.weights[0].dtype, history.record.history["loss"].dtype)
"""


def run(source, folder, *arguments, config=None, **variables):
    """Run a script in a home of its own, with this ``keras.json`` in it; gives what it prints."""
    home = folder / "home"
    (home / ".keras").mkdir(parents=True)
    if config is not None:
        (home / ".keras" / "keras.json").write_text(json.dumps(config))
    script = folder / "script.py"
    script.write_text(source)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KERAS_")}
    environment = {**kept, "HOME": str(home), "PYTHONPATH": str(ROOT), **variables}
    command = [sys.executable, str(script), *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """What the run of an engine gives with Keras' own settings."""
    return cache(lambda engine: run(TRAIN, tmp_path_factory.mktemp("plain"), "spawned", engine))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("start", "engine", "config", "variables"),
    [
        pytest.param("forked", "compiled", "double", {}, marks=ON_LINUX),
        pytest.param("forked", "keras", "half", {}, marks=ON_LINUX),
        ("spawned", "keras", "double", {"KERAS_MAX_EPOCHS": "1", "KERAS_BACKEND": "jax"}),
        ("spawned", "compiled", "half", {"KERAS_MAX_EPOCHS": "1", "KERAS_BACKEND": "jax"}),
    ],
)
def test_a_run_does_not_depend_on_the_users_settings_of_keras(tmp_path, expected, start, engine, config, variables):
    assert expected(engine).startswith(" {'")
    assert run(TRAIN, tmp_path, start, engine, config=FOREIGN[config], **variables) == expected(engine)


@pytest.mark.slow
def test_fit_keeps_the_users_precision(tmp_path):
    assert run(FIT, tmp_path, config=FOREIGN["double"]).split() == ["float64"] * 3

"""The engines refuse another backend of Keras than TensorFlow."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import pytest

from experiments.errors import ExperimentsError
from experiments.keras_settings import require_tensorflow

ROOT = Path(__file__).parents[2]


def test_another_backend_is_named_in_the_error(monkeypatch):
    require_tensorflow()
    monkeypatch.setattr(keras.config, "backend", lambda: "torch")
    with pytest.raises(ExperimentsError, match="expected Keras' backend tensorflow, found 'torch'; set KERAS_BACKEND"):
        require_tensorflow()


def test_a_backend_that_cannot_be_imported_is_refused_before_anything_else():
    environment = {**os.environ, "KERAS_BACKEND": "nonsense", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", "from experiments import fit"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    *_, last = done.stderr.splitlines()
    assert last.startswith("experiments.errors.ExperimentsError: Keras cannot be imported (Unable to import backend")

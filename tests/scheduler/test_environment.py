"""The environment of worker processes, in a process that has not imported TensorFlow yet."""

import subprocess
import sys

import pytest

SCRIPT = """
import os, sys
from experiments.scheduler.worker import set_environment
set_environment(sys.argv[1])
import keras, numpy, experiments
model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
record = experiments.fit(model, numpy.ones((8, 2)), numpy.ones(8), epochs=2, seed=1, verbose=0).record
print(record.tier, os.environ.get("CUDA_VISIBLE_DEVICES"), os.environ.get("TF_FORCE_GPU_ALLOW_GROWTH"))
"""


@pytest.mark.slow
@pytest.mark.parametrize(("device", "printed"), [("cpu", "xla -1 None\n"), ("gpu", "xla None true\n")])
def test_xla_compiles_for_both_devices_and_the_cpu_sees_no_gpu(device, printed, monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.delenv("TF_FORCE_GPU_ALLOW_GROWTH", raising=False)
    done = subprocess.run([sys.executable, "-c", SCRIPT, device], capture_output=True, text=True, check=True)
    assert done.stdout == printed

"""The choice of a device, with scripts in the place of TensorFlow's answer."""

import pytest

from experiments.errors import ExperimentsError
from experiments.scheduler import device
from experiments.scheduler.device import Device, choose_device


@pytest.mark.parametrize(
    ("script", "wanted", "chosen"),
    [
        ("print('a notice'); print('GPU: NVIDIA H200')", "gpu", Device("gpu", 1, "GPU: NVIDIA H200")),
        ("print('GPU: NVIDIA H200')", "auto", Device("gpu", 1, "GPU: NVIDIA H200")),
        ("print('a notice')", "auto", Device("cpu", 3, "CPU, 3 workers")),
        ("raise AssertionError", "cpu", Device("cpu", 3, "CPU, 3 workers")),
    ],
)
def test_a_gpu_is_used_where_tensorflow_finds_one(monkeypatch, script, wanted, chosen):
    monkeypatch.setattr(device, "_may_have_gpu", lambda: True)
    monkeypatch.setattr(device, "_NAME_GPU", script)
    assert choose_device(wanted, 3) == chosen


@pytest.mark.parametrize(
    ("script", "message"), [("", "TensorFlow sees no GPU here"), ("raise OSError(5)", "OSError: 5")]
)
def test_a_gpu_that_is_not_found_is_an_error(monkeypatch, script, message):
    monkeypatch.setattr(device, "_NAME_GPU", script)
    with pytest.raises(ExperimentsError, match=message):
        choose_device("gpu", None)


def test_tensorflow_is_not_imported_where_there_is_no_driver(monkeypatch):
    monkeypatch.setattr(device, "_may_have_gpu", lambda: False)
    monkeypatch.setattr(device, "_NAME_GPU", "raise AssertionError")
    assert choose_device("auto", 1) == Device("cpu", 1, "CPU, 1 worker")

"""The choice of devices, with scripts in the place of TensorFlow's answer."""

import pytest

from experiments.errors import ExperimentsError
from experiments.scheduler import device
from experiments.scheduler.device import GPU_OPERATIONS, Devices, choose_devices


@pytest.mark.parametrize(
    ("script", "wanted", "chosen"),
    [
        ("print('a notice'); print('GPU: NVIDIA H200')", "gpu", Devices(3, "GPU: NVIDIA H200", forced=True)),
        ("print('GPU: NVIDIA H200')", "auto", Devices(3, "GPU: NVIDIA H200")),
        ("print('a notice')", "auto", Devices(3)),
        ("raise AssertionError", "cpu", Devices(3)),
    ],
)
def test_a_gpu_is_used_where_tensorflow_finds_one(monkeypatch, script, wanted, chosen):
    monkeypatch.setattr(device, "_may_have_gpu", lambda: True)
    monkeypatch.setattr(device, "_NAME_GPU", script)
    assert choose_devices(wanted, 3) == chosen


@pytest.mark.parametrize(
    ("script", "message"), [("", "TensorFlow sees no GPU here"), ("raise OSError(5)", "OSError: 5")]
)
def test_a_gpu_that_is_not_found_is_an_error(monkeypatch, script, message):
    monkeypatch.setattr(device, "_NAME_GPU", script)
    with pytest.raises(ExperimentsError, match=message):
        choose_devices("gpu", None)


def test_tensorflow_is_not_imported_where_there_is_no_driver(monkeypatch):
    monkeypatch.setattr(device, "_may_have_gpu", lambda: False)
    monkeypatch.setattr(device, "_NAME_GPU", "raise AssertionError")
    assert choose_devices("auto", 1) == Devices(1)


@pytest.mark.parametrize(
    ("devices", "text", "small", "large"),
    [
        (Devices(1), "CPU, 1 worker", "cpu", "cpu"),
        (Devices(4, "GPU: Fake"), "GPU: Fake; CPU, 4 workers", "cpu", "gpu"),
        (Devices(4, "GPU: Fake", forced=True), "GPU: Fake", "gpu", "gpu"),
    ],
)
def test_the_size_of_a_network_decides_where_both_devices_train(devices, text, small, large):
    assert devices.text == text
    assert devices.device_for(GPU_OPERATIONS - 1) == small
    assert devices.device_for(GPU_OPERATIONS) == large

"""The size from which on a GPU is faster, from times that are made up."""

import math

import pytest

from benchmarks import device
from benchmarks.device import Rung, crossover
from experiments.scheduler.device import Devices

SIZES = (1e5, 1e6, 1e7, 1e8)


def ladder(*seconds):
    return [Rung(operations, time) for operations, time in zip(SIZES, seconds, strict=True)]


@pytest.mark.parametrize(
    ("gpu", "size"),
    [((10, 10, 10, 10), 1e6), ((1, 100, 100, 100), 1e7), ((0.5, 5, 50, 500), 0.0), ((1, 10, 100, 2000), math.inf)],
)
def test_it_is_where_the_last_ratio_crosses_one(gpu, size):
    assert crossover(ladder(1, 10, 100, 1000), ladder(*gpu)) == pytest.approx(size)


@pytest.mark.parametrize(
    ("gpu", "line"),
    [("", "TensorFlow sees no GPU here"), ("GPU: Fake", "GPU: Fake is faster from 1e+06 operations a step")],
)
def test_a_machine_without_a_gpu_gets_a_sentence(gpu, line, monkeypatch, capsys):
    times = {"cpu": ladder(1, 10, 100, 1000), "gpu": ladder(10, 10, 10, 10)}
    monkeypatch.setattr(device, "WIDTHS", (16, 32, 64, 128))
    monkeypatch.setattr(device, "_time_ladder", times.__getitem__)
    monkeypatch.setattr(device, "choose_devices", lambda *_: Devices(1, gpu))
    device.main()
    assert line in capsys.readouterr().out

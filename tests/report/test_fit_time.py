from __future__ import annotations

import json
import math
from types import SimpleNamespace

import pandas as pd
import pytest

from experiments.language.configuration import DataSettings
from experiments.language.row_counts import steps_of_an_epoch
from experiments.report.fit_time import fit_seconds


def config(split, source, batch_size=32):
    data = DataSettings.from_plain({"points": source, "split": {"test": 1, **split}})
    return SimpleNamespace(data=data, training=SimpleNamespace(batch_size=batch_size))


@pytest.mark.parametrize(
    ("split", "source", "batch_size", "steps"),
    [
        ({"train": 30, "test": 70}, {"make_moons": {"n_samples": 100}}, 32, 1),
        ({"train": 500, "test": 500}, {"make_blobs": {"n_samples": 1000}}, 32, 16),
        ({"train": 0.5, "test": 0.5}, {"make_blobs": {"n_samples": 1000}}, 10, 50),
        ({"train": 0.5, "test": 0.5}, {"make_blobs": {"n_samples": [300, 700]}}, 10, 50),
        ({"train": 0.6, "test": 0.4}, "load_digits", 32, 34),
        ({"train": {"web": 1000, "phone": 28}}, {"make_moons": {"n_samples": 2000}}, 32, 33),
        ({"train": 4}, {"table": {"x": [[0, 0], [0, 1], [1, 0], [1, 1]]}}, 1, 4),
        ({"train": 500}, {"make_moons": {"n_samples": 1000}}, "all", 1),
        ({"train": 0.8}, "load_something", 32, 1),
    ],
)
def test_steps_are_counted_from_the_configuration(split, source, batch_size, steps):
    assert steps_of_an_epoch(config(split, source, batch_size)) == steps


def test_the_estimate_is_epochs_times_their_cost(tmp_path, study):
    measured = tmp_path / "engine.json"
    measured.write_text(json.dumps({"fit_cost": {"seconds_per_epoch": 0.1, "seconds_per_step": 0.02}}))
    runs = pd.DataFrame({"variant": ["baseline", "baseline", "dropout"], "epochs_run": [100, 100, 50]})
    assert fit_seconds(study, runs, measured) == pytest.approx(250 * 0.12)


def test_without_a_measurement_nothing_is_estimated(tmp_path, study):
    runs = pd.DataFrame({"variant": ["baseline"], "epochs_run": [100]})
    assert math.isnan(fit_seconds(study, runs, tmp_path / "engine.json"))
    (tmp_path / "engine.json").write_text("{}")
    assert math.isnan(fit_seconds(study, runs, tmp_path / "engine.json"))

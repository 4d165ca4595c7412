from __future__ import annotations

import json
import math

import pandas as pd
import pytest

from experiments.language.source_facts import steps_of_an_epoch
from experiments.report.measured_speed import fit_seconds, speed_table
from tests.model.cases import configuration

FOUND = {
    "machine": {"processor": "A processor", "cores": "2"},
    "measured": "2026-11-21",
    "claims": [
        {
            "claim": {
                "study": "dropout",
                "says": "Dropout takes twice as long",
                "source": "A deck",
                "slower": "wide+dropout",
                "faster": "wide",
                "claimed": [2.0, 3.0],
            },
            "way": "`model.fit`",
            "ratio": {"estimate": 1.2, "low": 1.1, "high": 1.3, "n": 7, "p": 0.01},
            "word": "contradicted",
        }
    ],
}


def test_a_study_has_its_own_claims_and_the_scoreboard_all(tmp_path):
    measured = tmp_path / "speed_claims.json"
    measured.write_text(json.dumps(FOUND))
    table = speed_table("dropout", measured)
    assert table == speed_table(None, measured)
    (row,) = table.rows
    assert (row.says, row.way, row.look.word) == ("Dropout takes twice as long.", "model.fit", "contradicted")
    assert (row.ratio, row.n, table.machine) == ("1.2 [1.1, 1.3]", 7, "A processor, one core")
    assert speed_table("noise", measured) is None


def test_without_a_measurement_there_is_no_table(tmp_path):
    assert speed_table(None, tmp_path / "speed_claims.json") is None
    (tmp_path / "speed_claims.json").write_text("{}")
    assert speed_table(None, tmp_path / "speed_claims.json") is None


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
    assert (
        steps_of_an_epoch(configuration(source=source, split={"test": "none", **split}, batch_size=batch_size)) == steps
    )


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

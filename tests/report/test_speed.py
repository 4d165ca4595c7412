from __future__ import annotations

import json

from experiments.report.speed import speed_table

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

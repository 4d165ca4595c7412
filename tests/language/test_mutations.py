"""Damaged studies: a message with a place or a plan, never a traceback, a long wait, or a file outside of the folder.

MUTATIONS sets the number of studies; 10,000 take some ten minutes.
"""

import os
import time
from pathlib import Path

from experiments.cli.main import main
from tests.docs.blocks import ROOT
from tests.language.mutations import mutated

COUNT = int(os.environ.get("MUTATIONS", "500"))
SHIPPED = ("ensemble", "nonlinearity", "digits_mlp", "batch_size", "residual_connections", "data_augmentation")


def test_a_damaged_study_is_refused_with_a_place_or_planned(tmp_path, monkeypatch, capsys):
    texts = [(ROOT / "configs" / f"{name}.yaml").read_text(encoding="utf-8") for name in SHIPPED]
    monkeypatch.chdir(tmp_path)
    refused = 0
    for seed in range(COUNT):
        path = Path("study.yaml")
        path.write_text(mutated(texts[seed % len(texts)], seed), encoding="utf-8")
        start = time.process_time()
        code = main(["run", str(path), "--dry-run", "--out", "results"])
        seconds, printed = time.process_time() - start, capsys.readouterr()
        assert code in (0, 2), seed
        assert "Traceback" not in printed.err, seed
        assert seconds < 2, seed  # of the processor: endless work, not a slow machine
        assert {file.name for file in tmp_path.iterdir()} == {"study.yaml"}, seed
        if code == 2:
            refused += 1
            assert "study.yaml:" in printed.err, (seed, printed.err)
    assert COUNT / 4 < refused < COUNT

"""A comparison of functions has the numbers of the same study in YAML."""

import numpy as np
import pytest

from experiments import compare, load_history, load_results
from experiments.session.run_studies import Options, run_studies
from tests.functions.moons import MODELS, rows, study

pytestmark = pytest.mark.slow
COMMON = ["train_accuracy", "train_loss", "test_accuracy", "test_loss", "accuracy_gap", "best_watched_accuracy"]


class Quiet:
    def log(self, line):
        print(line)

    def begin(self, tally):
        pass

    update = end = study_written = lambda self, *_: None


@pytest.mark.parametrize("protocol", ["published", "fresh"])
def test_the_numbers_are_those_of_the_study(tmp_path, protocol):
    run_studies([study(protocol)], Options(out=tmp_path / "yaml", device="cpu", report=False), Quiet())
    data = rows(0, "published") if protocol == "published" else rows
    found = compare(MODELS, data, epochs=20, repeats=3, validate_on="test", device="cpu", out=tmp_path / "python")
    theirs = load_results("moons", tmp_path / "yaml").sort_values(["variant", "repeat"], ignore_index=True)
    ours = found.runs.sort_values(["variant", "repeat"], ignore_index=True)
    assert set(ours.protocol) == {protocol}
    assert (
        ours[["variant", "repeat", "seed", *COMMON]].to_dict()
        == theirs[["variant", "repeat", "seed", *COMMON]].to_dict()
    )
    for name, curves in found.curves.items():
        for key in ("loss", "accuracy", "val_loss", "val_accuracy"):
            np.testing.assert_array_equal(curves[key], load_history("moons", name, protocol, tmp_path / "yaml")[key])

"""A verdict at best rates says which of them are ends of their grids."""

from __future__ import annotations

from dataclasses import replace

import pytest

from experiments.analysis import analyse, read_runs
from experiments.analysis.tuned_runs import with_ends_of_grids
from experiments.language import parse_study
from experiments.protocols import STORED_PROTOCOLS
from tests.report.conftest import STUDY
from tests.report.synthetic import add_tuned, write_results


@pytest.fixture(scope="module")
def analysis(tmp_path_factory):
    study, out = parse_study(STUDY, name="dropout", file="configs/dropout.yaml"), tmp_path_factory.mktemp("tuned")
    folder = write_results(study, out, epochs=2)
    add_tuned(study, folder, {"baseline": 1.0, "dropout": 3.16}, {"baseline": 0.9, "dropout": 0.8})
    return analyse(study, read_runs("dropout", out, protocols=STORED_PROTOCOLS))


@pytest.mark.parametrize(
    ("at_ends", "caveat"),
    [
        (set(), ""),
        ({"dropout"}, " At an end of the grid of rates: dropout; a better rate may lie beyond."),
        ({"baseline", "dropout"}, " At an end of the grid of rates: baseline, dropout; a better rate may lie beyond."),
    ],
)
def test_variants_whose_best_rate_is_an_end_of_the_grid_are_named_under_tuned_alone(analysis, at_ends, caveat):
    searches = [replace(one, at_end=one.variant.name in at_ends) for one in analysis.tuned.searches]
    verdicts = {verdict.protocol: verdict for verdict in analysis.verdicts if verdict.number == 1}
    assert set(verdicts) == {"published", "fresh", "tuned"}
    for protocol, verdict in verdicts.items():
        expected = verdict.sentence + (caveat if protocol == "tuned" else "")
        assert with_ends_of_grids(verdict, searches).sentence == expected

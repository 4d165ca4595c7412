"""What the benchmark of error rates makes of runs; nothing is trained here."""

from __future__ import annotations

from argparse import Namespace
from itertools import combinations

import numpy as np
import pytest

from benchmarks.equal_variants import VARIANTS, equal_study, print_controls, rounds
from benchmarks.statistics import print_agreement, rare_failures
from experiments.analysis import analyse, write_tables
from tests.analysis.examples import noise, runs, study, together


def test_every_pair_of_variants_is_a_claim_and_no_variant_is_twice_in_a_round():
    every = list(rounds(VARIANTS))
    assert {frozenset(pair) for pairs in every for pair in pairs} == set(map(frozenset, combinations(range(30), 2)))
    assert all(len({player for pair in pairs for player in pair}) == VARIANTS for pairs in every)
    assert len(equal_study().claims) == 435


@pytest.mark.slow
def test_variants_that_differ_are_counted_as_errors(capsys):
    asked = equal_study()
    scores = [
        runs(variant.name, protocol, test_accuracy=np.clip(0.5 + 0.01 * k + noise(k, 30, 0.001), 0, 1))
        for k, variant in enumerate(asked.variants)
        for protocol in asked.protocols
    ]
    print_controls(asked, together(*scores))
    assert "published            435            100.0%    100.0%" in capsys.readouterr().out


def test_failures_are_drawn_with_their_share():
    gains, failed = rare_failures(np.random.default_rng(0), (100_000,), 0.03)
    assert abs(failed.mean() - 0.03) < 0.002 and gains[failed].max() < gains[~failed].mean()


def test_claims_whose_verdicts_differ_between_two_folders_are_listed(tmp_path, capsys):
    asked = study(["a", "b"], ["a.test_accuracy > b.test_accuracy", "a.test_accuracy > 0.5"], protocols=("published",))
    for folder, gain in (("one", 0.1), ("two", -0.1)):
        table = together(
            runs("a", test_accuracy=0.8 + gain + noise(0, scale=0.01)), runs("b", test_accuracy=[0.8] * 30)
        )
        (tmp_path / folder / "example").mkdir(parents=True)
        write_tables(analyse(asked, table), tmp_path / folder)
    print_agreement(Namespace(first=tmp_path / "one", second=tmp_path / "two"))
    shown = capsys.readouterr().out
    assert "published          2         50.0%" in shown
    assert "example#1 published: supported, contradicted" in shown

"""What the benchmark makes of its measurements; nothing is timed here."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import tables
from benchmarks.contestants import Entry, Times, take_turns
from benchmarks.engine import claim_entries, engine_entries, engine_results, factor_results
from benchmarks.problems import problem, write_data
from benchmarks.ratios import fit_cost, ratio, training_seconds
from benchmarks.speed_claims import CLAIMS, judge_speed

FIT = Entry("`model.fit`", "wide", 200)
OURS = Entry("compiled engine", "wide", 4000)


class Clock:
    """A contestant whose rounds take what it is told."""

    def __init__(self, *seconds):
        self.seconds = list(seconds)
        self.asked = []

    def round(self, name, epochs):
        self.asked.append((name, epochs))
        return {"seconds": self.seconds[len(self.asked) - 1], "seeds": 1, "loss": 0.1, "peak_mb": 100.0, "first": False}


def test_the_first_round_is_kept_apart_and_turns_alternate():
    order = []
    clocks = {"a": Clock(9, 1, 2), "b": Clock(8, 3, 4)}
    for name, clock in clocks.items():
        inner = clock.round
        clock.round = lambda problem, epochs, name=name, inner=inner: (order.append(name), inner(problem, epochs))[1]
    entries = [Entry("a", "wide", 10), Entry("b", "wide", 10)]
    times = take_turns(clocks, entries, rounds=2)
    assert order == ["a", "b", "b", "a", "a", "b"]
    assert (times[entries[0]].first, times[entries[0]].seconds) == (9, [1, 2])


def test_few_epochs_are_extrapolated_to_a_training():
    assert training_seconds(FIT, Times(seconds=[2.0, 3.0])) == pytest.approx([40, 60])
    assert training_seconds(OURS, Times(seconds=[1.0], seeds=5)) == pytest.approx([0.2])


def test_ratios_are_formed_within_a_round():
    found = ratio((FIT, Times(seconds=[1.0, 2.0, 4.0])), (OURS, Times(seconds=[0.1, 0.2, 0.4])))
    assert found.estimate == pytest.approx(200)
    assert found.high - found.low == pytest.approx(0, abs=1e-6)


def test_the_cost_of_an_epoch_and_of_a_step_solve_both_problems():
    wide, deep = 4000 * (0.08 + 0.002), 500 * (0.08 + 16 * 0.002)
    cost = fit_cost((wide, FIT), (deep, Entry(FIT.way, "deep", 200)))
    assert cost["seconds_per_epoch"] == pytest.approx(0.08)
    assert cost["seconds_per_step"] == pytest.approx(0.002)


@pytest.mark.parametrize(
    ("slower", "word"), [(2.5, "supported"), (1.2, "contradicted"), (4.0, "contradicted"), (None, "inconclusive")]
)
def test_claims_on_speed_are_judged_by_the_whole_interval(slower, word):
    slow = [1.6, 2.5, 3.5] if slower is None else slower * np.array([1.0, 1.01, 0.99])
    times = {
        Entry("x", "stack+dropout", 10): Times(seconds=list(slow)),
        Entry("x", "stack+relu", 10): Times(seconds=[1.0, 1.0, 1.0]),
    }
    (judged,) = judge_speed(times)
    assert judged.word == word


def test_every_claim_and_every_table_has_its_entries():
    there = {(entry.way, entry.problem) for entry in claim_entries()}
    assert all(("compiled engine", name) in there for claim in CLAIMS for name in (claim.slower, claim.faster))
    times = {entry: Times(first=2.0, seconds=[1.0, 1.1], peak_mb=50.0) for entry in engine_entries()}
    text = tables.engine_table("wide", engine_results(times)["wide"], "`model.fit`")
    assert text.count("\n| ") == 1 + 1 + 5  # head, rule, ways
    assert "wide+noise" in tables.factor_table(factor_results(times))


def test_tables_replace_what_stands_between_their_markers(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- bench:wide -->\nold\n<!-- /bench:wide -->\nb\n<!-- bench:deep -->\n<!-- /bench:deep -->\n")
    for _ in range(2):
        tables.write_between_markers(page, {"wide": r"new \1"})
    assert page.read_text().startswith("a\n<!-- bench:wide -->\n\nnew \\1\n\n<!-- /bench:wide -->\nb\n")
    assert "old" not in page.read_text()


def test_the_data_are_the_slides(tmp_path):
    write_data(tmp_path)
    with np.load(tmp_path / "wide.npz") as wide, np.load(tmp_path / "deep.npz") as deep:
        assert wide["x_train"].shape == (30, 2)
        assert wide["x_test"].shape == (70, 2)
        assert len(deep["x_train"]) == 500
        assert np.abs(deep["x_train"]).max() == pytest.approx(1)
    assert problem("stack+sigmoid").activation == "sigmoid"
    assert problem("wide+noise").extra == "noise"


def test_wall_times_are_compared_round_by_round():
    table = tables.wall_table(
        "workers", {"one worker": [10.0, 20.0, 60.0], "2 workers": [5.0, 10.0, 30.0]}, "one worker"
    )
    assert table.splitlines()[2:] == ["| one worker | 30 s | 1 |", "| 2 workers | 15 s | 0.5 |"]

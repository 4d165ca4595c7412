"""What is planned for variants at their own best rates: rates to try, further ones, then the runs that are scored."""

import math

import pytest

from experiments.language import parse_study
from experiments.protocols import TUNED, TUNING
from experiments.scheduler.plan import Selection, make_plan
from experiments.store.folder import StudyFolder
from experiments.store.merge import merge
from experiments.store.result import RunResult
from experiments.store.staging import stage
from experiments.store.table import read_rows

TEXT = """\
title: Two optimizers
question: Which is better?
data: {points: {make_moons: {n_samples: 100}}, split: {train: 30, test: 70}}
model: {hidden: {Dense: 5}, output: {Dense: {units: 1, activation: sigmoid}}}
training: {optimizer: {SGD: {learning_rate: 0.1}}, loss: binary_crossentropy, metrics: [accuracy], epochs: 3}
repeats: 4
variants:
  sgd: {}
  adam: {training.optimizer: {Adam: {learning_rate: 0.001}}}
  other: {model.hidden.units: 9}
claims:
  - {says: Adam is better., expect: adam.test_accuracy > sgd.test_accuracy}
  - {says: Width helps to fit., expect: other.train_accuracy > sgd.train_accuracy}
"""
STUDY = parse_study(TEXT, name="rates", file="rates.yaml")
ALL = Selection(protocols=("published", "fresh", TUNED))
ALONE = Selection(protocols=(TUNED,))


def planned(plan, protocol=None):
    runs = [run for group in plan.groups for run in group]
    return [run for run in runs if protocol is None or run.protocol == protocol]


def train(plan, accuracy_at, diverged=()):
    """Store results of all runs of a plan: an accuracy for each rate."""
    results = []
    for run in planned(plan):
        rate = run.config.training.optimizer.get("learning_rate")
        lost = (run.variant, run.repeat) in diverged
        scalars = {"fresh_test_accuracy": accuracy_at(run.base, rate) + run.repeat / 1000, "diverged": int(lost)}
        results.append(RunResult(run, scalars, {}, {}))
    stage(plan.folder.staging, results)
    merge(plan.study, plan.folder)


def peak_at(**best):
    """Return an accuracy that falls with the distance to the best rate of each variant."""
    return lambda variant, rate: 0.9 - abs(math.log10(rate / best.get(variant, rate))) / 10


def rates(runs):
    return sorted({(run.base, next(iter(run.grid.values()))) for run in runs})


def test_only_a_named_protocol_asks_for_tuned_runs(tmp_path):
    assert not planned(make_plan(STUDY, tmp_path, Selection()), TUNING)
    plan = make_plan(STUDY, tmp_path, ALL)
    assert len(planned(plan, "published")) == len(planned(plan, "fresh")) == 3 * 4
    assert len(planned(plan, TUNING)) == 2 * 5 * 3 and not planned(plan, TUNED)
    assert [run.variant for run in plan.later] == ["sgd"] * 4 + ["adam"] * 4
    alone = make_plan(STUDY, tmp_path, ALONE)
    assert planned(alone) == planned(alone, TUNING)
    assert {run.base for run in planned(make_plan(STUDY, tmp_path, Selection(["sgd"], protocols=(TUNED,))))} == {"sgd"}


def test_each_variant_and_kind_of_rows_is_built_once(tmp_path):
    built = make_plan(STUDY, tmp_path, ALL).first_runs()
    assert sorted((run.variant, run.protocol) for run in built) == [
        (name, protocol) for name in ("adam", "other", "sgd") for protocol in ("fresh", "published")
    ]


def test_the_best_rate_inside_the_grid_is_scored_and_the_own_one_has_the_runs_of_fresh(tmp_path):
    train(make_plan(STUDY, tmp_path, ALL), peak_at(sgd=0.1, adam=0.00316))
    plan = make_plan(STUDY, tmp_path, ALL)
    assert not plan.later and {run.variant for run in planned(plan)} == {"adam"}
    assert rates(planned(plan)) == [("adam", 0.00316)] and [run.seed for run in planned(plan, TUNED)] == [0, 1, 2, 3]
    train(plan, peak_at())
    assert not make_plan(STUDY, tmp_path, ALL).groups
    assert not make_plan(STUDY, tmp_path, ALONE).groups and not make_plan(STUDY, tmp_path, ALL).stale
    more = make_plan(STUDY, tmp_path, Selection(protocols=(TUNED,), repeats=6))
    assert sorted((run.base, run.protocol, run.repeat) for run in planned(more)) == [
        ("adam", TUNED, 4), ("adam", TUNED, 5), ("sgd", "fresh", 4), ("sgd", "fresh", 5)
    ]  # fmt: skip


def test_alone_it_asks_for_the_fresh_runs_of_a_variant_that_keeps_its_rate(tmp_path):
    train(make_plan(STUDY, tmp_path, ALONE), peak_at(sgd=0.1, adam=0.001))
    assert sorted((run.base, run.protocol) for run in planned(make_plan(STUDY, tmp_path, ALONE))) == [
        *[("adam", "fresh")] * 4, *[("sgd", "fresh")] * 4
    ]  # fmt: skip


def test_an_end_that_is_chosen_widens_the_grid_up_to_two_steps(tmp_path):
    best = peak_at(sgd=0.1, adam=1.0)
    train(make_plan(STUDY, tmp_path, ALL), best)
    seen = []
    for _ in range(2):
        plan = make_plan(STUDY, tmp_path, ALL)
        seen += rates(planned(plan, TUNING))
        assert len(planned(plan)) == 3 and len(plan.later) == 4
        train(plan, best)
    assert seen == [("adam", 0.0316), ("adam", 0.1)]
    plan = make_plan(STUDY, tmp_path, ALL)
    assert rates(planned(plan)) == [("adam", 0.1)] and not plan.later


def test_a_diverged_run_is_the_worst_and_of_equal_rates_the_nearest_to_the_own_one_is_chosen(tmp_path):
    first = make_plan(STUDY, tmp_path, ALONE)
    lost = [("adam[learning_rate=0.00316]", 1), ("sgd[learning_rate=0.1]", 0)]
    flat = peak_at(adam=0.00316)
    train(first, flat, diverged=lost)
    assert rates(planned(make_plan(STUDY, tmp_path, ALONE), TUNED)) == [("sgd", 0.0316)]
    assert {run.base for run in planned(make_plan(STUDY, tmp_path, ALONE), "fresh")} == {"adam"}


def test_a_run_of_this_call_is_not_planned_again_and_force_waits_for_new_scores(tmp_path):
    train(make_plan(STUDY, tmp_path, ALL), peak_at(sgd=0.1, adam=0.01))
    train(make_plan(STUDY, tmp_path, ALL), peak_at())
    forced = Selection(protocols=(TUNED,), force=True)
    first = make_plan(STUDY, tmp_path, forced)
    assert planned(first) == planned(first, TUNING) and len(first.later) == 8
    train(first, peak_at(sgd=1.0, adam=0.001))
    trained = {group[0].hash for group in first.groups}
    second = make_plan(STUDY, tmp_path, forced, trained)
    assert not {group[0].hash for group in second.groups} & trained
    assert rates(planned(second, TUNING)) == [("sgd", 3.16)]


def test_rows_at_another_rate_give_way_and_those_of_a_variant_that_is_tuned_no_more_go(tmp_path):
    train(make_plan(STUDY, tmp_path, ALL), peak_at(sgd=0.1, adam=0.00316))
    train(make_plan(STUDY, tmp_path, ALL), peak_at())
    table = StudyFolder.of("rates", tmp_path).runs
    before = table.read_bytes()
    merge(STUDY, StudyFolder.of("rates", tmp_path))
    assert table.read_bytes() == before
    untuned = parse_study(TEXT + "tuned: {not: no}\n", name="rates", file="rates.yaml")
    assert make_plan(untuned, tmp_path, Selection()).stale
    merge(untuned, StudyFolder.of("rates", tmp_path))
    assert {row["protocol"] for row in read_rows(table)} == {"published", "fresh"}


@pytest.mark.parametrize("selection", [Selection(), ALL])
def test_the_table_is_sorted_by_variant_protocol_rate_and_repeat(tmp_path, selection):
    train(make_plan(STUDY, tmp_path, selection), peak_at())
    order = [(row["group"], row["protocol"]) for row in read_rows(StudyFolder.of("rates", tmp_path).runs)]
    protocols = ["published", "fresh", TUNED, TUNING]
    assert order == sorted(order, key=lambda row: (["sgd", "adam", "other"].index(row[0]), protocols.index(row[1])))

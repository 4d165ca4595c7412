"""Runs carried out for real, on a network and rows so small that only compiling takes time."""

import math

import numpy as np
import pytest

import experiments.data
from experiments.column_lookup import column_of
from experiments.language import parse_study
from experiments.language.metrics import metric_names
from experiments.run.execute import execute, prepare

TEXT = """
title: Small
question: Does it run?
data:
  points: {make_blobs: {n_samples: 40, centers: 2, n_features: 2, random_state: 3}}
  split: {train: 20, test: 20}
model:
  hidden: {Dense: {units: 4, activation: relu}}
  output: {Dense: {units: 1, activation: sigmoid}}
training:
  optimizer: {SGD: {learning_rate: 0.1}}
  loss: binary_crossentropy
  metrics: [accuracy]
  epochs: 3
  batch_size: 20
  validate_on: test
  callbacks: {best: {ModelCheckpoint: {monitor: val_accuracy}}}
record:
- weight_norm
- weight_change
- peakiness
- preactivation_stats
- saturated_units
- overshoots
- roughness
- linear_share
- {ablation: [0.5]}
- {disturbed_inputs: [0.1, 2]}
- {epochs_until: {test_accuracy: 0.5}}
variants:
  plain: {}
  together: {ensemble: 2, training.callbacks.best: null}
  transferred:
    pretrain: {data.points.random_state: 7, once: true}
    freeze: [hidden]
"""


@pytest.fixture(scope="module")
def study():
    return parse_study(TEXT.encode(), name="small", file="small.yaml")


@pytest.fixture(scope="module")
def results(study):
    return {
        (result.run.variant, result.run.protocol, result.run.repeat): result
        for result in execute(study.runs(repeats=2))
    }


@pytest.mark.slow
def test_every_run_has_the_columns_that_claims_may_use(study, results):
    for variant in study.variants:
        result = results[variant.name, "published", 0]
        assert result.error == ""
        others = {"tier", "device", "stopped_because"}
        assert metric_names(variant.config) - {"diverged_at"} == result.scalars.keys() - others
        assert result.scalars["device"] == "cpu"


@pytest.mark.slow
def test_values_have_the_types_that_their_columns_declare(results):
    for result in results.values():
        types = {name: column_of(name).value_type for name in result.scalars}
        assert [
            name
            for name, value in result.scalars.items()
            if not isinstance(value, (int, float) if types[name] is float else types[name])
        ] == []


def test_published_rows_are_the_same_for_all_repeats_and_fresh_rows_are_not(results):
    first, second = (results["plain", "published", repeat].arrays["train_x"] for repeat in (0, 1))
    assert np.array_equal(first, second)
    assert results["plain", "fresh", 0].scalars["test_loss"] != results["plain", "fresh", 1].scalars["test_loss"]


@pytest.mark.slow
def test_what_ran_before_changes_nothing(study, results):
    alone = next(execute([run for run in study.runs(variants=["plain"], protocols=["fresh"]) if run.repeat == 1]))
    together = results["plain", "fresh", 1]
    numbers = {key: value for key, value in together.scalars.items() if key != "seconds"}
    assert {key: alone.scalars[key] for key in numbers} == numbers
    assert all(np.array_equal(alone.history[key], curve) for key, curve in together.history.items())


def test_an_ensemble_scores_its_mean_prediction_and_its_members(results):
    scalars = results["together", "published", 0].scalars
    assert {"test_accuracy", "member_test_accuracy", "member_test_loss"} <= scalars.keys()
    # The loss is convex in the prediction: the mean prediction is never worse than the members' mean loss.
    assert scalars["test_loss"] <= scalars["member_test_loss"] + 1e-6


def test_what_members_reach_on_average_is_not_said_of_their_ensemble(results):
    columns = {"overshoots", "epochs_until_test_accuracy", "reached_test_accuracy", "best_watched_accuracy"}
    assert columns <= results["plain", "published", 0].scalars.keys()
    assert not columns & results["together", "published", 0].scalars.keys()


def test_pretraining_that_transfers_nothing_is_refused():
    model = "{other: {Dense: 3}, out: {Dense: {units: 1, activation: sigmoid}}}"
    text = TEXT.replace("{data.points.random_state: 7, once: true}", f"{{model: {model}}}")
    study = parse_study(text.replace("    freeze: [hidden]\n", "").encode(), name="small", file="small.yaml")
    ((run, (problem,)),) = prepare(study.runs(variants=["transferred"], protocols=["published"], repeats=1))
    assert (run.variant, problem.path) == ("transferred", "pretrain")
    assert "nothing would be transferred" in problem.message


def test_frozen_layers_keep_what_the_source_taught_them(results):
    norms = results["transferred", "published", 0].history["weight_norm.hidden"]
    assert len(set(norms.tolist())) == 1
    again = results["transferred", "published", 1].history["weight_norm.hidden"]
    assert again[0] == norms[0]  # one source for all repeats


@pytest.mark.slow
def test_rows_of_the_source_are_not_those_of_a_run(study, monkeypatch):
    loaded = []

    def load_and_keep(config, protocol, seed):
        loaded.append(real(config, protocol, seed).x_train)
        return experiments.data.load.load_data(config, protocol, seed)

    real = experiments.data.load_data
    monkeypatch.setattr(experiments.data, "load_data", load_and_keep)
    list(execute(study.runs(variants=["transferred"], protocols=["fresh"], repeats=1)))
    target, source = loaded
    assert not np.array_equal(target, source)


@pytest.mark.slow
def test_both_engines_measure_the_same_of_the_trained_network(study, results):
    (run,) = study.runs(variants=["plain"], protocols=["published"], repeats=1, engine="keras")
    (reference,) = execute([run])
    ours = results["plain", "published", 0].scalars
    words = ("weight_change", "roughness", "linear_share", "top_tenth_weight", "_without_", "_disturbed_")
    names = [name for name in ours if any(word in name for word in words)]
    assert len(names) > 12
    expected = {name: reference.scalars[name] for name in names}
    assert {name: ours[name] for name in names} == pytest.approx(expected, rel=1e-4)


def test_frozen_weights_do_not_move(results):
    scalars = results["transferred", "published", 0].scalars
    assert scalars["weight_change.hidden"] == 0 < scalars["weight_change.output"]


def test_what_a_run_raises_is_kept_and_the_others_go_on(study, monkeypatch):
    real = experiments.data.load_data

    def fail_once(config, protocol, seed):
        if seed == 0:
            raise RuntimeError("no rows today")
        return real(config, protocol, seed)

    monkeypatch.setattr(experiments.data, "load_data", fail_once)
    first, second = execute(study.runs(variants=["plain"], protocols=["published"], repeats=2))
    assert first.failed and "no rows today" in first.error
    assert not second.failed


@pytest.mark.parametrize("engine", ["compiled", "keras"])
@pytest.mark.parametrize(("watched", "change"), [("test", ""), ("none", ""), ("test", "ensemble: 2")])
def test_a_training_with_finite_loss_whose_scores_are_not_finite_diverged(engine, watched, change):
    text = f"""
title: Too large a step
question: Does it count?
data:
  points: {{make_blobs: {{n_samples: 40, centers: [[20.0], [30.0]], random_state: 0}}}}
  split: {{train: 20, test: 20}}
model:
  hidden: {{Dense: {{units: 4, activation: relu}}}}
  output: {{Dense: 1}}
training: {{optimizer: {{SGD: 1.0e+30}}, loss: mse, epochs: 1, batch_size: all, validate_on: {watched}}}
variants: {{one: {{{change}}}}}
"""
    study = parse_study(text.encode(), name="large", file="large.yaml")
    (result,) = execute(study.runs(protocols=["published"], repeats=1, engine=engine))
    assert result.error == ""
    assert np.isfinite(result.history["loss"]).all() and not math.isfinite(result.scalars["train_loss"])
    assert (result.scalars["diverged"], result.scalars["diverged_at"]) == (1, 1)
    assert result.scalars["stopped_because"] == "diverged"

import math

import numpy as np
import pytest

from experiments.analysis import diagnose
from experiments.analysis.diagnosis import name_scenario
from tests.analysis.examples import noise, runs, study, together, variant


@pytest.mark.parametrize(
    ("train", "dev", "scenario"),
    [
        (1, 11, "high variance"),
        (1, 16, "high variance"),
        (15, 16, "high bias"),
        (15, 30, "high bias, high variance"),
        (0.5, 1, "low bias, low variance"),
        (15, 3, "check the split"),
        (15, 8, "check the split"),
    ],
)
def test_the_slides_table(train, dev, scenario):
    assert name_scenario(train / 100, dev / 100, target_error=0.0, margin=0.05) == scenario


def test_a_distance_of_just_the_margin_is_not_over_it():
    assert name_scenario(0.15, 0.2, target_error=0.1, margin=0.05) == "low bias, low variance"


def test_the_target_decides_what_is_bias():
    assert name_scenario(0.15, 0.16, target_error=0.14, margin=0.05) == "low bias, low variance"
    assert name_scenario(math.inf, 0.1, target_error=0, margin=0.05) == "diverged"


OPTIONS = {"metric": "accuracy", "target_error": 0.0, "margin": 0.05}


def test_every_variant_is_named_with_advice():
    table = together(
        runs("small", train_accuracy=0.85 + noise(0, scale=0.001), test_accuracy=0.84 + noise(1, scale=0.001)),
        runs("large", train_accuracy=[1.0] * 30, test_accuracy=[0.8] * 27 + [0.99] * 3),
    )
    small, large = diagnose(study(["small", "large"], diagnosis=OPTIONS), table)
    assert (small.scenario, small.agreement) == ("high bias", 1)
    assert (large.scenario, large.agreement) == ("high variance", 0.9)
    assert "larger network" in small.advice and "more data" in large.advice
    assert large.dev_error.estimate == pytest.approx(1 - np.mean([0.8] * 27 + [0.99] * 3))


def test_dev_rows_are_validation_rows_where_there_are_any_and_fresh_ones_under_fresh():
    split = {"train": 20, "validation": 10, "test": 70}
    validated = study([variant("a", split=split)], diagnosis=OPTIONS)
    table = together(runs("a", train_accuracy=[1.0] * 3, validation_accuracy=[0.99] * 3, test_accuracy=[0.1] * 3))
    assert diagnose(validated, table)[0].held_out == "validation_accuracy"
    fresh = runs("a", "fresh", train_accuracy=[1.0] * 3, test_accuracy=[0.1] * 3, fresh_test_accuracy=[0.99] * 3)
    (one,) = diagnose(study(["a"], diagnosis=OPTIONS), together(fresh))
    assert (one.held_out, one.scenario) == ("fresh_test_accuracy", "low bias, low variance")


def test_diverged_runs_have_no_bias_but_are_counted():
    table = together(runs("a", train_accuracy=[0.99] * 10, test_accuracy=[0.99] * 10, diverged=[0, 1]))
    (one,) = diagnose(study(["a"], diagnosis=OPTIONS), table)
    assert (one.scenario, one.agreement) == ("low bias, low variance", 0.8)
    table["diverged"] = 1
    assert diagnose(study(["a"], diagnosis=OPTIONS), table)[0].scenario == "diverged"


def test_an_error_is_its_own_measure():
    options = {"metric": "mse", "target_error": 1.0, "margin": 0.5}
    table = together(runs("a", train_mse=[2.0] * 3, test_mse=[2.1] * 3))
    assert diagnose(study(["a"], diagnosis=options), table)[0].scenario == "high bias"


def test_no_diagnosis_where_none_is_asked_for():
    assert diagnose(study(["a"]), together(runs("a", train_accuracy=[1.0], test_accuracy=[1.0]))) == []

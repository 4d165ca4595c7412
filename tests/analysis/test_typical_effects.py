import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from experiments.analysis import analyse, judge
from experiments.analysis.typical_effects import hodges_lehmann
from tests.analysis.examples import noise, runs, study, together, variant

CLAIM = "a.test_accuracy > b.test_accuracy"


@pytest.mark.parametrize("n", [6, 10, 30])
def test_the_interval_is_what_wilcoxons_test_does_not_reject(n):
    x = np.random.default_rng(n).normal(0.3, 1, n)
    found = hodges_lehmann(x)
    assert np.median([(a + b) / 2 for i, a in enumerate(x) for b in x[i:]]) == pytest.approx(found.estimate)
    for end, inward in ((found.low, 1), (found.high, -1)):
        steps = inward * 1e-9, -inward * 1e-9
        inside, outside = (stats.wilcoxon(x - end - step, method="exact").pvalue for step in steps)
        assert outside <= 0.05 < inside


def test_many_values_have_the_interval_of_the_normal_approximation():
    exact, approximate = (hodges_lehmann(np.linspace(-1, 1, n) ** 3 + 0.1) for n in (300, 301))
    assert (approximate.low, approximate.high) == pytest.approx((exact.low, exact.high), rel=0.03)


def test_few_values_have_no_interval_and_none_no_estimate():
    assert math.isnan(hodges_lehmann([1.0] * 5).low) and hodges_lehmann([1.0] * 6).low == 1
    assert math.isnan(hodges_lehmann([]).estimate)


def test_infinite_differences_count_as_the_largest():
    assert hodges_lehmann([0.1] * 20 + [-math.inf] * 3).estimate == pytest.approx(0.1)
    assert hodges_lehmann([-math.inf] * 20 + [0.1] * 3).estimate == -math.inf
    assert hodges_lehmann([-math.inf, math.inf] * 5).estimate == 0


def one(table, claim=CLAIM, variants=("a", "b")):
    (found,) = judge(study(variants, [claim], protocols=("published",)), table)
    return found


def test_rare_failures_move_the_mean_and_not_the_typical_effect():
    scores, trained = 0.9 + noise(0, scale=0.01), np.full(30, 1.0)
    stuck = np.arange(30) < 2
    table = together(
        runs("a", test_accuracy=np.where(stuck, 0.5, scores), train_accuracy=np.where(stuck, 0.5, trained)),
        runs("b", test_accuracy=scores - 0.03, train_accuracy=trained),
    )
    found = one(table)
    assert found.effect.interval.estimate < 0.01 and found.word == "inconclusive"
    assert found.failed == (pytest.approx(2 / 30), 0)
    assert found.typical.interval.estimate == pytest.approx(0.03)
    assert (
        "Failed (diverged, never got there, or no better than guessing): 2 of 30 on the left, 0 of 30 on the right. "
        "Typical effect (Hodges–Lehmann): difference +0.03 [" in found.sentence
    )


def test_where_all_runs_learn_or_none_does_the_sentence_has_the_mean_alone():
    learns, guesses = {"train_accuracy": [1.0] * 30}, {"train_accuracy": [0.5] * 30}
    table = together(runs("a", test_accuracy=noise(0), **learns), runs("b", test_accuracy=noise(1), **guesses))
    found = one(table)
    assert found.failed == (0, 1) and "Failed" not in found.sentence


def test_guessing_is_known_where_the_classes_are_of_equal_size():
    columns = {"test_accuracy": [0.5] * 30, "train_accuracy": [0.5] * 30}
    table = together(runs("a", **columns), runs("b", **columns))
    assert one(table).failed == (1, 1)
    uneven = [variant(name, source="load_breast_cancer") for name in "ab"]
    assert one(table, variants=uneven).failed == (0, 0)


def test_diverged_runs_have_a_typical_effect_on_the_scale_of_the_metric():
    table = together(
        runs("a", test_mse=np.exp(noise(0, scale=0.1)), diverged=[0, 1]),
        runs("b", test_mse=2 * np.exp(noise(1, scale=0.1))),
    )
    found = one(table, "a.test_mse < b.test_mse")
    assert found.effect.unit == "order" and found.failed == (pytest.approx(2 / 30), 0)
    assert (found.typical.unit, found.typical.interval.estimate) == ("ratio", pytest.approx(0.5, rel=0.1))
    factor = one(table, "a.test_mse < 0.5 * b.test_mse")
    assert factor.typical.interval.estimate == pytest.approx(found.typical.interval.estimate)


def test_a_target_that_is_never_reached_is_a_failure():
    late = np.where(np.arange(30) < 3, math.inf, 10.0)
    table = together(runs("a", epochs_until_train_loss=late), runs("b", epochs_until_train_loss=[20.0] * 30))
    assert one(table, "a.epochs_until_train_loss < b.epochs_until_train_loss").failed == (0.1, 0)


def test_the_numbers_are_in_the_table_of_claims():
    table = together(runs("a", test_accuracy=noise(0)), runs("b", test_accuracy=noise(0) - 0.5))
    asked = study(["a", "b"], [CLAIM, "never(a.diverged)"], protocols=("published",))
    comparison, count = analyse(asked, table).claim_rows
    assert (comparison.typical, comparison.typical_unit) == (pytest.approx(0.5), "difference")
    assert comparison.failed_left == 0
    assert pd.isna(count.typical) and count.typical_unit == ""

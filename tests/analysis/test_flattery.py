import numpy as np
import pytest

from experiments.analysis import flattery
from tests.analysis.examples import noise, runs, study, together, variant


def test_the_best_watched_score_flatters():
    fresh = 0.8 + noise(0, scale=0.01)
    table = together(runs("a", best_watched_accuracy=fresh + 0.05, fresh_test_accuracy=fresh))
    (one,) = flattery(study(["a"]), table)
    assert (one.variant, one.protocol, one.metric, one.effect.unit) == ("a", "published", "accuracy", "difference")
    assert one.effect.interval.estimate == pytest.approx(0.05)


def test_kept_best_weights_are_what_is_scored_where_there_are_any():
    table = together(
        runs("a", best_watched_accuracy=[0.9] * 5, fresh_test_accuracy=[0.5] * 5, best_fresh_test_accuracy=[0.8] * 5)
    )
    assert flattery(study(["a"]), table)[0].effect.interval.estimate == pytest.approx(0.1)


def test_errors_flatter_by_a_ratio():
    fresh = np.exp(noise(0, scale=0.1))
    table = together(runs("a", best_watched_mse=fresh / 2, fresh_test_mse=fresh))
    (one,) = flattery(study([variant("a", loss="mean_squared_error", metrics=("mse",))]), table)
    assert (one.effect.unit, one.effect.interval.estimate) == ("ratio", pytest.approx(2))


def test_runs_that_watch_another_set_are_not_flattered():
    table = together(runs("a", best_watched_accuracy=[0.9] * 5, fresh_test_accuracy=[0.5] * 5))
    assert flattery(study([variant("a", validate_on="validation")]), table) == []


def test_diverged_and_missing_runs_are_left_out():
    table = together(runs("a", best_watched_accuracy=[0.9] * 5, fresh_test_accuracy=[0.5] * 5, diverged=[0, 1]))
    (one,) = flattery(study(["a"]), table)
    assert (one.effect.interval.n, one.diverged) == (3, 2)
    assert flattery(study(["a"]), together(runs("a"))) == []

from dataclasses import replace

import numpy as np
import pytest

from experiments.analysis import flattery
from experiments.language.components import Component
from tests.analysis.examples import noise, runs, study, together, variant


def test_the_best_watched_score_flatters():
    fresh = 0.8 + noise(0, scale=0.01)
    table = together(runs("a", best_watched_accuracy=fresh + 0.05, fresh_test_accuracy=fresh))
    (one,) = flattery(study(["a"]), table)
    assert (one.variant, one.protocol, one.metric, one.effect.unit) == ("a", "published", "accuracy", "difference")
    assert one.effect.interval.estimate == pytest.approx(0.05)


def test_rows_that_are_harder_for_any_weights_do_not_hide_flattery():
    scores = 0.8 + noise(0, scale=0.01)
    columns = {
        "best_watched_accuracy": scores,
        "test_accuracy": scores - 0.03,
        "fresh_test_accuracy": scores + 0.01,
        "best_fresh_test_accuracy": scores + 0.02,
    }
    for protocol in ("published", "fresh"):
        (found,) = flattery(study(["a"], protocols=(protocol,)), together(runs("a", protocol, **columns)))
        assert found.offset.interval.estimate == pytest.approx(-0.04)
        assert found.effect.interval.estimate == pytest.approx(0.02)


def test_errors_have_an_offset_that_is_a_ratio():
    scores = np.exp(noise(0, scale=0.1))
    columns = {"best_watched_mse": scores, "test_mse": 1.5 * scores, "fresh_test_mse": 1.2 * scores}
    asked = study([variant("a", loss="mean_squared_error", metrics=("mse",))])
    (one,) = flattery(asked, together(runs("a", **columns)))
    assert (one.offset.interval.estimate, one.effect.interval.estimate) == pytest.approx((0.8, 1.5))


def test_restored_best_weights_leave_no_epoch_that_nothing_chose():
    asked = study(["a"])
    (restored,) = asked.variants
    stop = Component("EarlyStopping", {"restore_best_weights": True})
    restored.config = replace(restored.config, training=replace(restored.config.training, callbacks={"stop": stop}))
    columns = {"best_watched_accuracy": [0.9] * 5, "test_accuracy": [0.9] * 5, "fresh_test_accuracy": [0.8] * 5}
    (one,) = flattery(asked, together(runs("a", **columns)))
    assert one.offset is None and one.effect.interval.estimate == pytest.approx(0.1)


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

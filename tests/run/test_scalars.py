import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from experiments.language.configuration import Recording
from experiments.run.scalars import run_scalars
from experiments.training import TrainingRecord
from tests.model.cases import configuration


def outcome(*, final=None, best=None, members=None, **changes):
    record = {
        "history": {"loss": np.array([3.0, 2.0, 1.0])},
        "initial": {},
        "weights": [],
        "best_weights": None,
        "best_epoch": None,
        "epochs_run": 3,
        "stopped_because": "completed",
        "diverged_at": None,
        "tier": "xla",
        "reason": "",
        "seconds": 0.5,
        "compile_seconds": 0.0,
    }
    scores = {"": final or {"train": {"loss": 1.0}, "test": {"loss": 2.0}}, "best_": best, "member_": members}
    return TrainingRecord(**(record | changes)), {start: by_set for start, by_set in scores.items() if by_set}


def columns(result, *, validate_on="none", record=(), scaler=None, measured=None):
    config = replace(configuration(validate_on=validate_on), record=Recording.from_plain(record))
    return run_scalars(config, SimpleNamespace(target_scaler=scaler), *result, measured or {})


def test_final_best_and_member_scores_have_columns_of_their_own():
    row = columns(
        outcome(
            best={"test": {"accuracy": 0.9}},
            best_epoch=2,
            final={"train": {"accuracy": 1.0}, "test": {"accuracy": 0.8}, "fresh_test": {"accuracy": 0.7}},
            members={"test": {"accuracy": 0.75}},
        )
    )
    assert (row["test_accuracy"], row["best_test_accuracy"], row["member_test_accuracy"]) == (0.8, 0.9, 0.75)
    assert row["best_epoch"] == 2
    assert row["accuracy_gap"] == pytest.approx(0.2)
    assert row["fresh_accuracy_gap"] == pytest.approx(0.3)


def test_columns_that_do_not_apply_are_absent():
    row = columns(outcome())
    assert not {"best_epoch", "diverged_at", "accuracy_gap", "best_watched_accuracy", "overshoots"} & row.keys()
    assert row["diverged"] == 0


def test_divergence_is_a_column():
    row = columns(outcome(diverged_at=2, stopped_because="diverged"))
    assert (row["diverged"], row["diverged_at"], row["stopped_because"]) == (1, 2, "diverged")


def test_best_watched_only_where_the_test_rows_are_watched():
    curves = {"loss": np.ones(3), "val_accuracy": np.array([0.5, 0.9, 0.7])}
    assert columns(outcome(history=curves), validate_on="test")["best_watched_accuracy"] == 0.9
    assert "best_watched_accuracy" not in columns(outcome(history=curves), validate_on="validation")


def test_best_watched_of_a_regression_is_its_lowest_error_and_skips_nan():
    curves = {"loss": np.ones(3), "val_mse": np.array([4.0, 2.0, np.nan])}
    row = columns(outcome(history=curves), validate_on="test")
    assert row["best_watched_mse"] == 2.0


@pytest.mark.parametrize(
    ("metric", "target", "expected"),
    [("test_accuracy", 0.8, 2), ("train_loss", 1.5, 3), ("test_accuracy", 0.99, math.inf)],
)
def test_epochs_until_counts_from_one(metric, target, expected):
    curves = {"loss": np.array([3.0, 2.0, 1.0]), "val_accuracy": np.array([0.5, 0.8, 0.9])}
    row = columns(outcome(history=curves), validate_on="test", record=[{"epochs_until": {metric: target}}])
    assert row[f"epochs_until_{metric}"] == expected


def test_overshoots_are_turns_from_down_to_up():
    curves = {"loss": np.array([5.0, 3.0, 4.0, 2.0, 2.5, 2.6])}
    assert columns(outcome(history=curves), record=["overshoots"])["overshoots"] == 2


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ([4.0, 3.0, 2.0, 1.0], 0.0),
        ([4.0, 1.0, 2.0], np.std([-3.0, 1.0]) / 2),
        ([1.0, 2.0], math.inf),
        ([1.0], math.nan),
        ([1.0, math.nan], math.nan),
    ],
)
def test_roughness_is_the_deviation_of_the_changes_over_the_fall(loss, expected):
    row = columns(outcome(history={"loss": np.array(loss)}), record=["roughness"])
    assert row["roughness"] == pytest.approx(expected, nan_ok=True)
    assert "roughness" not in columns(outcome(history={"loss": np.array(loss)}))


def test_errors_of_disturbed_targets_are_in_original_units_too():
    from sklearn.preprocessing import MinMaxScaler

    scaler = MinMaxScaler().fit([[0.0], [10.0]])
    measured = {"test_mse_disturbed_0.1": 0.02, "test_loss_disturbed_0.1": 0.03}
    row = columns(outcome(), scaler=scaler, measured=measured)
    assert row["test_mse_original_disturbed_0.1"] == pytest.approx(2)
    assert row["test_loss_disturbed_0.1"] == 0.03


def test_probes_give_last_and_initial_values_and_quantiles_their_drift():
    curves = {
        "loss": np.ones(2),
        "weight_norm": np.array([1.0, 2.0]),
        "gradient_norm.hidden": np.array([0.5, 0.1]),
        "input_q15.hidden": np.array([-1.0, -1.0]),
        "input_q50.hidden": np.array([0.0, 0.1]),
        "input_q85.hidden": np.array([1.0, 1.0]),
    }
    row = columns(outcome(history=curves, initial={"activation_std.hidden": 0.3}))
    assert row["weight_norm"] == 2.0
    assert (row["gradient_norm.hidden"], row["initial_gradient_norm.hidden"]) == (0.1, 0.5)
    assert row["initial_activation_std.hidden"] == 0.3
    assert "input_q50.hidden" not in row
    assert row["input_drift.hidden"] == pytest.approx(0.05 / 2)


def test_time_per_epoch_is_recorded_where_asked_for_and_until_what_was_waited_for():
    curves = {"loss": np.ones(4), "accuracy": np.array([0.1, 0.5, 0.9, 0.9])}
    record = ["time_per_epoch", {"epochs_until": {"train_accuracy": 0.9}}]
    row = columns(outcome(history=curves), record=record)
    assert row["seconds_per_epoch"] == pytest.approx(row["seconds"] / row["epochs_run"])
    assert row["seconds_until_train_accuracy"] == pytest.approx(3 * row["seconds_per_epoch"])
    assert row["reached_train_accuracy"] == 1
    assert "seconds_per_epoch" not in columns(outcome(history=curves))

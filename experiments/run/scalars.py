"""The columns of runs.csv that are computed from the record and the scores of a run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np

from experiments.column_lookup import column_of
from experiments.column_types import WATCHED
from experiments.columns import COLUMNS, FIRST_VALUES, LAST_VALUES

if TYPE_CHECKING:
    from experiments.data import Data
    from experiments.language.configuration import Configuration
    from experiments.run.networks import Scores, SetScores
    from experiments.training import TrainingRecord

Scalars = dict[str, float | int | str]

_DECLARED = frozenset(column.name for column in COLUMNS)
_GAPS = {"accuracy_gap": "test", "fresh_accuracy_gap": "fresh_test"}


def run_scalars(
    config: Configuration, data: Data, record: TrainingRecord, scores: Scores, measured: Mapping[str, float]
) -> Scalars:
    """Compute the columns of one run.

    Args:
        config: Resolved configuration of the run.
        data: Its arrays, for the scale of the targets.
        record: The record of its training.
        scores: Its scores, by start of the column names.
        measured: Measurements of the trained network, by column name.

    Returns:
        Column name to value. Columns that do not apply to the run are absent.
    """
    import keras

    values = {field.name: getattr(record, field.name) for field in fields(record) if field.name in _DECLARED}
    scalars: Scalars = {name: value for name, value in values.items() if value is not None}
    scalars["device"] = "gpu" if keras.distribution.list_devices("gpu") else "cpu"
    scalars["diverged"] = int(record.diverged_at is not None)
    for start, by_set in scores.items():
        scalars |= _score_columns(start, by_set, data)
    scalars |= _gaps(scores[""])
    scalars |= _with_original_units(measured, data)
    scalars |= _probe_columns(record)
    scalars |= _drifts(record.history)
    waits: dict[str, float] = {}
    if "member_" not in scores:  # an ensemble has the mean curves of its members, and none of its own prediction
        waits = _epochs_until(config, record.history)
        scalars |= _best_watched(config, record.history)
        scalars |= {f"epochs_until_{metric}": epochs for metric, epochs in waits.items()}
        scalars |= {f"reached_{metric}": int(math.isfinite(epochs)) for metric, epochs in waits.items()}
        if "overshoots" in config.record:
            scalars["overshoots"] = _overshoots(record.history["loss"])
        if "roughness" in config.record:
            scalars["roughness"] = _roughness(record.history["loss"])
    if "time_per_epoch" in config.record:
        seconds = record.seconds / record.epochs_run if record.epochs_run else math.nan
        scalars["seconds_per_epoch"] = seconds
        scalars |= {f"seconds_until_{metric}": epochs * seconds for metric, epochs in waits.items()}
    return scalars


def _score_columns(start: str, scores: SetScores, data: Data) -> Scalars:
    columns: Scalars = {}
    for set_name, metrics in scores.items():
        columns |= {f"{start}{set_name}_{metric}": value for metric, value in metrics.items()}
        if "mse" in metrics:
            columns[f"{start}{set_name}_mse_original"] = _in_original_units(metrics["mse"], data)
    return columns


def _with_original_units(measured: Mapping[str, float], data: Data) -> Scalars:
    """Return measurements with those of a squared error in the original units of the targets as well."""
    errors = {name: value for name, value in measured.items() if column_of(name).metric.startswith("mse_")}
    originals = {name.replace("_mse_", "_mse_original_"): value for name, value in errors.items()}
    return {**measured, **{name: _in_original_units(value, data) for name, value in originals.items()}}


def _in_original_units(mse: float, data: Data) -> float:
    if data.target_scaler is None:
        return mse
    from experiments.data import mse_original

    return mse_original(data.target_scaler, mse)


def _gaps(final: SetScores) -> Scalars:
    """Return train minus test accuracy, on the test rows of the study and on the fresh ones."""
    if "accuracy" not in final["train"]:
        return {}
    train = final["train"]["accuracy"]
    return {name: train - final[other]["accuracy"] for name, other in _GAPS.items() if other in final}


def _probe_columns(record: TrainingRecord) -> Scalars:
    """Return the last value of each recorded curve, and the value before training or in the first epoch."""
    columns: Scalars = {f"initial_{name}": value for name, value in record.initial.items()}
    for key, curve in record.history.items():
        stem = key.partition(".")[0]
        if stem in LAST_VALUES:
            columns[key] = float(curve[-1])
        if stem in FIRST_VALUES:
            columns[f"initial_{key}"] = float(curve[0])
    return columns


def _drifts(history: Mapping[str, np.ndarray]) -> Scalars:
    """Return how far the inputs of a unit drift: the deviation of their median, over their mean width."""
    columns: Scalars = {}
    for key in history:
        stem, _, layer = key.partition(".")
        if stem == "input_q50":
            width = float(np.mean(history[f"input_q85.{layer}"] - history[f"input_q15.{layer}"]))
            columns[f"input_drift.{layer}"] = float(np.std(history[key])) / width if width else math.nan
    return columns


def _best_watched(config: Configuration, history: Mapping[str, np.ndarray]) -> Scalars:
    """Return the best value over the epochs of the score on the test rows, if the training watches them."""
    if config.training.validate_on != "test":
        return {}
    metric = next((name for name in WATCHED if f"val_{name}" in history), None)
    if metric is None:
        return {}
    name, curve = f"best_watched_{metric}", history[f"val_{metric}"]
    best = np.nanmax if column_of(name).higher_is_better else np.nanmin
    return {name: math.nan if np.isnan(curve).all() else float(best(curve))}


def _epochs_until(config: Configuration, history: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Return the first epoch that reaches each value of ``epochs_until``, infinity if none does."""
    waits: dict[str, float] = {}
    for metric, target in config.record.epochs_until:
        set_name, _, name = metric.partition("_")
        curve = history[f"val_{name}" if set_name == config.training.validate_on else name]
        reached = np.flatnonzero(curve >= target if column_of(metric).is_accuracy else curve <= target)
        waits[metric] = int(reached[0]) + 1 if reached.size else math.inf
    return waits


def _overshoots(loss: np.ndarray) -> int:
    """Count the epochs at which the training loss turns from falling to rising."""
    rising = np.diff(loss) > 0
    return int(np.sum(rising[1:] & ~rising[:-1]))


def _roughness(loss: np.ndarray) -> float:
    """Return the deviation of the changes of the training loss over its fall; infinity where it does not fall."""
    fall = float(loss[0] - loss[-1])
    if len(loss) < 2 or not math.isfinite(fall):
        return math.nan
    return float(np.std(np.diff(loss))) / fall if fall > 0 else math.inf

"""The columns of runs.csv that are computed from a run's scores and curves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from experiments.data import Data
    from experiments.language.configuration import Configuration
    from experiments.run.networks import Outcome, Scores

Scalars = dict[str, float | int | str]


def run_scalars(config: Configuration, data: Data, outcome: Outcome) -> Scalars:
    """Compute the columns of one run.

    Args:
        config: Resolved configuration of the run.
        data: Its arrays, for the scale of the targets.
        outcome: Its scores and curves.

    Returns:
        Column name to value. Columns that do not apply to the run are absent.
    """
    scalars: Scalars = {
        "tier": outcome.tier,
        "epochs_run": outcome.epochs_run,
        "stopped_because": outcome.stopped_because,
        "diverged": int(outcome.diverged_at is not None),
        "seconds": outcome.seconds,
    }
    if outcome.diverged_at is not None:
        scalars["diverged_at"] = outcome.diverged_at
    if outcome.best_epoch is not None:
        scalars["best_epoch"] = outcome.best_epoch
    scalars |= _scores("", outcome.final, data)
    scalars |= _scores("best_", outcome.best or {}, data)
    scalars |= _scores("member_", outcome.members, data)
    scalars |= _gaps(outcome.final)
    scalars |= _last_probes(outcome)
    if not outcome.members:  # an ensemble has its members' mean curves, and none of its own prediction
        scalars |= _from_curves(config, outcome.history)
    scalars |= _drifts(outcome.history)
    if "time_per_epoch" in config.record:
        scalars |= _times(scalars)
    return scalars


def _scores(prefix: str, scores: Mapping[str, Scores], data: Data) -> Scalars:
    columns: Scalars = {}
    for set_name, metrics in scores.items():
        for metric, value in metrics.items():
            columns[f"{prefix}{set_name}_{metric}"] = value
        if "mse" in metrics:
            columns[f"{prefix}{set_name}_mse_original"] = _original(metrics["mse"], data)
    return columns


def _original(mse: float, data: Data) -> float:
    """Give a squared error in the units of the study's targets; without a scaler it already is."""
    if data.target_scaler is None:
        return mse
    from experiments.data import mse_original

    return mse_original(data.target_scaler, mse)


def _gaps(final: Mapping[str, Scores]) -> Scalars:
    """Train minus test accuracy, on the study's test rows and on the fresh ones."""
    if "accuracy" not in final["train"]:
        return {}
    pairs = {"accuracy_gap": "test", "fresh_accuracy_gap": "fresh_test"}
    return {
        name: final["train"]["accuracy"] - final[other]["accuracy"] for name, other in pairs.items() if other in final
    }


def _last_probes(outcome: Outcome) -> Scalars:
    """The last epoch's value of each probe, and its value before training (or, of gradients, in the first epoch)."""
    columns: Scalars = {f"initial_{name}": value for name, value in outcome.initial.items()}
    for name, curve in outcome.history.items():
        if name.startswith("input_q") or not ("." in name or name == "weight_norm"):
            continue
        columns[name] = float(curve[-1])
        if name.startswith("gradient_norm."):
            columns[f"initial_{name}"] = float(curve[0])
    return columns


def _from_curves(config: Configuration, history: Mapping[str, np.ndarray]) -> Scalars:
    columns = _best_watched(config, history)
    if "overshoots" in config.record:
        columns["overshoots"] = _overshoots(history["loss"])
    for metric, target in config.record.epochs_until:
        curve = history[_history_key(metric, config.training.validate_on)]
        epochs = _epochs_until(curve, target, rising="accuracy" in metric)
        columns |= {f"epochs_until_{metric}": epochs, f"reached_{metric}": int(math.isfinite(epochs))}
    return columns


def _drifts(history: Mapping[str, np.ndarray]) -> Scalars:
    """How far a unit's inputs wander over the epochs: the spread of their median over their mean width."""
    columns: Scalars = {}
    for key in history:
        if key.startswith("input_q50."):
            layer = key.removeprefix("input_q50.")
            width = float(np.mean(history[f"input_q85.{layer}"] - history[f"input_q15.{layer}"]))
            columns[f"input_drift.{layer}"] = float(np.std(history[key])) / width if width else math.nan
    return columns


def _times(scalars: Scalars) -> Scalars:
    """Seconds of an epoch, and until each value that was waited for."""
    epoch = float(scalars["seconds"]) / int(scalars["epochs_run"]) if scalars["epochs_run"] else math.nan
    waits = {name: float(value) for name, value in scalars.items() if name.startswith("epochs_until_")}
    until = {name.replace("epochs_", "seconds_", 1): value * epoch for name, value in waits.items()}
    return {"seconds_per_epoch": epoch, **until}


def _best_watched(config: Configuration, history: Mapping[str, np.ndarray]) -> Scalars:
    """Best value over the epochs of the score that a run watching its own test rows would report."""
    if config.training.validate_on != "test":
        return {}
    if "val_accuracy" in history:
        return {"best_watched_accuracy": _extreme(history["val_accuracy"], np.nanmax)}
    if "val_mse" in history:
        return {"best_watched_mse": _extreme(history["val_mse"], np.nanmin)}
    return {}


def _extreme(curve: np.ndarray, choose: Any) -> float:
    return math.nan if np.isnan(curve).all() else float(choose(curve))


def _history_key(metric: str, validate_on: str) -> str:
    """Translate ``test_accuracy`` or ``train_loss`` into the key of the learning curve."""
    set_name, _, name = metric.partition("_")
    return f"val_{name}" if set_name == validate_on else name


def _epochs_until(curve: np.ndarray, target: float, *, rising: bool) -> float:
    reached = np.flatnonzero(curve >= target if rising else curve <= target)
    return int(reached[0]) + 1 if reached.size else math.inf


def _overshoots(loss: np.ndarray) -> int:
    """Count the epochs at which the training loss turns from falling to rising."""
    rising = np.diff(loss) > 0
    return int(np.sum(rising[1:] & ~rising[:-1]))

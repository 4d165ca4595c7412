"""How long ``model.fit`` would take for the same runs, from what an epoch and a step of it cost in the benchmark."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from experiments.language.row_counts import steps_of_an_epoch

if TYPE_CHECKING:
    from experiments.language.study import Study

MEASURED = Path(__file__).parents[2] / "benchmarks" / "results" / "engine.json"


def fit_seconds(study: Study, runs: pd.DataFrame, measured: Path = MEASURED) -> float:
    """Estimate the time that ``model.fit`` would take for the runs of a study.

    Args:
        study: Gives the number of steps an epoch.
        runs: Its runs.
        measured: What the benchmark wrote; it lies in the checkout, an installed package does not have it.

    Returns:
        Seconds on the benchmark's machine, pretraining not counted; NaN where nothing was measured.
    """
    cost = _cost(measured)
    if cost is None or "epochs_run" not in runs:
        return math.nan
    per_epoch, per_step = cost
    epochs = runs.groupby("variant")["epochs_run"].sum()
    return sum(
        float(epochs.get(variant.name, 0.0))
        * (variant.config.ensemble or 1)
        * (per_epoch + per_step * steps_of_an_epoch(variant.config))
        for variant in study.variants
    )


def _cost(measured: Path) -> tuple[float, float] | None:
    try:
        cost = json.loads(measured.read_text(encoding="utf-8"))["fit_cost"]
        return float(cost["seconds_per_epoch"]), float(cost["seconds_per_step"])
    except (OSError, ValueError, KeyError, TypeError):
        return None

"""The summary of a study: every metric of every variant under every protocol, in long format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from experiments.analysis.intervals import t_interval, ten_digits
from experiments.analysis.run_table import metric_columns
from experiments.language.source_facts import split_overlap
from experiments.protocols import TUNED

if TYPE_CHECKING:
    from experiments.language.study import Study, Variant

COLUMNS = (
    *("variant", "protocol", "metric", "n", "mean", "std", "low", "high", "median", "min", "max"),
    *("diverged", "failed"),
)


def summarize(study: Study, runs: pd.DataFrame) -> pd.DataFrame:
    """Return the summary of every metric of every variant.

    Args:
        study: Gives the variants and their order; runs of other variants are left out.
        runs: Its runs.

    Returns:
        One row for each variant, protocol and column with values: n (runs with a finite value), their mean, standard
        deviation, 95 % interval of the mean, median, least and largest, and the numbers of diverged and failed runs.
    """
    metrics = metric_columns(runs)
    groups = dict(list(runs.groupby(["variant", "protocol"])))
    rows = [
        row
        for variant in study.variants
        for protocol in (*study.protocols, TUNED)
        for row in _rows(variant, protocol, groups.get((variant.name, protocol)), metrics)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).map(ten_digits)


def _rows(variant: Variant, protocol: str, runs: pd.DataFrame | None, metrics: list[str]) -> list[dict[str, Any]]:
    if runs is None:
        return []
    failed = runs["error"] != ""
    counts = {"diverged": int((runs["diverged"] > 0).sum()), "failed": int(failed.sum())}
    measured = [metric for metric in metrics if runs[metric].notna().any()]
    overlap = split_overlap(variant.config.data) if protocol != "published" else 0.0
    return [
        {"variant": variant.name, "protocol": protocol, "metric": metric}
        | _numbers(runs.loc[~failed, metric], overlap)
        | counts
        for metric in measured
    ]


def _numbers(column: pd.Series, overlap: float) -> dict[str, Any]:
    values = column.to_numpy(dtype=float)
    values = values[np.isfinite(values)]
    if values.size == 0:
        return {"n": 0}
    interval = t_interval(values, overlap)
    return {
        "n": values.size,
        "mean": values.mean(),
        "std": values.std(ddof=1) if values.size > 1 else np.nan,
        "low": interval.low,
        "high": interval.high,
        "median": np.median(values),
        "min": values.min(),
        "max": values.max(),
    }

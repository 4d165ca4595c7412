"""Learning curves as they are drawn: mean over the runs, its interval, single runs and their ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy import stats

_POINTS = 400
_RUN_POINTS = 150
MOST_RUNS = 100
"""Single runs that are drawn of a variant; more of them only hide each other."""

_LOG_FROM = 30.0


@dataclass(frozen=True)
class Curve:
    """One learning curve over all runs of a variant.

    Attributes:
        epochs: Epochs (from 1) that have a value; thinned out to what a panel can show.
        mean: Mean over the runs still training (on a log scale the geometric mean).
        low: Lower end of its 95 % t-interval; equal to the mean for one run.
        high: Upper end.
        complete: Whether all runs were still training at that epoch.
        runs: The first 100 single runs, each of shape (points, 2): epoch and value.
        ends: Last epoch and value of each run that diverged, shape (diverged, 2); value NaN where it never had one.
        count: Number of runs.
        zeros: Epochs at which most runs are exactly 0, of a curve whose zeros are set apart.
    """

    epochs: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    complete: np.ndarray
    runs: list[np.ndarray]
    ends: np.ndarray
    count: int
    zeros: np.ndarray = field(default_factory=lambda: np.zeros(0, int))


@dataclass(frozen=True)
class VariantCurves:
    """The curves of one variant.

    Attributes:
        name: The variant.
        sets: "train", "test" or "validation" to values of shape (run, epoch).
        diverged: Which runs diverged, shape (run,).
    """

    name: str
    sets: Mapping[str, np.ndarray]
    diverged: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))


def summarise_curve(
    values: np.ndarray, *, log: bool = False, zeros_apart: bool = False, diverged: np.ndarray | None = None
) -> Curve:
    """Compute what is drawn of one curve.

    Runs that end early leave the mean, which is then that of the remaining runs (``complete`` is False there). The
    mean ends where fewer than half of the runs are left.

    Args:
        values: Shape (run, epoch); NaN after a run's end and where nothing was measured.
        log: Average logarithms, for a log scale. Values that are not positive count as the smallest positive one.
        zeros_apart: Leave values that are not positive out of a logarithmic mean, and list the epochs of exact zeros.
        diverged: Shape (run,); which runs ended in NaN or infinity.
    """
    values = np.where(np.isfinite(values), values, np.nan).astype(float)
    measured = np.flatnonzero(~np.isnan(values).all(axis=0))
    measured = measured[thin_out(len(measured), _POINTS)]
    shown, zeros = values[:, measured], np.zeros(len(measured), bool)
    if log and zeros_apart:
        zeros = np.sum(shown == 0, axis=0) > np.sum(~np.isnan(shown), axis=0) / 2
        shown = np.where(shown > 0, shown, np.nan)
    elif log:
        shown = _positive(shown)
    left = np.sum(~np.isnan(shown), axis=0)
    kept = (left >= max(1, values.shape[0] / 2)) & ~zeros
    mean, low, high = _interval(np.log(shown[:, kept]) if log else shown[:, kept])
    if log:
        mean, low, high = np.exp(mean), np.exp(low), np.exp(high)
    lost = np.zeros(values.shape[0], bool) if diverged is None else diverged.astype(bool)
    return Curve(
        epochs=measured[kept] + 1,
        mean=mean,
        low=low,
        high=high,
        complete=left[kept] == values.shape[0],
        runs=[_run_points(measured + 1, row) for row in shown[:MOST_RUNS]],
        ends=np.array([_last_point(row) for row in values[lost]]).reshape(-1, 2),
        count=values.shape[0],
        zeros=measured[zeros] + 1,
    )


def wants_log(values: Iterable[np.ndarray]) -> bool:
    """Return whether curves span so many powers of ten that a linear scale would hide most of them.

    Args:
        values: Each of shape (run, epoch).
    """
    finite = (np.where(np.isfinite(v), v, np.nan) for v in values)
    medians = [np.nanmedian(v[:, ~np.isnan(v).all(axis=0)], axis=0) for v in finite if not np.isnan(v).all()]
    if not medians:
        return False
    joined = np.concatenate(medians)
    positive = joined[joined > 0]
    if positive.size <= 0.9 * joined.size:
        return False
    low, high = np.quantile(positive, [0.02, 0.98])
    return bool(high / low > _LOG_FROM)


def thin_out(count: int, most: int) -> np.ndarray:
    """Return at most ``most`` of the indices of ``count`` items, evenly spread, the first and the last among them."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int)) if count else np.zeros(0, int)


def _interval(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean and 95 % t-interval down the columns, over the rows that have a value there."""
    count = np.sum(~np.isnan(values), axis=0)
    mean = np.nanmean(values, axis=0)
    spread = np.sqrt(np.nansum((values - mean) ** 2, axis=0) / np.maximum(count - 1, 1))
    half = np.where(count > 1, stats.t.ppf(0.975, np.maximum(count - 1, 1)) * spread / np.sqrt(count), 0.0)
    return mean, mean - half, mean + half


def _positive(values: np.ndarray) -> np.ndarray:
    positive = values[values > 0]
    return np.maximum(values, positive.min()) if positive.size else np.full_like(values, np.nan)


def _run_points(epochs: np.ndarray, row: np.ndarray) -> np.ndarray:
    kept = np.flatnonzero(~np.isnan(row))
    kept = kept[thin_out(len(kept), _RUN_POINTS)]
    return np.column_stack([epochs[kept], row[kept]])


def _last_point(row: np.ndarray) -> tuple[float, float]:
    kept = np.flatnonzero(~np.isnan(row))
    return (float(kept[-1] + 1), float(row[kept[-1]])) if kept.size else (1.0, np.nan)
